#include "cli/inifile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Writes down what it hears, "LINE section.name=value|", and refuses "bad". */
struct heard {
	char text[2048];
	int calls;
};

static int take(void *self, int line, const char *section, const char *name,
		const char *value, struct error *err)
{
	struct heard *heard = self;
	size_t used = strlen(heard->text);

	heard->calls++;
	if (strcmp(name, "bad") == 0)
		return error_set(err, ERROR_CONFIG, "it is bad");
	snprintf(heard->text + used, sizeof(heard->text) - used, "%d %s.%s=%s|",
		 line, section, name, value);
	return 0;
}

static int read_bytes(const char *text, size_t bytes, struct heard *heard,
		      struct error *err)
{
	FILE *stream = fmemopen((void *)(uintptr_t)text, bytes, "r");
	int rc;

	assert_non_null(stream);
	memset(heard, 0, sizeof(*heard));
	memset(err, 0, sizeof(*err));
	rc = inifile_read(stream, "a.ini", take, heard, err);
	fclose(stream);
	assert_int_equal(rc, err->code);
	return rc;
}

static int read_text(const char *text, struct heard *heard, struct error *err)
{
	return read_bytes(text, strlen(text), heard, err);
}

static void test_lines_are_heard_with_their_numbers(void **state)
{
	struct heard heard;
	struct error err;

	(void)state;
	assert_int_equal(read_text("\xef\xbb\xbf# about\n"
				   "[fleet]\r\n"
				   "data_dir = /srv/a b\r\n"
				   "\n"
				   "  ; a note, indented\n"
				   "system_db =\n"
				   "[run]\n"
				   "jobs:4\n"
				   "[fleet]\n"
				   "user_db=a;b#c=d",
				   &heard, &err), 0);
	assert_string_equal(heard.text, "3 fleet.data_dir=/srv/a b|"
					"6 fleet.system_db=|"
					"8 run.jobs=4|"
					"10 fleet.user_db=a;b#c=d|");
}

static void test_nothing_is_fine(void **state)
{
	struct heard heard;
	struct error err;

	(void)state;
	assert_int_equal(read_text("\n", &heard, &err), 0);
	assert_int_equal(heard.calls, 0);
}

static void test_what_would_be_misread_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[a]\nk = v\n more\n", "a.ini:3: the line is indented" },
		{ "[a]\n\tk = v\n", "a.ini:2: the line is indented" },
		{ " [a]\n", "a.ini:1: the line is indented" },
		{ "[a]\nk = v ; why\n", "a.ini:2: a comment behind a value" },
		{ "[a]\nk = v # why\n", "a.ini:2: a comment behind a value" },
		{ "[a]\nk = v\t#why\n", "a.ini:2: a comment behind a value" },
		{ "[a] ; why\n", "a.ini:1: a comment behind a value" },
		{ "[a]\nnothing\nk = v\n", "a.ini:2: not understood" },
		{ "[a\nk = v\n", "a.ini:1: not understood" },
		{ "[a]\nk = v\nbad = 1\nk = w\n", "a.ini:3: it is bad" },
		/* The first mistake counts, whoever finds it. */
		{ "[a]\nnothing\nbad = 1\n", "a.ini:2: not understood" },
		{ "[a]\nbad = 1\nnothing\n", "a.ini:2: it is bad" },
		{ "[a]\nbad = 1\n k\n", "a.ini:2: it is bad" },
	};
	struct heard heard;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, &heard, &err),
				 ERROR_CONFIG);
		assert_memory_equal(err.message, cases[i].message,
				    strlen(cases[i].message));
	}
}

/* Whoever adds the line end that is missing must not make it too long. */
static void test_the_line_end_makes_no_difference(void **state)
{
	struct heard heard;
	struct error err;

	(void)state;
	for (size_t length = 190; length < 210; length++) {
		char text[300] = "[a]\nb = ";
		int with, without;

		memset(text + 8, 'x', length - 4);
		without = read_text(text, &heard, &err);
		text[4 + length] = '\n';
		with = read_text(text, &heard, &err);
		assert_int_equal(with, without);
		assert_int_equal(with == 0, length <= 198);
	}
}

/* inih by itself would cut the value at 199 bytes and read "s = 99" as a
 * key. */
static void test_a_long_line_is_refused_and_never_split(void **state)
{
	struct heard heard;
	struct error err;
	bool was_too_long = false;

	(void)state;
	for (size_t length = 150; length < 450; length++) {
		char line[512] = "data_dir = ", text[600];
		char expected[600];

		memset(line + strlen(line), 'x', length - strlen(line));
		memcpy(line + length - 9, "jobs = 99", 9);
		snprintf(text, sizeof(text), "[a]\n%s\n", line);
		if (read_text(text, &heard, &err) == 0) {
			assert_false(was_too_long);
			snprintf(expected, sizeof(expected), "2 a.data_dir=%s|",
				 line + strlen("data_dir = "));
			assert_string_equal(heard.text, expected);
		} else {
			was_too_long = true;
			assert_non_null(strstr(err.message,
					       "a.ini:2: the line is too "
					       "long"));
			assert_int_equal(heard.calls, 0);
		}
	}
	assert_true(was_too_long);
}

static void test_a_long_last_line_without_its_end_is_refused(void **state)
{
	char text[300] = "[a]\nk = ";
	struct heard heard;
	struct error err;

	(void)state;
	memset(text + strlen(text), 'x', 250);
	assert_int_equal(read_text(text, &heard, &err), ERROR_CONFIG);
	assert_int_equal(heard.calls, 0);
}

static void test_a_long_comment_is_refused_like_any_line(void **state)
{
	char text[400] = "# ";
	struct heard heard;
	struct error err;

	(void)state;
	memset(text + strlen(text), 'x', 250);
	strcat(text, "\n[a]\nk = v\n");
	assert_int_equal(read_text(text, &heard, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "a.ini:1: "));
}

static void test_a_section_of_any_length_is_not_another_one(void **state)
{
	char text[200] = "[", section[50];
	struct heard heard;
	struct error err;

	(void)state;
	memset(text + 1, 's', 60);
	strcat(text, "]\nk = v\n");
	/* inih gives 49 characters of it, which is still no section of ours. */
	assert_int_equal(read_text(text, &heard, &err), 0);
	memset(section, 's', 49);
	section[49] = '\0';
	assert_non_null(strstr(heard.text, section));
}

static void test_a_file_of_bytes_is_refused(void **state)
{
	static const char text[] = "[a]\nk = v\0w\nl = m\n";
	struct heard heard;
	struct error err;

	(void)state;
	assert_int_equal(read_bytes(text, sizeof(text) - 1, &heard, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "a.ini:2: the line has a NUL"));
	assert_int_equal(heard.calls, 0);
}

static void test_a_stream_that_cannot_be_read_is_an_error(void **state)
{
	FILE *stream = fopen("/", "r");
	struct heard heard = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_non_null(stream);
	assert_int_equal(inifile_read(stream, "a.ini", take, &heard, &err),
			 ERROR_IO);
	fclose(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_heard_with_their_numbers),
		cmocka_unit_test(test_nothing_is_fine),
		cmocka_unit_test(test_what_would_be_misread_is_refused),
		cmocka_unit_test(test_the_line_end_makes_no_difference),
		cmocka_unit_test(test_a_long_line_is_refused_and_never_split),
		cmocka_unit_test(
			test_a_long_last_line_without_its_end_is_refused),
		cmocka_unit_test(test_a_long_comment_is_refused_like_any_line),
		cmocka_unit_test(
			test_a_section_of_any_length_is_not_another_one),
		cmocka_unit_test(test_a_file_of_bytes_is_refused),
		cmocka_unit_test(test_a_stream_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
