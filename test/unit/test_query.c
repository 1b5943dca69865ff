#include "bench.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/query.h"

static void rows_come_one_by_one(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a, b);"
		       "INSERT INTO t VALUES (1, 'one'), (2, NULL)");
	struct query query;
	bool has_row;

	assert_int_equal(query_open(&query, db, "SELECT a, b FROM t ORDER BY a",
				    &bench->err),
			 0);
	assert_int_equal(query_columns(&query), 2);

	assert_int_equal(query_next(&query, &has_row, &bench->err), 0);
	assert_true(has_row);
	assert_int_equal(query_number(&query, 0), 1);
	assert_string_equal(query_text(&query, 1), "one");
	assert_false(query_is_null(&query, 1));

	assert_int_equal(query_next(&query, &has_row, &bench->err), 0);
	assert_true(has_row);
	assert_true(query_is_null(&query, 1));
	assert_null(query_text(&query, 1));

	assert_int_equal(query_next(&query, &has_row, &bench->err), 0);
	assert_false(has_row);
	query_close(&query);
	query_close(&query);
}

static void parameters_are_bound_and_bound_again(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a, b)");
	char text[] = "first; DROP TABLE t";
	struct query query;
	bool has_row;

	assert_int_equal(query_open(&query, db, "INSERT INTO t VALUES (?, ?)",
				    &bench->err),
			 0);
	query_bind_number(&query, 1, INT64_MAX);
	query_bind_text(&query, 2, text);
	memset(text, 'x', sizeof(text) - 1); /* it has a copy */
	assert_int_equal(query_next(&query, &has_row, &bench->err), 0);
	assert_false(has_row);

	query_reset(&query);
	query_bind_text(&query, 2, NULL);
	assert_int_equal(query_next(&query, &has_row, &bench->err), 0);
	query_close(&query);
	bench_expect(db, "SELECT a || b FROM t WHERE b NOT NULL",
		     "9223372036854775807first; DROP TABLE t");
	bench_expect(db, "SELECT a FROM t WHERE b IS NULL",
		     "9223372036854775807");
}

static void a_binding_that_failed_writes_nothing(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a)");
	struct query query;
	bool has_row = true;

	/* A recent SQLite takes none below 30. */
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 40);
	assert_int_equal(
		query_open(&query, db, "INSERT INTO t VALUES (?)", NULL), 0);
	query_bind_text(&query, 1,
			"longer than the forty bytes that are allowed");
	query_bind_number(&query, 1, 1);
	assert_int_equal(query_next(&query, &has_row, &bench->err), ERROR_SQL);
	assert_int_equal(bench->err.sqlite_code, SQLITE_TOOBIG);
	assert_false(has_row);
	query_close(&query);
	bench_expect(db, "SELECT count(*) FROM t", "0");
}

static void failures_have_the_message_of_sqlite(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");
	struct query query;
	bool has_row;

	assert_int_equal(query_open(&query, db, "SELECT x FROM t", &bench->err),
			 ERROR_SQL);
	assert_string_equal(bench->err.message, "no such column: x");
	query_close(&query);

	assert_int_equal(query_open(&query, db, "INSERT INTO t VALUES (1)",
				    &bench->err),
			 0);
	assert_int_equal(query_next(&query, &has_row, &bench->err), ERROR_SQL);
	assert_string_equal(bench->err.message,
			    "UNIQUE constraint failed: t.a");
	assert_int_equal(bench->err.sqlite_code, SQLITE_CONSTRAINT_UNIQUE);
	query_close(&query);

	assert_int_equal(query_open(&query, db, " -- nothing", &bench->err),
			 ERROR_BUG);
	query_close(&query);
}

static void any_name_can_be_quoted(void **state)
{
	static const char *const names[][2] = {
		{ "plain", "\"plain\"" },
		{ "", "\"\"" },
		{ "a\"b\"", "\"a\"\"b\"\"\"" },
		{ "two words; -- '", "\"two words; -- '\"" },
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "SELECT 1");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *quoted = query_quote(names[i][0]);
		char *sql = sqlite3_mprintf("CREATE TABLE %s(a)", quoted);

		assert_string_equal(quoted, names[i][1]);
		bench_run(db, sql);
		sqlite3_free(sql);
		free(quoted);
	}
	bench_expect(db, "SELECT count(*) FROM sqlite_schema", "4");
	bench_expect(db,
		     "SELECT count(*) FROM sqlite_schema"
		     " WHERE name = 'a\"b\"'",
		     "1");
}

static void bytes_are_bound_as_bytes(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a)");
	struct query query;
	bool has_row;

	assert_int_equal(query_open(&query, db, "INSERT INTO t VALUES (?)",
				    &bench->err),
			 0);
	query_bind_blob(&query, 1, "a\0b", 3);
	assert_int_equal(query_next(&query, &has_row, &bench->err), 0);
	query_close(&query);
	bench_expect(db, "SELECT typeof(a) || hex(a) FROM t", "blob610062");
}

static void a_write_of_ours_runs_no_trigger(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a); CREATE TABLE u(a);"
		       "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO u "
		       "VALUES (1); END");
	struct query query;

	assert_int_equal(query_open(&query, db, "INSERT INTO t VALUES (1)",
				    &bench->err),
			 0);
	assert_int_equal(query_write(&query, &bench->err), 0);
	query_close(&query);
	bench_expect(db, "SELECT count(*) FROM u", "0");
	/* Those of others run again. */
	bench_run(db, "INSERT INTO t VALUES (2)");
	bench_expect(db, "SELECT count(*) FROM u", "1");
}

static void a_write_that_fails_says_so(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db =
		bench_memory(bench, "CREATE TABLE t(a UNIQUE);"
				    "INSERT INTO t VALUES (1)");
	struct query query;

	assert_int_equal(query_open(&query, db, "INSERT INTO t VALUES (1)",
				    &bench->err),
			 0);
	assert_int_equal(query_write(&query, &bench->err), ERROR_SQL);
	query_close(&query);
	assert_non_null(strstr(bench->err.message, "UNIQUE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(rows_come_one_by_one),
		BENCH_TEST(parameters_are_bound_and_bound_again),
		BENCH_TEST(a_binding_that_failed_writes_nothing),
		BENCH_TEST(failures_have_the_message_of_sqlite),
		BENCH_TEST(any_name_can_be_quoted),
		BENCH_TEST(bytes_are_bound_as_bytes),
		BENCH_TEST(a_write_of_ours_runs_no_trigger),
		BENCH_TEST(a_write_that_fails_says_so),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
