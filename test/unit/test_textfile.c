#include "study.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "migration/textfile.h"
#include "sandpit.h"

static char *path_of(void **state, const char *name)
{
	const struct sandpit *sandpit = *state;

	return xasprintf("%s/%s", sandpit->path, name);
}

static int read_file(void **state, const char *name,
		     struct migrations *into, char **out, struct error *err)
{
	int descriptors = sandpit_descriptors();
	char *path = path_of(state, name);
	size_t bytes = 0;
	int rc;

	memset(err, 0, sizeof(*err));
	rc = textfile_read(path, into, out, &bytes, err);
	if (*out != NULL)
		assert_int_equal(bytes, strlen(*out));
	assert_int_equal(sandpit_descriptors(), descriptors);
	free(path);
	return rc;
}

static void gives_the_whole_file(void **state)
{
	struct migrations none = { 0 };
	struct error err;
	char *text;

	sandpit_file(*state, "a.sql", "\xef\xbb\xbf" "a;\r\nb;", 0644);
	assert_int_equal(read_file(state, "a.sql", &none, &text, &err), 0);
	assert_string_equal(text, "\xef\xbb\xbf" "a;\r\nb;");
	assert_int_equal(none.finding_count, 0);
	free(text);
}

static void what_is_no_file_is_an_error(void **state)
{
	struct migrations none = { 0 };
	char *pipe_path = path_of(state, "pipe");
	struct error err;
	char *text;

	sandpit_folder(*state, "folder");
	assert_int_equal(mkfifo(pipe_path, 0644), 0);
	assert_int_equal(read_file(state, "folder", &none, &text, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "no regular file"));
	assert_null(text);
	assert_int_equal(read_file(state, "pipe", &none, &text, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "no regular file"));
	assert_int_equal(read_file(state, "nowhere", &none, &text, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "nowhere"));
	assert_null(text);
	free(pipe_path);
}

static void too_big_is_a_finding(void **state)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *path = path_of(state, "big.sql");
	struct error err;
	char *text;

	sandpit_file(*state, "big.sql", "", 0644);
	assert_int_equal(truncate(path, (16 << 20) + 1), 0);
	assert_int_equal(read_file(state, "big.sql", migrations, &text, &err),
			 0);
	assert_null(text);
	study_expect_in(migrations, "big.sql", "size", SEVERITY_ERROR, 0,
			"over 16 MiB");
	assert_int_equal(truncate(path, 16 << 20), 0);
	free(path);
	migrations_free(migrations);
}

static void the_mark_has_three_bytes(void **state)
{
	(void)state;
	assert_int_equal(textfile_mark("\xef\xbb\xbf" "a", 4), 3);
	assert_int_equal(textfile_mark("\xef\xbb\xbf", 3), 3);
	assert_int_equal(textfile_mark("\xef\xbb\xbf", 2), 0);
	assert_int_equal(textfile_mark("a;\n\n", 4), 0);
}

static void copies_have_one_kind_of_line_break(void **state)
{
	static const char text[] = "a\r\nb\rc\n\r\r\n\r";
	char *copy = textfile_copy(text, text + strlen(text));

	(void)state;
	assert_string_equal(copy, "a\nb\rc\n\r\n\r");
	free(copy);
}

static void a_nul_byte_is_found(void **state)
{
	static const char line[] = "a\0b";
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));

	(void)state;
	assert_true(textfile_check_line("f", 3, line, line + 1, migrations));
	assert_int_equal(migrations->finding_count, 0);
	assert_false(textfile_check_line("f", 3, line, line + 3, migrations));
	study_expect_in(migrations, "f", "nul", SEVERITY_ERROR, 3, "NUL byte");
	migrations_free(migrations);
}

#define IN_SANDPIT(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDPIT(gives_the_whole_file),
		IN_SANDPIT(what_is_no_file_is_an_error),
		IN_SANDPIT(too_big_is_a_finding),
		cmocka_unit_test(the_mark_has_three_bytes),
		cmocka_unit_test(copies_have_one_kind_of_line_break),
		cmocka_unit_test(a_nul_byte_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
