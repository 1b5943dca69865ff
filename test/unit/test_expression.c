#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sqlite/expression.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool fits(const char *pattern, const char *text)
{
	const char *why = NULL;
	struct expression *expression = expression_new(pattern, &why);
	bool result;

	if (!expression)
		fail_msg("%s: %s", pattern, why);
	result = expression_fits(expression, text, strlen(text));
	/* What one match leaves is nothing to the next. */
	assert_int_equal(expression_fits(expression, text, strlen(text)),
			 result);
	expression_free(expression);
	return result;
}

static void fits_somewhere(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} cases[] = {
		{ "b", "abc", true },
		{ "^b", "abc", false },
		{ "", "", true },
		{ "", "anything", true },
		{ "^$", "", true },
		{ "^$", "x", false },
		{ "^(a|x)b+c?$", "abb", true },
		{ "^(a|x)b+c?$", "abbcc", false },
		{ "a||b", "z", true },
		{ "^(a||b)$", "b", true },
		{ "^(a||b)$", "ab", false },
		{ "()", "", true },
		{ "^ab{0}c$", "ac", true },
		{ "^a{2,3}$", "a", false },
		{ "^a{2,3}$", "aaa", true },
		{ "^a{2,3}$", "aaaa", false },
		{ "^a{,2}$", "aa", true },
		{ "^a{,2}$", "aaa", false },
		{ "^a{2,}$", "aaaaa", true },
		{ "^(ab{2}){2}$", "abbabb", true },
		{ "^(ab{2}){2}$", "abbab", false },
		{ "^a{2}*$", "aaaa", true },
		{ "^a{2}*$", "aaa", false },
		{ "[0-9]{4}-[0-9]{2}", "on 2026-11", true },
		{ "[0-9]{4}-[0-9]{2}", "on 2026-1", false },
		{ "^[]{9999}]+$", "]{}9", true },
		{ "^[^]({]$", "(", false },
		{ "^[^]({]$", "a", true },
		{ "^[a-]$", "-", true },
		{ "^[[:digit:]x[:upper:]]+$", "1Xx", true },
		{ "[[:digit:]]", "x", false },
		{ "^[[:space:]]\\s$", "\t\n", true },
		{ "\\(\\{9999\\}\\.", "({9999}.", true },
		{ "^\\d+\\D\\w\\W\\S$", "12a_-x", true },
		{ "^\\d$", "d", false },
		{ "^[^@ ]+@[^@ ]+\\.[a-z]{2,}$", "who@example.org", true },
		{ "a$b", "a$b", false },
		{ "(^a|b$)", "xb", true },
		/* Characters, not bytes. */
		{ "^.{5}$", "größe", true },
		{ "^gr[ä-ü]ße$", "größe", true },
		{ "^[^a-z]$", "ö", true },
		{ "^ö?$", "\xc3", false },
		{ "^.\xff.$", "a\xff" "b", true },
		{ "^..$", "\xf0\x9f", true },
		{ "^.$", "\xf0\x9f\x98\x80", true },
		{ "^.{4}$", "\xf7\xbf\xbf\xbf", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (fits(cases[i].pattern, cases[i].text) != cases[i].fits)
			fail_msg("%s: %s", cases[i].pattern, cases[i].text);
}

static void a_text_may_have_nuls(void **state)
{
	const char *why;
	struct expression *expression = expression_new("a.b$", &why);

	(void)state;
	assert_true(expression_fits(expression, "xa\0b", 4));
	assert_false(expression_fits(expression, "xa\0bc", 5));
	expression_free(expression);
	expression_free(NULL);
}

static void says_what_is_wrong(void **state)
{
	char *long_one = xcalloc(1, EXPRESSION_BYTES + 2);
	char *deep_one = xcalloc(1, 200);
	const struct {
		const char *pattern, *why;
	} cases[] = {
		{ "[a", "a [ has no ]" },
		{ "[", "a [ has no ]" },
		{ "[]", "a [ has no ]" },
		{ "[a-", "a [ has no ]" },
		{ "[[:", "a class such as" },
		{ "[[:nope:]]", "a class such as" },
		{ "[[:d:]]", "a class such as" },
		{ "[b-a]", "a range that is backwards" },
		{ "(a", "a ( has no )" },
		{ "a)", "a ) has no (" },
		{ "(a))", "a ) has no (" },
		{ "a{2", "a { that is no" },
		{ "a{x}", "a { that is no" },
		{ "a{3,2}", "a { that is no" },
		{ "*a", "nothing to repeat" },
		{ "a|+", "nothing to repeat" },
		{ "({2})", "nothing to repeat" },
		{ "a\\", "a \\ at the end" },
		{ "(a)\\1", "a \\ before a letter or digit other" },
		{ "\\bword", "a \\ before a letter or digit other" },
		{ "a{1001}", "it is too long, with what it repeats" },
		{ "a{0,99999999999999999999}", "it is too long, with" },
		{ "((a{10}b{2}){9}c){10}", "it is too long, with" },
		{ "(((a{32}){32}){32}){32}", "it is too long, with" },
		{ "a{40}{40}", "it is too long, with" },
		{ long_one, "it is too long" },
		{ deep_one, "it is nested too deeply" },
	};

	(void)state;
	memset(long_one, 'a', EXPRESSION_BYTES + 1);
	memset(deep_one, '(', 60);
	memset(deep_one + 60, ')', 60);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = NULL;

		assert_null(expression_new(cases[i].pattern, &why));
		if (!strstr(why, cases[i].why))
			fail_msg("%s: %s", cases[i].pattern, why);
	}
	/* The biggest that are taken. */
	long_one[EXPRESSION_BYTES] = '\0';
	assert_true(fits(long_one, long_one));
	assert_false(fits("(a{10}b{2}){70}", "a"));
	free(long_one);
	free(deep_one);
}

/* Writes a pattern that all agree about. */
static void make_pattern(char *out, int depth)
{
	static const char *const atoms[] = { "a", "b", ".", "[ab]", "[^a]",
					     "^", "$" };
	static const char *const marks[] = { "", "", "*", "+", "?", "{2}",
					     "{1,3}", "{2,}" };
	int count = 1 + rand() % 3;

	for (int i = 0; i < count; i++) {
		if (i > 0 && rand() % 3 == 0)
			strcat(out, "|");
		if (depth > 0 && rand() % 3 == 0) {
			strcat(out, "(");
			make_pattern(out, depth - 1);
			strcat(out, ")");
			strcat(out, marks[rand() % 8]);
		} else {
			/* Anchors that are repeated it gets wrong. */
			int atom = rand() % (depth == 3 ? 7 : 5);

			strcat(out, atoms[atom]);
			if (atom < 5)
				strcat(out, marks[rand() % 8]);
		}
	}
}

static void agrees_with_the_c_library(void **state)
{
	int fitting = 0;

	(void)state;
	srand(7);
	for (int i = 0; i < 4000; i++) {
		char pattern[1000] = "", text[12] = "";
		int bytes = rand() % 8;
		regex_t regex;
		bool theirs;

		make_pattern(pattern, 3);
		for (int b = 0; b < bytes; b++)
			text[b] = "abc"[rand() % 3];
		if (strlen(pattern) > 60 ||
		    regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		theirs = regexec(&regex, text, 0, NULL, 0) == 0;
		regfree(&regex);
		fitting += theirs;
		if (fits(pattern, text) != theirs)
			fail_msg("%s: \"%s\": %d", pattern, text, theirs);
	}
	assert_true(fitting > 500 && fitting < 3500);
}

/* Others need hours for some of these. */
static void has_an_end_whatever_the_text(void **state)
{
	static const char *const patterns[] = {
		"(a*)*c", "(a|aa)+c", "(a|b)*a(a|b){200}c", "(.*)(.*)(.*)x",
		"((((a*)*)*)*)*c", "(a?){300}a{300}c", "([ab]*,){100}",
	};
	char *text = xcalloc(1, 1024 * 1024 + 1);
	int64_t begin = clock_now_us();

	(void)state;
	srand(1);
	for (size_t i = 0; i < 1024 * 1024; i++)
		text[i] = "ab"[rand() & 1];
	for (size_t i = 0; i < COUNT(patterns); i++) {
		const char *why;
		struct expression *expression =
			expression_new(patterns[i], &why);
		size_t most;

		assert_non_null(expression);
		most = expression_text_bytes(expression);
		assert_true(most >= 64 * 1024 && most <= 1024 * 1024);
		assert_false(expression_fits(expression, text, most));
		expression_free(expression);
	}
	/* Some seconds, on a machine that is busy and with sanitizers. */
	assert_true(clock_now_us() - begin < INT64_C(100000000));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_somewhere),
		cmocka_unit_test(a_text_may_have_nuls),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(has_an_end_whatever_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
