#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/functions.h"
#include "sqlite/query.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sqlite3 *open(struct bench *bench, const char *sql)
{
	struct sqlite3 *db = bench_memory(bench, sql);

	assert_int_equal(functions_offer(db, true, NULL), 0);
	return db;
}

static void makes_random_uuids(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = open(
		bench, "CREATE TABLE t(a);"
		       "WITH n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n "
		       "LIMIT 1000) INSERT INTO t SELECT x FROM n");

	bench_run(db, "UPDATE t SET a = CASE WHEN rowid % 2 THEN uuid() ELSE "
		      "GEN_RANDOM_UUID() END");
	bench_expect(db, "SELECT count(DISTINCT a) FROM t", "1000");
	bench_expect(db, "SELECT count(*) FROM t WHERE typeof(a) = 'text' AND "
			 "a REGEXP '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
			 "[89ab][0-9a-f]{3}-[0-9a-f]{12}$'",
		     "1000");
	/* Every digit that is not fixed is seen with every value. */
	bench_expect(db, "SELECT count(DISTINCT substr(a, 1, 1)) || ' ' || "
			 "count(DISTINCT substr(a, 20, 1)) || ' ' || "
			 "count(DISTINCT substr(a, 36, 1)) FROM t",
		     "16 4 16");
}

/* SQLite's own random numbers would be the same in both. */
static void makes_others_in_a_fork(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = open(bench, "SELECT 1");
	char *ours = NULL, theirs[37] = "";
	int pipes[2];
	pid_t child;

	assert_int_equal(connection_text(db, "SELECT uuid()", &ours, NULL), 0);
	free(ours);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		(void)connection_text(db, "SELECT uuid()", &ours, NULL);
		_exit(ours && write(pipes[1], ours, 36) == 36 ? 0 : 1);
	}
	assert_int_equal(read(pipes[0], theirs, 36), 36);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(connection_text(db, "SELECT uuid()", &ours, NULL), 0);
	assert_string_not_equal(ours, theirs);
	free(ours);
}

static void hashes_bytes(void **state)
{
	static const char *const cases[][2] = {
		{ "sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"
				"4ca495991b7852b855" },
		{ "sha256(x'')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
				 "34ca495991b7852b855" },
		{ "sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a3961"
				   "77a9cb410ff61f20015ad" },
		{ "sha256(x'616263')", "ba7816bf8f01cfea414140de5dae2223b00361a"
				       "396177a9cb410ff61f20015ad" },
		{ "sha256(12) = sha256('12')", "1" },
		{ "sha256('a' || char(0)) = sha256('a')", "0" },
		{ "sha256(x'00') = sha256(x'0000')", "0" },
		{ "sha256(NULL) IS NULL", "1" },
		{ "length(sha256(zeroblob(1000000)))", "64" },
	};
	struct bench *bench = *state;
	struct sqlite3 *db = open(bench, "SELECT 1");

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *sql = xasprintf("SELECT %s", cases[i][0]);

		bench_expect(db, sql, cases[i][1]);
		free(sql);
	}
}

static void expect_refused(struct bench *bench, struct sqlite3 *db,
			   const char *sql, const char *message)
{
	memset(&bench->err, 0, sizeof(bench->err));
	if (connection_run(db, sql, &bench->err) != ERROR_SQL ||
	    !strstr(bench->err.message, message))
		fail_msg("%s: %s", sql, bench->err.message);
}

static void are_nowhere_else(void **state)
{
	static const char *const calls[] = {
		"SELECT uuid()", "SELECT gen_random_uuid()",
		"SELECT sha256('a')", "SELECT regexp('a', 'b')",
		"SELECT 'a' REGEXP 'b'",
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "SELECT 1");

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(calls); i++)
			expect_refused(bench, db, calls[i],
				       "no such function");
		assert_int_equal(functions_offer(db, true, NULL), 0);
		for (size_t i = 0; i < COUNT(calls); i++)
			bench_run(db, calls[i]);
		expect_refused(bench, db, "SELECT uuid(1)", "wrong number");
		expect_refused(bench, db, "SELECT sha256()", "wrong number");
		assert_int_equal(functions_offer(db, false, NULL), 0);
	}
}

static void no_schema_reaches_them(void **state)
{
	static const char *const uses[] = {
		"INSERT INTO d(a) VALUES (1)",	/* a DEFAULT */
		"INSERT INTO g VALUES (1)",	/* a trigger */
		"SELECT * FROM v",
		"CREATE INDEX i ON c(sha256(a))",
		"CREATE INDEX i ON c(a) WHERE a REGEXP 'x'",
	};
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "CREATE TABLE c(a); CREATE TABLE d(a, b DEFAULT (uuid()));"
		   "CREATE TABLE g(a); CREATE TRIGGER tr AFTER INSERT ON g "
		   "BEGIN UPDATE g SET a = gen_random_uuid(); END;"
		   "CREATE VIEW v AS SELECT sha256(a) FROM c");
	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	assert_int_equal(functions_offer(db, true, NULL), 0);
	for (size_t i = 0; i < COUNT(uses); i++)
		expect_refused(bench, db, uses[i], "");
	expect_refused(bench, db, "SELECT * FROM v", "unsafe use of sha256()");
	/* What does not touch them works, and so does reading it anew. */
	bench_run(db, "BEGIN; ALTER TABLE c ADD COLUMN z; INSERT INTO c "
		      "VALUES (uuid(), 1); ROLLBACK; SELECT count(*) FROM d;"
		      "ALTER TABLE c ADD COLUMN y; INSERT INTO c VALUES "
		      "(uuid(), 1);");
}

static void tells_that_they_are_missed(void **state)
{
	(void)state;
	assert_true(functions_are_lacking("no such function: uuid"));
	assert_true(functions_are_lacking("no such function: REGEXP"));
	assert_false(functions_are_lacking("no such function: uuid4"));
	assert_false(functions_are_lacking("no such function: lower"));
	assert_false(functions_are_lacking("no such table: uuid"));
	assert_false(functions_are_lacking("unknown function: uuid()"));
}

static void calls_are_told_from_names(void **state)
{
	static const struct {
		const char *sql, *called;
	} cases[] = {
		{ "CREATE TABLE t(a, b DEFAULT (uuid()))", "uuid" },
		{ "CREATE TABLE t(a DEFAULT (1+Gen_Random_UUID ( )))",
		  "gen_random_uuid" },
		{ "CREATE TABLE t(a, b AS (sha256(a)))", "sha256" },
		{ "CREATE TABLE t(a CHECK (\"regexp\"('^x', a)))", "regexp" },
		{ "CREATE TABLE t(a CHECK (a REGEXP '^x'))", "regexp" },
		{ "CREATE TABLE t(a CHECK (a NOT regexp a))", "regexp" },
		{ "CREATE TABLE t(a CHECK ((a) REGEXP ('x')))", "regexp" },
		{ "CREATE TABLE t(\"a\" CHECK (\"a\" REGEXP/**/lower('X')))",
		  "regexp" },
		{ "CREATE INDEX i ON t(a, sha256(b))", "sha256" },
		{ "CREATE UNIQUE INDEX i ON uuid (a) WHERE a REGEXP 'x'",
		  "regexp" },
		{ "CREATE TRIGGER g AFTER INSERT ON uuid BEGIN UPDATE t SET a "
		  "= uuid(); END", "uuid" },
		{ "CREATE TRIGGER g AFTER INSERT ON t WHEN sha256(NEW.a) = '' "
		  "BEGIN SELECT 1; END", "sha256" },
		{ "CREATE VIEW v AS SELECT a FROM t JOIN u ON sha256(a) = b",
		  "sha256" },
		{ "CREATE VIEW v AS SELECT CASE WHEN 1 THEN uuid() END",
		  "uuid" },

		{ "CREATE TABLE uuid (id, uuid TEXT, sha256, regexp TEXT)",
		  NULL },
		{ "CREATE TABLE t(uuid UUID(16), h sha256 (32) NOT NULL)",
		  NULL },
		{ "CREATE TABLE IF NOT EXISTS sha256(a)", NULL },
		{ "CREATE TABLE t(a REFERENCES uuid (id), b 'uuid')", NULL },
		{ "CREATE TABLE t(a DEFAULT 'uuid()') -- uuid()", NULL },
		{ "CREATE TABLE regexp(a, \"regexp\" REFERENCES regexp(a))",
		  NULL },
		{ "CREATE INDEX uuid ON uuid (uuid)", NULL },
		{ "CREATE INDEX regexp ON sha256 (regexp, regexp DESC)", NULL },
		{ "CREATE TRIGGER regexp AFTER INSERT ON regexp BEGIN INSERT "
		  "INTO uuid (a) SELECT regexp FROM regexp WHERE regexp = 1; "
		  "UPDATE regexp SET regexp = NEW.regexp; END", NULL },
		{ "CREATE VIEW regexp AS SELECT a AS regexp FROM t ORDER BY "
		  "regexp DESC", NULL },
		{ "CREATE VIEW v AS SELECT my_uuid(), uuid4(), x.uuid FROM x",
		  NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *called = functions_called(cases[i].sql);

		if (cases[i].called ? !called || strcmp(called, cases[i].called)
				    : called != NULL)
			fail_msg("%s: %s", cases[i].sql,
				 called ? called : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(makes_random_uuids),
		BENCH_TEST(makes_others_in_a_fork),
		BENCH_TEST(hashes_bytes),
		BENCH_TEST(are_nowhere_else),
		BENCH_TEST(no_schema_reaches_them),
		cmocka_unit_test(tells_that_they_are_missed),
		cmocka_unit_test(calls_are_told_from_names),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
