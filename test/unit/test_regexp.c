#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/functions.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sqlite3 *open(struct bench *bench, const char *sql)
{
	struct sqlite3 *db = bench_memory(bench, sql);

	assert_int_equal(functions_offer(db, true, NULL), 0);
	return db;
}

static void is_operator_and_function(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db =
		open(bench, "CREATE TABLE t(a, p);"
			    "INSERT INTO t VALUES ('one', 'n'), ('two', '^t'),"
			    "(NULL, 'x'), ('three', NULL), (4, '4')");

	bench_expect(db, "SELECT group_concat(a) FROM t WHERE a REGEXP p",
		     "one,two,4");
	bench_expect(db, "SELECT group_concat(a) FROM t WHERE regexp('^t', a)",
		     "two,three");
	bench_expect(db, "SELECT group_concat(a) FROM t WHERE a NOT REGEXP 't'",
		     "one,4");
	bench_expect(db, "SELECT count(*) FROM t WHERE a REGEXP p IS NULL",
		     "2");
	bench_expect(db, "SELECT 'a' || char(0) || 'b' REGEXP 'b'", "1");
	bench_expect(db, "SELECT x'6162' REGEXP 'b$'", "1");
	bench_expect(db, "SELECT '' REGEXP ''", "1");
}

static void says_what_is_wrong(void **state)
{
	static const char *const cases[][2] = {
		{ "SELECT 'a' REGEXP '[a'",
		  "regexp: bad pattern '[a': a [ has no ]" },
		{ "SELECT 'a' REGEXP a FROM t",
		  "regexp: bad pattern '(': a ( has no )" },
		{ "SELECT 'a' REGEXP replace(hex(zeroblob(1000)), '0', 'x')",
		  "xxx...': it is too long" },
		{ "SELECT hex(zeroblob(600000)) REGEXP '1'",
		  "regexp: a text of 1200000 bytes; this pattern is matched "
		  "with at most 1048576, use substr()" },
		{ "SELECT hex(zeroblob(40000)) REGEXP '0{900}1'",
		  "regexp: a text of 80000 bytes; this pattern is matched with "
		  "at most 74" },
	};
	struct bench *bench = *state;
	struct sqlite3 *db = open(
		bench, "CREATE TABLE t(a); INSERT INTO t VALUES('a'), ('(')");

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(connection_run(db, cases[i][0], &bench->err),
				 ERROR_SQL);
		if (!strstr(bench->err.message, cases[i][1]))
			fail_msg("%s", bench->err.message);
	}
	bench_expect(db, "SELECT hex(zeroblob(500000)) REGEXP '1'", "0");
}

/* Compiled once, though it is asked for each row. */
static void keeps_what_it_has_compiled(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = open(
		bench, "CREATE TABLE t(a);"
		       "WITH n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n "
		       "LIMIT 3000) INSERT INTO t SELECT x FROM n");

	bench_expect(db, "SELECT count(*) FROM t WHERE a REGEXP '^1(.{0,200}x)?"
			 "$' OR a REGEXP '^[0-9]{2}$'",
		     "91");
	bench_expect(db, "SELECT count(*) FROM t WHERE a REGEXP ('^' || a)",
		     "3000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(is_operator_and_function),
		BENCH_TEST(says_what_is_wrong),
		BENCH_TEST(keeps_what_it_has_compiled),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
