#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/fields.h"

static const char text[] = "pid 4711\nrun 20261121T043100Z-9f3c\n"
			   "since 2026-11-21T04:31:00Z\ncommand upgrade\n";

static void gives_what_stands_behind_the_word(void **state)
{
	char out[64];

	(void)state;
	assert_true(fields_get(text, "pid", out, sizeof(out)));
	assert_string_equal(out, "4711");
	assert_true(fields_get(text, "run", out, sizeof(out)));
	assert_string_equal(out, "20261121T043100Z-9f3c");
	assert_true(fields_get(text, "command", out, sizeof(out)));
	assert_string_equal(out, "upgrade");
}

static void says_when_there_is_none(void **state)
{
	char out[64] = "before";

	(void)state;
	assert_false(fields_get(text, "by", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(fields_get("", "pid", out, sizeof(out)));
	assert_false(fields_get("\n\n\n", "pid", out, sizeof(out)));
}

static void a_word_is_a_whole_word_at_the_beginning(void **state)
{
	char out[64];

	(void)state;
	assert_false(fields_get("pidfile x\n", "pid", out, sizeof(out)));
	assert_false(fields_get("the pid 1\n", "pid", out, sizeof(out)));
	assert_false(fields_get("pid\n", "pid", out, sizeof(out)));
	assert_false(fields_get("pi", "pid", out, sizeof(out)));
}

static void is_content_with_a_file_cut_off(void **state)
{
	char out[64];

	(void)state;
	assert_true(fields_get("pid 4711", "pid", out, sizeof(out)));
	assert_string_equal(out, "4711");
	assert_true(fields_get("pid ", "pid", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_true(fields_get("run a b c\nby x", "run", out, sizeof(out)));
	assert_string_equal(out, "a b c");
}

static void never_writes_past_the_room(void **state)
{
	char out[8] = "1234567";

	(void)state;
	assert_true(fields_get("by somebody-with-a-name\n", "by", out, 5));
	assert_string_equal(out, "some");
	assert_memory_equal(out + 5, "67", 3);
}

static void the_first_of_two_counts(void **state)
{
	char out[8];

	(void)state;
	assert_true(fields_get("by one\nby two\n", "by", out, sizeof(out)));
	assert_string_equal(out, "one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_stands_behind_the_word),
		cmocka_unit_test(says_when_there_is_none),
		cmocka_unit_test(a_word_is_a_whole_word_at_the_beginning),
		cmocka_unit_test(is_content_with_a_file_cut_off),
		cmocka_unit_test(never_writes_past_the_room),
		cmocka_unit_test(the_first_of_two_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
