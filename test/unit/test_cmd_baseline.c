#include "cli/command.h"

#include "desk.h"

static void expect_version(const struct desk *desk, const char *name,
			   const char *version)
{
	workshop_expect(desk->shop, name, "SELECT to_version FROM "
			"fleet_schema_history ORDER BY rank DESC LIMIT 1",
			version);
}

static void test_the_version_has_to_be_said(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "baseline", 64);
	desk_says(desk, "--to VERSION");
	desk_expect(desk, "baseline --to 1 --forget", 64);
	desk_expect(desk, "baseline --to 9", 64);
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_a_version_is_recorded_and_nothing_run(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "baseline --to 1", 0);
	desk_says(desk, "1 recorded");
	expect_version(desk, "alice.db", "1");
	workshop_expect(desk->shop, "alice.db", "SELECT count(*) FROM "
			"sqlite_schema WHERE name = 'tags'", "0");
	desk_expect(desk, "baseline --to 1", 0);
	desk_expect(desk, "-q", 0);
	expect_version(desk, "alice.db", "3");
}

static void test_latest_is_a_version_too(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 3);
	desk_expect(desk, "baseline --to latest -q", 0);
	expect_version(desk, "alice.db", "3");
}

static void test_whoever_leaves_is_forgotten(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	desk_expect(desk, "baseline --forget", 0);
	desk_says(desk, "1 ledger removed");
	workshop_expect(desk->shop, "alice.db", "SELECT count(*) FROM "
			"sqlite_schema WHERE name = 'fleet_schema_history'",
			"0");
	desk_expect(desk, "baseline --forget", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_the_version_has_to_be_said),
		DESK_TEST(test_a_version_is_recorded_and_nothing_run),
		DESK_TEST(test_latest_is_a_version_too),
		DESK_TEST(test_whoever_leaves_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
