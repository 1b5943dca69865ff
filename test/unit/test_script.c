#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/authorizer.h"
#include "sqlite/functions.h"
#include "sqlite/script.h"

static const char ledger[] = "fleet_schema_history";

/* Asserts that [begin, end) of the script is that text, blanks before it and
 * the semicolon behind it left out. */
static void expect_statement(const struct script *script, const char *expected)
{
	const char *begin = script->text + script->begin;
	const char *end = script->text + script->end;

	while (begin < end && strchr(" \t\n", *begin))
		begin++;
	if (end > begin && end[-1] == ';')
		end--;
	assert_int_equal(end - begin, strlen(expected));
	assert_memory_equal(begin, expected, strlen(expected));
}

static int run(struct bench *bench, struct sqlite3 *db, struct script *script,
	       const char *text)
{
	script->text = text;
	return script_run(db, script, &bench->err);
}

static void statements_run_one_after_the_other(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "SELECT 1");
	struct script script = { 0 };

	assert_int_equal(run(bench, db, &script,
			     "CREATE TABLE t(a);\n"
			     "INSERT INTO t VALUES (';'), ('--;');;\n"
			     "-- a comment; with a semicolon\n"
			     "SELECT a FROM t;\n"
			     "/* INSERT INTO t VALUES (3); */\n"
			     "UPDATE t SET a = a || 'x'"),
			 0);
	assert_int_equal(script.statements, 4);
	assert_int_equal(script.end, strlen(script.text));
	bench_expect(db, "SELECT count(*) FROM t WHERE a LIKE '%x'", "2");
}

static void a_trigger_is_one_statement(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a, b)");
	struct script script = { 0 };

	assert_int_equal(
		run(bench, db, &script,
		    "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n"
		    "  UPDATE t SET b = CASE WHEN a > 1 THEN 'x;' END;\n"
		    "  DELETE FROM t WHERE a = 0;\n"
		    "END;\n"
		    "INSERT INTO t(a) VALUES (0), (2);"),
		0);
	assert_int_equal(script.statements, 2);
	bench_expect(db, "SELECT group_concat(a || b) FROM t", "2x;");
}

static void nothing_to_run_is_fine(void **state)
{
	static const char *const texts[] = {
		"", " \n\t", ";;;", "-- only this", "/* open", "; -- x\n ; ",
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "SELECT 1");

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct script script = { .statements = 7 };

		assert_int_equal(run(bench, db, &script, texts[i]), 0);
		assert_int_equal(script.statements, 0);
	}
}

static void a_failure_shows_its_statement(void **state)
{
	static const struct {
		const char *statement, *message;
	} cases[] = {
		{ "INSERT INTO missing VALUES (1)", "no such table: missing" },
		{ "ALTER TABLE t ADD COLUMN a", "duplicate column name: a" },
		{ "INSERT INTO t VALUES (1)", "UNIQUE constraint failed: t.a" },
		{ "SELEC 1", "near \"SELEC\": syntax error" },
		{ "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n"
		  " DELETE FROM t; DELET FROM t; END",
		  "near \"DELET\": syntax error" },
		{ "SELECT ';' FROM", "near \";\": syntax error" },
		{ "ALTER TABLE gone ADD COLUMN IF NOT EXISTS \"a;\" TEXT",
		  "no such table: gone" },
		{ "ALTER TABLE t /*;*/ DROP IF EXISTS a",
		  "cannot drop UNIQUE column: \"a\"" },
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = xasprintf("SELECT 1;\n%s;\nSELECT 2;",
				       cases[i].statement);
		struct script script = { 0 };

		assert_int_equal(run(bench, db, &script, text), ERROR_SQL);
		assert_string_equal(bench->err.message, cases[i].message);
		assert_int_equal(script.statements, 1);
		assert_int_equal(script.begin, strlen("SELECT 1;"));
		expect_statement(&script, cases[i].statement);
		free(text);
	}
}

static void what_sqlite_lacks_counts_as_a_statement(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a)");
	struct authorizer authorizer;
	struct script script = { .in_transaction = true,
				 .authorizer = &authorizer };

	bench_run(db, "BEGIN");
	authorizer_init(&authorizer, ledger);
	authorizer.mode = AUTHORIZE_STEPS;
	authorizer_install(db, &authorizer);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			run(bench, db, &script,
			    "ALTER TABLE t ADD IF NOT EXISTS b INT;\n"
			    "ALTER TABLE t DROP IF EXISTS c;\n"
			    "SELECT b FROM t"),
			0);
	assert_int_equal(script.statements, 3);
	assert_int_equal(script.end, strlen(script.text));
	assert_int_equal(authorizer.touched_count, 1);

	/* What a step may not do it may not do on condition either. */
	assert_int_equal(run(bench, db, &script,
			     "ALTER TABLE fleet_schema_history ADD COLUMN "
			     "IF NOT EXISTS x"),
			 ERROR_SQL);
	authorizer_install(db, NULL);
	authorizer_release(&authorizer);
}

/* An application may have functions of the same names. */
static void our_functions_are_there_for_one_statement(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *application, *db;
	struct script script = { .in_transaction = true };

	bench_make(bench, "a.db", "CREATE TABLE t(a, b); INSERT INTO t(a) "
				  "VALUES ('abc'), ('x')");
	application = bench_application(bench, "a.db");
	assert_int_equal(functions_offer(application, true, NULL), 0);
	bench_run(application, "PRAGMA writable_schema = ON;"
		  "CREATE TABLE k(a CHECK (a <> '')); UPDATE sqlite_schema SET "
		  "sql = 'CREATE TABLE k(a CHECK (a REGEXP ''^a''))' "
		  "WHERE name = 'k'");
	connection_close(application);

	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	bench_run(db, "BEGIN");
	if (run(bench, db, &script,
		"UPDATE t SET b = sha256(a);\n"
		"ALTER TABLE t ADD COLUMN c;\n"
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS d;\n"
		"UPDATE t SET c = uuid() WHERE a REGEXP '^a';\n"
		"ALTER TABLE t RENAME TO u; SELECT GEN_RANDOM_UUID()") != 0)
		fail_msg("%s", bench->err.message);
	assert_int_equal(script.statements, 6);
	bench_expect(db, "SELECT count(*) || length(max(b)) || length(max(c)) "
			 "|| count(c) FROM u", "264361");
	assert_int_equal(connection_run(db, "SELECT uuid()", &bench->err),
			 ERROR_SQL);
	assert_string_equal(bench->err.message, "no such function: uuid");
	bench_run(db, "ROLLBACK; BEGIN");

	/* Also where the statement fails, and where it may not. */
	assert_int_equal(run(bench, db, &script,
			     "SELECT 'a' REGEXP '(' FROM t"),
			 ERROR_SQL);
	assert_non_null(strstr(bench->err.message, "bad pattern '('"));
	assert_int_equal(run(bench, db, &script,
			     "CREATE INDEX i ON t(sha256(a))"),
			 ERROR_SQL);
	assert_string_equal(bench->err.message,
			    "unsafe use of sha256(); only a step itself can "
			    "call it: the application does not have it");
	assert_int_equal(connection_run(db, "SELECT sha256(1)", &bench->err),
			 ERROR_SQL);
	assert_int_equal(run(bench, db, &script, "SELECT nope(1)"), ERROR_SQL);
	assert_string_equal(bench->err.message, "no such function: nope");
}

static void a_failure_at_the_end_reaches_to_the_end(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "SELECT 1");
	struct script script = { 0 };

	assert_int_equal(run(bench, db, &script, "SELECT 1; SELECT 'open"),
			 ERROR_SQL);
	assert_int_equal(script.end, strlen(script.text));
	expect_statement(&script, "SELECT 'open");
}

static void what_sqlite_says_keeps_its_code(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a CHECK (a > 0))");
	struct script script = { 0 };

	assert_int_equal(run(bench, db, &script, "INSERT INTO t VALUES (0)"),
			 ERROR_SQL);
	assert_int_equal(bench->err.sqlite_code, SQLITE_CONSTRAINT_CHECK);
}

static void ending_the_transaction_is_noticed(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1);"
		       "CREATE TRIGGER g BEFORE DELETE ON t BEGIN"
		       " SELECT RAISE(ROLLBACK, 'never delete'); END");
	struct script script = { .in_transaction = true };

	bench_run(db, "BEGIN");
	assert_int_equal(run(bench, db, &script,
			     "INSERT INTO t VALUES (2); COMMIT; SELECT 1"),
			 ERROR_SQL);
	assert_string_equal(bench->err.message,
			    "the statement ended the transaction, which the "
			    "program owns");
	expect_statement(&script, "COMMIT");

	bench_run(db, "BEGIN");
	assert_int_equal(run(bench, db, &script,
			     "INSERT OR ROLLBACK INTO t VALUES (1)"),
			 ERROR_SQL);
	assert_string_equal(bench->err.message,
			    "UNIQUE constraint failed: t.a; SQLite ended the "
			    "transaction and has undone all of it");

	bench_run(db, "BEGIN");
	assert_int_equal(run(bench, db, &script, "DELETE FROM t"), ERROR_SQL);
	assert_non_null(strstr(bench->err.message, "never delete; SQLite"));
	assert_false(connection_in_transaction(db));

	/* Without a transaction there is none to look after. */
	script.in_transaction = false;
	assert_int_equal(run(bench, db, &script, "SELECT 1"), 0);
}

static void a_failure_leaves_the_transaction_to_the_caller(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a)");
	struct script script = { .in_transaction = true };

	bench_run(db, "BEGIN");
	assert_int_equal(run(bench, db, &script,
			     "INSERT INTO t VALUES (1); INSERT INTO none "
			     "VALUES (1)"),
			 ERROR_SQL);
	assert_true(connection_in_transaction(db));
	bench_expect(db, "SELECT count(*) FROM t", "1");
	bench_run(db, "ROLLBACK");
	bench_expect(db, "SELECT count(*) FROM t", "0");
}

static void what_was_refused_is_named(void **state)
{
	static const char *const cases[][2] = {
		{ "ATTACH 'x' AS y", "ATTACH is not allowed in a migration; "
				     "a step sees one database" },
		{ "COMMIT", "COMMIT is not allowed in a migration; the "
			    "program owns the transaction" },
		{ "PRAGMA journal_mode = OFF",
		  "PRAGMA journal_mode is not allowed in a migration" },
		{ "SELECT load_extension('x')",
		  "function load_extension() is not allowed in a migration" },
		{ "DELETE FROM fleet_schema_history",
		  "changing fleet_schema_history is not allowed in a "
		  "migration; it is the program's own record" },
	};
	struct bench *bench = *state;
	struct sqlite3 *db =
		bench_memory(bench, "CREATE TABLE fleet_schema_history(rank)");
	struct authorizer authorizer;
	struct script script = { .in_transaction = true,
				 .authorizer = &authorizer };

	bench_run(db, "BEGIN");
	authorizer_init(&authorizer, ledger);
	authorizer.mode = AUTHORIZE_STEPS;
	authorizer_install(db, &authorizer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(run(bench, db, &script, cases[i][0]),
				 ERROR_SQL);
		assert_string_equal(bench->err.message, cases[i][1]);
		assert_int_not_equal(bench->err.sqlite_code, 0);
		assert_true(connection_in_transaction(db));
	}

	/* A later failure of another kind is not blamed on the last refusal. */
	assert_int_equal(run(bench, db, &script, "SELECT x"), ERROR_SQL);
	assert_string_equal(bench->err.message, "no such column: x");
	authorizer_install(db, NULL);
	authorizer_release(&authorizer);
}

static void stopping_ends_a_script(void **state)
{
	atomic_bool stop_now = true;
	const struct connection_options options = {
		.mode = CONNECTION_WRITE, .stop_now = &stop_now
	};
	struct script script = { .in_transaction = true };
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	assert_int_equal(connection_open(bench_path(bench, "a.db"), &options,
					 &db, NULL),
			 0);
	bench_run(db, "BEGIN IMMEDIATE");
	assert_int_equal(
		run(bench, db, &script,
		    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1"
		    " FROM n) INSERT INTO t SELECT x FROM n"),
		ERROR_STOPPED);
	connection_close(db);
	bench_expect(bench_connect(bench, "a.db", CONNECTION_READ),
		     "SELECT count(*) FROM t", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(statements_run_one_after_the_other),
		BENCH_TEST(a_trigger_is_one_statement),
		BENCH_TEST(nothing_to_run_is_fine),
		BENCH_TEST(a_failure_shows_its_statement),
		BENCH_TEST(what_sqlite_lacks_counts_as_a_statement),
		BENCH_TEST(our_functions_are_there_for_one_statement),
		BENCH_TEST(a_failure_at_the_end_reaches_to_the_end),
		BENCH_TEST(what_sqlite_says_keeps_its_code),
		BENCH_TEST(ending_the_transaction_is_noticed),
		BENCH_TEST(a_failure_leaves_the_transaction_to_the_caller),
		BENCH_TEST(what_was_refused_is_named),
		BENCH_TEST(stopping_ends_a_script),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
