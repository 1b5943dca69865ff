#include "cli/command.h"

#include <unistd.h>

#include "base/memory.h"
#include "desk.h"

static void expect_version(const struct desk *desk, const char *name,
			   const char *version)
{
	workshop_expect(desk->shop, name, "SELECT to_version FROM "
			"fleet_schema_history ORDER BY rank DESC LIMIT 1",
			version);
}

static void test_all_are_upgraded_and_then_nothing_is_left(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 2);
	desk_expect(desk, "", 0);
	desk_says(desk, "2 upgraded");
	desk_says(desk, "rollback");
	expect_version(desk, "alice.db", "3");
	desk_expect(desk, "-q", 0);
	assert_string_equal(desk->out, "");
	assert_string_equal(desk->bad, "");
	desk_expect(desk, "", 0);
	desk_says(desk, "nothing was changed");
}

static void test_a_dry_run_tells_and_writes_nothing(void **state)
{
	struct desk *desk = *state;
	char *before;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 3);
	workshop_sql(desk->shop, "alice.db", "CREATE TABLE tags(x)");
	before = workshop_print(desk->shop);
	desk_expect(desk, "-n", 1);
	desk_says(desk, "1 would fail");
	workshop_untouched(desk->shop, before);
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_one_that_fails_is_named_and_taken_up_again(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	workshop_sql(desk->shop, "bob.db",
		     "INSERT INTO people VALUES(99, '')");
	desk_expect(desk, "", 1);
	desk_says(desk, "1 upgraded");
	desk_says(desk, "bob");
	desk_says(desk, "CHECK constraint failed");
	expect_version(desk, "alice.db", "3");
	/* Only what failed is taken up. */
	desk_expect(desk, "--failed", 1);
	desk_says(desk, "1 database ");
	workshop_sql(desk->shop, "bob.db", "DELETE FROM people WHERE id = 99");
	desk_expect(desk, "--failed", 0);
	expect_version(desk, "bob.db", "3");
	desk_expect(desk, "--failed", 0);
	desk_says(desk, "0 databases");
}

/* Without a journal nothing has failed that anybody knew of. */
static void test_failed_without_a_last_time_is_nobody(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "--failed", 0);
	desk_says(desk, "0 databases");
}

static void test_a_held_fleet_is_left_until_released(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	desk_expect(desk, "rollback -q", 0);
	desk_expect(desk, "-q", 6);
	desk_says(desk, "--release");
	assert_string_equal(desk->out, "");
	/* A dry run tries it all the same, and tells. */
	desk_expect(desk, "-n", 6);
	desk_says(desk, "1 would be upgraded");
	desk_says(desk, "is held since");
	desk_expect(desk, "-n --release", 0);
	desk_expect(desk, "-q", 6);
	desk_expect(desk, "-q --release", 0);
	expect_version(desk, "alice.db", "3");
	desk_expect(desk, "-q --release", 0);
}

static void test_without_room_nothing_is_touched(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk->reserve = "100%";
	desk_expect(desk, "", 6);
	desk_says(desk, "nothing was touched");
	desk_says(desk, "backup.min_free");
	workshop_expect(desk->shop, "alice.db", "SELECT count(*) FROM "
			"sqlite_schema WHERE name = 'fleet_schema_history'",
			"0");
	/* Nothing to do needs no room. */
	desk->reserve = "0%";
	desk_expect(desk, "-q", 0);
	desk->reserve = "100%";
	desk_expect(desk, "-q", 0);
}

static void test_old_backups_go_after_an_upgrade(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q --to 2", 0);
	desk_expect(desk, "backups list --json", 0);
	desk_says(desk, "alice.db");
	desk_age_backups(desk);
	/* With its quote: a time of day may have these digits too. */
	desk_expect(desk, "backups list --json", 0);
	desk_says(desk, "\"2020");
	desk_expect(desk, "-q --set backup.keep=1", 0);
	desk_expect(desk, "backups list --json", 0);
	desk_says(desk, "alice.db");
	assert_null(strstr(desk->out, "\"2020"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_all_are_upgraded_and_then_nothing_is_left),
		DESK_TEST(test_a_dry_run_tells_and_writes_nothing),
		DESK_TEST(test_one_that_fails_is_named_and_taken_up_again),
		DESK_TEST(test_failed_without_a_last_time_is_nobody),
		DESK_TEST(test_a_held_fleet_is_left_until_released),
		DESK_TEST(test_without_room_nothing_is_touched),
		DESK_TEST(test_old_backups_go_after_an_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
