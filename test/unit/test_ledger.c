#include "database/ledger.h"

#include "base/memory.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

#define RUN "20261121T043100Z-9f3c"

/* A database of the workshop, open. */
static struct sqlite3 *open_with(struct workshop *shop, const char *sql)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db;

	workshop_sql(shop, "a.db", "CREATE TABLE t(a);");
	workshop_sql(shop, "a.db", sql);
	if (connection_open(path, &options, &db, &err) != 0)
		fail_msg("%s", err.message);
	free(path);
	return db;
}

static struct ledger_head read_head(struct sqlite3 *db)
{
	struct ledger_head head;
	struct error err = { 0 };

	if (ledger_read(db, &head, &err) != 0)
		fail_msg("%s", err.message);
	return head;
}

static void expect_refused(struct workshop *shop, const char *sql,
			   const char *part)
{
	struct sqlite3 *db = open_with(shop, sql);
	struct ledger_head head;
	struct error err = { 0 };

	assert_int_equal(ledger_read(db, &head, &err), ERROR_UNVERSIONED);
	if (strstr(err.message, part) == NULL)
		fail_msg("%s", err.message);
	assert_false(head.exists);
	connection_close(db);
}

static void add(struct sqlite3 *db, const char *from, const char *to)
{
	const struct ledger_row row = {
		.kind = "migrate",
		.from = from,
		.to = to,
		.description = "d",
		.checksum = "c",
		.duration_us = 5,
		.run_id = RUN,
	};
	struct error err = { 0 };

	if (ledger_add(db, &row, &err) != 0)
		fail_msg("%s", err.message);
}

static void expect_answer(struct sqlite3 *db, const char *sql,
			  const char *expected)
{
	struct error err = { 0 };
	char *answer = NULL;

	if (connection_text(db, sql, &answer, &err) != 0)
		fail_msg("%s: %s", sql, err.message);
	assert_non_null(answer);
	assert_string_equal(answer, expected);
	free(answer);
}

static void test_no_ledger_is_no_error(void **state)
{
	struct sqlite3 *db = open_with(*state, "");

	assert_false(read_head(db).exists);
	connection_close(db);
}

static void test_an_empty_ledger_says_nothing(void **state)
{
	struct sqlite3 *db = open_with(*state, "");
	struct error err = { 0 };

	assert_int_equal(ledger_prepare(db, &err), 0);
	assert_false(read_head(db).exists);
	connection_close(db);
}

static void test_rows_are_read_back_newest_first(void **state)
{
	struct sqlite3 *db = open_with(*state, "");
	struct error err = { 0 };
	struct ledger_head head;

	assert_int_equal(ledger_prepare(db, &err), 0);
	add(db, NULL, "1");
	add(db, "1", "0.3.20");
	assert_int_equal(ledger_set_evidence(db, "counter:7", &err), 0);
	head = read_head(db);
	assert_true(head.exists);
	assert_int_equal(head.rank, 2);
	assert_string_equal(head.version, "0.3.20");
	assert_string_equal(head.run_id, RUN);
	assert_string_equal(head.evidence, "counter:7");

	expect_answer(db,
		      "SELECT kind || from_version || to_version || "
		      "description || checksum || duration_us || run_id || "
		      "tool_version FROM " LEDGER_TABLE " WHERE rank = 2",
		      "migrate10.3.20dc5" RUN PACKAGE_VERSION);
	expect_answer(db,
		      "SELECT count(*) FROM " LEDGER_TABLE " WHERE rank = 1 "
		      "AND from_version IS NULL AND evidence IS NULL AND "
		      "applied_at GLOB '20[0-9][0-9]-*T*Z'",
		      "1");
	/* Made as DESIGN says it is, and by any SQLite to be opened. */
	expect_answer(db,
		      "SELECT sql FROM sqlite_schema WHERE name = "
		      "'" LEDGER_TABLE "'",
		      "CREATE TABLE " LEDGER_TABLE "(rank INTEGER PRIMARY KEY, "
		      "kind TEXT, from_version TEXT, to_version TEXT, "
		      "description TEXT, checksum TEXT, applied_at TEXT, "
		      "duration_us INTEGER, run_id TEXT, tool_version TEXT, "
		      "evidence TEXT)");
	connection_close(db);
}

static void test_what_only_has_its_name_is_refused(void **state)
{
	struct workshop *shop = *state;

	expect_refused(shop,
		       "CREATE VIEW Fleet_Schema_HISTORY AS SELECT 1 "
		       "AS rank, '9' AS to_version",
		       "view");
	workshop_sql(shop, "a.db",
		     "DROP VIEW fleet_schema_history;"
		     "DROP TABLE t");
	expect_refused(shop, "CREATE TABLE " LEDGER_TABLE "(id, to_version)",
		       "not our ledger");
	workshop_sql(shop, "a.db", "DROP TABLE " LEDGER_TABLE "; DROP TABLE t");
	expect_refused(shop, "CREATE INDEX " LEDGER_TABLE " ON t(a)", "index");
	workshop_sql(shop, "a.db", "DROP INDEX " LEDGER_TABLE "; DROP TABLE t");
	expect_refused(shop,
		       "CREATE VIRTUAL TABLE " LEDGER_TABLE
		       " USING fts5(rank2, to_version)",
		       "not our ledger");
}

static void test_a_version_that_is_none_is_refused_and_escaped(void **state)
{
	expect_refused(*state,
		       "CREATE TABLE " LEDGER_TABLE
		       "(rank INTEGER PRIMARY KEY, to_version); "
		       "INSERT INTO " LEDGER_TABLE " VALUES(1, "
		       "char(27) || '[2J')",
		       "\"\\x1b[2J\"");
}

static void test_an_older_ledger_is_read_and_gets_its_columns(void **state)
{
	struct sqlite3 *db = open_with(
		*state,
		"CREATE TABLE fleet_schema_history(to_version, rank INTEGER "
		"PRIMARY KEY); INSERT INTO fleet_schema_history VALUES('1', "
		"4)");
	struct error err = { 0 };
	struct ledger_head head = read_head(db);

	assert_true(head.exists);
	assert_string_equal(head.version, "1");
	assert_string_equal(head.run_id, "");
	assert_string_equal(head.evidence, "");

	assert_int_equal(ledger_prepare(db, &err), 0);
	assert_int_equal(ledger_prepare(db, &err), 0);
	add(db, "1", "2");
	assert_int_equal(ledger_set_evidence(db, "counter:1", &err), 0);
	head = read_head(db);
	assert_int_equal(head.rank, 5);
	assert_string_equal(head.version, "2");
	assert_string_equal(head.evidence, "counter:1");
	connection_close(db);
}

static void test_hostile_triggers_do_not_run(void **state)
{
	struct sqlite3 *db = open_with(*state, "INSERT INTO t VALUES('safe')");
	struct error err = { 0 };

	assert_int_equal(ledger_prepare(db, &err), 0);
	assert_int_equal(
		connection_run(
			db,
			"CREATE TRIGGER evil AFTER INSERT ON " LEDGER_TABLE
			" BEGIN DELETE FROM t; END;"
			"CREATE TRIGGER worse BEFORE UPDATE ON " LEDGER_TABLE
			" BEGIN DELETE FROM t; END;"
			"CREATE TABLE u(a); CREATE TRIGGER good AFTER "
			"INSERT ON u BEGIN INSERT INTO t VALUES(1); "
			"END",
			&err),
		0);
	add(db, NULL, "1");
	assert_int_equal(ledger_set_evidence(db, "counter:1", &err), 0);
	expect_answer(db, "SELECT group_concat(a) FROM t", "safe");
	/* The application's own are not left switched off. */
	assert_int_equal(connection_run(db, "INSERT INTO u VALUES(1)", &err),
			 0);
	expect_answer(db, "SELECT count(*) FROM t", "2");
	connection_close(db);
}

static void test_a_run_or_evidence_that_cannot_be_is_not_believed(void **state)
{
	struct sqlite3 *db = open_with(
		*state, "CREATE TABLE " LEDGER_TABLE
			"(rank INTEGER PRIMARY KEY, to_version, run_id, "
			"evidence); INSERT INTO " LEDGER_TABLE " VALUES(1, "
			"'1', '../../etc', hex(zeroblob(90)))");
	struct ledger_head head = read_head(db);

	assert_true(head.exists);
	assert_string_equal(head.run_id, "");
	assert_string_equal(head.evidence, "");
	connection_close(db);
}

static void collect(void *self, const struct ledger_row *row)
{
	char **text = self;
	char *longer = xasprintf("%s%s:%s>%s,", *text, row->kind,
				 row->from == NULL ? "-" : row->from, row->to);

	free(*text);
	*text = longer;
}

/* Behind "x" no number ever stands, so that our row would not be the newest. */
static void test_a_rank_that_is_no_number_is_refused(void **state)
{
	struct sqlite3 *db = open_with(
		*state,
		"CREATE TABLE fleet_schema_history(rank, to_version);"
		"INSERT INTO fleet_schema_history VALUES (1, '1'), ('x', '2')");
	struct ledger_head head;
	struct error err = { 0 };

	assert_int_equal(ledger_read(db, &head, &err), ERROR_UNVERSIONED);
	assert_non_null(strstr(err.message, "a rank that is no number"));
	assert_false(head.exists);
	connection_close(db);
}

static void test_every_row_is_told_in_order(void **state)
{
	struct sqlite3 *db = open_with(*state, "");
	struct error err = { 0 };
	char *text = xstrdup("");

	assert_int_equal(ledger_each(db, collect, &text, &err), 0);
	assert_string_equal(text, "");
	assert_int_equal(ledger_prepare(db, &err), 0);
	add(db, NULL, "1");
	add(db, "1", "2");
	assert_int_equal(ledger_each(db, collect, &text, &err), 0);
	assert_string_equal(text, "migrate:->1,migrate:1>2,");
	free(text);
	assert_int_equal(ledger_drop(db, &err), 0);
	assert_false(read_head(db).exists);
	connection_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_no_ledger_is_no_error),
		WORKSHOP_TEST(test_an_empty_ledger_says_nothing),
		WORKSHOP_TEST(test_rows_are_read_back_newest_first),
		WORKSHOP_TEST(test_what_only_has_its_name_is_refused),
		WORKSHOP_TEST(
			test_a_version_that_is_none_is_refused_and_escaped),
		WORKSHOP_TEST(
			test_an_older_ledger_is_read_and_gets_its_columns),
		WORKSHOP_TEST(test_hostile_triggers_do_not_run),
		WORKSHOP_TEST(
			test_a_run_or_evidence_that_cannot_be_is_not_believed),
		WORKSHOP_TEST(test_a_rank_that_is_no_number_is_refused),
		WORKSHOP_TEST(test_every_row_is_told_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
