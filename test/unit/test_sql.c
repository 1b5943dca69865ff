#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "migration/sql.h"

static const char trigger[] =
	"CREATE TABLE t(a);\n"
	"CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN\n"
	"  UPDATE t SET a = CASE WHEN a > 1 THEN 2 ELSE 3 END;\n"
	"  DELETE FROM t WHERE a = ';';\n"
	"END;\n"
	"-- that was it\n"
	"SELECT 1";

static void assert_statement(const char **sql, const char *text)
{
	struct sql_statement statement;

	*sql = sql_next_statement(*sql, &statement);
	assert_non_null(*sql);
	assert_int_equal(statement.bytes, strlen(text));
	assert_memory_equal(statement.begin, text, statement.bytes);
}

static void keeps_triggers_whole(void **state)
{
	const char *sql = trigger;
	struct sql_statement statement;

	(void)state;
	assert_statement(&sql, "CREATE TABLE t(a)");
	sql = sql_next_statement(sql, &statement);
	assert_memory_equal(statement.begin, "CREATE TEMP TRIGGER", 19);
	assert_memory_equal(statement.begin + statement.bytes - 8, "';';\nEND",
			    8);
	assert_statement(&sql, "SELECT 1");
	assert_null(sql_next_statement(sql, &statement));
	assert_int_equal(sql_count_statements(trigger), 3);
}

static void counts_statements(void **state)
{
	(void)state;
	assert_int_equal(sql_count_statements(""), 0);
	assert_int_equal(sql_count_statements(" ;; -- a;\n;"), 0);
	assert_int_equal(sql_count_statements("a;b"), 2);
	assert_int_equal(sql_count_statements("CREATE"), 1);
	assert_int_equal(sql_count_statements("SELECT ';'; SELECT 2;"), 2);
	assert_int_equal(sql_count_statements("CREATE VIEW v AS SELECT 1; x"),
			 2);
}

static void shows_a_statement_to_people(void **state)
{
	static const char sql[] = "\n -- why\n CREATE  TABLE\n\tx (a, -- b\n"
				  " c);\nnext";
	char out[64], cut[16];

	(void)state;
	sql_excerpt(sql, (size_t)(strstr(sql, "\nnext") - sql), out,
		    sizeof(out));
	assert_string_equal(out, "CREATE TABLE x (a, c)");
	sql_excerpt(sql, sizeof(sql) - 1, cut, sizeof(cut));
	assert_string_equal(cut, "CREATE TABLE...");
	assert_string_equal(sql_excerpt("", 0, out, sizeof(out)), "");
	assert_string_equal(sql_excerpt("x", 0, out, sizeof(out)), "");
}

static void knows_a_text_without_statements(void **state)
{
	(void)state;
	assert_true(sql_is_blank(""));
	assert_true(sql_is_blank(" \n-- DROP TABLE t;\n/* x */ ; ;\n"));
	assert_false(sql_is_blank("-- a\nSELECT 1"));
}

static void takes_words_and_names(void **state)
{
	static const char sql[] = " /* x */ drop TABLE main . \"a b\" ;";
	const char *at = sql;
	char *name;

	(void)state;
	assert_false(sql_take(&at, "CREATE"));
	assert_ptr_equal(at, sql);
	assert_true(sql_take(&at, "DROP"));
	assert_true(sql_take(&at, "TABLE"));
	name = sql_take_name(&at);
	assert_string_equal(name, "a b");
	free(name);
	assert_null(sql_take_name(&at));
	assert_string_equal(at, " ;");
}

static void assert_same_checksum(const char *a, const char *b, bool is_same)
{
	char sum_a[CHECKSUM_HEX_BYTES], sum_b[CHECKSUM_HEX_BYTES];

	sql_checksum(a, sum_a);
	sql_checksum(b, sum_b);
	if ((strcmp(sum_a, sum_b) == 0) != is_same)
		fail_msg("\"%s\" and \"%s\"", a, b);
}

static void keeps_the_checksum_when_text_is_wrapped(void **state)
{
	(void)state;
	assert_same_checksum("CREATE TABLE t(a, b);",
			     "-- new\nCREATE\n\tTABLE t ( a,/* x */ b ) ;\r\n",
			     true);
	assert_same_checksum("", " -- only words\n", true);
}

static void changes_the_checksum_when_a_statement_does(void **state)
{
	(void)state;
	assert_same_checksum("SELECT 1", "SELECT 2", false);
	assert_same_checksum("SELECT 'a b'", "SELECT 'a  b'", false);
	assert_same_checksum("SELECT 'a'", "SELECT 'A'", false);
	assert_same_checksum("SELECT ab", "SELECT a b", false);
	assert_same_checksum("SELECT 1 .5", "SELECT 1.5", false);
	assert_same_checksum("SELECT '-- x'", "SELECT '-- y'", false);
}

/* Written into every ledger there is: it must never change. */
static void gives_the_checksum_it_always_gave(void **state)
{
	char sum[CHECKSUM_HEX_BYTES];

	(void)state;
	sql_checksum("", sum);
	assert_string_equal(sum, "e3b0c44298fc1c149afbf4c8996fb924"
				 "27ae41e4649b934ca495991b7852b855");
	/* printf 'SELECT 1 ;' | sha256sum */
	sql_checksum("SELECT 1;", sum);
	assert_string_equal(sum, "fb8f73c74be0404e1d3b7867331bb405"
				 "c1ddb6cff70fd780ef74c296b03cebaf");
}

static void counts_lines(void **state)
{
	static const char text[] = "a\nb\n\nc";

	(void)state;
	assert_int_equal(sql_line_of(text, 0), 1);
	assert_int_equal(sql_line_of(text, 1), 1);
	assert_int_equal(sql_line_of(text, 2), 2);
	assert_int_equal(sql_line_of(text, 4), 3);
	assert_int_equal(sql_line_of(text, 5), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_triggers_whole),
		cmocka_unit_test(counts_statements),
		cmocka_unit_test(shows_a_statement_to_people),
		cmocka_unit_test(knows_a_text_without_statements),
		cmocka_unit_test(takes_words_and_names),
		cmocka_unit_test(keeps_the_checksum_when_text_is_wrapped),
		cmocka_unit_test(changes_the_checksum_when_a_statement_does),
		cmocka_unit_test(gives_the_checksum_it_always_gave),
		cmocka_unit_test(counts_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
