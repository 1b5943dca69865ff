#include "replay/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/replay.h"
#include "sqlite/connection.h"
#include "study.h"

static const char history[] =
	STUDY_STEP("user:baseline→1",
		   "CREATE TABLE zoo(id INTEGER PRIMARY KEY AUTOINCREMENT,"
		   " name TEXT UNIQUE DEFAULT \"NA\", twice AS (id * 2));"
		   "CREATE TABLE \"a|b\"\"c\"(\"x;y\", UNIQUE (\"x;y\"))"
		   " /* one more; */ ;"
		   "CREATE TABLE kinds(k TEXT PRIMARY KEY) WITHOUT ROWID;")
	STUDY_STEP("user:1→2",
		   "CREATE INDEX by_name ON zoo(lower(name)) WHERE id > 0;"
		   "CREATE VIEW all_zoo AS SELECT * FROM zoo -- not yet all;\n;"
		   "CREATE VIEW above AS SELECT * FROM all_zoo;"
		   "CREATE VIRTUAL TABLE fine USING fts5(t, content='zoo');"
		   "CREATE VIRTUAL TABLE boxes USING rtree(id, a, b);"
		   "CREATE TABLE fine_data_of_ours(a);"
		   "CREATE TRIGGER also AFTER INSERT ON zoo BEGIN"
		   " INSERT INTO fine(rowid, t) VALUES (NEW.id, 'a;b'); END;"
		   "CREATE TRIGGER above_in INSTEAD OF INSERT ON above"
		   " BEGIN SELECT 1; END;")
	STUDY_STEP("user:2→3",
		   "ALTER TABLE kinds RENAME TO sorts;"
		   "ALTER TABLE zoo ADD COLUMN sort REFERENCES sorts(k);"
		   "CREATE TABLE new_b(c); DROP TABLE \"a|b\"\"c\";"
		   "ALTER TABLE new_b RENAME TO \"a|b\"\"c\";"
		   "INSERT INTO sorts VALUES ('a row');");

struct script {
	char *text;
	size_t bytes;
	FILE *out;
	char *order; /* the types told, by their first letters */
};

static void tell(void *self, const struct schema_object *object,
		 const char *sql)
{
	struct script *script = self;
	size_t length = strlen(script->order);

	fprintf(script->out, "%s;\n", sql);
	script->order = realloc(script->order, length + 3);
	strcpy(script->order + length, object->is_virtual ? "v" : "");
	strncat(script->order, schema_type_name(object->type), 1);
}

static void script_open(struct script *script, const struct schema *schema)
{
	script->out = open_memstream(&script->text, &script->bytes);
	script->order = calloc(1, 1);
	dump_each(schema, tell, script);
	fflush(script->out);
}

static void script_close(struct script *script)
{
	fclose(script->out);
	free(script->text);
	free(script->order);
}

static void print(void *self, const char *difference)
{
	(void)self;
	print_error("%s\n", difference);
}

/* Runs the dump in an empty database; its schema is then the same. */
static void expect_same(const struct schema *schema)
{
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY,
	};
	struct error err = { 0 };
	struct schema *made;
	struct script script;
	struct sqlite3 *db;

	script_open(&script, schema);
	assert_int_equal(connection_open(NULL, &options, &db, &err), 0);
	if (connection_run(db, script.text, &err) != 0)
		fail_msg("%s in:\n%s", err.message, script.text);
	assert_int_equal(schema_take(db, LEDGER_TABLE, NULL, &made, &err), 0);
	assert_int_equal(schema_compare(schema, made, print, NULL), 0);
	assert_int_equal(made->count, schema->count);
	schema_free(made);
	connection_close(db);
	script_close(&script);
}

struct replayed {
	struct migrations *migrations;
	struct replay *replay;
};

static int setup(void **state)
{
	struct replayed *replayed = calloc(1, sizeof(*replayed));

	replayed->migrations = study(history);
	if (replay_new(&replayed->migrations->chains[KIND_USER],
		       &replayed->replay, NULL) != 0)
		return -1;
	*state = replayed;
	return 0;
}

static int teardown(void **state)
{
	struct replayed *replayed = *state;

	replay_free(replayed->replay);
	migrations_free(replayed->migrations);
	free(replayed);
	return 0;
}

static void test_every_version_comes_back_as_it_was(void **state)
{
	const struct replayed *replayed = *state;

	for (size_t p = 0; p <= 3; p++)
		expect_same(replayed->replay->schemas[p]);
}

static void test_each_finds_what_it_needs(void **state)
{
	const struct replayed *replayed = *state;
	struct script script;

	script_open(&script, replayed->replay->schemas[2]);
	/* Four tables, two virtual ones, an index, two views, two triggers. */
	assert_string_equal(script.order, "ttttvtvtivvtt");
	script_close(&script);
}

static void test_what_is_made_by_itself_and_rows_are_left_out(void **state)
{
	const struct replayed *replayed = *state;
	struct script script;

	script_open(&script, replayed->replay->schemas[3]);
	assert_null(strstr(script.text, "sqlite_"));
	assert_null(strstr(script.text, "fine_config"));
	assert_null(strstr(script.text, "boxes_node"));
	assert_non_null(strstr(script.text, "fine_data_of_ours"));
	assert_null(strstr(script.text, "a row"));
	script_close(&script);
}

/* "SELECT * FROM zoo -- not yet all;" would end nowhere. */
static void test_no_comment_takes_the_end_with_it(void **state)
{
	const struct replayed *replayed = *state;
	struct script script;

	script_open(&script, replayed->replay->schemas[2]);
	assert_non_null(strstr(script.text, "SELECT * FROM zoo;\n"));
	assert_null(strstr(script.text, "not yet all"));
	script_close(&script);
}

#define REPLAYED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPLAYED(test_every_version_comes_back_as_it_was),
		REPLAYED(test_each_finds_what_it_needs),
		REPLAYED(test_what_is_made_by_itself_and_rows_are_left_out),
		REPLAYED(test_no_comment_takes_the_end_with_it),
	};

	return cmocka_run_group_tests(tests, study_begin, NULL);
}
