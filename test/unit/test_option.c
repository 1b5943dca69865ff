#include "cli/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"
#include "cli/key.h"
#include "cli/options.h"

static const struct option_row *find(const char *name)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (strcmp(option_rows[i].name, name) == 0)
			return &option_rows[i];
	return NULL;
}

static void test_names_and_letters_are_of_one_row_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		assert_ptr_equal(find(row->name), row);
		assert_true(row->commands != 0);
		assert_true(row->commands < 1u << COMMAND_COUNT);
		assert_in_range(strlen(row->help), 1, 50);
		for (size_t j = 0; j < i; j++)
			assert_true(!row->letter ||
				    option_rows[j].letter != row->letter);
	}
}

static void test_an_argument_goes_with_the_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		assert_int_equal(row->type == OPTION_FLAG, !row->argument);
		assert_int_equal(row->type == OPTION_KEY, row->key != NULL);
		assert_true(row->offset < sizeof(struct options));
	}
}

static void test_what_overrides_a_key_names_one_that_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_row_count; i++) {
		const char *key = option_rows[i].key;
		char section[32];
		const char *dot;

		if (!key)
			continue;
		dot = strchr(key, '.');
		assert_non_null(dot);
		snprintf(section, sizeof(section), "%.*s", (int)(dot - key),
			 key);
		assert_int_not_equal(key_find(section, dot + 1), KEY_COUNT);
		/* And `config` shows what it comes to. */
		assert_true(option_rows[i].commands & 1u << COMMAND_CONFIG);
	}
}

/* The letters of the manual. */
static void test_the_letters_are_those_of_the_manual(void **state)
{
	static const struct {
		char letter;
		const char *name;
	} cases[] = {
		{ 'c', "config" }, { 'd', "data-dir" }, { 'm', "migrations" },
		{ 't', "to" },	   { 'n', "dry-run" },	{ 'j', "jobs" },
		{ 'q', "quiet" },  { 'v', "verbose" },	{ 'V', "version" },
		{ 'h', "help" },
	};
	size_t letters = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(find(cases[i].name)->letter, cases[i].letter);
	for (size_t i = 0; i < option_row_count; i++)
		letters += option_rows[i].letter != 0;
	assert_int_equal(letters, sizeof(cases) / sizeof(cases[0]));
}

/* Scripts may put these in front of any command. */
static void test_what_names_the_fleet_fits_every_command(void **state)
{
	static const char *const names[] = { "config", "data-dir", "migrations",
					     "set", "json", "quiet", "verbose",
					     "no-color", "help", "version" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(find(names[i])->commands,
				 (1u << COMMAND_COUNT) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_letters_are_of_one_row_each),
		cmocka_unit_test(test_an_argument_goes_with_the_type),
		cmocka_unit_test(
			test_what_overrides_a_key_names_one_that_is_there),
		cmocka_unit_test(test_the_letters_are_those_of_the_manual),
		cmocka_unit_test(test_what_names_the_fleet_fits_every_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
