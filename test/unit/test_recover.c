#include "fleet/recover.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "workshop.h"

/* A run of before, which is in no ledger. */
#define OTHER_RUN "20251121T043100Z-9f3c"

static struct state state_of(const struct workshop *shop)
{
	return (struct state){ .folder = shop->plan.state_dir,
			       .backups = shop->plan.source_dir,
			       .staging = shop->plan.staging_dir,
			       .path = shop->state };
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	free(path);
}

static bool is_there(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* The lock file as a run leaves it that is killed. */
static void die(const struct workshop *shop, const char *run_id,
		const char *command)
{
	char *text = xasprintf("pid 4711\nrun %s\nsince "
			       "2026-11-21T04:31:00Z\ncommand %s\n", run_id,
			       command);

	write_file(shop->state, "lock", text);
	free(text);
}

/* A complete backup of the database, which was not changed then. */
static void back_up(const struct workshop *shop, const char *name)
{
	char *command = xasprintf("cp %s/%s %s/backups/%s/", shop->data, name,
				  shop->state, shop->plan.run_id);

	assert_int_equal(system(command), 0);
	free(command);
}

static bool has_backup(const struct workshop *shop, const char *name)
{
	char *path = xasprintf("backups/%s/%s", shop->plan.run_id, name);
	bool there = is_there(shop->state, path);

	free(path);
	return there;
}

static struct recover_totals clear_away(struct workshop *shop)
{
	struct state state = state_of(shop);
	struct recover_totals totals;
	struct roster roster = { .fd = -1 };
	struct error err = { 0 };

	if (recover(&state, &shop->plan, "system.db", &roster, &totals,
		    &err) != 0)
		fail_msg("%s", err.message);
	return totals;
}

/* One database changed by the run that died, one not yet. */
static void make_both(struct workshop *shop)
{
	workshop_make(shop, "done.db", 1);
	workshop_make(shop, "begun.db", 1);
	workshop_do(shop, work_upgrade, "done.db");
	back_up(shop, "begun.db");
	assert_true(has_backup(shop, "done.db"));
	assert_true(has_backup(shop, "begun.db"));
}

static void test_without_a_dead_run_only_staging_is_cleared(void **state)
{
	struct workshop *shop = *state;
	struct recover_totals totals;

	make_both(shop);
	write_file(shop->state, "staging/x.db", "half");
	totals = clear_away(shop);
	assert_int_equal(totals.died.pid, 0);
	assert_int_equal(totals.removed, 0);
	assert_false(is_there(shop->state, "staging/x.db"));
	assert_true(is_there(shop->state, "staging"));
	assert_true(has_backup(shop, "done.db"));
	assert_true(has_backup(shop, "begun.db"));
}

static void test_backups_of_what_was_not_changed_go(void **state)
{
	struct workshop *shop = *state;
	struct recover_totals totals;

	make_both(shop);
	die(shop, shop->plan.run_id, "upgrade");
	totals = clear_away(shop);
	assert_int_equal(totals.died.pid, 4711);
	assert_int_equal(totals.removed, 1);
	assert_int_equal(totals.kept, 1);
	assert_true(has_backup(shop, "done.db"));
	assert_false(has_backup(shop, "begun.db"));
	/* Dying in here is no harm: once more comes to the same. */
	totals = clear_away(shop);
	assert_int_equal(totals.removed, 0);
	assert_int_equal(totals.kept, 1);
}

/* What a swap leaves that was ended between link and rename. It goes whatever
 * the database says, before anything is done with it: that would be done to the
 * backup as well. */
static void test_a_backup_that_is_the_live_file_goes(void **state)
{
	struct workshop *shop = *state;
	char *live = workshop_path(shop, "a.db");
	char *backup = workshop_backup(shop, "a.db");
	struct recover_totals totals;
	struct stat seen;

	workshop_make_wal(shop, "a.db", 1);
	assert_int_equal(link(live, backup), 0);
	die(shop, shop->plan.run_id, "upgrade");
	totals = clear_away(shop);
	assert_int_equal(totals.removed, 1);
	assert_false(has_backup(shop, "a.db"));
	assert_int_equal(stat(live, &seen), 0);
	assert_int_equal(seen.st_nlink, 1);
	free(backup);
	free(live);
}

/* The way back is not given up for a look that told nothing. */
static void test_backups_stay_where_the_database_cannot_tell(void **state)
{
	struct workshop *shop = *state;
	struct recover_totals totals;
	char *gone = xasprintf("%s/gone.db", shop->data);

	workshop_make(shop, "gone.db", 1);
	workshop_make(shop, "junk.db", 1);
	workshop_make(shop, "empty.db", 1);
	back_up(shop, "gone.db");
	back_up(shop, "junk.db");
	back_up(shop, "empty.db");
	assert_int_equal(unlink(gone), 0);
	write_file(shop->data, "junk.db", "this is no database, though it is "
					  "long enough for a header: it only "
					  "holds a sentence that goes on");
	write_file(shop->data, "empty.db", "");
	die(shop, shop->plan.run_id, "upgrade");
	totals = clear_away(shop);
	assert_int_equal(totals.removed, 0);
	assert_int_equal(totals.kept, 3);
	assert_true(has_backup(shop, "gone.db"));
	assert_true(has_backup(shop, "junk.db"));
	assert_true(has_backup(shop, "empty.db"));
	free(gone);
}

#define LETTER "INSERT INTO people(id, name) VALUES(2000, 'since')"

static void copy_in_data(const struct workshop *shop, const char *from,
			 const char *to)
{
	char *command = xasprintf("cp -p %s/%s %s/%s", shop->data, from,
				  shop->data, to);

	assert_int_equal(system(command), 0);
	free(command);
}

static void test_a_backup_goes_where_nothing_was_written(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	workshop_make_wal(shop, "wal.db", 1);
	back_up(shop, "a.db");
	back_up(shop, "wal.db");
	die(shop, shop->plan.run_id, "upgrade");
	assert_int_equal(clear_away(shop).removed, 2);
	assert_false(has_backup(shop, "a.db"));
	assert_false(has_backup(shop, "wal.db"));
}

/* It may be the last that there is of what was in its place. */
static void test_a_backup_of_something_else_stays(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "odd.db", NULL);
	workshop_ready(shop, "older.db", NULL);
	/* An older copy, put back by hand. */
	copy_in_data(shop, "older.db", "copy");
	workshop_sql(shop, "older.db", LETTER);
	back_up(shop, "older.db");
	copy_in_data(shop, "copy", "older.db");
	/* What was written since need not be all that was there. */
	workshop_make(shop, "written.db", 1);
	back_up(shop, "written.db");
	workshop_sql(shop, "written.db", LETTER);
	workshop_make_wal(shop, "wal.db", 1);
	back_up(shop, "wal.db");
	workshop_sql(shop, "wal.db", LETTER);
	/* One that cannot tell. */
	back_up(shop, "odd.db");
	workshop_sql(shop, "odd.db",
		     "UPDATE " LEDGER_TABLE " SET to_version = 'what?'");
	die(shop, shop->plan.run_id, "upgrade");
	assert_int_equal(clear_away(shop).removed, 0);
	assert_true(has_backup(shop, "older.db"));
	assert_true(has_backup(shop, "written.db"));
	assert_true(has_backup(shop, "wal.db"));
	assert_true(has_backup(shop, "odd.db"));
}

static void test_only_an_upgrade_tells_by_its_rows(void **state)
{
	static const char *const commands[] = { "rollback", "restore",
						"baseline", "backups prune" };
	struct workshop *shop = *state;

	make_both(shop);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		die(shop, shop->plan.run_id, commands[i]);
		assert_int_equal(clear_away(shop).removed, 0);
		assert_true(has_backup(shop, "begun.db"));
	}
}

/* Of any command, and only in what that run had backed up. */
static void test_what_the_dead_run_left_half_done_is_undone(void **state)
{
	static const char *const commands[] = { "upgrade", "rollback" };
	struct workshop *shop = *state;

	for (size_t i = 0; i < 2; i++) {
		workshop_new_run(shop);
		workshop_make(shop, "half.db", 1);
		back_up(shop, "half.db");
		workshop_leave_journal(shop, "half.db");
		die(shop, shop->plan.run_id, commands[i]);
		clear_away(shop);
		assert_false(is_there(shop->data, "half.db-journal"));
		assert_int_equal(unlinkat(shop->plan.data_dir, "half.db", 0),
				 0);
	}
	workshop_make(shop, "other.db", 1);
	workshop_leave_journal(shop, "other.db");
	die(shop, shop->plan.run_id, "upgrade");
	clear_away(shop);
	assert_true(is_there(shop->data, "other.db-journal"));
}

static void test_a_run_that_left_nothing_leaves_no_folder(void **state)
{
	struct workshop *shop = *state;
	char *folder = xasprintf("backups/%s", shop->plan.run_id);

	workshop_make(shop, "begun.db", 1);
	back_up(shop, "begun.db");
	die(shop, shop->plan.run_id, "upgrade");
	assert_int_equal(clear_away(shop).removed, 1);
	assert_false(is_there(shop->state, folder));
	free(folder);
}

static void test_a_dead_run_without_backups_is_fine(void **state)
{
	struct workshop *shop = *state;
	struct recover_totals totals;

	die(shop, OTHER_RUN, "upgrade");
	totals = clear_away(shop);
	assert_int_equal(totals.died.pid, 4711);
	assert_string_equal(totals.died.run_id, OTHER_RUN);
	assert_int_equal(totals.kept, 0);
	/* A name that is no run's leads nowhere. */
	die(shop, "../../data", "upgrade");
	workshop_make(shop, "a.db", 1);
	clear_away(shop);
	assert_true(is_there(shop->data, "a.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_without_a_dead_run_only_staging_is_cleared),
		WORKSHOP_TEST(test_backups_of_what_was_not_changed_go),
		WORKSHOP_TEST(test_a_backup_that_is_the_live_file_goes),
		WORKSHOP_TEST(test_backups_stay_where_the_database_cannot_tell),
		WORKSHOP_TEST(test_a_backup_goes_where_nothing_was_written),
		WORKSHOP_TEST(test_a_backup_of_something_else_stays),
		WORKSHOP_TEST(test_only_an_upgrade_tells_by_its_rows),
		WORKSHOP_TEST(test_what_the_dead_run_left_half_done_is_undone),
		WORKSHOP_TEST(test_a_run_that_left_nothing_leaves_no_folder),
		WORKSHOP_TEST(test_a_dead_run_without_backups_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
