#include "cli/descent.h"

#include "base/memory.h"
#include "desk.h"

/* A step from 3 to 4 behind workshop_history, with these parts. */
static void release(struct desk *desk, const char *parts)
{
	char *markdown = xasprintf("%s```sql\n-- [user:3→4:start]\n"
				   "CREATE TABLE x(id);\n%s"
				   "-- [user:3→4:end]\n```\n",
				   workshop_history, parts);

	desk_release(desk, markdown);
	free(markdown);
}

#define DOWN "-- [user:3→4:down]\nDROP TABLE x;\n"

static void expect_version(const struct desk *desk, const char *name,
			   const char *version)
{
	workshop_expect(desk->shop, name, "SELECT to_version FROM "
			"fleet_schema_history ORDER BY rank DESC LIMIT 1",
			version);
}

static void test_goes_down_and_holds(void **state)
{
	struct desk *desk = *state;

	release(desk, DOWN);
	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 3);
	desk_expect(desk, "-q", 0);
	workshop_sql(desk->shop, "alice.db",
		     "INSERT INTO people(name) VALUES('late')");
	desk_expect(desk, "rollback --to 3", 0);
	desk_says(desk, "2 restored");
	expect_version(desk, "alice.db", "3");
	workshop_expect(desk->shop, "alice.db",
			"SELECT count(*) FROM people WHERE name = 'late'", "1");
	workshop_expect(desk->shop, "bob.db",
			"SELECT count(*) FROM sqlite_schema WHERE name = 'x'",
			"0");
	assert_true(desk_has(desk, ".fleet-upgrade.hold"));
	desk_expect(desk, "rollback --to 3", 0);
	desk_says(desk, "nothing was there to take back");
}

static void test_only_the_users_that_are_named(void **state)
{
	struct desk *desk = *state;

	release(desk, DOWN);
	workshop_make(desk->shop, "alice.db", 3);
	workshop_make(desk->shop, "bob.db", 3);
	desk_expect(desk, "-q", 0);
	desk_expect(desk, "rollback --to 3 bob", 0);
	expect_version(desk, "alice.db", "4");
	expect_version(desk, "bob.db", "3");
}

static void test_a_step_without_way_down_stops_all(void **state)
{
	struct desk *desk = *state;

	release(desk, DOWN);
	workshop_make(desk->shop, "alice.db", 3);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q --to 3", 0);
	desk_expect(desk, "-q alice", 0);
	/* 2→3 has none, and 3→4 has. */
	desk_expect(desk, "rollback --to 2", 65);
	desk_says(desk, "user:2→3 has no way down");
	desk_says(desk, "nothing was touched");
	expect_version(desk, "alice.db", "4");
	assert_false(desk_has(desk, ".fleet-upgrade.hold"));
	/* Nobody has gone further than 3: what is above does not matter. */
	release(desk, "");
	desk_expect(desk, "rollback --to 3 bob", 0);
	desk_expect(desk, "rollback --to 3", 65);
	desk_says(desk, "user:3→4 has no way down");
}

static void test_what_cannot_be_is_refused(void **state)
{
	struct desk *desk = *state;

	release(desk, DOWN);
	workshop_make(desk->shop, "alice.db", 3);
	desk_expect(desk, "-q", 0);
	desk_expect(desk, "rollback --to 0.5", 64);
	desk_expect(desk, "rollback --to 3 --force", 64);
	desk_says(desk, "neither --run nor --force");
	desk_release(desk, "nothing");
	desk_expect(desk, "rollback --to 3", 65);
	desk_says(desk, "rollback --to needs the migrations");
	expect_version(desk, "alice.db", "4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_goes_down_and_holds),
		DESK_TEST(test_only_the_users_that_are_named),
		DESK_TEST(test_a_step_without_way_down_stops_all),
		DESK_TEST(test_what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
