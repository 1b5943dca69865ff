#include "database/adoption.h"

#include <stdio.h>

#include "base/memory.h"
#include "database/ledger.h"
#include "sqlite/connection.h"
#include "tools.h"
#include "workshop.h"

/* The steps of workshop_history are 1, 2 and 3; in Markdown, they have no
 * names. */
static const struct chain *chain_of(struct workshop *shop)
{
	return &shop->migrations->chains[KIND_USER];
}

static struct sqlite3 *open_db(struct workshop *shop, const char *made)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db;

	(void)remove(path);
	workshop_sql(shop, "a.db", made);
	if (connection_open(path, &options, &db, &err) != 0)
		fail_msg("%s", err.message);
	free(path);
	return db;
}

/* "1 2 3" for the steps that are there; or why it is refused. */
static const char *adopt(struct workshop *shop, const char *tool,
			 const char *made)
{
	static char out[ERROR_MESSAGE_BYTES];
	struct sqlite3 *db = open_db(shop, made);
	struct adoption adoption = { 0 };
	struct error err = { 0 };
	size_t p, count = 0;
	int rc = adoption_read(db, tracker_find(tool), chain_of(shop),
			       &adoption, &err);

	out[0] = '\0';
	for (p = 0; rc == 0 && p < adoption.chain->count; p++) {
		if (!adoption.has[p])
			continue;
		count++;
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out),
			       "%s%s", out[0] == '\0' ? "" : " ",
			       adoption.chain->steps[p]->to);
		assert_true(adoption.newest >= p + 1);
	}
	assert_true(rc != 0 || count == adoption.count);
	if (rc != 0) {
		assert_int_equal(rc, ERROR_UNVERSIONED);
		assert_non_null(strstr(err.message, "left untouched"));
		(void)snprintf(out, sizeof(out), "%s", err.message);
	}
	adoption_release(&adoption);
	connection_close(db);
	return out;
}

static void expect_part(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

static void test_each_tool_with_all_three(void **state)
{
	size_t i;

	for (i = 0; i < tool_count; i++) {
		char *made = xasprintf("%s;%s", tools[i].create,
				       tools[i].applied);

		/* These have names that stand in no Markdown. */
		if (strcmp(tools[i].name, "alembic") == 0 ||
		    strcmp(tools[i].name, "sqlite-migrate") == 0)
			expect_part(adopt(*state, tools[i].name, made),
				    ", and the migrations do not");
		else
			assert_string_equal(adopt(*state, tools[i].name, made),
					    "1 2 3");
		/* A table in which nothing is yet. */
		assert_string_equal(
			adopt(*state, tools[i].name, tools[i].create), "");
		free(made);
	}
}

#define DBMATE(values)                                                     \
	"CREATE TABLE schema_migrations(version varchar(128) primary key)" \
	";INSERT INTO schema_migrations VALUES " values

static void test_zeros_do_not_count(void **state)
{
	assert_string_equal(adopt(*state, "dbmate",
				  DBMATE("('0001'), ('002')")),
			    "1 2");
}

static void test_one_that_no_step_is(void **state)
{
	const char *why;

	why = adopt(*state, "dbmate", DBMATE("('1'), ('4')"));
	expect_part(why, "its schema_migrations has 4, and the migrations do "
			 "not");
	expect_part(why, "point --migrations");
	expect_part(adopt(*state, "dbmate", DBMATE("('7'), ('4'), ('6'), "
						   "('5')")),
		    "has 7, 4, 6 and 1 more, and");
	/* Bytes that a terminal would obey are shown as text. */
	expect_part(adopt(*state, "dbmate",
			  DBMATE("('4' || char(27) || '[2J')")),
		    "has 4\\x1b[2J, and");
}

static void test_a_gap_in_a_chain_is_refused(void **state)
{
	struct workshop *shop = *state;
	const char *why = adopt(*state, "dbmate", DBMATE("('1'), ('3')"));

	expect_part(why, "has 3 and not 2, which comes before it");
	/* In a folder of files others may still come before. */
	shop->migrations->chains[KIND_USER].is_set = true;
	assert_string_equal(adopt(*state, "dbmate", DBMATE("('1'), ('3')")),
			    "1 3");
	assert_string_equal(adopt(*state, "dbmate", DBMATE("('3')")), "3");
}

static void test_all_up_to_one(void **state)
{
	static const char table[] = "CREATE TABLE schema_migrations(version "
				    "uint64, dirty bool); INSERT INTO "
				    "schema_migrations VALUES ";
	static const struct {
		const char *row, *has;
	} rows[] = {
		{ "(2, 0)", "1 2" }, { "(-1, 0)", "" }, { "(3, 0)", "1 2 3" },
		{ "(1, 0)", "1" },
	};
	char *made;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		made = xasprintf("%s%s", table, rows[i].row);
		assert_string_equal(adopt(*state, "golang-migrate", made),
				    rows[i].has);
		free(made);
	}
	made = xasprintf("%s%s", table, "(4, 0)");
	expect_part(adopt(*state, "golang-migrate", made), "has 4, and");
	free(made);
	/* An empty table stays open to a version that is nobody's. */
	expect_part(adopt(*state, "user_version", "PRAGMA user_version = -5"),
		    "its user_version has -5, and");
}

/* History that was folded into the first step: known only with that. */
static void test_what_is_older_than_the_first_step(void **state)
{
	static const char late[] = "```sql\n-- [user:baseline→50:start]\n"
				   "CREATE TABLE t(a);\n"
				   "-- [user:baseline→50:end]\n"
				   "-- [user:50→51:start]\n"
				   "CREATE TABLE u(a);\n"
				   "-- [user:50→51:end]\n```\n";
	struct workshop *shop = *state;
	struct adoption adoption;
	struct error err = { 0 };
	struct sqlite3 *db;
	char *words;

	workshop_release(shop, late);
	assert_string_equal(adopt(shop, "dbmate",
				  DBMATE("('48'), ('49'), ('50')")),
			    "50");
	expect_part(adopt(shop, "dbmate", DBMATE("('48'), ('49')")),
		    "ends at 49, and the first of the migrations is");
	expect_part(adopt(shop, "user_version", "PRAGMA user_version = 49"),
		    "ends at 49");
	/* A baseline says that what is from before is there. */
	assert_string_equal(
		adopt(shop, "atlas",
		      "CREATE TABLE atlas_schema_revisions(version, type, "
		      "applied, total, error); INSERT INTO "
		      "atlas_schema_revisions VALUES ('49', 1, 0, 0, NULL)"),
		"");
	db = open_db(shop, DBMATE("('48'), ('49'), ('50')"));
	assert_int_equal(adoption_read(db, tracker_find("dbmate"),
				       chain_of(shop), &adoption, &err),
			 0);
	words = adoption_describe(&adoption);
	assert_string_equal(words, "adopted from dbmate: 1 step, and 2 from "
				   "before the first of them");
	free(words);
	adoption_release(&adoption);
	connection_close(db);
}

static void test_what_was_passed_over_is_told(void **state)
{
	struct adoption adoption;
	struct error err = { 0 };
	struct sqlite3 *db;
	char *made, *words;
	size_t i;

	for (i = 0; strcmp(tools[i].name, "flyway") != 0; i++)
		;
	made = xasprintf("%s;%s", tools[i].create, tools[i].applied);
	db = open_db(*state, made);
	assert_int_equal(adoption_read(db, tracker_find("flyway"),
				       chain_of(*state), &adoption, &err),
			 0);
	words = adoption_describe(&adoption);
	assert_string_equal(words, "adopted from flyway: 3 steps; passed over "
				   "1 that is repeatable");
	free(words);
	free(made);
	adoption_release(&adoption);
	connection_close(db);
}

static void note_row(void *self, const struct ledger_row *row)
{
	char **text = self;
	char *longer = xasprintf("%s%s:%s>%s:%s:%d;", *text, row->kind,
				 row->from == NULL ? "" : row->from, row->to,
				 row->description, row->checksum != NULL);

	assert_int_equal(strlen(row->checksum), 64);
	free(*text);
	*text = longer;
}

static void test_a_row_for_each_step(void **state)
{
	struct sqlite3 *db = open_db(*state, DBMATE("('2'), ('1')"));
	struct adoption adoption;
	struct error err = { 0 };
	char *text = xstrdup("");

	assert_int_equal(adoption_read(db, tracker_find("dbmate"),
				       chain_of(*state), &adoption, &err),
			 0);
	assert_int_equal(ledger_prepare(db, &err), 0);
	assert_int_equal(
		adoption_record(db, &adoption, "20240101T000000Z-1-abcd", &err),
		0);
	assert_int_equal(ledger_each(db, note_row, &text, &err), 0);
	assert_string_equal(text, "baseline:>1:adopted from dbmate, no step "
				  "run:1;baseline:1>2:adopted from dbmate, no "
				  "step run:1;");
	free(text);
	adoption_release(&adoption);
	connection_close(db);
}

static void test_which_tool_a_database_goes_by(void **state)
{
	static const struct {
		const char *made, *wanted, *tool;
		size_t tables;
	} rows[] = {
		{ "", NULL, NULL, 0 },
		{ "CREATE TABLE t(a)", NULL, NULL, 1 },
		{ DBMATE("('1')"), NULL, "dbmate", 0 },
		{ DBMATE("('1')") ";CREATE TABLE t(a)", "dbmate", "dbmate", 1 },
		{ DBMATE("('1')") ";CREATE TABLE t(a)", "goose", NULL, 1 },
		{ "CREATE TABLE t(a)", "user_version", "user_version", 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sqlite3 *db = open_db(*state, rows[i].made);
		const struct tracker *tracker;
		struct error err = { 0 };
		size_t tables;

		assert_int_equal(
			adoption_choose(db,
					rows[i].wanted == NULL
						? NULL
						: tracker_find(rows[i].wanted),
					&tracker, &tables, &err),
			0);
		assert_ptr_equal(tracker, rows[i].tool == NULL
						  ? NULL
						  : tracker_find(rows[i].tool));
		assert_int_equal(tables, rows[i].tables);
		connection_close(db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_each_tool_with_all_three),
		WORKSHOP_TEST(test_zeros_do_not_count),
		WORKSHOP_TEST(test_one_that_no_step_is),
		WORKSHOP_TEST(test_a_gap_in_a_chain_is_refused),
		WORKSHOP_TEST(test_all_up_to_one),
		WORKSHOP_TEST(test_what_is_older_than_the_first_step),
		WORKSHOP_TEST(test_what_was_passed_over_is_told),
		WORKSHOP_TEST(test_a_row_for_each_step),
		WORKSHOP_TEST(test_which_tool_a_database_goes_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
