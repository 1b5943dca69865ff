#include "cli/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What comes out on standard error between the two calls. */
struct capture {
	FILE *file;
	int kept;
	char text[4096];
};

static void capture_begin(struct capture *capture)
{
	memset(capture, 0, sizeof(*capture));
	capture->file = tmpfile();
	assert_non_null(capture->file);
	fflush(stderr);
	capture->kept = dup(STDERR_FILENO);
	dup2(fileno(capture->file), STDERR_FILENO);
}

static const char *capture_end(struct capture *capture)
{
	fflush(stderr);
	dup2(capture->kept, STDERR_FILENO);
	close(capture->kept);
	rewind(capture->file);
	assert_true(fread(capture->text, 1, sizeof(capture->text) - 1,
			  capture->file) > 0);
	fclose(capture->file);
	return capture->text;
}

static void test_an_error_is_one_line(void **state)
{
	struct capture capture;
	struct error err = { 0 };

	(void)state;
	error_set(&err, ERROR_IO, "/srv/a: gone; mount it");
	capture_begin(&capture);
	message_error(&err);
	assert_string_equal(capture_end(&capture),
			    "fleet-upgrade: /srv/a: gone; mount it\n");
}

/* A user may choose a name that moves the cursor or forges a line. */
static void test_what_names_hold_is_escaped(void **state)
{
	struct capture capture;
	struct error err = { 0 };

	(void)state;
	error_set(&err, ERROR_USAGE, "no user %s", "a\nroot\x1b[2J\xff");
	capture_begin(&capture);
	message_error(&err);
	assert_string_equal(capture_end(&capture),
			    "fleet-upgrade: no user a\\nroot\\x1b[2J\\xff\n");
}

static void test_a_warning_says_that_it_is_one(void **state)
{
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	message_warn("%s is on %s", "/srv\t", "NFS");
	assert_string_equal(capture_end(&capture),
			    "fleet-upgrade: warning: /srv\\t is on NFS\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_error_is_one_line),
		cmocka_unit_test(test_what_names_hold_is_escaped),
		cmocka_unit_test(test_a_warning_says_that_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
