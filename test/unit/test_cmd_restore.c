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

static void lose(const struct desk *desk, const char *name)
{
	char *path = xasprintf("%s/%s", desk->shop->data, name);

	assert_int_equal(unlink(path), 0);
	free(path);
}

/* alice and bob, upgraded to 2 and then to 3. */
static void upgrade_twice(struct desk *desk)
{
	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q --to 2", 0);
	desk_expect(desk, "-q", 0);
}

static void test_somebody_has_to_be_named(void **state)
{
	struct desk *desk = *state;

	upgrade_twice(desk);
	desk_expect(desk, "restore", 64);
	desk_says(desk, "--system");
	desk_expect(desk, "restore carol", 64);
	desk_expect(desk, "restore alice carol", 64);
	expect_version(desk, "alice.db", "3");
	desk_expect(desk, "restore --system", 64);
	desk_says(desk, "no system database");
}

static void test_the_newest_backup_is_put_back_and_nobody_held(void **state)
{
	struct desk *desk = *state;

	upgrade_twice(desk);
	desk_expect(desk, "restore alice", 0);
	desk_says(desk, "1 restored");
	expect_version(desk, "alice.db", "2");
	expect_version(desk, "bob.db", "3");
	assert_false(desk_has(desk, ".fleet-upgrade.hold"));
	desk_expect(desk, "-q", 0);
	expect_version(desk, "alice.db", "3");
}

/* Each has its own newest backup; one run, a pass for each of them. */
static void test_backups_of_several_runs_come_back_together(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 2);
	workshop_make(desk->shop, "carol.db", 1);
	desk_expect(desk, "-q alice", 0);
	desk_expect(desk, "-q bob", 0);
	desk_expect(desk, "-q carol", 0);
	desk_expect(desk, "restore carol alice bob alice", 0);
	desk_says(desk, "3 databases");
	desk_says(desk, "3 restored");
	desk_expect(desk, "history", 0);
	desk_says(desk, "3 restored");
	workshop_expect(desk->shop, "bob.db", "SELECT count(*) FROM "
			"sqlite_schema WHERE name = 'tags'", "0");
}

static void test_what_was_written_to_is_kept_unless_forced(void **state)
{
	struct desk *desk = *state;

	upgrade_twice(desk);
	workshop_sql(desk->shop, "alice.db",
		     "INSERT INTO tags VALUES(1, 'new')");
	desk_expect(desk, "restore alice", 1);
	expect_version(desk, "alice.db", "3");
	desk_expect(desk, "restore alice --force", 0);
	expect_version(desk, "alice.db", "2");
}

/* That is when a restore is needed most. */
static void test_a_lost_file_comes_back_offline(void **state)
{
	struct desk *desk = *state;

	upgrade_twice(desk);
	lose(desk, "alice.db");
	desk_expect(desk, "restore alice", 64);
	desk_says(desk, "--offline");
	desk_expect(desk, "restore alice --offline", 0);
	expect_version(desk, "alice.db", "2");
	workshop_expect(desk->shop, "alice.db",
			"SELECT count(*) > 0 FROM people", "1");
	/* A name that was never there has no backup either. */
	desk_expect(desk, "restore zoe --offline", 64);
	desk_says(desk, "neither a database nor a backup");
}

static void test_a_run_may_be_named(void **state)
{
	struct desk *desk = *state;
	char *oldest, *line;

	upgrade_twice(desk);
	desk_expect(desk, "backups list alice --json", 0);
	/* Newest first. */
	oldest = strstr(strchr(desk->out, '\n'), "\"run\":\"");
	assert_non_null(oldest);
	line = xasprintf("restore alice --force --run %.21s",
			 oldest + strlen("\"run\":\""));
	desk_expect(desk, line, 0);
	workshop_expect(desk->shop, "alice.db", "SELECT count(*) FROM "
			"sqlite_schema WHERE name = 'fleet_schema_history'",
			"0");
	desk_expect(desk, "restore alice --run 20251121T043100Z-9f3c", 64);
	free(line);
}

static void test_without_a_backup_there_is_nothing_to_restore(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 3);
	desk_expect(desk, "restore alice", 64);
	desk_says(desk, "alice.db");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_somebody_has_to_be_named),
		DESK_TEST(test_the_newest_backup_is_put_back_and_nobody_held),
		DESK_TEST(test_backups_of_several_runs_come_back_together),
		DESK_TEST(test_what_was_written_to_is_kept_unless_forced),
		DESK_TEST(test_a_lost_file_comes_back_offline),
		DESK_TEST(test_a_run_may_be_named),
		DESK_TEST(test_without_a_backup_there_is_nothing_to_restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
