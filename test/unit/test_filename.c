#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "migration/filename.h"

static void assert_name(const char *name, const char *number,
			const char *words, const char *date,
			enum filename_way way)
{
	struct filename read;

	if (!filename_read(name, &read))
		fail_msg("%s has no number", name);
	assert_string_equal(read.number, number);
	assert_string_equal(read.words, words);
	assert_string_equal(read.date, date);
	assert_int_equal(read.way, way);
	assert_true(version_is_valid(read.number));
}

static void numbers_of_any_width(void **state)
{
	(void)state;
	assert_name("000_start.sql", "000", "start", "", FILENAME_BARE);
	assert_name("0001_create_users.sql", "0001", "create users", "",
		    FILENAME_BARE);
	assert_name("7.sql", "7", "", "", FILENAME_BARE);
	assert_name("005-add-the-inbox.sql", "005", "add the inbox", "",
		    FILENAME_BARE);
	assert_name("12 by hand.sql", "12", "by hand", "", FILENAME_BARE);
	assert_name("00__init.sql", "00", "init", "", FILENAME_BARE);
	/* What follows a dash belongs to the name, digits too. */
	assert_name("005-2fa.sql", "005", "2fa", "", FILENAME_BARE);
}

static void times_are_numbers(void **state)
{
	(void)state;
	assert_name("20240131120000_users.sql", "20240131120000", "users",
		    "2024-01-31", FILENAME_BARE);
	assert_name("20240131_users.sql", "20240131", "users", "2024-01-31",
		    FILENAME_BARE);
	assert_name("2024-01-31-120000_users", "20240131120000", "users",
		    "2024-01-31", FILENAME_NONE);
	assert_name("2024-01-31_users", "20240131", "users", "2024-01-31",
		    FILENAME_NONE);
	/* Seconds since 1970 are no date. */
	assert_name("1700000000_users.sql", "1700000000", "users", "",
		    FILENAME_BARE);
	assert_name("20241331120000_x.sql", "20241331120000", "x", "",
		    FILENAME_BARE);
	assert_name("20241232120000_x.sql", "20241232120000", "x", "",
		    FILENAME_BARE);
}

static void both_ways(void **state)
{
	(void)state;
	assert_name("1_a.up.sql", "1", "a", "", FILENAME_UP);
	assert_name("1_a.down.sql", "1", "a", "", FILENAME_DOWN);
	assert_name("1_a.sql", "1", "a", "", FILENAME_BARE);
	assert_name("1_a.sql.bak", "1", "a sql bak", "", FILENAME_NONE);
	assert_name("1_a.py", "1", "a py", "", FILENAME_NONE);
	assert_name("1", "1", "", "", FILENAME_NONE);
	assert_true(FILENAME_UP < FILENAME_BARE);
	assert_true(FILENAME_BARE < FILENAME_DOWN);
}

static void what_has_no_number(void **state)
{
	static const char *const names[] = {
		"", "README.md", "_1.sql", "v1.sql", "-1.sql", ".1.sql",
	};
	struct filename read;
	char digits[2 * VERSION_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(filename_read(names[i], &read));
	/* As many digits as a version has room for, and one more. */
	memset(digits, '1', sizeof(digits));
	digits[VERSION_BYTES - 1] = '\0';
	assert_true(filename_read(digits, &read));
	digits[VERSION_BYTES - 1] = '1';
	digits[VERSION_BYTES] = '\0';
	assert_false(filename_read(digits, &read));
}

static void a_long_name_is_cut(void **state)
{
	char name[2 * FILENAME_WORDS_BYTES];
	struct filename read;

	(void)state;
	memset(name, 'x', sizeof(name));
	memcpy(name, "1_", 2);
	name[sizeof(name) - 1] = '\0';
	assert_true(filename_read(name, &read));
	assert_int_equal(strlen(read.words), FILENAME_WORDS_BYTES - 2);
}

static void the_next_number_is_as_wide(void **state)
{
	char next[VERSION_BYTES];

	(void)state;
	assert_string_equal(filename_next("0005", next, sizeof(next)), "0006");
	assert_string_equal(filename_next("9", next, sizeof(next)), "10");
	assert_string_equal(filename_next("099", next, sizeof(next)), "100");
	assert_string_equal(filename_next("20240131120000", next,
					  sizeof(next)), "");
	assert_string_equal(filename_next("0.10.03", next, sizeof(next)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_any_width),
		cmocka_unit_test(times_are_numbers),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(what_has_no_number),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(the_next_number_is_as_wide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
