#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/backups.h"
#include "sandpit.h"

#define DAY_S 86400

struct shelf {
	struct sandpit *sandpit;
	struct state state;
	char ids[40][RUN_ID_BYTES]; /* by age in days */
};

static int shelf_open(void **state)
{
	struct shelf *shelf = xcalloc(1, sizeof(*shelf));
	struct error err = { 0 };
	void *sandpit;

	if (sandpit_open(&sandpit) != 0)
		return -1;
	shelf->sandpit = sandpit;
	*state = shelf;
	/* An hour off a whole day, so that no test depends on the second. */
	for (int age = 0; age < 40; age++) {
		time_t then = time(NULL) - age * DAY_S - 3600;
		struct tm parts;

		gmtime_r(&then, &parts);
		strftime(shelf->ids[age], RUN_ID_BYTES,
			 "%Y%m%dT%H%M%SZ-0000", &parts);
	}
	return state_open(shelf->sandpit->fd, shelf->sandpit->path, "state",
			  true, geteuid(), getegid(), &shelf->state, &err);
}

static int shelf_close(void **state)
{
	struct shelf *shelf = *state;
	void *sandpit = shelf->sandpit;

	state_close(&shelf->state);
	free(shelf);
	return sandpit_close(&sandpit);
}

/* A run so many days ago, which made a backup of each of `paths` (separated by
 * blanks), each as long as its path. */
static void put(const struct shelf *shelf, int age, const char *command,
		const char *paths)
{
	char *list = xstrdup(paths), *rest = NULL;
	struct error err = { 0 };
	int folder;

	assert_int_equal(state_begin_backups(&shelf->state, shelf->ids[age],
					     command, &folder, &err), 0);
	for (char *path = strtok_r(list, " ", &rest); path != NULL;
	     path = strtok_r(NULL, " ", &rest)) {
		char *slash = strrchr(path, '/');
		int fd;

		if (slash != NULL) {
			*slash = '\0';
			mkdirat(folder, path, 0700);
			*slash = '/';
		}
		fd = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, path, strlen(path)), strlen(path));
		close(fd);
	}
	close(folder);
	free(list);
}

static bool has(const struct shelf *shelf, int age, const char *path)
{
	char *name = xasprintf("state/backups/%s/%s", shelf->ids[age], path);
	bool found = sandpit_has(shelf->sandpit, name);

	free(name);
	return found;
}

static struct prune_totals prune(const struct shelf *shelf, int64_t keep,
				 int64_t days)
{
	struct prune_totals totals;
	struct error err = { 0 };

	if (backups_prune(&shelf->state, keep, days * DAY_S * 1000, false,
			  &totals, NULL, NULL, &err) != 0)
		fail_msg("%s", err.message);
	return totals;
}

/* ---- listing ---- */

struct list {
	char text[1024];
	int stop_after;
};

static int note(void *self, const struct backup *backup, struct error *err)
{
	struct list *list = self;
	size_t used = strlen(list->text);

	(void)err;
	snprintf(list->text + used, sizeof(list->text) - used, "%s/%s:%lld ",
		 backup->command, backup->path, (long long)backup->bytes);
	assert_true(clock_is_run_id(backup->run_id));
	return --list->stop_after == 0 ? ERROR_STOPPED : 0;
}

static void lists_newest_run_first(void **state)
{
	const struct shelf *shelf = *state;
	struct list list = { .stop_after = -1 };
	struct error err = { 0 };

	put(shelf, 5, "upgrade", "users/b.db users/a.db system.db");
	put(shelf, 1, "rollback", "users/a.db");
	assert_int_equal(backups_each(&shelf->state, note, &list, &err), 0);
	assert_string_equal(list.text,
			    "rollback/users/a.db:10 upgrade/system.db:9 "
			    "upgrade/users/a.db:10 upgrade/users/b.db:10 ");
}

static int check_age(void *self, const struct backup *backup,
		     struct error *err)
{
	(void)err;
	assert_in_range(backup->age_s, 3 * DAY_S, 4 * DAY_S);
	assert_string_equal(backup->run_id, self);
	return 0;
}

static void tells_run_and_age(void **state)
{
	struct shelf *shelf = *state;
	struct error err = { 0 };

	put(shelf, 3, "upgrade", "a.db");
	assert_int_equal(backups_each(&shelf->state, check_age, shelf->ids[3],
				      &err), 0);
}

static void listing_can_be_ended(void **state)
{
	const struct shelf *shelf = *state;
	struct list list = { .stop_after = 2 };
	struct error err = { 0 };

	put(shelf, 1, "upgrade", "a.db b.db c.db");
	assert_int_equal(backups_each(&shelf->state, note, &list, &err),
			 ERROR_STOPPED);
	assert_string_equal(list.text, "upgrade/a.db:4 upgrade/b.db:4 ");
}

static void what_is_no_run_is_passed_over(void **state)
{
	const struct shelf *shelf = *state;
	struct list list = { .stop_after = -1 };
	struct error err = { 0 };

	sandpit_folder(shelf->sandpit, "state/backups/mine");
	sandpit_file(shelf->sandpit, "state/backups/mine/a.db", "x", 0600);
	sandpit_file(shelf->sandpit, "state/backups/note", "x", 0600);
	assert_int_equal(backups_each(&shelf->state, note, &list, &err), 0);
	assert_string_equal(list.text, "");
	assert_int_equal(prune(shelf, 0, 0).removed, 0);
	assert_true(sandpit_has(shelf->sandpit, "state/backups/mine/a.db"));
}

static void no_state_directory_is_no_backup(void **state)
{
	const struct state none = { .folder = -1, .backups = -1 };
	struct list list = { .stop_after = -1 };
	struct prune_totals totals;
	struct error err = { 0 };
	char run_id[RUN_ID_BYTES];

	(void)state;
	assert_int_equal(backups_each(&none, note, &list, &err), 0);
	assert_int_equal(backups_prune(&none, 3, 0, false, &totals, NULL, NULL,
				       &err), 0);
	assert_int_equal(backups_find(&none, "a.db", "", run_id, &err),
			 ERROR_MISSING);
}

/* ---- finding ---- */

static void finds_the_newest(void **state)
{
	const struct shelf *shelf = *state;
	struct error err = { 0 };
	char run_id[RUN_ID_BYTES];

	put(shelf, 9, "upgrade", "a.db users/b.db");
	put(shelf, 5, "upgrade", "a.db");
	put(shelf, 2, "upgrade", "c.db");
	assert_int_equal(backups_find(&shelf->state, "a.db", "", run_id, &err),
			 0);
	assert_string_equal(run_id, shelf->ids[5]);
	assert_int_equal(backups_find(&shelf->state, "users/b.db", "", run_id,
				      &err), 0);
	assert_string_equal(run_id, shelf->ids[9]);
	assert_int_equal(backups_find(&shelf->state, "d.db", "", run_id, &err),
			 ERROR_MISSING);
	assert_non_null(strstr(err.message, "d.db"));
	assert_string_equal(run_id, "");
	assert_int_equal(backups_find(&shelf->state, "users", "", run_id,
				      &err), ERROR_MISSING);
}

static void finds_that_of_a_run(void **state)
{
	const struct shelf *shelf = *state;
	struct error err = { 0 };
	char run_id[RUN_ID_BYTES];

	put(shelf, 9, "upgrade", "a.db b.db");
	put(shelf, 5, "upgrade", "a.db");
	assert_int_equal(backups_find(&shelf->state, "a.db", shelf->ids[9],
				      run_id, &err), 0);
	assert_string_equal(run_id, shelf->ids[9]);
	assert_int_equal(backups_find(&shelf->state, "b.db", shelf->ids[5],
				      run_id, &err), ERROR_MISSING);
	assert_non_null(strstr(err.message, shelf->ids[5]));
	assert_int_equal(backups_find(&shelf->state, "a.db", shelf->ids[7],
				      run_id, &err), ERROR_MISSING);
}

/* To restore twice must not put back what the first time replaced. */
static void a_copy_is_found_only_by_its_run(void **state)
{
	const struct shelf *shelf = *state;
	struct error err = { 0 };
	char run_id[RUN_ID_BYTES];

	put(shelf, 9, "upgrade", "a.db");
	put(shelf, 5, "restore", "a.db");
	put(shelf, 4, "rollback", "a.db b.db");
	assert_int_equal(backups_find(&shelf->state, "a.db", "", run_id, &err),
			 0);
	assert_string_equal(run_id, shelf->ids[9]);
	assert_int_equal(backups_find(&shelf->state, "b.db", "", run_id, &err),
			 ERROR_MISSING);
	assert_int_equal(backups_find(&shelf->state, "b.db", shelf->ids[4],
				      run_id, &err), 0);
}

/* ---- pruning ---- */

static void young_ones_stay_however_many(void **state)
{
	const struct shelf *shelf = *state;

	for (int age = 0; age < 8; age++)
		put(shelf, age, "upgrade", "a.db");
	assert_int_equal(prune(shelf, 3, 30).removed, 0);
	assert_int_equal(prune(shelf, 3, 30).kept, 8);
}

static void few_ones_stay_however_old(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 30, "upgrade", "a.db");
	put(shelf, 33, "upgrade", "a.db");
	put(shelf, 39, "upgrade", "a.db");
	assert_int_equal(prune(shelf, 3, 10).removed, 0);
}

static void beyond_keep_and_older_goes(void **state)
{
	const struct shelf *shelf = *state;
	struct prune_totals totals;

	put(shelf, 1, "upgrade", "a.db");
	put(shelf, 11, "upgrade", "a.db");
	put(shelf, 12, "upgrade", "a.db");
	put(shelf, 13, "upgrade", "a.db");
	totals = prune(shelf, 2, 10);
	assert_int_equal(totals.removed, 2);
	assert_int_equal(totals.kept, 2);
	assert_int_equal(totals.bytes_freed, 8);
	assert_true(has(shelf, 1, "a.db"));
	assert_true(has(shelf, 11, "a.db"));
	assert_false(has(shelf, 12, "a.db"));
	assert_false(has(shelf, 13, "a.db"));
}

/* What an upgrade does: nobody counts, and the same goes. */
static void uncounted_the_same_goes(void **state)
{
	const struct shelf *shelf = *state;
	struct error err = { 0 };

	put(shelf, 1, "upgrade", "a.db");
	put(shelf, 11, "upgrade", "a.db b.db");
	put(shelf, 12, "rollback", "a.db b.db c.db");
	put(shelf, 13, "upgrade", "a.db b.db");
	put(shelf, 14, "upgrade", "b.db");
	assert_int_equal(backups_prune(&shelf->state, 2, 10 * DAY_S * 1000,
				       false, NULL, NULL, NULL, &err), 0);
	assert_true(has(shelf, 1, "a.db"));
	assert_true(has(shelf, 11, "a.db"));
	assert_false(has(shelf, 12, "b.db"));
	assert_true(has(shelf, 12, "c.db"));
	assert_false(has(shelf, 13, "a.db"));
	assert_true(has(shelf, 13, "b.db"));
	assert_false(has(shelf, 14, "b.db"));
}

/* Runs too young, or with too few before them, are not even read: these could
 * not be, because they are no folders. */
static void what_cannot_go_is_not_read(void **state)
{
	const struct shelf *shelf = *state;
	struct error err = { 0 };
	char *young = xasprintf("state/backups/%s", shelf->ids[8]);
	char *second = xasprintf("state/backups/%s", shelf->ids[13]);

	sandpit_file(shelf->sandpit, young, "", 0600);
	sandpit_file(shelf->sandpit, second, "", 0600);
	assert_int_equal(backups_prune(&shelf->state, 2, 10 * DAY_S * 1000,
				       false, NULL, NULL, NULL, &err), 0);
	assert_int_not_equal(backups_prune(&shelf->state, 1, 10 * DAY_S * 1000,
					   false, NULL, NULL, NULL, &err), 0);
	free(young);
	free(second);
}

/* Counted per database: who is upgraded seldom keeps old ones. */
static void each_database_is_counted_by_itself(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 10, "upgrade", "busy.db");
	put(shelf, 11, "upgrade", "busy.db");
	put(shelf, 12, "upgrade", "busy.db quiet.db");
	put(shelf, 39, "upgrade", "busy.db quiet.db");
	assert_int_equal(prune(shelf, 2, 5).removed, 2);
	assert_true(has(shelf, 10, "busy.db"));
	assert_true(has(shelf, 11, "busy.db"));
	assert_false(has(shelf, 12, "busy.db"));
	assert_false(has(shelf, 39, "busy.db"));
	assert_true(has(shelf, 12, "quiet.db"));
	assert_true(has(shelf, 39, "quiet.db"));
}

static void the_newest_never_goes(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 38, "upgrade", "a.db b.db");
	put(shelf, 39, "upgrade", "a.db");
	assert_int_equal(prune(shelf, 0, 0).removed, 1);
	assert_true(has(shelf, 38, "a.db"));
	assert_true(has(shelf, 38, "b.db"));
	assert_false(has(shelf, 39, "a.db"));
	assert_int_equal(prune(shelf, 0, 0).removed, 0);
}

static void copies_use_up_no_place(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 1, "restore", "a.db");
	put(shelf, 2, "rollback", "a.db");
	put(shelf, 20, "upgrade", "a.db");
	put(shelf, 21, "upgrade", "a.db");
	assert_int_equal(prune(shelf, 2, 10).removed, 0);
	assert_true(has(shelf, 21, "a.db"));
}

static void copies_go_by_age(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 1, "upgrade", "a.db");
	put(shelf, 9, "rollback", "a.db");
	put(shelf, 11, "restore", "a.db");
	put(shelf, 12, "rollback", "a.db");
	assert_int_equal(prune(shelf, 99, 10).removed, 2);
	assert_true(has(shelf, 9, "a.db"));
	assert_false(has(shelf, 11, "a.db"));
	assert_false(has(shelf, 12, "a.db"));
}

/* The newest of all is what was overwritten last; the newest of an upgrade is
 * the way back. Neither goes. */
static void a_copy_that_is_the_newest_protects_none(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 30, "rollback", "a.db");
	put(shelf, 31, "upgrade", "a.db");
	put(shelf, 32, "upgrade", "a.db");
	assert_int_equal(prune(shelf, 0, 10).removed, 1);
	assert_true(has(shelf, 30, "a.db"));
	assert_true(has(shelf, 31, "a.db"));
	assert_false(has(shelf, 32, "a.db"));
}

static void a_run_of_no_known_command_counts_as_upgrade(void **state)
{
	const struct shelf *shelf = *state;
	char *name = xasprintf("backups/%s/.run", shelf->ids[20]);

	put(shelf, 20, "upgrade", "a.db");
	put(shelf, 21, "upgrade", "a.db");
	assert_int_equal(unlinkat(shelf->state.folder, name, 0), 0);
	assert_int_equal(prune(shelf, 1, 10).removed, 1);
	assert_true(has(shelf, 20, "a.db"));
	free(name);
}

static void emptied_folders_go_too(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 1, "upgrade", "users/a.db b.db");
	put(shelf, 20, "upgrade", "users/a.db b.db");
	put(shelf, 21, "upgrade", "b.db");
	put(shelf, 2, "upgrade", "c.db");
	assert_int_equal(prune(shelf, 1, 10).removed, 3);
	assert_false(has(shelf, 20, ""));
	assert_false(has(shelf, 21, ""));
	assert_true(has(shelf, 1, "b.db"));
}

static void a_folder_goes_when_its_last_backup_goes(void **state)
{
	const struct shelf *shelf = *state;

	put(shelf, 1, "upgrade", "users/a.db");
	put(shelf, 20, "upgrade", "users/a.db only.db");
	assert_int_equal(prune(shelf, 1, 10).removed, 1);
	assert_false(has(shelf, 20, "users"));
	assert_true(has(shelf, 20, "only.db"));
	assert_true(has(shelf, 20, ".run"));
}

static void count_one(void *self, const struct backup *backup)
{
	int *count = self;

	assert_string_equal(backup->path, "a.db");
	(*count)++;
}

static void pretending_removes_nothing(void **state)
{
	const struct shelf *shelf = *state;
	struct prune_totals totals;
	struct error err = { 0 };
	int heard = 0;

	for (int age = 20; age < 25; age++)
		put(shelf, age, "upgrade", "a.db");
	assert_int_equal(backups_prune(&shelf->state, 2, 10, true, &totals,
				       count_one, &heard, &err), 0);
	assert_int_equal(totals.removed, 3);
	assert_int_equal(totals.kept, 2);
	assert_int_equal(totals.bytes_freed, 12);
	assert_int_equal(heard, 3);
	for (int age = 20; age < 25; age++)
		assert_true(has(shelf, age, "a.db"));
	/* And then the very same go. */
	assert_int_equal(prune(shelf, 2, 0).removed, 3);
}

static void a_run_from_the_future_is_not_old(void **state)
{
	struct shelf *shelf = *state;

	snprintf(shelf->ids[0], RUN_ID_BYTES, "20991231T000000Z-0000");
	put(shelf, 0, "upgrade", "a.db");
	put(shelf, 5, "upgrade", "a.db");
	assert_int_equal(prune(shelf, 1, 3).removed, 1);
	assert_true(has(shelf, 0, "a.db"));
}

/* Every combination of keep and age against a plain count. */
static void every_combination(void **state)
{
	const struct shelf *shelf = *state;
	struct prune_totals totals;
	struct error err = { 0 };

	for (int age = 0; age < 10; age++)
		put(shelf, age, "upgrade", "a.db");
	for (int64_t keep = 0; keep < 12; keep++) {
		for (int64_t days = 0; days < 12; days++) {
			size_t goes = 0;

			/* Aged an hour more than whole days. */
			for (int age = 0; age < 10; age++)
				if (age >= (keep < 1 ? 1 : keep) &&
				    age >= days)
					goes++;
			assert_int_equal(backups_prune(&shelf->state, keep,
						       days * DAY_S * 1000,
						       true, &totals, NULL,
						       NULL, &err), 0);
			assert_int_equal(totals.removed, goes);
			assert_int_equal(totals.kept, 10 - goes);
		}
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, shelf_open, shelf_close)
	const struct CMUnitTest tests[] = {
		TEST(lists_newest_run_first),
		TEST(tells_run_and_age),
		TEST(listing_can_be_ended),
		TEST(what_is_no_run_is_passed_over),
		TEST(no_state_directory_is_no_backup),
		TEST(finds_the_newest),
		TEST(finds_that_of_a_run),
		TEST(a_copy_is_found_only_by_its_run),
		TEST(young_ones_stay_however_many),
		TEST(few_ones_stay_however_old),
		TEST(beyond_keep_and_older_goes),
		TEST(uncounted_the_same_goes),
		TEST(what_cannot_go_is_not_read),
		TEST(each_database_is_counted_by_itself),
		TEST(the_newest_never_goes),
		TEST(copies_use_up_no_place),
		TEST(copies_go_by_age),
		TEST(a_copy_that_is_the_newest_protects_none),
		TEST(a_run_of_no_known_command_counts_as_upgrade),
		TEST(emptied_folders_go_too),
		TEST(a_folder_goes_when_its_last_backup_goes),
		TEST(pretending_removes_nothing),
		TEST(a_run_from_the_future_is_not_old),
		TEST(every_combination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
