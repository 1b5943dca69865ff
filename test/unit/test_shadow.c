#include "sqlite/shadow.h"

#include "bench.h"
#include "sqlite/schema.h"

static struct schema *take(struct sqlite3 *db)
{
	struct error err = { 0 };
	struct schema *schema;

	assert_int_equal(schema_take(db, "ledger", NULL, &schema, &err), 0);
	assert_int_equal(shadow_mark(db, schema, &err), 0);
	return schema;
}

static bool is_shadow(const struct schema *schema, enum schema_type type,
		      const char *name)
{
	const struct schema_object *object = schema_find(schema, type, name);

	assert_non_null(object);
	return object->is_shadow;
}

static void test_the_inside_of_a_virtual_table_is_known(void **state)
{
	struct schema *schema = take(bench_memory(
		*state, "CREATE VIRTUAL TABLE notes USING fts5(text);"
			"CREATE VIRTUAL TABLE boxes USING rtree(id, a, b);"
			"CREATE TABLE people(name);"));

	assert_false(is_shadow(schema, SCHEMA_TABLE, "notes"));
	assert_true(is_shadow(schema, SCHEMA_TABLE, "notes_data"));
	assert_true(is_shadow(schema, SCHEMA_TABLE, "NOTES_CONFIG"));
	assert_false(is_shadow(schema, SCHEMA_TABLE, "boxes"));
	assert_true(is_shadow(schema, SCHEMA_TABLE, "boxes_node"));
	assert_false(is_shadow(schema, SCHEMA_TABLE, "people"));
	schema_free(schema);
}

/* Names alone say nothing: these are the application's own. */
static void test_a_name_that_only_looks_so_is_none(void **state)
{
	struct schema *schema = take(bench_memory(
		*state, "CREATE VIRTUAL TABLE notes USING fts5(text);"
			"CREATE TABLE notes_data_old(a);"
			"CREATE TABLE notes_archive(a);"
			"CREATE INDEX notes_data_index ON notes_archive(a);"
			"CREATE VIEW notes_data_view AS SELECT 1;"));

	assert_false(is_shadow(schema, SCHEMA_TABLE, "notes_data_old"));
	assert_false(is_shadow(schema, SCHEMA_TABLE, "notes_archive"));
	assert_false(is_shadow(schema, SCHEMA_INDEX, "notes_data_index"));
	assert_false(is_shadow(schema, SCHEMA_VIEW, "notes_data_view"));
	assert_true(is_shadow(schema, SCHEMA_TABLE, "notes_data"));
	schema_free(schema);
}

static void test_where_nothing_is_virtual_there_is_none(void **state)
{
	struct schema *schema = take(bench_memory(
		*state, "CREATE TABLE notes(a); CREATE TABLE notes_data(a);"));

	assert_false(is_shadow(schema, SCHEMA_TABLE, "notes_data"));
	schema_free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(test_the_inside_of_a_virtual_table_is_known),
		BENCH_TEST(test_a_name_that_only_looks_so_is_none),
		BENCH_TEST(test_where_nothing_is_virtual_there_is_none),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
