#include "cli/command.h"

#include <unistd.h>

#include "desk.h"

static void test_good_migrations_are_good(void **state)
{
	struct desk *desk = *state;

	desk_expect(desk, "lint", 0);
	desk_says(desk, "3 steps: 0 errors");
	desk_expect(desk, "lint -q", 0);
	assert_string_equal(desk->out, "");
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_findings_have_file_and_line(void **state)
{
	struct desk *desk = *state;

	desk_release(desk, "text\n```sql\n-- [user:baseline→1:start]\n"
			   "CREATE TABLE a(b);\nCREATE TABEL c(d);\n"
			   "-- [user:baseline→1:end]\n```\n");
	desk_expect(desk, "lint", 65);
	desk_says(desk, "history.md:5: error: ");
	desk_says(desk, "TABEL");
	desk_says(desk, "1 step: 1 error,");
	desk_expect(desk, "lint -q", 65);
	desk_says(desk, "history.md:5: error: ");
	desk_expect(desk, "lint --json", 65);
	desk_says(desk, "\"severity\":\"error\"");
	desk_says(desk, "\"line\":5");
	/* An upgrade says the same and touches nothing. */
	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "upgrade", 65);
	desk_says(desk, "history.md:5: ");
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_a_warning_is_no_error(void **state)
{
	struct desk *desk = *state;

	desk_release(desk, "```sql\n-- [user:baseline→1:start]\n"
			   "CREATE TABLE a(b);\nDELETE FROM a;\n"
			   "-- [user:baseline→1:end]\n```\n");
	desk_expect(desk, "lint", 0);
	desk_says(desk, "history.md:4: warning: ");
	desk_expect(desk, "lint -q", 0);
	assert_string_equal(desk->out, "");
}

static void test_nothing_to_read_is_an_error(void **state)
{
	struct desk *desk = *state;

	desk_release(desk, "no step\n");
	desk_expect(desk, "lint", 65);
	assert_int_equal(unlink(desk->history), 0);
	desk_expect(desk, "lint", 65);
	desk_says(desk, "history.md");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_good_migrations_are_good),
		DESK_TEST(test_findings_have_file_and_line),
		DESK_TEST(test_a_warning_is_no_error),
		DESK_TEST(test_nothing_to_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
