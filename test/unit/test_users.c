#include "cli/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sandpit.h"

static void expect_names(const struct users *users, const char *const *names)
{
	size_t count = 0;

	for (; names[count]; count++) {
		assert_true(count < users->count);
		assert_string_equal(users->names[count], names[count]);
	}
	assert_int_equal(users->count, count);
}

static void test_nobody_named_means_everybody(void **state)
{
	struct options options = { 0 };
	struct error err = { 0 };
	struct users users;

	(void)state;
	assert_int_equal(users_read(&options, &users, &err), 0);
	assert_false(users.is_narrowed);
	assert_int_equal(users.count, 0);
	assert_null(users.include);
	assert_null(users.exclude);
	users_release(&users);
}

static void test_words_and_lines_are_names(void **state)
{
	static const char *const expected[] = { "zoe", "", "alice", " bob ",
						"#c", "d\r", NULL };
	const struct sandpit *sandpit = *state;
	char *words[] = { (char *)"zoe", (char *)"" };
	char *path = xasprintf("%s/list", sandpit->path);
	struct options options = { .words = words, .word_count = 2,
				   .users_from = path };
	struct error err = { 0 };
	struct users users;

	sandpit_file(sandpit, "list", "alice\n\n bob \n#c\nd\r", 0600);
	assert_int_equal(users_read(&options, &users, &err), 0);
	assert_true(users.is_narrowed);
	expect_names(&users, expected);
	users_release(&users);
	free(path);
}

static void test_a_dash_is_standard_input(void **state)
{
	static const char *const expected[] = { "alice", "bob", NULL };
	struct options options = { .users_from = "-" };
	struct error err = { 0 };
	int ends[2], kept = dup(STDIN_FILENO);
	struct users users;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "alice\nbob", 9), 9);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(users_read(&options, &users, &err), 0);
	expect_names(&users, expected);
	users_release(&users);
	dup2(kept, STDIN_FILENO);
	close(kept);
}

/* `grep ... | fleet-upgrade --users-from -` that finds nobody must not upgrade
 * everybody. */
static void test_a_list_without_names_is_an_error(void **state)
{
	static const struct {
		const char *name, *content, *message;
	} cases[] = {
		{ "empty", "", "there is no name in it" },
		{ "blank", "\n\n", "there is no name in it" },
	};
	const struct sandpit *sandpit = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = xasprintf("%s/%s", sandpit->path, cases[i].name);
		struct options options = { .users_from = path };
		struct error err = { 0 };
		struct users users;

		sandpit_file(sandpit, cases[i].name, cases[i].content, 0600);
		assert_int_equal(users_read(&options, &users, &err),
				 ERROR_USAGE);
		assert_non_null(strstr(err.message, cases[i].message));
		assert_null(users.names);
		free(path);
	}
}

static void test_a_list_that_is_no_text_is_an_error(void **state)
{
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/bytes", sandpit->path);
	struct options options = { .users_from = path };
	struct error err = { 0 };
	struct users users;
	FILE *out = fopen(path, "w");

	fwrite("a\0b\n", 1, 4, out);
	fclose(out);
	assert_int_equal(users_read(&options, &users, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "NUL"));
	unlink(path);
	memset(&err, 0, sizeof(err));
	assert_int_equal(users_read(&options, &users, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "No such file"));
	options.users_from = sandpit->path;
	assert_int_equal(users_read(&options, &users, &err), ERROR_USAGE);
	free(path);
}

static void test_globs_are_of_names(void **state)
{
	struct options options = { .include = "a*", .exclude = "*z" };
	struct error err = { 0 };
	struct users users;

	(void)state;
	assert_int_equal(users_read(&options, &users, &err), 0);
	assert_false(users.is_narrowed);
	assert_true(pattern_matches(users.include, "alice", NULL, NULL));
	assert_false(pattern_matches(users.include, "bob", NULL, NULL));
	assert_true(pattern_matches(users.exclude, "fritz", NULL, NULL));
	users_release(&users);
	options.exclude = "[a";
	assert_int_equal(users_read(&options, &users, &err), ERROR_USAGE);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_memory_equal(err.message, "--exclude [a: ", 14);
	assert_null(users.include);
}

#define WITH_FOLDER(test)                                                     \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_named_means_everybody),
		WITH_FOLDER(test_words_and_lines_are_names),
		cmocka_unit_test(test_a_dash_is_standard_input),
		WITH_FOLDER(test_a_list_without_names_is_an_error),
		WITH_FOLDER(test_a_list_that_is_no_text_is_an_error),
		cmocka_unit_test(test_globs_are_of_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
