#include "database/tracker.h"

#include <stdio.h>

#include "base/memory.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "tools.h"
#include "workshop.h"

static struct sqlite3 *open_db(struct workshop *shop, const char *made)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
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

static struct schema *take_schema(struct sqlite3 *db)
{
	struct error err = { 0 };
	struct schema *schema;

	if (schema_take(db, LEDGER_TABLE, NULL, &schema, &err) != 0)
		fail_msg("%s", err.message);
	return schema;
}

/* Which tool's table a database has that was made so; "" if none, or the
 * message. */
static const char *told(struct workshop *shop, const char *made)
{
	static struct error err;
	struct sqlite3 *db = open_db(shop, made);
	struct schema *schema = take_schema(db);
	const struct tracker *tracker;
	int rc = tracker_tell(schema, &tracker, &err);

	schema_free(schema);
	connection_close(db);
	if (rc != 0) {
		assert_int_equal(rc, ERROR_UNVERSIONED);
		return err.message;
	}
	return tracker == NULL ? "" : tracker->name;
}

struct text {
	char all[512];
};

static int note(void *self, const char *text, enum tracker_span span,
		struct error *err)
{
	struct text *into = self;
	size_t used = strlen(into->all);

	(void)err;
	(void)snprintf(into->all + used, sizeof(into->all) - used, "%s%s%s",
		       used > 0 ? " " : "",
		       span == TRACKER_UP_TO	? "<="
		       : span == TRACKER_BASELINE ? "base<="
						  : "",
		       text);
	return 0;
}

/* What the tool's table says in a database made so, or why it is refused. */
static const char *read_of(struct workshop *shop, const char *tool,
			   const char *made)
{
	static struct text text;
	static struct error err;
	struct sqlite3 *db = open_db(shop, made);
	int rc;

	memset(&text, 0, sizeof(text));
	rc = tracker_read(db, tracker_find(tool), note, &text, &err);
	connection_close(db);
	if (rc != 0)
		assert_int_equal(rc, ERROR_UNVERSIONED);
	return rc != 0 ? err.message : text.all;
}

static void expect_part(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

static void test_each_tool_is_told_by_its_table(void **state)
{
	size_t i;

	for (i = 0; i < tool_count; i++) {
		const char *name = tools[i].name;

		/* Anybody may have set a user_version. */
		assert_string_equal(told(*state, tools[i].create),
				    strcmp(name, "user_version") == 0 ? ""
								      : name);
	}
	assert_int_equal(tool_count, tracker_count);
}

static void test_each_tool_says_what_is_applied(void **state)
{
	size_t i;

	for (i = 0; i < tool_count; i++) {
		char *made = xasprintf("%s;%s", tools[i].create,
				       tools[i].applied);

		assert_string_equal(read_of(*state, tools[i].name, made),
				    tools[i].says);
		assert_string_equal(
			read_of(*state, tools[i].name, tools[i].create), "");
		free(made);
	}
}

static void test_what_they_call_wrong_is_refused(void **state)
{
	size_t i, t, tried = 0;

	for (i = 0; i < tool_count; i++) {
		for (t = 0; tools[i].wrong[t].sql != NULL; t++) {
			char *made = xasprintf("%s;%s;%s", tools[i].create,
					       tools[i].applied,
					       tools[i].wrong[t].sql);
			const char *why = read_of(*state, tools[i].name, made);

			expect_part(why, tools[i].wrong[t].says);
			expect_part(why, "left untouched");
			free(made);
			tried++;
		}
	}
	assert_int_equal(tried, 13);
}

static void test_one_name_of_three_tools(void **state)
{
	const char *why;

	/* Ecto has a column that none of the three has. */
	assert_string_equal(told(*state, "CREATE TABLE schema_migrations("
					 "version INTEGER PRIMARY KEY, "
					 "inserted_at TEXT)"),
			    "");
	assert_string_equal(told(*state, "CREATE TABLE schema_migrations("
					 "version TEXT, dirty bool, more)"),
			    "");
	assert_string_equal(told(*state, "CREATE TABLE Schema_Migrations("
					 "VERSION varchar(128) primary key)"),
			    "dbmate");
	why = told(*state,
		   "CREATE TABLE schema_migrations(version TEXT);"
		   "CREATE TABLE d1_migrations(id, name, applied_at)");
	expect_part(why, "schema_migrations (dbmate) and d1_migrations (d1)");
	expect_part(why, "--from d1");
}

static void test_a_tool_that_is_asked_for(void **state)
{
	struct sqlite3 *db =
		open_db(*state, "CREATE TABLE schema_migrations("
				"version uint64, dirty bool)");
	struct schema *schema = take_schema(db);
	struct error err = { 0 };
	bool there;

	assert_int_equal(tracker_is_there(tracker_find("golang-migrate"),
					  schema, &there, &err),
			 0);
	assert_true(there);
	assert_int_equal(
		tracker_is_there(tracker_find("goose"), schema, &there, &err),
		0);
	assert_false(there);
	assert_int_equal(tracker_is_there(tracker_find("user_version"), schema,
					  &there, &err),
			 0);
	assert_true(there);
	assert_int_equal(
		tracker_is_there(tracker_find("dbmate"), schema, &there, &err),
		ERROR_UNVERSIONED);
	expect_part(err.message,
		    "its table schema_migrations is that of golang-migrate, "
		    "not dbmate");
	schema_free(schema);
	connection_close(db);
	assert_null(tracker_find("Dbmate"));
	assert_null(tracker_find("auto"));
}

static void test_what_only_has_the_name(void **state)
{
	expect_part(told(*state, "CREATE VIEW d1_migrations AS SELECT "
				 "'0001_a.sql' AS name, 1 AS applied_at"),
		    "a view named d1_migrations");
	expect_part(told(*state, "CREATE VIRTUAL TABLE _sqlx_migrations USING "
				 "fts5(version, success, checksum)"),
		    "a virtual table named _sqlx_migrations");
	/* A table of the application that happens to be called so. */
	assert_string_equal(told(*state, "CREATE TABLE alembic_version("
					 "version_num, of_what)"),
			    "");
}

static void test_what_no_tool_writes_is_refused(void **state)
{
	static const struct {
		const char *value, *says;
	} rows[] = {
		{ "printf('%0256d', 7)", "over 255 bytes" },
		{ "zeroblob(16)", "a blob" },
		{ "CAST('0001_a.sql' AS BLOB)", "a blob" },
		{ "1.5", "a real" },
		{ "NULL", "a null" },
		{ "''", "an empty text" },
		{ "'0001_a.sql' || char(0) || 'b'", "a NUL in it" },
		/* 100 MB, of which hardly anything is read. */
		{ "CAST(zeroblob(100000000) AS TEXT)", "over 255 bytes" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *made = xasprintf("CREATE TABLE d1_migrations(id, name, "
				       "applied_at); INSERT INTO d1_migrations "
				       "VALUES (1, %s, 0)",
				       rows[i].value);

		expect_part(read_of(*state, "d1", made), rows[i].says);
		free(made);
	}
	expect_part(read_of(*state, "dbmate",
			    "CREATE TABLE schema_migrations(version TEXT);"
			    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
			    "i + 1 FROM n LIMIT 65537) INSERT INTO "
			    "schema_migrations SELECT i FROM n"),
		    "65536 others");
}

/* To SQLite all bytes of one of these are one character. */
static void test_a_long_word_of_theirs_is_cut_and_not_ours(void **state)
{
	const char *message = read_of(
		*state, "golang-migrate",
		"CREATE TABLE schema_migrations(version uint64, dirty bool);"
		"INSERT INTO schema_migrations VALUES (CAST(x'f0' AS TEXT) || "
		"replace(hex(zeroblob(500)), '00', CAST(x'af' AS TEXT)), 1)");

	expect_part(message, "\\xaf");
	expect_part(message, " is dirty; it was left untouched; ");
	expect_part(message, "then run again");
}

/* Columns that are computed run no code but SQLite's own, and end. */
static void test_columns_that_are_computed(void **state)
{
	assert_string_equal(
		read_of(*state, "d1",
			"CREATE TABLE d1_migrations(id, applied_at, name AS "
			"(printf('%04d_a.sql', id))); INSERT INTO "
			"d1_migrations VALUES (1, 0), (2, 0)"),
		"0001_a.sql 0002_a.sql");
}

/* What SQLite says of it is put behind the table's name. */
static void test_what_cannot_be_read_is_named(void **state)
{
	struct sqlite3 *db = open_db(
		*state, "CREATE TABLE d1_migrations(id, name, applied_at)");
	struct error err = { 0 };
	struct text text = { "" };

	/* Gone since it was told. */
	assert_int_equal(tracker_read(db, tracker_find("goose"), note, &text,
				      &err),
			 ERROR_SQL);
	connection_close(db);
	db = open_db(*state, "CREATE TABLE goose_db_version(id, is_applied)");
	assert_int_equal(tracker_read(db, tracker_find("goose"), note, &text,
				      &err),
			 ERROR_SQL);
	connection_close(db);
	db = open_db(*state, "CREATE TABLE d1_migrations(id, applied_at)");
	assert_int_equal(
		tracker_read(db, tracker_find("d1"), note, &text, &err),
		ERROR_SQL);
	expect_part(err.message, "its d1_migrations: no such column: name");
	connection_close(db);
}

static size_t tables_left(struct workshop *shop, const char *made,
			  const struct schema_known *known)
{
	struct sqlite3 *db = open_db(shop, made);
	struct schema *schema = take_schema(db);
	size_t left;

	tracker_hide(schema, known);
	left = schema->count;
	schema_free(schema);
	connection_close(db);
	return left;
}

static void test_their_tables_are_hidden(void **state)
{
	size_t i;

	for (i = 0; i < tool_count; i++)
		assert_int_equal(tables_left(*state, tools[i].create, NULL),
				 0);
	/* Not what is somebody else's. */
	assert_int_equal(tables_left(*state,
				     "CREATE TABLE schema_migrations(a, b);"
				     "CREATE TABLE ar_internal_metadata(key)",
				     NULL),
			 2);
	/* With what is on it. */
	assert_int_equal(
		tables_left(*state,
			    "CREATE TABLE t(a); CREATE INDEX i ON t(a);"
			    "CREATE TABLE alembic_version(version_num);"
			    "CREATE TRIGGER g AFTER INSERT ON alembic_version "
			    "BEGIN SELECT 1; END; "
			    "CREATE INDEX h ON alembic_version(version_num)",
			    NULL),
		2);
}

/* Where a migration makes such a table, it belongs to the schema. */
static void test_what_the_migrations_make_is_not_hidden(void **state)
{
	static const char made[] = "CREATE TABLE alembic_version(version_num)";
	struct sqlite3 *db = open_db(*state, made);
	struct schema *schema = take_schema(db);
	const struct schema_known known = { .schemas = &schema, .count = 1 };

	assert_int_equal(tables_left(*state, made, &known), 1);
	schema_free(schema);
	connection_close(db);
}

static void test_what_is_passed_over_is_counted(void **state)
{
	struct error err = { 0 };
	struct sqlite3 *db;
	int64_t passed;
	size_t i;

	for (i = 0; i < tool_count; i++) {
		char *made = xasprintf("%s;%s", tools[i].create,
				       tools[i].applied);

		db = open_db(*state, made);
		assert_int_equal(tracker_passed(db,
						tracker_find(tools[i].name),
						&passed, &err),
				 0);
		assert_int_equal(passed, tools[i].passed);
		connection_close(db);
		free(made);
	}
}

static void test_names_for_people(void **state)
{
	char *all = tracker_names(false), *kept = tracker_names(true);
	char out[64];

	(void)state;
	expect_part(all, "rails, golang-migrate, dbmate, goose");
	expect_part(all, "user_version");
	assert_string_equal(kept, "golang-migrate, dbmate, goose, sqlx, diesel"
				  ", d1");
	assert_string_equal(tracker_describe(tracker_find("user_version"), out,
					     sizeof(out)),
			    "its user_version");
	assert_string_equal(
		tracker_describe(tracker_find("d1"), out, sizeof(out)),
		"its d1_migrations");
	free(all);
	free(kept);
}

static void test_which_can_be_kept(void **state)
{
	const struct tracker *kept = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(tracker_choose_kept("goose", &kept, &err), 0);
	assert_ptr_equal(kept, tracker_find("goose"));
	assert_int_equal(tracker_choose_kept("flyway", &kept, &err),
			 ERROR_CONFIG);
	expect_part(err.message, "\"flyway\": write own, or one of golang-");
	assert_ptr_equal(kept, tracker_find("goose"));
	assert_int_equal(tracker_choose_kept("own", &kept, &err), 0);
	assert_null(kept);
}

/* What is kept current is made as the tool would have made it. */
static void test_ours_are_told_as_theirs(void **state)
{
	size_t i;

	for (i = 0; i < tracker_count; i++) {
		if (trackers[i].record == NULL)
			continue;
		assert_string_equal(told(*state, trackers[i].create),
				    trackers[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_each_tool_is_told_by_its_table),
		WORKSHOP_TEST(test_each_tool_says_what_is_applied),
		WORKSHOP_TEST(test_what_they_call_wrong_is_refused),
		WORKSHOP_TEST(test_one_name_of_three_tools),
		WORKSHOP_TEST(test_a_tool_that_is_asked_for),
		WORKSHOP_TEST(test_what_only_has_the_name),
		WORKSHOP_TEST(test_what_no_tool_writes_is_refused),
		WORKSHOP_TEST(test_a_long_word_of_theirs_is_cut_and_not_ours),
		WORKSHOP_TEST(test_columns_that_are_computed),
		WORKSHOP_TEST(test_what_cannot_be_read_is_named),
		WORKSHOP_TEST(test_their_tables_are_hidden),
		WORKSHOP_TEST(test_what_the_migrations_make_is_not_hidden),
		WORKSHOP_TEST(test_what_is_passed_over_is_counted),
		WORKSHOP_TEST(test_names_for_people),
		cmocka_unit_test(test_which_can_be_kept),
		WORKSHOP_TEST(test_ours_are_told_as_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
