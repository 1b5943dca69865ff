#include "cli/command.h"

#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
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

static void expect_no_ledger(const struct desk *desk, const char *name)
{
	workshop_expect(desk->shop, name, "SELECT count(*) FROM sqlite_schema "
			"WHERE name = 'fleet_schema_history'", "0");
}

static void test_nothing_to_take_back_holds_nothing(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "rollback", 0);
	desk_says(desk, "nothing was changed");
	assert_false(desk_has(desk, ".fleet-upgrade.hold"));
	desk_expect(desk, "-q", 0);
}

static void test_the_newest_upgrade_is_taken_back(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q --to 2", 0);
	desk_expect(desk, "-q", 0);
	desk_expect(desk, "-q", 0); /* idle: no upgrade */
	desk_expect(desk, "rollback", 0);
	desk_says(desk, "2 restored");
	assert_true(desk_has(desk, ".fleet-upgrade.hold"));
	expect_version(desk, "alice.db", "2");
	/* Once more: the one before. */
	desk_expect(desk, "rollback --force", 0);
	desk_says(desk, "2 restored");
	expect_no_ledger(desk, "alice.db");
	desk_expect(desk, "rollback", 0);
	desk_says(desk, "nothing was changed");
}

static void test_only_those_who_stand_there_go_back(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	workshop_make(desk->shop, "carol.db", 1);
	desk_expect(desk, "-q alice carol --to 2", 0);
	desk_expect(desk, "-q bob", 0);
	desk_expect(desk, "rollback -j 1", 0);
	desk_says(desk, "1 restored");
	expect_version(desk, "alice.db", "2");
	expect_version(desk, "carol.db", "2");
	expect_no_ledger(desk, "bob.db");
}

/* What a user wrote since is never thrown away unasked. */
static void test_what_was_written_to_is_kept(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q", 0);
	workshop_sql(desk->shop, "bob.db",
		     "INSERT INTO tags VALUES(1, 'new')");
	desk_expect(desk, "rollback", 1);
	desk_says(desk, "1 restored, 1 kept");
	expect_version(desk, "bob.db", "3");
	/* A second rollback goes on with what the first had to keep. */
	desk_expect(desk, "rollback --force", 0);
	desk_says(desk, "1 restored");
	expect_no_ledger(desk, "bob.db");
}

/* One that was upgraded and cannot be read any more must not be passed over in
 * silence. */
static void test_what_cannot_be_looked_at_is_told(void **state)
{
	struct desk *desk = *state;
	char *path = xasprintf("%s/bob.db", desk->shop->data);
	FILE *file;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q", 0);
	file = fopen(path, "r+");
	assert_non_null(file);
	fputs("this was a header", file);
	assert_int_equal(fclose(file), 0);
	desk_expect(desk, "rollback", 1);
	desk_says(desk, "1 restored, 1 failed");
	desk_says(desk, "restore --offline");
	desk_expect(desk, "restore --offline bob", 0);
	expect_no_ledger(desk, "bob.db");
	free(path);
}

static void test_one_that_put_nothing_back_leaves_no_hold(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	workshop_sql(desk->shop, "alice.db",
		     "INSERT INTO tags VALUES(1, 'new')");
	desk_expect(desk, "rollback -q", 1);
	assert_false(desk_has(desk, ".fleet-upgrade.hold"));
}

static void test_a_run_may_be_named(void **state)
{
	struct desk *desk = *state;
	char *line;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q alice", 0);
	desk_expect(desk, "history --json", 0);
	line = strstr(desk->out, "\"run\":\"");
	assert_non_null(line);
	line = xasprintf("rollback --run %.21s", line + strlen("\"run\":\""));
	desk_expect(desk, "-q bob", 0);
	desk_expect(desk, line, 0);
	expect_no_ledger(desk, "alice.db");
	expect_version(desk, "bob.db", "3");
	desk_expect(desk, "rollback --run 20251121T043100Z-9f3c", 64);
	free(line);
}

static void test_a_baseline_is_not_taken_back_unasked(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "baseline --to 1 -q", 0);
	desk_expect(desk, "rollback", 0);
	desk_says(desk, "nothing was changed");
	expect_version(desk, "alice.db", "1");
}

/* Which is not the same as that there are none. */
static void test_backups_that_cannot_be_read_are_told(void **state)
{
	struct desk *desk = *state;
	char *names = xasprintf("%s/.fleet-upgrade/backups/*/.run",
				desk->shop->data);
	glob_t found;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	assert_int_equal(glob(names, 0, NULL, &found), 0);
	assert_int_equal(unlink(found.gl_pathv[0]), 0);
	assert_int_equal(mkdir(found.gl_pathv[0], 0700), 0);
	desk_expect(desk, "rollback", 74);
	desk_says(desk, ".run is no regular file");
	desk_says(desk, "nothing was changed");
	desk_expect(desk, "restore alice", 74);
	desk_expect(desk, "backups prune", 74);
	expect_version(desk, "alice.db", "3");
	globfree(&found);
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_nothing_to_take_back_holds_nothing),
		DESK_TEST(test_the_newest_upgrade_is_taken_back),
		DESK_TEST(test_only_those_who_stand_there_go_back),
		DESK_TEST(test_what_was_written_to_is_kept),
		DESK_TEST(test_what_cannot_be_looked_at_is_told),
		DESK_TEST(test_one_that_put_nothing_back_leaves_no_hold),
		DESK_TEST(test_a_run_may_be_named),
		DESK_TEST(test_a_baseline_is_not_taken_back_unasked),
		DESK_TEST(test_backups_that_cannot_be_read_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
