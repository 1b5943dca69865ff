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

static void test_another_tool_says_the_version(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 2);
	workshop_sql(desk->shop, "alice.db",
		     "CREATE TABLE schema_migrations(version, dirty); INSERT "
		     "INTO schema_migrations VALUES (2, 0)");
	desk_expect(desk, "baseline --from golang-migrat", 64);
	desk_says(desk, "no tool of that name is known; write auto or one of "
			"rails, golang-migrate, dbmate");
	desk_expect(desk, "baseline --from auto --to 1", 64);
	desk_expect(desk, "baseline --from auto --forget", 64);
	desk_says(desk, "exclude each other");
	assert_false(desk_has(desk, ".fleet-upgrade"));
	desk_expect(desk, "baseline --from dbmate", 1);
	desk_says(desk, "is that of golang-migrate, not dbmate");
	desk_expect(desk, "baseline --from auto -v", 0);
	desk_says(desk, "adopted from golang-migrate: 2 steps");
	expect_version(desk, "alice.db", "2");
	desk_expect(desk, "baseline --from golang-migrate", 0);
}

static void test_another_tools_table_is_kept(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 2);
	desk_expect(desk, "--set migrations.ledger=prisma", 64);
	desk_says(desk, "write own, or one of golang-migrate, dbmate");
	desk_expect(desk, "--set migrations.ledger=d1", 78);
	desk_says(desk, "writes down the name of a file for each migration");
	assert_false(desk_has(desk, ".fleet-upgrade"));
	desk_expect(desk, "-q --set migrations.ledger=dbmate", 0);
	workshop_expect(desk->shop, "alice.db",
			"SELECT group_concat(version) FROM schema_migrations",
			"1,2,3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_the_version_has_to_be_said),
		DESK_TEST(test_a_version_is_recorded_and_nothing_run),
		DESK_TEST(test_latest_is_a_version_too),
		DESK_TEST(test_whoever_leaves_is_forgotten),
		DESK_TEST(test_another_tool_says_the_version),
		DESK_TEST(test_another_tools_table_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
