#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/schema.h"

static const char ledger[] = "fleet_schema_history";

static struct schema *take(struct sqlite3 *db)
{
	struct error err = { 0 };
	struct schema *schema;

	if (schema_take(db, ledger, &schema, &err))
		fail_msg("%s", err.message);
	return schema;
}

static struct schema *take_of(struct bench *bench, const char *sql)
{
	struct sqlite3 *db = bench_memory(bench, sql);
	struct schema *schema = take(db);

	connection_close(db);
	bench->connection_count--;
	return schema;
}

static void objects_are_in_order_and_complete(void **state)
{
	static const char *const expected[][3] = {
		{ "index", "by_name", "b" }, { "table", "a", "a" },
		{ "table", "b", "b" },	     { "table", "C", "C" },
		{ "trigger", "g", "a" },     { "view", "v", "v" },
	};
	struct bench *bench = *state;
	struct schema *schema = take_of(
		bench,
		"CREATE TABLE C(x); CREATE TABLE b(name UNIQUE, y);"
		"CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT);"
		"CREATE VIEW v AS SELECT 1 AS one;"
		"CREATE INDEX by_name ON b(name);"
		"CREATE TRIGGER g AFTER INSERT ON a BEGIN SELECT 1; END;"
		"ANALYZE");

	assert_int_equal(schema->count, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct schema_object *object = &schema->objects[i];

		assert_string_equal(schema_type_name(object->type),
				    expected[i][0]);
		assert_string_equal(object->name, expected[i][1]);
		assert_string_equal(object->table, expected[i][2]);
		assert_string_not_equal(object->sql, "");
		assert_int_equal(object->root_page > 0,
				 object->type <= SCHEMA_TABLE);
		assert_false(object->is_virtual);
	}
	assert_string_equal(schema->objects[3].sql, "CREATE TABLE C(x)");
	assert_string_equal(schema->objects[3].folded, "create table c ( x )");
	assert_int_equal(schema_table_count(schema), 3);
	assert_false(schema->has_ledger);
	schema_free(schema);
	schema_free(NULL);
}

static void the_ledger_is_left_out(void **state)
{
	struct bench *bench = *state;
	struct schema *schema = take_of(
		bench, "CREATE TABLE Fleet_Schema_History(rank);"
		       "CREATE INDEX i ON fleet_schema_history(rank);"
		       "CREATE TABLE t(a)");

	assert_true(schema->has_ledger);
	assert_int_equal(schema->count, 1);
	schema_free(schema);

	/* A view of that name is somebody else's. */
	schema = take_of(bench, "CREATE VIEW fleet_schema_history AS SELECT 1");
	assert_false(schema->has_ledger);
	assert_int_equal(schema->count, 1);
	schema_free(schema);
}

static void an_empty_database_has_nothing(void **state)
{
	struct schema *schema = take_of(*state, "SELECT 1");

	assert_int_equal(schema->count, 0);
	assert_null(schema_find(schema, SCHEMA_TABLE, "t"));
	assert_int_equal(schema_compare(schema, schema, NULL, NULL), 0);
	schema_free(schema);
}

static void objects_and_columns_are_found_by_name(void **state)
{
	struct schema *schema = take_of(
		*state, "CREATE TABLE Users(Id, \"full name\", c AS (id + 1),"
			" d AS (id + 2) STORED);"
			"CREATE INDEX users_id ON users(id);"
			"CREATE TABLE \"odd \"\" name\"(a)");
	const struct schema_object *users =
		schema_find(schema, SCHEMA_TABLE, "USERS");

	assert_non_null(users);
	assert_int_equal(users->column_count, 4);
	assert_true(schema_has_column(users, "ID"));
	assert_true(schema_has_column(users, "Full Name"));
	assert_true(schema_has_column(users, "c"));
	assert_true(schema_has_column(users, "d"));
	assert_false(schema_has_column(users, "e"));
	assert_non_null(schema_find(schema, SCHEMA_INDEX, "users_id"));
	assert_null(schema_find(schema, SCHEMA_TABLE, "users_id"));
	assert_null(schema_find(schema, SCHEMA_TABLE, "user"));
	users = schema_find(schema, SCHEMA_TABLE, "odd \" name");
	assert_non_null(users);
	assert_true(schema_has_column(users, "a"));
	schema_free(schema);
}

static void virtual_tables_and_their_shadows_are_there(void **state)
{
	struct schema *schema =
		take_of(*state, "CREATE VIRTUAL TABLE f USING fts5(body)");
	const struct schema_object *table =
		schema_find(schema, SCHEMA_TABLE, "f");

	assert_non_null(table);
	assert_true(table->is_virtual);
	assert_int_equal(table->root_page, 0);
	assert_true(schema_has_column(table, "body"));
	table = schema_find(schema, SCHEMA_TABLE, "f_content");
	assert_non_null(table);
	assert_false(table->is_virtual);
	schema_free(schema);
}

static void a_module_of_the_application_is_no_failure(void **state)
{
	struct bench *bench = *state;
	struct error err = { 0 };
	struct schema *schema;
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "CREATE TABLE t(a); PRAGMA writable_schema = ON;"
		   "INSERT INTO sqlite_schema VALUES ('table', 'vectors',"
		   " 'vectors', 0, 'CREATE VIRTUAL TABLE vectors"
		   " USING vec0(embedding float[4])')");
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	assert_int_equal(schema_take(db, ledger, &schema, &err), 0);
	assert_int_equal(err.code, ERROR_NONE);
	assert_int_equal(schema_table_count(schema), 2);
	assert_int_equal(schema_find(schema, SCHEMA_TABLE, "vectors")
				 ->column_count,
			 0);
	schema_free(schema);
}

static void a_schema_that_cannot_be_read_is_a_failure(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *application, *db;
	struct schema *schema;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	application = bench_application(bench, "a.db");
	bench_run(application, "BEGIN EXCLUSIVE");
	assert_int_equal(schema_take(db, ledger, &schema, &bench->err),
			 ERROR_BUSY);
	assert_null(schema);
	connection_close(application);
}

static void only_layout_is_folded(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "  -- only a comment", "" },
		{ "CREATE TABLE T(a,b)", "create table t ( a , b )" },
		{ "create  table\n\tt ( a -- why\n , b /* x */ ) ",
		  "create table t ( a , b )" },
		{ "x/**/y", "x y" },
		{ "DEFAULT 'It''s  A'", "default 'It''s  A'" },
		{ "\"A  \"\"B\"", "\"A  \"\"B\"" },
		{ "[A b]]", "[A b] ]" },
		{ "`A``b`C", "`A``b` c" },
		{ "'open -- no comment", "'open -- no comment" },
		{ "/* open", "" },
		{ "a-b", "a - b" },
		{ "X'AB' 1E5 $v \xc3\x84", "X'AB' 1e5 $v \xc3\x84" },
		{ "''", "''" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *folded = schema_fold(cases[i][0]);

		assert_string_equal(folded, cases[i][1]);
		free(folded);
	}
}

/* Collects what is told, a line each. */
static void collect(void *self, const char *difference)
{
	char **text = self;
	char *longer = xasprintf("%s%s\n", *text, difference);

	free(*text);
	*text = longer;
}

static void expect_differences(struct bench *bench, const char *expected_sql,
			       const char *actual_sql, const char *text,
			       size_t count)
{
	struct schema *expected = take_of(bench, expected_sql);
	struct schema *actual = take_of(bench, actual_sql);
	char *told = xstrdup("");

	assert_int_equal(schema_compare(expected, actual, collect, &told),
			 count);
	assert_string_equal(told, text);
	assert_int_equal(schema_compare(expected, actual, NULL, NULL), count);
	free(told);
	schema_free(expected);
	schema_free(actual);
}

static void differences_are_told_for_people(void **state)
{
	expect_differences(
		*state,
		"CREATE TABLE t(a, b, c); CREATE INDEX i ON t(a);"
		"CREATE TABLE gone(x); CREATE VIEW v AS SELECT 1;"
		"CREATE TABLE same(a); CREATE INDEX j ON t(b);"
		"CREATE TABLE d(a DEFAULT 1)",
		"CREATE TABLE T(a, b, X); CREATE INDEX i ON t(b);"
		"CREATE VIEW v AS SELECT 1; CREATE TABLE more(x);"
		"CREATE TABLE  Same ( a ); CREATE TABLE d(a DEFAULT 2);"
		"CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
		"index i differs\n"
		"index j is missing\n"
		"table d differs\n"
		"table gone is missing\n"
		"column t.c is missing\n"
		"column T.X is not in the migrations\n"
		"table more is not in the migrations\n"
		"trigger g is not in the migrations\n",
		8);
}

static void the_same_in_another_layout_is_no_difference(void **state)
{
	expect_differences(*state,
			   "CREATE TABLE t(a TEXT NOT NULL, b);"
			   "CREATE INDEX i ON t(a) WHERE b > 0",
			   "create table T ( -- people\n"
			   " A text\n not null,b );"
			   "CREATE INDEX  I  ON t ( a ) where b>0",
			   "", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(objects_are_in_order_and_complete),
		BENCH_TEST(the_ledger_is_left_out),
		BENCH_TEST(an_empty_database_has_nothing),
		BENCH_TEST(objects_and_columns_are_found_by_name),
		BENCH_TEST(virtual_tables_and_their_shadows_are_there),
		BENCH_TEST(a_module_of_the_application_is_no_failure),
		BENCH_TEST(a_schema_that_cannot_be_read_is_a_failure),
		BENCH_TEST(only_layout_is_folded),
		BENCH_TEST(differences_are_told_for_people),
		BENCH_TEST(the_same_in_another_layout_is_no_difference),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
