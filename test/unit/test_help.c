#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/option.h"

/* What is printed, which the caller frees; `command` NULL: for the program. */
static char *help_of(const struct command *command)
{
	struct options options = { 0 };
	char *text;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	options.command = command ? command : &commands[COMMAND_UPGRADE];
	options.is_named = command != NULL;
	help_print(out, &options);
	fclose(out);
	return text;
}

static char *long_name(const struct option_row *row)
{
	char *name;

	if (asprintf(&name, "--%s", row->name) < 0)
		abort();
	return name;
}

static void test_the_program_lists_all_there_is(void **state)
{
	char *text = help_of(NULL);

	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		assert_non_null(strstr(text, commands[i].name));
	for (size_t i = 0; i < option_row_count; i++) {
		char *name = long_name(&option_rows[i]);

		assert_non_null(strstr(text, name));
		assert_non_null(strstr(text, option_rows[i].help));
		free(name);
	}
	free(text);
}

static void test_a_command_lists_what_fits_it(void **state)
{
	(void)state;
	for (size_t c = 0; c < COMMAND_COUNT; c++) {
		char *text = help_of(&commands[c]);

		assert_non_null(strstr(text, commands[c].name));
		for (size_t i = 0; i < option_row_count; i++) {
			bool fits = option_rows[i].commands & 1u << c;

			assert_int_equal(strstr(text, option_rows[i].help) !=
						 NULL, fits);
		}
		free(text);
	}
}

static void test_no_line_is_wider_than_a_terminal(void **state)
{
	(void)state;
	for (int c = -1; c < COMMAND_COUNT; c++) {
		char *text = help_of(c < 0 ? NULL : &commands[c]);

		for (char *line = text; *line;
		     line += strcspn(line, "\n") + 1)
			assert_in_range(strcspn(line, "\n"), 0, 80);
		free(text);
	}
}

/* The bash completion reads it in this form. */
static void test_the_form_stays_as_the_completion_reads_it(void **state)
{
	char *text = help_of(NULL);

	(void)state;
	assert_non_null(strstr(text, "\nCommands:\n  upgrade  "));
	assert_non_null(strstr(text, "\n  backups list  "));
	assert_non_null(strstr(text, "\nOptions:\n  -c, --config FILE  "));
	assert_non_null(strstr(text, "\n      --check  "));
	assert_non_null(strstr(text, "\n      --set SECTION.KEY=VALUE\n  "));
	free(text);
}

static void test_the_version_names_the_libraries(void **state)
{
	char *text;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	(void)state;
	help_print_version(out);
	fclose(out);
	assert_non_null(strstr(text, "fleet-upgrade " PACKAGE_VERSION "\n"));
	assert_non_null(strstr(text, "\nSQLite 3."));
	assert_non_null(strstr(text, "\nlibuv 1."));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_program_lists_all_there_is),
		cmocka_unit_test(test_a_command_lists_what_fits_it),
		cmocka_unit_test(test_no_line_is_wider_than_a_terminal),
		cmocka_unit_test(
			test_the_form_stays_as_the_completion_reads_it),
		cmocka_unit_test(test_the_version_names_the_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
