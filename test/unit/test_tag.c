#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "migration/tag.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tag read_tag(const char *line)
{
	struct tag tag;

	enum tag_type type = tag_read(line, strlen(line), &tag);

	assert_int_equal(type, tag.type);
	return tag;
}

static void reads_a_start_and_an_end(void **state)
{
	struct tag tag = read_tag("-- [user:0.3.19→0.3.20:start]");

	(void)state;
	assert_int_equal(tag.type, TAG_START);
	assert_int_equal(tag.kind, KIND_USER);
	assert_string_equal(tag.from, "0.3.19");
	assert_string_equal(tag.to, "0.3.20");
	assert_string_equal(tag.name, "user:0.3.19→0.3.20");
	tag = read_tag("-- [system:0.1→0.2:end]");
	assert_int_equal(tag.type, TAG_END);
	assert_int_equal(tag.kind, KIND_SYSTEM);
}

static void reads_the_baseline(void **state)
{
	struct tag tag = read_tag("-- [user:baseline→0.3.19:start]");

	(void)state;
	assert_int_equal(tag.type, TAG_START);
	assert_string_equal(tag.from, "");
	assert_string_equal(tag.name, "user:baseline→0.3.19");
}

static void takes_both_arrows_and_blanks(void **state)
{
	static const char *const lines[] = {
		"-- [user:0.1->0.2:start]",
		"--[user:0.1→0.2:start]",
		"  --\t[ user : 0.1 -> 0.2 : start ]  ",
		"-- [user:0.1 → 0.2:start]\r",
	};
	struct tag wanted = read_tag("-- [user:0.1→0.2:start]");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		struct tag tag = read_tag(lines[i]);

		assert_int_equal(tag.type, TAG_START);
		assert_string_equal(tag.name, "user:0.1→0.2");
		assert_true(tag_is_same_step(&tag, &wanted));
	}
}

static void tells_steps_apart(void **state)
{
	struct tag tag = read_tag("-- [user:0.1→0.2:start]");
	struct tag same = read_tag("-- [user:0.1->0.02:end]");
	static const char *const others[] = {
		"-- [system:0.1→0.2:end]",
		"-- [user:0.1→0.3:end]",
		"-- [user:baseline→0.2:end]",
	};
	size_t i;

	(void)state;
	assert_true(tag_is_same_step(&tag, &same));
	for (i = 0; i < COUNT(others); i++) {
		struct tag other = read_tag(others[i]);

		assert_int_equal(other.type, TAG_END);
		assert_false(tag_is_same_step(&tag, &other));
	}
}

static void passes_other_lines_by(void **state)
{
	static const char *const lines[] = {
		"",
		"CREATE TABLE t(a);",
		"-- a comment",
		"-- [x]",
		"-- []",
		"-- [a:b]",
		"-- [TODO: see section 2: later]",
		"--- [user:0.1→0.2:start]",
		"[user:0.1→0.2:start]",
		"-- user:0.1→0.2:start",
		"-- [user:0.1→0.2:start] and more",
		"SELECT 1; -- [user:0.1→0.2:start]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		if (read_tag(lines[i]).type != TAG_NONE)
			fail_msg("\"%s\" is taken for a tag", lines[i]);
	}
}

static void knows_placeholders(void **state)
{
	struct tag tag = read_tag("-- [user:from_version→to_version:start]");

	(void)state;
	assert_int_equal(tag.type, TAG_PLACEHOLDER);
	assert_false(tag.has_digit);
	assert_string_equal(tag.name, "user:from_version→to_version:start");
	assert_int_equal(read_tag("-- [KIND:FROM->TO:end]").type,
			 TAG_PLACEHOLDER);
	assert_int_equal(read_tag("-- [user:→:start]").type, TAG_PLACEHOLDER);
}

static void sees_versions_that_may_be_mistyped(void **state)
{
	static const char *const lines[] = {
		"-- [user:v0.3.19→v0.3.20:start]",
		"-- [user:0.3.19→O.3.20:start]",
		"-- [user:0.3.19→baseline:start]",
		"-- [user:0.3.19→:start]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		struct tag tag = read_tag(lines[i]);

		assert_int_equal(tag.type, TAG_PLACEHOLDER);
		assert_true(tag.has_digit);
	}
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *line, *part;
	} wrong[] = {
		{ "-- [users:0.1→0.2:start]", "\"system\" and \"user\"" },
		{ "-- [User:0.1→0.2:start]", "\"system\" and \"user\"" },
		{ "-- [user:0.1→0.2:begin]", "none of \":start\", \":down\"" },
		{ "-- [user:0.1→0.2:START]", "none of \":start\", \":down\"" },
		{ "-- [user:0.1→0.2:downs]", "\":verify\" and" },
		{ "-- [user:0.1 to 0.2:start]", "no arrow" },
		{ "-- [user:0.2:end]", "no arrow" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++) {
		struct tag tag = read_tag(wrong[i].line);

		assert_int_equal(tag.type, TAG_WRONG);
		assert_non_null(strstr(tag.problem, wrong[i].part));
	}
}

static void survives_a_long_line(void **state)
{
	char line[1000] = "-- [user:";
	size_t used = strlen(line);
	struct tag tag;

	(void)state;
	memset(line + used, '1', sizeof(line) - used);
	strcpy(line + sizeof(line) - 16, "→0.2:start]");
	tag = read_tag(line);
	assert_int_equal(tag.type, TAG_PLACEHOLDER);
	assert_int_equal(strlen(tag.name), TAG_NAME_BYTES - 1);
	assert_string_equal(tag.name + TAG_NAME_BYTES - 4, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_start_and_an_end),
		cmocka_unit_test(reads_the_baseline),
		cmocka_unit_test(takes_both_arrows_and_blanks),
		cmocka_unit_test(tells_steps_apart),
		cmocka_unit_test(passes_other_lines_by),
		cmocka_unit_test(knows_placeholders),
		cmocka_unit_test(sees_versions_that_may_be_mistyped),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(survives_a_long_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
