#include "cli/overlooked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `expected` NULL: nothing is said. */
static void expect(const struct fleet *fleet, const char *include,
		   const char *expected)
{
	char *text = overlooked_text(fleet, "/srv", "{username}.db", include);

	if (!expected)
		assert_null(text);
	else
		assert_string_equal(text, expected);
	free(text);
}

static void test_folders_that_were_not_entered(void **state)
{
	char first[] = "a";
	struct fleet fleet = { .links.count = 1, .links.first = first };

	(void)state;
	expect(&fleet, NULL, "/srv: 1 folder was not entered, because no link "
	       "and no mount point is followed; the first is a; databases in "
	       "there are not seen");
	fleet.links.count = 2;
	expect(&fleet, "x", "/srv: 2 folders were not entered, because no link "
	       "and no mount point is followed; the first is a; databases in "
	       "there are not seen");
}

static void test_no_database_at_all(void **state)
{
	(void)state;
	expect(&(struct fleet){ 0 }, NULL, "/srv: no database was found; is "
	       "what belongs there mounted, and are they called {username}.db "
	       "(fleet.user_db)?");
}

static void test_nobody_whom_include_fits(void **state)
{
	struct subject system = { .kind = KIND_SYSTEM };
	struct fleet fleet = { .system = &system, .not_selected = 3 };

	(void)state;
	expect(&fleet, "zzz*", "--include zzz* fits no user");
	expect(&fleet, NULL, NULL);
	fleet.user_count = 1;
	expect(&fleet, "a*", NULL);
}

static void test_a_system_database_is_a_fleet(void **state)
{
	struct subject system = { .kind = KIND_SYSTEM };

	(void)state;
	expect(&(struct fleet){ .system = &system }, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders_that_were_not_entered),
		cmocka_unit_test(test_no_database_at_all),
		cmocka_unit_test(test_nobody_whom_include_fits),
		cmocka_unit_test(test_a_system_database_is_a_fleet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
