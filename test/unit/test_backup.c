#include "database/backup.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* Backs up data/NAME as a job would, reading it through a connection. */
static int back_up(struct workshop *shop, struct job *job, struct error *err)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	char *path = workshop_path(shop, job->subject->path);
	struct sqlite3 *from;
	struct stamp live;
	int rc;

	assert_int_equal(
		stamp_take(shop->plan.data_dir, job->subject->path, &live, err),
		0);
	assert_int_equal(connection_open(path, &options, &from, err), 0);
	rc = backup_make(job, from, &live, err);
	connection_close(from);
	free(path);
	return rc;
}

static void expect_same_rows(struct workshop *shop, const char *name)
{
	char *live = workshop_path(shop, name);
	char *backup = workshop_backup(shop, name);
	char *live_rows = workshop_rows(shop, live);
	char *backup_rows = workshop_rows(shop, backup);

	assert_non_null(live_rows);
	assert_string_equal(live_rows, backup_rows);
	free(live_rows);
	free(backup_rows);
	free(live);
	free(backup);
}

static struct stat status_of(char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	free(path);
	return status;
}

static void test_it_is_dressed_like_the_original(void **state)
{
	static const mode_t modes[] = { 0600, 0640, 0644, 0660 };
	struct workshop *shop = *state;
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct timespec times[2] = {
			{ .tv_sec = 1000000000, .tv_nsec = 5 },
			{ .tv_sec = 1100000000, .tv_nsec = 7 },
		};
		char *path = workshop_path(shop, "a.db");
		struct stat live, backup;
		struct error err = { 0 };
		struct job job;

		(void)unlink(path);
		workshop_make(shop, "a.db", 1);
		assert_int_equal(chmod(path, modes[i]), 0);
		if (geteuid() == 0)
			assert_int_equal(chown(path, 1234, 1235), 0);
		assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
		workshop_new_run(shop);
		job = workshop_job(shop, "a.db");
		if (back_up(shop, &job, &err) != 0)
			fail_msg("%s", err.message);
		live = status_of(path);
		backup = status_of(workshop_backup(shop, "a.db"));
		assert_int_equal(backup.st_mode, live.st_mode);
		assert_int_equal(backup.st_uid, live.st_uid);
		assert_int_equal(backup.st_gid, live.st_gid);
		assert_memory_equal(&backup.st_mtim, &live.st_mtim,
				    sizeof(live.st_mtim));
		assert_int_equal(job.result.backup_bytes, live.st_size);
	}
}

static void test_it_holds_what_the_database_holds(void **state)
{
	struct workshop *shop = *state;
	struct error err = { 0 };
	struct job job;

	workshop_make(shop, "a.db", 1);
	job = workshop_job(shop, "a.db");
	assert_int_equal(back_up(shop, &job, &err), 0);
	expect_same_rows(shop, "a.db");
	assert_int_equal(workshop_state_files(shop), 1); /* none in staging */
}

static void test_it_holds_what_is_in_the_wal_only(void **state)
{
	struct workshop *shop = *state;
	struct error err = { 0 };
	char *backup, *answer;
	struct job job;

	workshop_make(shop, "a.db", 1);
	workshop_leave_wal(shop, "a.db");
	job = workshop_job(shop, "a.db");
	assert_int_equal(back_up(shop, &job, &err), 0);
	backup = workshop_backup(shop, "a.db");
	answer = workshop_ask(shop, backup,
			      "SELECT body FROM letters WHERE "
			      "id = 1000");
	assert_string_equal(answer, "only in the WAL");
	free(answer);
	free(backup);
}

static void test_folders_above_it_are_made_closed_and_pruned(void **state)
{
	struct workshop *shop = *state;
	char *folder = workshop_path(shop, "de");
	struct error err = { 0 };
	struct stat status;
	struct job job;

	assert_int_equal(mkdir(folder, 0755), 0);
	free(folder);
	folder = workshop_path(shop, "de/alice");
	assert_int_equal(mkdir(folder, 0755), 0);
	free(folder);
	workshop_make(shop, "de/alice/a.db", 1);
	workshop_make(shop, "de/b.db", 1);
	job = workshop_job(shop, "de/b.db");
	assert_int_equal(back_up(shop, &job, &err), 0);
	job = workshop_job(shop, "de/alice/a.db");
	assert_int_equal(back_up(shop, &job, &err), 0);
	expect_same_rows(shop, "de/alice/a.db");
	status = status_of(workshop_backup(shop, "de/alice"));
	assert_int_equal(status.st_mode & 0777, 0700);

	backup_discard(&job);
	folder = workshop_backup(shop, "de/alice");
	assert_int_not_equal(access(folder, F_OK), 0);
	free(folder);
	/* The other one is nobody's business. */
	expect_same_rows(shop, "de/b.db");
	job = workshop_job(shop, "de/b.db");
	backup_discard(&job);
	assert_int_equal(workshop_state_files(shop), 0);
}

static void test_its_path_leads_to_it(void **state)
{
	struct workshop *shop = *state;
	struct error err = { 0 };
	struct sqlite3 *db = NULL;
	struct job job;
	char *path, *expected = workshop_backup(shop, "a.db");

	workshop_make_wal(shop, "a.db", 1);
	job = workshop_job(shop, "a.db");
	assert_int_equal(back_up(shop, &job, &err), 0);
	path = backup_path(job.plan, job.subject);
	assert_string_equal(path, expected);
	free(path);
	free(expected);
	/* Looking at one in WAL mode makes no files beside it. */
	assert_int_equal(backup_open(&job, &db, &err), 0);
	assert_int_equal(workshop_state_files(shop), 1);
	connection_close(db);
	assert_int_equal(workshop_state_files(shop), 1);
}

static void test_a_backup_that_cannot_be_made_leaves_nothing(void **state)
{
	struct workshop *shop = *state;
	char *obstacle = workshop_backup(shop, "a.db");
	struct error err = { 0 };
	struct job job;

	workshop_make(shop, "a.db", 1);
	/* A folder bears the name that it is to get. */
	assert_int_equal(mkdir(obstacle, 0700), 0);
	job = workshop_job(shop, "a.db");
	assert_int_not_equal(back_up(shop, &job, &err), 0);
	assert_non_null(strstr(err.message, "no backup could be made, so it "
					    "was left untouched"));
	assert_int_equal(workshop_state_files(shop), 0);
	free(obstacle);
}

static void test_it_can_be_made_again_after_it_was_discarded(void **state)
{
	struct workshop *shop = *state;
	struct error err = { 0 };
	struct job job;

	workshop_make(shop, "a.db", 1);
	job = workshop_job(shop, "a.db");
	assert_int_equal(back_up(shop, &job, &err), 0);
	backup_discard(&job);
	assert_int_equal(workshop_state_files(shop), 0);
	assert_int_equal(back_up(shop, &job, &err), 0);
	expect_same_rows(shop, "a.db");
}

static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
}

static void let_files_be_small(void)
{
	limit_files(20000);
}

/* Big enough for what stands beside a WAL. */
static void let_files_be_moderate(void)
{
	limit_files(1 << 20);
}

static void stop_at_a_full_disk(struct workshop *shop, const char *why)
{
	char *path = workshop_path(shop, "a.db");
	struct stat before, after;
	char *rows, *rows_after;
	struct result result;

	workshop_make(shop, "a.db", 1);
	assert_int_equal(stat(path, &before), 0);
	rows = workshop_rows(shop, path);
	result = workshop_do_in_child(shop, work_upgrade, "a.db",
				      let_files_be_small);
	workshop_outcome(&result, OUTCOME_FAILED);
	assert_non_null(strstr(result.failure.error.message, why));
	assert_false(result.has_backup);
	assert_int_equal(workshop_state_files(shop), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim,
			    sizeof(before.st_mtim));
	rows_after = workshop_rows(shop, path);
	assert_string_equal(rows, rows_after);
	free(rows_after);
	free(rows);
	free(path);
}

static void test_a_full_disk_stops_it(void **state)
{
	struct workshop *shop = *state;

	shop->plan.strategy = CHOOSE_IN_PLACE;
	stop_at_a_full_disk(shop, "no backup could be made");
}

static void test_a_full_disk_stops_a_swap(void **state)
{
	stop_at_a_full_disk(*state, "no copy could be made");
}

/* In WAL mode, so that SQLite copies it; and by its header as big as its file
 * is. The limit of files is there so that nothing fills the disk if this is
 * broken. */
static void expect_no_room(struct workshop *shop, void (*work)(struct job *),
			   enum outcome outcome, const char *where)
{
	const unsigned char stale[] = { 0xff };
	char *path = workshop_path(shop, "a.db");
	struct result result;
	int fd;

	shop->plan.strategy = CHOOSE_IN_PLACE;
	workshop_make(shop, "a.db", 1);
	workshop_sql(shop, "a.db", "PRAGMA journal_mode = WAL");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, stale, sizeof(stale), 92), sizeof(stale));
	assert_int_equal(ftruncate(fd, (off_t)8 << 40), 0);
	close(fd);
	result = workshop_do_in_child(shop, work, "a.db",
				      let_files_be_moderate);
	workshop_outcome(&result, outcome);
	assert_non_null(strstr(result.failure.error.message,
			       "takes 8.0 TiB"));
	assert_non_null(strstr(result.failure.error.message, where));
	assert_int_equal(workshop_state_files(shop), 0);
	free(path);
}

static void test_a_file_bigger_than_the_disk_does_not_fill_it(void **state)
{
	struct workshop *shop = *state;

	expect_no_room(shop, work_upgrade, OUTCOME_FAILED, shop->state);
}

static void test_nor_does_its_rehearsal(void **state)
{
	expect_no_room(*state, work_rehearse, OUTCOME_WOULD_FAIL,
		       "SQLITE_TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_is_dressed_like_the_original),
		WORKSHOP_TEST(test_it_holds_what_the_database_holds),
		WORKSHOP_TEST(test_it_holds_what_is_in_the_wal_only),
		WORKSHOP_TEST(test_folders_above_it_are_made_closed_and_pruned),
		WORKSHOP_TEST(test_its_path_leads_to_it),
		WORKSHOP_TEST(test_a_backup_that_cannot_be_made_leaves_nothing),
		WORKSHOP_TEST(test_it_can_be_made_again_after_it_was_discarded),
		WORKSHOP_TEST(test_a_full_disk_stops_it),
		WORKSHOP_TEST(test_a_full_disk_stops_a_swap),
		WORKSHOP_TEST(
			test_a_file_bigger_than_the_disk_does_not_fill_it),
		WORKSHOP_TEST(test_nor_does_its_rehearsal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
