#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/pattern.h"

static bool matches(const char *text, const char *path)
{
	struct pattern *pattern;
	bool answer;

	assert_int_equal(pattern_new(text, false, &pattern, NULL), 0);
	answer = pattern_matches(pattern, path, NULL, NULL);
	pattern_free(pattern);
	return answer;
}

/* What stands in the path for {username}, or NULL. */
static const char *caught(const char *text, const char *path)
{
	static char name[64];
	struct pattern *pattern;
	size_t start = 99, length = 99;
	bool is_match;

	assert_int_equal(pattern_new(text, true, &pattern, NULL), 0);
	is_match = pattern_matches(pattern, path, &start, &length);
	if (is_match) {
		assert_true(start + length <= strlen(path));
		assert_true(length < sizeof(name));
		memcpy(name, path + start, length);
		name[length] = '\0';
	} else {
		assert_int_equal(start + length, 0);
	}
	pattern_free(pattern);
	return is_match ? name : NULL;
}

static void matches_like_a_glob(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool is_match;
	} cases[] = {
		{ "system.db", "system.db", true },
		{ "system.db", "system.db2", false },
		{ "system.db", "a/system.db", false },
		{ "system.db", "systemxdb", false },
		{ "*", "", true },
		{ "*", "any", true },
		{ "*", "a/b", false },
		{ "a*", "a", true },
		{ "a*c", "abbc", true },
		{ "a*c", "abbcb", false },
		{ "*a*b*", "xxaxxbxx", true },
		{ "*a*b*", "xxbxxaxx", false },
		{ "?", "x", true },
		{ "?", "", false },
		{ "?", "/", false },
		{ "a?c", "abc", true },
		{ "a/*/c", "a/b/c", true },
		{ "a/*/c", "a//c", true },
		{ "a/*/c", "a/b/b/c", false },
		{ "***", "abc", true },
		{ "a**b", "axxb", true },
		{ "a**b", "ax/xb", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(matches(cases[i].pattern, cases[i].path),
				 cases[i].is_match);
}

static void two_stars_are_any_folders(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool is_match;
	} cases[] = {
		{ "**/x", "x", true },
		{ "**/x", "a/x", true },
		{ "**/x", "a/b/c/x", true },
		{ "**/x", "ax", false },
		{ "**/x", "a/bx", false },
		{ "a/**/x", "a/x", true },
		{ "a/**/x", "a/b/x", true },
		{ "a/**/x", "b/a/x", false },
		{ "**/b/**/x", "a/b/c/d/x", true },
		{ "**/b/**/x", "a/c/d/x", false },
		{ "**/**/x", "x", true },
		{ "a/**", "a/b/c", true },
		{ "a/**", "b/c", false },
		{ "**", "anything/at/all", true },
		{ "a**", "ab/c", true },
		{ "**/*.db", "a/b.db", true },
		{ "**/*.db", "a.db/b", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(matches(cases[i].pattern, cases[i].path),
				 cases[i].is_match);
}

static void matches_sets(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool is_match;
	} cases[] = {
		{ "[abc]", "b", true },
		{ "[abc]", "d", false },
		{ "[abc]", "", false },
		{ "[a-cx-z]", "y", true },
		{ "[a-cx-z]", "m", false },
		{ "[!a-c]", "d", true },
		{ "[!a-c]", "b", false },
		{ "[!a-c]", "/", false },
		{ "[ -~]", "/", false },
		{ "[]]", "]", true },
		{ "[]a]", "a", true },
		{ "[!]]", "]", false },
		{ "[!]]", "x", true },
		{ "[a-]", "-", true },
		{ "[-a]", "-", true },
		{ "[a-]", "b", false },
		{ "[\\]x]", "]", true },
		{ "[\\\\]", "\\", true },
		{ "[a\\-z]", "m", false },
		{ "[\x80-\xff]", "\xe4", true },
		{ "[!x]", "\xff", true },
		{ "[*]", "*", true },
		{ "[*]", "a", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(matches(cases[i].pattern, cases[i].path),
				 cases[i].is_match);
}

static void a_backslash_takes_the_next_as_it_stands(void **state)
{
	(void)state;
	assert_true(matches("\\*", "*"));
	assert_false(matches("\\*", "a"));
	assert_true(matches("\\{username}", "{username}"));
	assert_true(matches("\\[a]", "[a]"));
	assert_true(matches("a\\\\b", "a\\b"));
	assert_true(matches("\\a", "a"));
	assert_true(matches("}", "}"));
}

static void catches_the_user(void **state)
{
	static const struct {
		const char *pattern, *path, *name;
	} cases[] = {
		{ "**/{username}_longterm.db", "alice_longterm.db", "alice" },
		{ "**/{username}_longterm.db", "a/b/bob_longterm.db", "bob" },
		{ "**/{username}_longterm.db", "_longterm.db", NULL },
		{ "**/{username}_longterm.db", "a/_longterm.db", NULL },
		{ "**/{username}_longterm.db", "alice.db", NULL },
		{ "**/{username}_longterm.db", "x_longterm.db-wal", NULL },
		{ "**/{username}_longterm.db", "a_longterm.db_longterm.db",
		  "a_longterm.db" },
		{ "longterm/{username}.db", "longterm/o'neil.db", "o'neil" },
		{ "longterm/{username}.db", "longterm/a/b.db", NULL },
		{ "{username}/db", "carol/db", "carol" },
		{ "users/{username}/*.db", "users/dave/x.db", "dave" },
		{ "u-{username}-*.db", "u-a-b-c.db", "a" },
		{ "*-{username}", "a-b-c", "b-c" },
		{ "{username}", "j\xc3\xbcrgen", "j\xc3\xbcrgen" },
		{ "{username}", "a\nb", "a\nb" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = caught(cases[i].pattern, cases[i].path);

		if (cases[i].name)
			assert_non_null(name);
		else
			assert_null(name);
		if (name)
			assert_string_equal(name, cases[i].name);
	}
}

static void refuses_and_says_why(void **state)
{
	static const struct {
		const char *pattern;
		bool needs_username;
		const char *says;
	} cases[] = {
		{ "", false, "empty" },
		{ "/a", false, "begins with \"/\"" },
		{ "a//b", false, "no name behind" },
		{ "a/", false, "no name behind" },
		{ "./a", false, "\".\"" },
		{ "a/../b", false, "\"..\"" },
		{ "..", false, "\"..\"" },
		{ "a[b", false, "\"[\" has no \"]\"" },
		{ "a[", false, "\"[\" has no \"]\"" },
		{ "a[]", false, "\"[\" has no \"]\"" },
		{ "a[!]", false, "\"[\" has no \"]\"" },
		{ "a[b-", false, "\"[\" has no \"]\"" },
		{ "a[\\", false, "\"[\" has no \"]\"" },
		{ "[z-a]", false, "z-a" },
		{ "a{b", false, "begin with \"{\"" },
		{ "{user}", true, "begin with \"{\"" },
		{ "a\\", false, "last \"\\\"" },
		{ "a.db", true, "exactly once" },
		{ "{username}{username}", true, "exactly once" },
		{ "{username}", false, "means nothing" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern *pattern;
		struct error err;

		assert_int_equal(pattern_new(cases[i].pattern,
					     cases[i].needs_username, &pattern,
					     &err), ERROR_CONFIG);
		assert_null(pattern);
		assert_non_null(strstr(err.message, cases[i].says));
		assert_non_null(strstr(err.message, cases[i].pattern));
	}
}

/* Components that merely begin with dots are names like others. */
static void dots_may_begin_a_name(void **state)
{
	(void)state;
	assert_true(matches("..a/.b/c..", "..a/.b/c.."));
	assert_true(matches(".*", ".hidden"));
}

/* Stars in a row are what makes a glob that goes back and tries again take
 * longer than anybody waits. */
static void takes_no_longer_for_evil_patterns(void **state)
{
	char pattern[201], path[4001];
	int64_t begin = clock_now_us();
	size_t i;

	(void)state;
	for (i = 0; i < 200; i += 2)
		memcpy(pattern + i, "a*", 2);
	pattern[199] = 'b';
	pattern[200] = '\0';
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_false(matches(pattern, path));
	for (i = 1; i < sizeof(path) - 1; i += 2)
		path[i] = '/';
	assert_false(matches("**/**/**/**/**/**/**/b", path));
	assert_true(clock_now_us() - begin < 5000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_like_a_glob),
		cmocka_unit_test(two_stars_are_any_folders),
		cmocka_unit_test(matches_sets),
		cmocka_unit_test(a_backslash_takes_the_next_as_it_stands),
		cmocka_unit_test(catches_the_user),
		cmocka_unit_test(refuses_and_says_why),
		cmocka_unit_test(dots_may_begin_a_name),
		cmocka_unit_test(takes_no_longer_for_evil_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
