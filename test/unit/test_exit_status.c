#include "cli/exit_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_each_error_has_the_status_of_the_manual(void **state)
{
	static const struct {
		enum error_code code;
		int status;
	} cases[] = {
		{ ERROR_USAGE, 64 },	 { ERROR_MIGRATION, 65 },
		{ ERROR_CONFIG, 78 },	 { ERROR_LOCKED, 4 },
		{ ERROR_HELD, 6 },	 { ERROR_NOSPACE, 74 },
		{ ERROR_IO, 74 },	 { ERROR_MISSING, 74 },
		{ ERROR_BUSY, 5 },	 { ERROR_CORRUPT, 74 },
		{ ERROR_SQL, 74 },	 { ERROR_BUG, 70 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(exit_status_of(cases[i].code),
				 cases[i].status);
}

static void test_no_error_of_a_command_looks_like_success(void **state)
{
	(void)state;
	for (int code = ERROR_NONE + 1; code <= ERROR_BUG; code++)
		assert_int_not_equal(exit_status_of((enum error_code)code), 0);
	/* A code that nobody thought of is a defect, and says so. */
	assert_int_equal(exit_status_of((enum error_code)1000), 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_error_has_the_status_of_the_manual),
		cmocka_unit_test(test_no_error_of_a_command_looks_like_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
