#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void sets_code_and_text(void **state)
{
	struct error err = { .code = ERROR_IO, .sqlite_code = 5,
			     .message = "old" };

	(void)state;
	assert_int_equal(error_set(&err, ERROR_BUSY, "%s is busy", "a.db"),
			 ERROR_BUSY);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(err.sqlite_code, 0);
	assert_string_equal(err.message, "a.db is busy");
}

static void reads_outermost_first(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERROR_SQL, "no such table: t");
	err.sqlite_code = 1;
	assert_int_equal(error_prefix(&err, "%s:%d", "history.md", 12),
			 ERROR_SQL);
	assert_int_equal(error_prefix(&err, "user alice"), ERROR_SQL);
	assert_string_equal(err.message,
			    "user alice: history.md:12: no such table: t");
	assert_int_equal(err.sqlite_code, 1);
}

static void keeps_the_first_reason(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERROR_CHECK, "rows are missing");
	assert_int_equal(error_append(&err, "and %s failed too", "ROLLBACK"),
			 ERROR_CHECK);
	assert_string_equal(err.message,
			    "rows are missing; and ROLLBACK failed too");
}

static void tells_errno(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set_errno(&err, ERROR_IO, EACCES,
					 "cannot open %s", "x"),
			 ERROR_IO);
	assert_string_equal(err.message, "cannot open x: Permission denied");
}

static void full_disk_has_its_own_code(void **state)
{
	static const int full[] = { ENOSPC, EDQUOT };
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		assert_int_equal(error_set_errno(&err, ERROR_IO, full[i],
						 "cannot write"),
				 ERROR_NOSPACE);
		assert_int_equal(err.code, ERROR_NOSPACE);
	}
	assert_int_equal(error_set_errno(NULL, ERROR_IO, ENOSPC, "x"),
			 ERROR_NOSPACE);
}

static void may_be_asked_for_the_code_only(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_MISSING, "x"), ERROR_MISSING);
	/* Never 0, which would turn a failure into a success. */
	assert_int_not_equal(error_prefix(NULL, "x"), 0);
	assert_int_not_equal(error_append(NULL, "x"), 0);
}

static void arguments_may_be_the_message_itself(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERROR_IO, "inner");
	error_set(&err, ERROR_BUG, "outer(%s)", err.message);
	assert_string_equal(err.message, "outer(inner)");
	error_append(&err, "%s", err.message);
	assert_string_equal(err.message, "outer(inner); outer(inner)");
	error_prefix(&err, "%s", "p");
	assert_string_equal(err.message, "p: outer(inner); outer(inner)");
}

/* However long its parts: it ends in NUL, and a cut shows. */
static void long_text_is_cut_and_marked(void **state)
{
	char longer[3 * ERROR_MESSAGE_BYTES];
	struct error err;
	size_t length;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	for (length = ERROR_MESSAGE_BYTES - 2; length < sizeof(longer);
	     length += 511) {
		const char *tail = longer + sizeof(longer) - 1 - length;

		error_set(&err, ERROR_IO, "%s", tail);
		assert_int_equal(strlen(err.message),
				 length < ERROR_MESSAGE_BYTES
					 ? length
					 : ERROR_MESSAGE_BYTES - 1);
		assert_int_equal(strcmp(err.message + strlen(err.message) - 3,
					"...") == 0,
				 length >= ERROR_MESSAGE_BYTES);
		error_append(&err, "%s", tail);
		assert_int_equal(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
		error_prefix(&err, "%s", tail);
		assert_int_equal(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
		error_set_errno(&err, ERROR_IO, EIO, "%s", tail);
		assert_int_equal(strlen(err.message), ERROR_MESSAGE_BYTES - 1);
	}
}

static void every_code_has_a_name(void **state)
{
	int code;

	(void)state;
	for (code = ERROR_NONE; code <= ERROR_BUG; code++) {
		const char *name = error_code_name((enum error_code)code);

		assert_non_null(name);
		assert_string_not_equal(name, "UNKNOWN");
	}
	assert_string_equal(error_code_name(ERROR_BUSY), "BUSY");
	assert_string_equal(error_code_name(ERROR_BUG), "BUG");
	assert_string_equal(error_code_name((enum error_code)99), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_code_and_text),
		cmocka_unit_test(reads_outermost_first),
		cmocka_unit_test(keeps_the_first_reason),
		cmocka_unit_test(tells_errno),
		cmocka_unit_test(full_disk_has_its_own_code),
		cmocka_unit_test(may_be_asked_for_the_code_only),
		cmocka_unit_test(arguments_may_be_the_message_itself),
		cmocka_unit_test(long_text_is_cut_and_marked),
		cmocka_unit_test(every_code_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
