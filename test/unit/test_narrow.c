#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/narrow.h"

static struct pattern *glob(const char *text)
{
	struct pattern *pattern;
	struct error err = { 0 };

	assert_int_equal(pattern_new(text, false, &pattern, &err), 0);
	return pattern;
}

static void takes_all_without_a_word(void **state)
{
	const struct selection selection = { .system_db = "" };
	struct narrow *narrow = narrow_new(&selection);
	struct error err = { 0 };

	(void)state;
	assert_true(narrow_takes(narrow, "alice"));
	assert_int_equal(narrow_check(narrow, &err), 0);
	narrow_free(narrow);
	narrow_free(NULL);
}

static void takes_who_is_named(void **state)
{
	char bob[] = "bob", alice[] = "alice";
	char *names[] = { bob, alice, bob, bob, bob, bob, bob };
	const struct selection selection = { .users = names, .user_count = 7 };
	struct narrow *narrow = narrow_new(&selection);
	struct error err = { 0 };

	(void)state;
	assert_true(narrow_takes(narrow, "alice"));
	assert_true(narrow_takes(narrow, "bob"));
	assert_false(narrow_takes(narrow, "carol"));
	assert_false(narrow_takes(narrow, "ali"));
	assert_int_equal(narrow_check(narrow, &err), 0);
	narrow_free(narrow);
}

static void an_empty_list_takes_nobody(void **state)
{
	char *names[] = { NULL };
	const struct selection selection = { .users = names, .user_count = 0 };
	struct narrow *narrow = narrow_new(&selection);
	struct error err = { 0 };

	(void)state;
	assert_false(narrow_takes(narrow, "alice"));
	assert_int_equal(narrow_check(narrow, &err), 0);
	narrow_free(narrow);
}

static void includes_and_excludes(void **state)
{
	struct pattern *include = glob("a*"), *exclude = glob("*test");
	const struct selection selection = {
		.include = include,
		.exclude = exclude,
	};
	struct narrow *narrow = narrow_new(&selection);

	(void)state;
	assert_true(narrow_takes(narrow, "alice"));
	assert_false(narrow_takes(narrow, "atest"));
	assert_false(narrow_takes(narrow, "bob"));
	narrow_free(narrow);
	pattern_free(include);
	pattern_free(exclude);
}

/* Named and excluded: known all the same, so no mistyped name. */
static void an_excluded_user_is_not_unknown(void **state)
{
	char atest[] = "atest";
	char *names[] = { atest };
	struct pattern *exclude = glob("*test");
	const struct selection selection = {
		.users = names,
		.user_count = 1,
		.exclude = exclude,
	};
	struct narrow *narrow = narrow_new(&selection);
	struct error err = { 0 };

	(void)state;
	assert_false(narrow_takes(narrow, "atest"));
	assert_int_equal(narrow_check(narrow, &err), 0);
	narrow_free(narrow);
	pattern_free(exclude);
}

static void names_who_is_unknown(void **state)
{
	char x[] = "xavier", a[] = "alice", again[] = "xavier", y[] = "yves";
	char *names[] = { x, a, again, y };
	const struct selection selection = { .users = names, .user_count = 4 };
	struct narrow *narrow = narrow_new(&selection);
	struct error err = { 0 };

	(void)state;
	assert_true(narrow_takes(narrow, "alice"));
	assert_int_equal(narrow_check(narrow, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "of xavier, yves;"));
	assert_null(strstr(err.message, "alice"));
	narrow_free(narrow);
}

static void names_the_first_five_of_many(void **state)
{
	enum { COUNT = 5000 };
	char **names = xcalloc(COUNT, sizeof(*names));
	const struct selection selection = {
		.users = names,
		.user_count = COUNT,
	};
	struct error err = { 0 };
	struct narrow *narrow;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		names[i] = xasprintf("user%04d", i);
	narrow = narrow_new(&selection);
	assert_true(narrow_takes(narrow, "user0002"));
	assert_int_equal(narrow_check(narrow, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "of user0000, user0001, user0003, "
					    "user0004, user0005 and 4994 "
					    "other"));
	narrow_free(narrow);
	for (int i = 0; i < COUNT; i++)
		free(names[i]);
	free(names);
}

static void very_long_names_are_cut_and_do_no_harm(void **state)
{
	char *names[6];
	const struct selection selection = { .users = names, .user_count = 6 };
	struct error err = { 0 };
	struct narrow *narrow;

	(void)state;
	for (int i = 0; i < 6; i++) {
		names[i] = xmalloc(4001);
		memset(names[i], 'a' + i, 4000);
		names[i][4000] = '\0';
	}
	narrow = narrow_new(&selection);
	assert_int_equal(narrow_check(narrow, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "and 1 other"));
	narrow_free(narrow);
	for (int i = 0; i < 6; i++)
		free(names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all_without_a_word),
		cmocka_unit_test(takes_who_is_named),
		cmocka_unit_test(an_empty_list_takes_nobody),
		cmocka_unit_test(includes_and_excludes),
		cmocka_unit_test(an_excluded_user_is_not_unknown),
		cmocka_unit_test(names_who_is_unknown),
		cmocka_unit_test(names_the_first_five_of_many),
		cmocka_unit_test(very_long_names_are_cut_and_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
