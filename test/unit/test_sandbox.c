#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "replay/sandbox.h"
#include "sqlite/connection.h"

static struct sandbox *open_sandbox(void)
{
	struct sandbox *sandbox = xcalloc(1, sizeof(*sandbox));

	assert_int_equal(sandbox_open(sandbox, NULL), 0);
	return sandbox;
}

static void close_sandbox(struct sandbox *sandbox)
{
	sandbox_close(sandbox);
	sandbox_close(sandbox);
	free(sandbox);
}

/* A step whose SQL begins in line 10 of "f". */
static int run(struct sandbox *sandbox, const char *sql, int *line,
	       struct error *err)
{
	struct step step = { .file = (char[]){ "f" }, .line = 10 };
	int rc;

	step.sql = xstrdup(sql);
	memset(err, 0, sizeof(*err));
	*line = 0;
	rc = sandbox_run(sandbox, &step, line, err);
	free(step.sql);
	return rc;
}

static void expect_number(struct sandbox *sandbox, const char *sql,
			  int64_t expected)
{
	int64_t number = -1;

	assert_int_equal(connection_number(sandbox->db, sql, &number, NULL), 0);
	assert_int_equal(number, expected);
}

static void keeps_what_a_step_made(void **state)
{
	struct sandbox *sandbox = open_sandbox();
	struct error err;
	int line;

	(void)state;
	assert_int_equal(run(sandbox,
			     "CREATE TABLE t(a);\n"
			     "CREATE TRIGGER tr AFTER INSERT ON t BEGIN\n"
			     "  UPDATE t SET a = 7; SELECT 1;\nEND;\n"
			     "INSERT INTO t VALUES(1) RETURNING a;",
			     &line, &err),
			 0);
	expect_number(sandbox, "SELECT a FROM t", 7);
	assert_int_equal(run(sandbox, "-- nothing\n", &line, &err), 0);
	assert_int_equal(run(sandbox, "INSERT INTO t VALUES(2)", &line, &err),
			 0);
	expect_number(sandbox, "SELECT count(*) FROM t", 2);
	close_sandbox(sandbox);
}

static void names_the_statement_that_failed(void **state)
{
	struct sandbox *sandbox = open_sandbox();
	struct error err;
	int line;

	(void)state;
	assert_int_equal(run(sandbox,
			     "CREATE TABLE t(a);\n\n-- why\n"
			     "CREATE\n\tTABEL x; SELECT 1;",
			     &line, &err),
			 ERROR_MIGRATION);
	assert_int_equal(line, 13);
	assert_string_equal(err.message, "near \"TABEL\": syntax error: "
					 "CREATE TABEL x");
	assert_false(sandbox_has_refused(sandbox));
	close_sandbox(sandbox);
}

static void leaves_nothing_of_a_step_that_failed(void **state)
{
	static const char rolls_back[] =
		"CREATE TABLE u(a CHECK(a));"
		"INSERT OR ROLLBACK INTO u VALUES(0);";
	static const char *const failing[] = {
		"CREATE TABLE u(a); SELECT * FROM nowhere;",
		rolls_back,
		"CREATE TABLE u(a); COMMIT;",
	};
	struct sandbox *sandbox = open_sandbox();
	struct error err;
	size_t i;
	int line;

	(void)state;
	for (i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		assert_int_equal(run(sandbox, failing[i], &line, &err),
				 ERROR_MIGRATION);
		expect_number(sandbox, "SELECT count(*) FROM sqlite_schema", 0);
	}
	assert_int_equal(run(sandbox, "CREATE TABLE u(a)", &line, &err), 0);
	close_sandbox(sandbox);
}

static void refuses_what_a_step_may_not_do(void **state)
{
	static const char *const forbidden[] = {
		"ATTACH 'x' AS y",
		"CREATE TABLE fleet_schema_history(a)",
		"PRAGMA journal_mode=OFF",
		"COMMIT",
	};
	struct sandbox *sandbox = open_sandbox();
	struct error err;
	size_t i;
	int line;

	(void)state;
	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		assert_int_equal(run(sandbox, forbidden[i], &line, &err),
				 ERROR_MIGRATION);
		assert_true(sandbox_has_refused(sandbox));
		assert_non_null(strstr(err.message, "not allowed"));
		assert_non_null(strstr(err.message, forbidden[i]));
	}
	assert_int_equal(run(sandbox, "x", &line, &err), ERROR_MIGRATION);
	assert_false(sandbox_has_refused(sandbox));
	close_sandbox(sandbox);
}

static void tries_and_undoes(void **state)
{
	struct sandbox *sandbox = open_sandbox();
	struct error err = { 0 };

	(void)state;
	assert_int_equal(sandbox_try(sandbox, "CREATE TABLE t(a)", &err), 0);
	expect_number(sandbox, "SELECT count(*) FROM sqlite_schema", 0);
	assert_int_equal(sandbox_try(sandbox, "PRAGMA foreign_keys=ON", &err),
			 0);
	assert_int_not_equal(sandbox_try(sandbox, "BEGIN", &err), 0);
	assert_int_not_equal(sandbox_try(sandbox, "VACUUM", &err), 0);
	assert_false(connection_in_transaction(sandbox->db));
	close_sandbox(sandbox);
}

static void leaves_foreign_keys_off(void **state)
{
	struct sandbox *sandbox = open_sandbox();
	struct error err;
	int line;

	(void)state;
	assert_int_equal(run(sandbox,
			     "PRAGMA foreign_keys=ON;\n"
			     "CREATE TABLE p(a PRIMARY KEY);\n"
			     "CREATE TABLE c(a REFERENCES p(a));\n"
			     "INSERT INTO c VALUES(1);",
			     &line, &err),
			 0);
	expect_number(sandbox, "SELECT count(*) FROM c", 1);
	close_sandbox(sandbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_a_step_made),
		cmocka_unit_test(names_the_statement_that_failed),
		cmocka_unit_test(leaves_nothing_of_a_step_that_failed),
		cmocka_unit_test(refuses_what_a_step_may_not_do),
		cmocka_unit_test(tries_and_undoes),
		cmocka_unit_test(leaves_foreign_keys_off),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
