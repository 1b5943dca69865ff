#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "migration/remark.h"

static void says(const char *sql, const char *expected, const char *begins)
{
	size_t begin = 0;
	char *back = remark_rollback(sql, &begin);

	if (back == NULL)
		fail_msg("nothing in \"%s\"", sql);
	assert_string_equal(back, expected);
	assert_memory_equal(sql + begin, begins, strlen(begins));
	free(back);
}

static void says_nothing(const char *sql)
{
	size_t begin = 0;
	char *back = remark_rollback(sql, &begin);

	if (back != NULL)
		fail_msg("\"%s\"", back);
}

static void lines_behind_the_word_are_the_way_back(void **state)
{
	(void)state;
	says("CREATE TABLE a(x);\n-- rollback:\n-- DROP TABLE b;\n"
	     "--\n--  DROP TABLE a;\n",
	     "\nDROP TABLE b;\n\nDROP TABLE a;\n", "-- rollback:");
	says("-- Rollback: DROP TABLE a;\nCREATE TABLE a(x);",
	     "DROP TABLE a;\n", "-- Roll");
	says("--rollback DROP TABLE a;\n--rollback DROP TABLE b;\n-- words",
	     "DROP TABLE a;\nDROP TABLE b;\n", "--rollback DROP TABLE a");
}

static void the_block_ends_where_something_else_begins(void **state)
{
	(void)state;
	says("-- rollback:\n-- DROP TABLE a;\n\n-- Makes it\na;",
	     "\nDROP TABLE a;\n", "-- rollback");
	says("-- rollback:\n-- DROP TABLE a;\nCREATE TABLE a(x); -- DROP it",
	     "\nDROP TABLE a;\n", "-- rollback");
	says("-- rollback:\r\n-- DROP TABLE a;\r\n/* c */\n-- b;",
	     "\nDROP TABLE a;\n", "-- rollback");
}

static void words_for_people_are_none(void **state)
{
	(void)state;
	says_nothing("");
	says_nothing("a;\n-- rollback: not possible; sorry\n");
	says_nothing("-- rollback: DROP TABLE a\n");
	says_nothing("-- rollbacks:\n-- DROP TABLE a;\n");
	says_nothing("SELECT '\n-- rollback:\n-- DROP TABLE a;\n';");
	says_nothing("-- DROP TABLE a;\n");
}

static void a_later_block_may_be_the_one(void **state)
{
	(void)state;
	says("-- rollback: see below\na;\n-- rollback:\n-- DROP TABLE a;",
	     "\nDROP TABLE a;\n", "-- rollback:\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_behind_the_word_are_the_way_back),
		cmocka_unit_test(the_block_ends_where_something_else_begins),
		cmocka_unit_test(words_for_people_are_none),
		cmocka_unit_test(a_later_block_may_be_the_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
