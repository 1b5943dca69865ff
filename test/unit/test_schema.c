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

	if (schema_take(db, ledger, NULL, &schema, &err))
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
		{ "table", "b", "b" },       { "table", "C", "C" },
		{ "trigger", "g", "a" },     { "view", "v", "v" },
	};
	struct bench *bench = *state;
	struct schema *schema = take_of(
		bench, "CREATE TABLE C(x); CREATE TABLE b(name UNIQUE, y);"
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
	assert_int_equal(schema_table_count(schema), 3);
	assert_false(schema->has_ledger);
	schema_free(schema);
	schema_free(NULL);
}

static void the_ledger_is_left_out(void **state)
{
	struct bench *bench = *state;
	struct schema *schema =
		take_of(bench, "CREATE TABLE Fleet_Schema_History(rank);"
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
	assert_int_equal(schema_take(db, ledger, NULL, &schema, &err), 0);
	assert_int_equal(err.code, ERROR_NONE);
	assert_int_equal(schema_table_count(schema), 2);
	assert_int_equal(
		schema_find(schema, SCHEMA_TABLE, "vectors")->column_count, 0);
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
	assert_int_equal(schema_take(db, ledger, NULL, &schema, &bench->err),
			 ERROR_BUSY);
	assert_null(schema);
	connection_close(application);
}

static void only_layout_does_not_count(void **state)
{
	static const char *const same[][2] = {
		{ "", "  -- only a comment" },
		{ "CREATE TABLE T(a,b)", "create  table\n\tt ( a -- why\n"
					 " , b /* x */ ) " },
		{ "x/**/y", "X y" },
		{ "/* open", "" },
		{ "a-b", "A - B" },
		{ "1E5", "1e5" },
		{ "'x'\"y\"", "'x' \"y\"" },
	};
	static const char *const other[][2] = {
		{ "", "a" },           { "a", "" },
		{ "a", "a b" },        { "a b", "a" },
		{ "ab", "a b" },       { "DEFAULT 'A'", "DEFAULT 'a'" },
		{ "'a  b'", "'a b'" }, { "\"A\"", "\"a\"" },
		{ "\"a\"", "a" },      { "[a]", "`a`" },
		{ "1 .5", "1.5" },     { "X'AB'", "x'ab'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		assert_true(schema_sql_is_same(same[i][0], same[i][1]));
		assert_true(schema_sql_is_same(same[i][1], same[i][0]));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
		assert_false(schema_sql_is_same(other[i][0], other[i][1]));
		assert_false(schema_sql_is_same(other[i][1], other[i][0]));
	}
}

static struct schema *take_beside(struct bench *bench, const char *sql,
				  struct schema *const *schemas, size_t count)
{
	const struct schema_known known = { schemas, count };
	struct sqlite3 *db = bench_memory(bench, sql);
	struct schema *schema;

	if (schema_take(db, ledger, &known, &schema, &bench->err))
		fail_msg("%s", bench->err.message);
	connection_close(db);
	bench->connection_count--;
	return schema;
}

static const struct schema_object *
object_of(const struct schema *schema, enum schema_type type, const char *name)
{
	const struct schema_object *object = schema_find(schema, type, name);

	assert_non_null(object);
	return object;
}

/* What makes an object another one than the known one. */
static void what_is_the_same_is_borrowed(void **state)
{
	static const struct {
		enum schema_type type;
		const char *name;
		bool is_borrowed;
	} expected[] = {
		{ SCHEMA_TABLE, "t", true },
		{ SCHEMA_TABLE, "wider", false },
		{ SCHEMA_TABLE, "LOUD", false },
		{ SCHEMA_TABLE, "f", false }, /* virtual */
		{ SCHEMA_TABLE, "more", false },
		{ SCHEMA_INDEX, "on_t", true },
		{ SCHEMA_VIEW, "v", true },
		{ SCHEMA_TRIGGER, "instead", true },
		{ SCHEMA_TRIGGER, "after", false },
	};
	struct schema *known = take_of(
		*state, "CREATE TABLE t(a, b AS (a + 1));"
			"CREATE TABLE wider(a); CREATE TABLE loud(a);"
			"CREATE VIRTUAL TABLE f USING fts5(body);"
			"CREATE INDEX on_t ON t(a); CREATE VIEW v AS SELECT 1;"
			"CREATE TRIGGER instead INSTEAD OF INSERT ON v"
			" BEGIN SELECT 1; END;"
			"CREATE TRIGGER after AFTER INSERT ON t"
			" BEGIN SELECT 1; END");
	struct schema *schema = take_beside(
		*state,
		"CREATE TABLE more(t);"
		"CREATE TABLE LOUD(a); CREATE TABLE wider(a, b);"
		"CREATE TABLE t(a, b AS (a + 1));"
		"CREATE VIRTUAL TABLE f USING fts5(body);"
		"CREATE INDEX on_t ON t(a); CREATE VIEW v AS SELECT 1;"
		"CREATE TRIGGER instead INSTEAD OF INSERT ON v"
		" BEGIN SELECT 1; END;"
		"CREATE TRIGGER after AFTER INSERT ON t"
		" BEGIN SELECT 2; END",
		&known, 1);

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		const struct schema_object *object =
			object_of(schema, expected[i].type, expected[i].name);
		const struct schema_object *other =
			schema_find(known, expected[i].type, expected[i].name);

		assert_string_equal(object->name, expected[i].name);
		assert_int_equal(object->is_borrowed, expected[i].is_borrowed);
		assert_int_equal(other && object->sql == other->sql,
				 expected[i].is_borrowed);
	}
	assert_true(schema_has_column(object_of(schema, SCHEMA_TABLE, "wider"),
				      "b"));
	assert_true(
		schema_has_column(object_of(schema, SCHEMA_TABLE, "t"), "b"));
	assert_true(schema_has_column(object_of(schema, SCHEMA_TABLE, "f"),
				      "body"));
	/* Where it lies is each database's own. */
	assert_int_not_equal(object_of(schema, SCHEMA_TABLE, "t")->root_page,
			     object_of(known, SCHEMA_TABLE, "t")->root_page);
	/* Three differ in their text and one is there once. */
	assert_int_equal(schema_compare(known, schema, NULL, NULL), 3);
	schema_free(schema);
	schema_free(known);
}

static void any_known_schema_will_do(void **state)
{
	struct schema *known[3], *schema, *wider;

	known[0] = take_of(*state, "CREATE TABLE t(a); CREATE TABLE u(a)");
	known[1] = take_beside(*state,
			       "CREATE TABLE t(a, b);"
			       "CREATE TABLE u(a)",
			       known, 1);
	known[2] = take_of(*state, "");
	schema = take_beside(*state, "CREATE TABLE t(a); CREATE TABLE u(a)",
			     known, 3);
	assert_ptr_equal(object_of(schema, SCHEMA_TABLE, "t")->columns,
			 object_of(known[0], SCHEMA_TABLE, "t")->columns);
	/* Borrowed by the one that it was borrowed from. */
	assert_ptr_equal(object_of(schema, SCHEMA_TABLE, "u")->columns,
			 object_of(known[0], SCHEMA_TABLE, "u")->columns);
	wider = take_beside(*state, "CREATE TABLE t(a, b)", known, 3);
	assert_ptr_equal(object_of(wider, SCHEMA_TABLE, "t")->columns,
			 object_of(known[1], SCHEMA_TABLE, "t")->columns);
	schema_free(wider);
	schema_free(known[1]);
	assert_string_equal(object_of(schema, SCHEMA_TABLE, "u")->columns[0],
			    "a");
	schema_free(schema);
	schema_free(known[2]);
	schema_free(known[0]);
}

static void tables_with_an_index_are_marked(void **state)
{
	static const char sql[] =
		"CREATE TABLE plain(id INTEGER PRIMARY KEY, a);"
		"CREATE TABLE \"uni que\"(a UNIQUE);"
		"CREATE TABLE key(a TEXT PRIMARY KEY);"
		"CREATE TABLE made(a); CREATE INDEX i ON MADE(a);"
		"CREATE TABLE w(a PRIMARY KEY) without /**/ rowid";
	static const struct {
		const char *name;
		bool has_index, says_without;
	} expected[] = {
		{ "plain", false, false }, { "uni que", true, false },
		{ "key", true, false },    { "made", true, false },
		{ "w", false, true },
	};
	struct schema *known = take_of(*state, sql);
	struct schema *again = take_beside(*state, sql, &known, 1);
	struct schema *without =
		take_beside(*state, "CREATE TABLE made(a)", &known, 1);

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		for (size_t j = 0; j < 2; j++) {
			const struct schema_object *table =
				object_of(j ? again : known, SCHEMA_TABLE,
					  expected[i].name);

			assert_int_equal(table->has_index,
					 expected[i].has_index);
			assert_int_equal(table->says_without,
					 expected[i].says_without);
		}
	/* The text is the same, and the index is not there. */
	assert_true(object_of(without, SCHEMA_TABLE, "made")->is_borrowed);
	assert_false(object_of(without, SCHEMA_TABLE, "made")->has_index);
	schema_free(without);
	schema_free(again);
	schema_free(known);
}

static void whatever_may_be_a_foreign_key_is_marked(void **state)
{
	static const struct {
		const char *sql;
		bool says_references;
	} cases[] = {
		{ "CREATE TABLE t(a, b)", false },
		{ "CREATE TABLE t(a referencing, b)", false },
		{ "CREATE TABLE t(a rEfErEnCeS p)", true },
		{ "CREATE TABLE t(a,FOREIGN KEY(a)/**/REFERENCES/**/p(x))",
		  true },
		{ "CREATE TABLE t(a, b -- references nothing\n)", true },
		{ "CREATE TABLE t(a \"references\")", true },
		{ "CREATE TABLE t(a DEFAULT 'x'REFERENCES p)", true },
		/* To SQLite a byte order mark is a blank. */
		{ "CREATE TABLE t(a \xef\xbb\xbfREFERENCES p)", true },
		{ "CREATE TABLE t(a); ALTER TABLE t ADD b REFERENCES t", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct schema *schema = take_of(*state, cases[i].sql);
		struct schema *again =
			take_beside(*state, cases[i].sql, &schema, 1);

		assert_int_equal(schema->objects[0].says_references,
				 cases[i].says_references);
		assert_int_equal(again->objects[0].says_references,
				 cases[i].says_references);
		schema_free(again);
		schema_free(schema);
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

static void a_table_goes_with_what_is_on_it(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a); CREATE INDEX i ON t(a);"
		       "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;"
		       "CREATE TABLE u(a); CREATE INDEX j ON u(a);"
		       "CREATE VIEW v AS SELECT a FROM t");
	struct schema *schema;

	assert_int_equal(schema_take(db, "ledger", NULL, &schema, &bench->err),
			 0);
	schema_remove(schema, "nothing");
	assert_int_equal(schema->count, 6);
	schema_remove(schema, "T");
	assert_int_equal(schema->count, 3);
	assert_null(schema_find(schema, SCHEMA_TABLE, "t"));
	assert_non_null(schema_find(schema, SCHEMA_TABLE, "u"));
	assert_non_null(schema_find(schema, SCHEMA_INDEX, "j"));
	assert_non_null(schema_find(schema, SCHEMA_VIEW, "v"));
	schema_free(schema);
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
		BENCH_TEST(only_layout_does_not_count),
		BENCH_TEST(what_is_the_same_is_borrowed),
		BENCH_TEST(any_known_schema_will_do),
		BENCH_TEST(tables_with_an_index_are_marked),
		BENCH_TEST(whatever_may_be_a_foreign_key_is_marked),
		BENCH_TEST(differences_are_told_for_people),
		BENCH_TEST(the_same_in_another_layout_is_no_difference),
		BENCH_TEST(a_table_goes_with_what_is_on_it),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
