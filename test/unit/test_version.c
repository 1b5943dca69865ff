#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "migration/version.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Oldest first: each is older than all that follow. */
static const char *const ascending[] = {
	"",
	"0",
	"0-0-1",
	"0.0.2",
	"0.1",
	"0.2",
	"0.3.9",
	"0.3.19",
	"0.3.19a",
	"0.3.19b",
	"0.3.20",
	"0.10",
	"0.10.rc9",
	"0.10.rc10",
	"1",
	"1.0",
	"1.0.1",
	"1.0-beta",
	"2",
	"10",
	"20251003",
	"99999999999999999999998",
	"99999999999999999999999",
};

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void says_what_comes_next(void **state)
{
	static const char *const cases[][2] = {
		{ "0", "1" }, { "9", "10" }, { "0.3.20", "0.3.21" },
		{ "0.3.9", "0.3.10" }, { "0009", "0010" }, { "0099", "0100" },
		{ "999", "1000" }, { "0.10.00", "0.10.01" },
		{ "1.0-rc9", "1.0-rc10" }, { "0.3.19a", "0.3.20" },
		{ "2.x", "3" },
		{ "99999999999999999999", "100000000000000000000" },
	};
	char next[VERSION_BYTES], longest[VERSION_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(version_next(cases[i][0], next));
		assert_string_equal(next, cases[i][1]);
		assert_true(version_is_valid(next));
		assert_true(version_compare(cases[i][0], next) < 0);
	}
	memset(longest, '9', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(version_next(longest, next));
	longest[sizeof(longest) - 2] = '8';
	assert_true(version_next(longest, next));
	assert_false(version_next("", next));
	assert_false(version_next("none", next));
}

static void orders_every_pair(void **state)
{
	size_t a, b;

	(void)state;
	for (a = 0; a < COUNT(ascending); a++) {
		for (b = 0; b < COUNT(ascending); b++) {
			int order = version_compare(ascending[a], ascending[b]);

			if (sign(order) != (a > b) - (a < b))
				fail_msg("%s and %s: %d", ascending[a],
					 ascending[b], order);
		}
	}
}

static void compares_numbers_as_numbers(void **state)
{
	(void)state;
	assert_true(version_compare("0.3.9", "0.3.20") < 0);
	assert_true(version_compare("0.2", "0.10") < 0);
	assert_true(version_compare("1.0", "1.0.1") < 0);
}

static void takes_spellings_of_one_version_for_one(void **state)
{
	(void)state;
	assert_int_equal(version_compare("0.3.20", "0.3.20"), 0);
	assert_int_equal(version_compare("0.3.20", "0.03.020"), 0);
	assert_int_equal(version_compare("1.2", "1-2"), 0);
	assert_int_equal(version_compare("0.0", "0.000"), 0);
}

static void puts_no_version_first(void **state)
{
	(void)state;
	assert_int_equal(version_compare(NULL, NULL), 0);
	assert_int_equal(version_compare(NULL, ""), 0);
	assert_true(version_compare(NULL, "0") < 0);
	assert_true(version_compare("0", NULL) > 0);
}

static void knows_a_version(void **state)
{
	static const char *const valid[] = {
		"0", "0.3.20", "1.0-rc.1", "2025_10_03", "1.0+build5", "3a",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(valid); i++)
		assert_true(version_is_valid(valid[i]));
}

static void knows_what_is_no_version(void **state)
{
	static const char *const invalid[] = {
		"",      "baseline", "from_version", "v0.3.20", "X.Y.Z",
		".1",    "0.3 ",     "0.3/4",        "0.3:4",   "1,0",
		"0.3\n", "0.3→0.4",  "-1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(invalid); i++) {
		if (version_is_valid(invalid[i]))
			fail_msg("\"%s\" is taken for a version", invalid[i]);
	}
	assert_false(version_is_valid(NULL));
}

static void limits_the_length(void **state)
{
	char text[VERSION_BYTES + 1];

	(void)state;
	memset(text, '1', sizeof(text));
	text[VERSION_BYTES - 1] = '\0';
	assert_true(version_is_valid(text));
	text[VERSION_BYTES - 1] = '1';
	text[VERSION_BYTES] = '\0';
	assert_false(version_is_valid(text));
}

static void looks_at_so_many_bytes_only(void **state)
{
	(void)state;
	assert_true(version_is_valid_n("0.3.20→", 6));
	assert_false(version_is_valid_n("0.3.20→", 7));
	assert_false(version_is_valid_n("0.3", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_comes_next),
		cmocka_unit_test(orders_every_pair),
		cmocka_unit_test(compares_numbers_as_numbers),
		cmocka_unit_test(takes_spellings_of_one_version_for_one),
		cmocka_unit_test(puts_no_version_first),
		cmocka_unit_test(knows_a_version),
		cmocka_unit_test(knows_what_is_no_version),
		cmocka_unit_test(limits_the_length),
		cmocka_unit_test(looks_at_so_many_bytes_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
