#include "database/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "database/batch.h"
#include "replay/replay.h"
#include "workshop.h"

/* Renames this file over what is to be exchanged, right before the n-th
 * exchange; `fails_from`: that one and all others then fail. */
static struct stand_in {
	const char *comes, *path;
	int at, fails_from, calls;
} stand_in;

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
	      unsigned flags)
{
	int n = ++stand_in.calls;

	if (n == stand_in.at)
		assert_int_equal(rename(stand_in.comes, stand_in.path), 0);
	if (stand_in.fails_from > 0 && n >= stand_in.fails_from) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

/* One swap, taken from step to step, with whoever comes between. */
struct scene {
	struct workshop *shop;
	char *path, *backup, *other; /* the live name, the backup's; a second
				      * name of what is live */
	struct job job;
	struct stat before;
	char *rows;
};

static void scene_open(struct scene *scene, void **state)
{
	struct workshop *shop = *state;

	memset(&stand_in, 0, sizeof(stand_in));
	scene->shop = shop;
	scene->path = workshop_path(shop, "a.db");
	scene->backup = workshop_backup(shop, "a.db");
	scene->other = workshop_path(shop, "other");
	workshop_make(shop, "a.db", 1);
	assert_int_equal(stat(scene->path, &scene->before), 0);
	scene->rows = workshop_rows(shop, scene->path);
	scene->job = workshop_job(shop, "a.db");
	scene->job.phase = JOB_STAGE;
}

static void scene_close(struct scene *scene)
{
	free(scene->rows);
	free(scene->other);
	free(scene->backup);
	free(scene->path);
}

/* Somebody opens the file, and does not wait for it: the lease has been asked
 * for all the same. */
static void ask(const char *path)
{
	assert_int_equal(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), -1);
	assert_int_equal(errno, EWOULDBLOCK);
}

/* Nobody has to wait for it any more. */
static void expect_free(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
}

static void stage(struct scene *scene)
{
	work_upgrade(&scene->job);
	if (scene->job.phase != JOB_STAGED)
		fail_msg("phase %d: %s", (int)scene->job.phase,
			 scene->job.result.failure.error.message);
}

static void link_it(struct scene *scene)
{
	struct error err = { 0 };

	stage(scene);
	if (swap_link(&scene->job, &err) != 0)
		fail_msg("%s", err.message);
}

static void rename_it(struct scene *scene)
{
	link_it(scene);
	swap_rename(&scene->job);
}

/* The one that lost is open still, and locked, but leased no more. */
static void retire(struct scene *scene, bool is_expected)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			      .l_start = 0x40000001, .l_len = 1 };
	char *path;
	int fd = swap_take_retired(&scene->job), again, status;
	pid_t pid;

	assert_null(scene->job.swap);
	assert_int_equal(fd >= 0, is_expected);
	if (fd < 0)
		return;
	path = xasprintf("/proc/self/fd/%d", fd);
	/* Another process, to which the lock shows. */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		again = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (again < 0 || fcntl(again, F_GETLK, &lock) != 0)
			_exit(2);
		_exit(lock.l_type == F_UNLCK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	free(path);
}

/* The live file is what it was, and nothing else is there. */
static void expect_old(struct scene *scene, enum job_swap yielded)
{
	struct stat after;
	char *rows;

	assert_int_equal(scene->job.phase, JOB_INPLACE);
	assert_int_equal(scene->job.yielded, yielded);
	assert_false(scene->job.result.has_backup);
	retire(scene, yielded == SWAP_UNDONE);
	assert_int_equal(stat(scene->path, &after), 0);
	assert_int_equal(after.st_ino, scene->before.st_ino);
	assert_int_equal(after.st_size, scene->before.st_size);
	assert_memory_equal(&after.st_mtim, &scene->before.st_mtim,
			    sizeof(after.st_mtim));
	assert_int_equal(after.st_nlink, 1);
	assert_int_equal(workshop_state_files(scene->shop), 0);
	expect_free(scene->path);
	rows = workshop_rows(scene->shop, scene->path);
	assert_string_equal(rows, scene->rows);
	free(rows);
}

/* And in place it gets there. */
static void expect_in_place_does_it(struct scene *scene)
{
	work_upgrade(&scene->job);
	workshop_outcome(&scene->job.result, OUTCOME_UPGRADED);
	assert_int_equal(scene->job.result.strategy, STRATEGY_IN_PLACE);
	workshop_expect(scene->shop, "a.db",
			"SELECT max(to_version) FROM " LEDGER_TABLE, "3");
}

static void expect_new(struct scene *scene)
{
	const struct result *result = &scene->job.result;
	struct stat live, backup;
	char *rows;

	assert_int_equal(scene->job.phase, JOB_DONE);
	retire(scene, true);
	workshop_outcome(result, OUTCOME_UPGRADED);
	assert_int_equal(result->strategy, STRATEGY_SWAP);
	assert_true(result->has_backup);
	assert_int_equal(result->backup_bytes, scene->before.st_size);
	assert_int_equal(stat(scene->path, &live), 0);
	assert_int_equal(stat(scene->backup, &backup), 0);
	assert_int_not_equal(live.st_ino, scene->before.st_ino);
	assert_int_equal(backup.st_ino, scene->before.st_ino);
	assert_int_equal(live.st_nlink, 1);
	assert_int_equal(backup.st_nlink, 1);
	assert_int_equal(live.st_mode, scene->before.st_mode);
	assert_int_equal(workshop_state_files(scene->shop), 1);
	expect_free(scene->path);
	expect_free(scene->backup);
	rows = workshop_rows(scene->shop, scene->path);
	assert_string_equal(rows, scene->rows);
	free(rows);
	workshop_expect(scene->shop, "a.db",
			"SELECT max(to_version) FROM " LEDGER_TABLE, "3");
	workshop_expect(scene->shop, "a.db", "PRAGMA integrity_check", "ok");
}

static void undisturbed_it_is_swapped(void **state)
{
	struct scene scene;
	struct stat live;

	scene_open(&scene, state);
	rename_it(&scene);
	swap_keep(&scene.job);
	expect_new(&scene);
	/* Whoever copies by time and size sees that the content is new. */
	assert_int_equal(stat(scene.path, &live), 0);
	assert_true(live.st_mtim.tv_sec > scene.before.st_mtim.tv_sec ||
		    live.st_mtim.tv_nsec != scene.before.st_mtim.tv_nsec);
	/* As in place, so that a rollback knows. */
	workshop_expect(scene.shop, "a.db",
			"SELECT evidence GLOB 'counter:[1-9]*' FROM "
			LEDGER_TABLE " ORDER BY rank DESC LIMIT 1", "1");
	scene_close(&scene);
}

static void while_it_is_staged_others_wait(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	link_it(&scene);
	ask(scene.path);
	swap_rename(&scene.job);
	expect_old(&scene, SWAP_GIVEN_UP);
	expect_in_place_does_it(&scene);
	scene_close(&scene);
}

static void asked_for_before_the_link_it_is_given_up(void **state)
{
	struct error err = { 0 };
	struct scene scene;

	scene_open(&scene, state);
	stage(&scene);
	ask(scene.path);
	assert_int_equal(swap_link(&scene.job, &err), ERROR_BUSY);
	expect_old(&scene, SWAP_GIVEN_UP);
	expect_in_place_does_it(&scene);
	scene_close(&scene);
}

/* He has looked the name up before, and comes to the inode only now: through
 * its second name, here. */
static void the_old_one_asked_for_after_the_rename_undoes_it(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	rename_it(&scene);
	ask(scene.backup);
	swap_keep(&scene.job);
	/* Until the renames are durable, everybody waits, and the old one keeps
	 * its other name. */
	assert_int_equal(scene.job.phase, JOB_STAGED);
	ask(scene.path);
	ask(scene.backup);
	swap_release(&scene.job);
	assert_int_equal(access(scene.backup, F_OK), -1);
	expect_old(&scene, SWAP_UNDONE);
	expect_in_place_does_it(&scene);
	scene_close(&scene);
}

static void the_new_one_asked_for_is_the_database_now(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	rename_it(&scene);
	ask(scene.path);
	swap_keep(&scene.job);
	expect_new(&scene);
	scene_close(&scene);
}

/* What SQLite says to a process that comes to that file late. */
static int read_late(const char *path)
{
	struct sqlite3 *db = NULL;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) !=
		    SQLITE_OK)
			_exit(0);
		_exit(sqlite3_exec(db, "SELECT * FROM people", NULL, NULL,
				   NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

/* One of the two has to lose: he finds no database, once. */
static void both_asked_for_the_old_one_stays(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	rename_it(&scene);
	assert_int_equal(link(scene.path, scene.other), 0);
	ask(scene.path);
	ask(scene.backup);
	swap_keep(&scene.job);
	assert_int_equal(scene.job.phase, JOB_STAGED);
	swap_release(&scene.job);
	assert_int_equal(read_late(scene.other), SQLITE_NOTADB);
	assert_int_equal(unlink(scene.other), 0);
	expect_old(&scene, SWAP_UNDONE);
	expect_in_place_does_it(&scene);
	scene_close(&scene);
}

/* After a power cut the new one may have the name again. */
static void an_undo_that_may_not_last_is_told(void **state)
{
	struct error why = { 0 };
	struct scene scene;
	struct stat live, backup;

	scene_open(&scene, state);
	error_set(&why, ERROR_IO, "the disk is broken");
	rename_it(&scene);
	assert_int_equal(link(scene.path, scene.other), 0);
	ask(scene.backup);
	swap_keep(&scene.job);
	assert_int_equal(scene.job.phase, JOB_STAGED);
	swap_doubt(&scene.job, &why);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_FAILED);
	workshop_failure(&scene.job.result, ERROR_IO, "is undone");
	assert_string_equal(scene.job.result.to, "");
	retire(&scene, true);
	/* The new one is whole, and the old one keeps both names. */
	assert_int_equal(read_late(scene.other), SQLITE_OK);
	assert_true(scene.job.result.has_backup);
	assert_int_equal(stat(scene.path, &live), 0);
	assert_int_equal(stat(scene.backup, &backup), 0);
	assert_int_equal(live.st_ino, scene.before.st_ino);
	assert_int_equal(backup.st_ino, scene.before.st_ino);
	expect_free(scene.path);
	assert_int_equal(unlink(scene.other), 0);
	scene_close(&scene);
}

/* He who comes late to the inode that lost finds the journal of the live
 * database by its name: to play it back would harm both. */
static void who_comes_late_plays_no_journal(void **state)
{
	struct scene scene;
	char *live_journal, *journal;

	scene_open(&scene, state);
	live_journal = workshop_path(scene.shop, "a.db-journal");
	journal = workshop_path(scene.shop, "other-journal");
	rename_it(&scene);
	swap_keep(&scene.job);
	assert_int_equal(link(scene.backup, scene.other), 0);
	workshop_leave_journal(scene.shop, "a.db");
	assert_int_equal(rename(live_journal, journal), 0);
	assert_int_equal(read_late(scene.other), SQLITE_OK);
	assert_int_equal(access(journal, F_OK), 0);
	assert_int_equal(unlink(journal), 0);
	assert_int_equal(unlink(scene.other), 0);
	close(swap_take_retired(&scene.job));
	free(journal);
	free(live_journal);
	scene_close(&scene);
}

/* Who has asked for the new one may have been let in by force, and have
 * written. */
static void both_asked_for_long_ago_the_new_one_stays(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	scene.shop->plan.lease_break_ms = 0;
	rename_it(&scene);
	ask(scene.path);
	ask(scene.backup);
	swap_keep(&scene.job);
	expect_new(&scene);
	scene_close(&scene);
}

/* Without anybody who asks for the new one there is no such danger. */
static void the_old_one_asked_for_long_ago_undoes_it(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	scene.shop->plan.lease_break_ms = 0;
	rename_it(&scene);
	ask(scene.backup);
	swap_keep(&scene.job);
	assert_int_equal(scene.job.phase, JOB_STAGED);
	swap_release(&scene.job);
	expect_old(&scene, SWAP_UNDONE);
	scene_close(&scene);
}

static void what_cannot_be_undone_is_told(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	rename_it(&scene);
	ask(scene.backup);
	stand_in.fails_from = 2;
	swap_keep(&scene.job);
	assert_non_null(strstr(scene.job.result.notes,
			       "could not be swapped back (its file system"));
	expect_new(&scene);
	scene_close(&scene);
}

/* Where names cannot be exchanged, it is done in place. */
static void not_exchanged_it_is_given_up(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.fails_from = 1;
	rename_it(&scene);
	assert_int_equal(stand_in.calls, 1);
	expect_old(&scene, SWAP_NONE);
	expect_in_place_does_it(&scene);
	scene_close(&scene);
}

/* Makes another database, which is going to be renamed over the live one. */
static void comes_at(struct scene *scene, int n, struct stat *other)
{
	workshop_make(scene->shop, "other", 1);
	assert_int_equal(stat(scene->other, other), 0);
	stand_in.comes = scene->other;
	stand_in.path = scene->path;
	stand_in.at = n;
}

static void expect_live(const struct scene *scene, const struct stat *other)
{
	struct stat after;

	assert_int_equal(stat(scene->path, &after), 0);
	assert_int_equal(after.st_ino, other->st_ino);
	expect_free(scene->path);
}

/* It takes the new one's place before the old one has it back, or in that very
 * instant. */
static void expect_undo_spares(void **state, int n)
{
	struct stat put, backup;
	struct scene scene;

	scene_open(&scene, state);
	comes_at(&scene, n, &put);
	rename_it(&scene);
	ask(scene.backup);
	if (n == 0)
		assert_int_equal(rename(scene.other, scene.path), 0);
	swap_keep(&scene.job);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_UPGRADED);
	assert_non_null(strstr(scene.job.result.notes,
			       "could not be swapped back (another file"));
	retire(&scene, true);
	expect_live(&scene, &put);
	assert_int_equal(stat(scene.backup, &backup), 0);
	assert_int_equal(backup.st_ino, scene.before.st_ino);
	assert_int_equal(workshop_state_files(scene.shop), 1);
	scene_close(&scene);
}

static void an_undo_spares_another_file(void **state)
{
	expect_undo_spares(state, 0);
}

static void an_undo_spares_one_that_comes_just_then(void **state)
{
	expect_undo_spares(state, 2);
}

/* The file that came is in staging/, and stays there. */
static void expect_told(void **state, int n, const char *what)
{
	struct scene scene;
	struct stat put;

	scene_open(&scene, state);
	comes_at(&scene, n, &put);
	stand_in.fails_from = n + 1;
	rename_it(&scene);
	if (n > 1) {
		ask(scene.backup);
		swap_keep(&scene.job);
	}
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_FAILED);
	workshop_failure(&scene.job.result, ERROR_IO, "/staging, ");
	workshop_failure(&scene.job.result, ERROR_IO, what);
	assert_true(scene.job.result.has_backup);
	retire(&scene, true);
	assert_int_equal(workshop_state_files(scene.shop), 2);
	scene_close(&scene);
}

static void what_cannot_be_given_back_is_told(void **state)
{
	expect_told(state, 1, "is done");
}

static void nor_after_an_undo(void **state)
{
	expect_told(state, 2, "is undone");
}

/* Somebody puts another file there, which asks for no lease. */
static void another_file_is_not_overwritten(void **state)
{
	struct stat put, after;
	struct scene scene;

	scene_open(&scene, state);
	link_it(&scene);
	workshop_make(scene.shop, "other", 1);
	assert_int_equal(rename(scene.other, scene.path), 0);
	assert_int_equal(stat(scene.path, &put), 0);
	swap_rename(&scene.job);
	assert_int_equal(scene.job.phase, JOB_INPLACE);
	assert_int_equal(stat(scene.path, &after), 0);
	assert_int_equal(after.st_ino, put.st_ino);
	assert_int_equal(workshop_state_files(scene.shop), 0);
	scene_close(&scene);
}

/* Looked for and not found, it comes in the instant before the rename. */
static void nor_is_one_that_comes_just_then(void **state)
{
	struct scene scene;
	struct stat put;

	scene_open(&scene, state);
	comes_at(&scene, 1, &put);
	rename_it(&scene);
	assert_int_equal(scene.job.phase, JOB_STAGED);
	swap_keep(&scene.job);
	assert_int_equal(scene.job.phase, JOB_STAGED);
	swap_release(&scene.job);
	assert_int_equal(scene.job.phase, JOB_INPLACE);
	assert_int_equal(scene.job.yielded, SWAP_UNDONE);
	assert_non_null(strstr(scene.job.result.failure.error.message,
			       "another file"));
	retire(&scene, true);
	expect_live(&scene, &put);
	assert_int_equal(workshop_state_files(scene.shop), 0);
	expect_in_place_does_it(&scene);
	scene_close(&scene);
}

static void another_file_is_no_backup(void **state)
{
	struct error err = { 0 };
	struct scene scene;

	scene_open(&scene, state);
	stage(&scene);
	workshop_make(scene.shop, "other", 1);
	assert_int_equal(rename(scene.other, scene.path), 0);
	assert_int_equal(swap_link(&scene.job, &err), ERROR_BUSY);
	assert_int_equal(scene.job.phase, JOB_INPLACE);
	assert_int_equal(workshop_state_files(scene.shop), 0);
	scene_close(&scene);
}

static void a_sync_that_failed_is_told(void **state)
{
	struct error why = { 0 };
	struct scene scene;

	scene_open(&scene, state);
	error_set(&why, ERROR_IO, "the disk is broken");
	rename_it(&scene);
	swap_doubt(&scene.job, &why);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_FAILED);
	workshop_failure(&scene.job.result, ERROR_IO, "disk is broken");
	workshop_failure(&scene.job.result, ERROR_IO, "backup is kept");
	retire(&scene, true);
	assert_true(scene.job.result.has_backup);
	/* In staging/, until the next run, it has a name as well. */
	assert_int_equal(workshop_state_files(scene.shop), 2);
	expect_free(scene.path);
	scene_close(&scene);
}

static void stopped_it_was_never_begun(void **state)
{
	struct error err = { 0 };
	struct scene scene;

	scene_open(&scene, state);
	stage(&scene);
	atomic_store(&scene.shop->stop_now, true);
	assert_int_equal(swap_link(&scene.job, &err), ERROR_STOPPED);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_NONE);
	scene.job.phase = JOB_INPLACE;
	expect_old(&scene, SWAP_NONE);
	scene_close(&scene);
}

static void a_step_that_fails_leaves_nothing(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	workshop_release_step(scene.shop, "INSERT INTO people "
			      "SELECT * FROM people;");
	scene.job = workshop_job(scene.shop, "a.db");
	scene.job.phase = JOB_STAGE;
	work_upgrade(&scene.job);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_FAILED);
	workshop_failure(&scene.job.result, ERROR_SQL, "UNIQUE");
	assert_string_equal(scene.job.result.failure.migration, "user:3→4");
	assert_string_equal(scene.job.result.to, scene.job.result.from);
	scene.job.phase = JOB_INPLACE;
	expect_old(&scene, SWAP_NONE);
	scene_close(&scene);
}

/* Counts for a second, at least. */
static const char slow_step[] =
	"CREATE TABLE much AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
	"SELECT i + 1 FROM n, people WHERE i < 100000000 AND people.id = 1) "
	"SELECT max(i) AS i FROM n;";

static void stage_slowly(struct scene *scene)
{
	workshop_release_step(scene->shop, slow_step);
	scene->job = workshop_job(scene->shop, "a.db");
	scene->job.phase = JOB_STAGE;
	work_upgrade(&scene->job);
}

static void a_step_that_takes_long_keeps_nobody_waiting(void **state)
{
	int64_t begin_us = clock_now_us();
	struct scene scene;

	scene_open(&scene, state);
	stage_slowly(&scene);
	assert_in_range(clock_now_us() - begin_us, 1000 * SWAP_MS_MOST,
			5000 * SWAP_MS_MOST);
	expect_old(&scene, SWAP_NONE);
	assert_non_null(strstr(scene.job.result.failure.error.message,
			       "too long"));
	scene_close(&scene);
}

/* Opens the file once its copy is there, and the step has begun. Gives what is
 * wrong, to be asserted elsewhere: he had to wait for its end; nothing: 0. */
static int ask_amid(struct scene *scene, int files)
{
	int64_t begin_us;
	int tries = 20000;

	while (workshop_state_files(scene->shop) == files) {
		if (tries-- == 0)
			return 1;
		clock_sleep_ms(1);
	}
	begin_us = clock_now_us();
	if (open(scene->path, O_RDWR | O_CLOEXEC) < 0)
		return 2;
	return clock_now_us() - begin_us < 800 * SWAP_MS_MOST ? 0 : 3;
}

static void asked_for_amid_a_step_it_is_given_up(void **state)
{
	struct scene scene;
	int files, status;
	pid_t pid;

	scene_open(&scene, state);
	files = workshop_state_files(scene.shop);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(ask_amid(&scene, files));
	stage_slowly(&scene);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	expect_old(&scene, SWAP_GIVEN_UP);
	scene_close(&scene);
}

static void nothing_to_do_is_found_on_the_copy_too(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	rename_it(&scene);
	swap_keep(&scene.job);
	retire(&scene, true);
	scene.job = workshop_job(scene.shop, "a.db");
	scene.job.phase = JOB_STAGE;
	work_upgrade(&scene.job);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_CURRENT);
	assert_int_equal(workshop_state_files(scene.shop), 1);
	expect_free(scene.path);
	scene_close(&scene);
}

/* It is staged without a look, if the one before was pending. */
static void a_newer_one_is_told_with_its_version(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	workshop_sql(scene.shop, "a.db",
		     "CREATE TABLE " LEDGER_TABLE "(rank INTEGER PRIMARY KEY, "
		     "kind TEXT, from_version TEXT, to_version TEXT); "
		     "INSERT INTO " LEDGER_TABLE " VALUES (1, 'migrate', '3', "
		     "'9')");
	work_upgrade(&scene.job);
	assert_int_equal(scene.job.phase, JOB_DONE);
	workshop_outcome(&scene.job.result, OUTCOME_NEWER);
	assert_string_equal(scene.job.result.from, "9");
	assert_string_equal(scene.job.result.to, "9");
	assert_int_equal(workshop_state_files(scene.shop), 0);
	expect_free(scene.path);
	scene_close(&scene);
}

/* What was to be checked before is checked on a second copy: the live file may
 * not be opened while it is leased, and that may not be waited for. */
static void checks_that_need_the_old_one_have_it(void **state)
{
	int64_t begin_us = clock_now_us();
	struct error why = { 0 };
	struct scene scene;

	scene_open(&scene, state);
	workshop_release_step(scene.shop,
			      "CREATE TABLE n(id INTEGER PRIMARY KEY, person "
			      "INTEGER REFERENCES people(id), body BLOB); "
			      "INSERT INTO n SELECT * FROM letters; DROP TABLE "
			      "letters; ALTER TABLE n RENAME TO letters; "
			      "CREATE INDEX letters_person ON "
			      "letters(person);");
	scene.job = workshop_job(scene.shop, "a.db");
	scene.job.phase = JOB_STAGE;
	stage(&scene);
	assert_true(clock_now_us() - begin_us < 20000000);
	error_set(&why, ERROR_STOPPED, "enough");
	swap_give_up(&scene.job, &why);
	assert_int_equal(scene.job.phase, JOB_DONE);
	scene.job.phase = JOB_INPLACE;
	expect_old(&scene, SWAP_NONE);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(undisturbed_it_is_swapped),
		WORKSHOP_TEST(while_it_is_staged_others_wait),
		WORKSHOP_TEST(asked_for_before_the_link_it_is_given_up),
		WORKSHOP_TEST(the_old_one_asked_for_after_the_rename_undoes_it),
		WORKSHOP_TEST(the_new_one_asked_for_is_the_database_now),
		WORKSHOP_TEST(both_asked_for_the_old_one_stays),
		WORKSHOP_TEST(an_undo_that_may_not_last_is_told),
		WORKSHOP_TEST(who_comes_late_plays_no_journal),
		WORKSHOP_TEST(both_asked_for_long_ago_the_new_one_stays),
		WORKSHOP_TEST(the_old_one_asked_for_long_ago_undoes_it),
		WORKSHOP_TEST(what_cannot_be_undone_is_told),
		WORKSHOP_TEST(not_exchanged_it_is_given_up),
		WORKSHOP_TEST(another_file_is_not_overwritten),
		WORKSHOP_TEST(nor_is_one_that_comes_just_then),
		WORKSHOP_TEST(an_undo_spares_another_file),
		WORKSHOP_TEST(an_undo_spares_one_that_comes_just_then),
		WORKSHOP_TEST(what_cannot_be_given_back_is_told),
		WORKSHOP_TEST(nor_after_an_undo),
		WORKSHOP_TEST(another_file_is_no_backup),
		WORKSHOP_TEST(a_sync_that_failed_is_told),
		WORKSHOP_TEST(stopped_it_was_never_begun),
		WORKSHOP_TEST(a_step_that_fails_leaves_nothing),
		WORKSHOP_TEST(a_step_that_takes_long_keeps_nobody_waiting),
		WORKSHOP_TEST(asked_for_amid_a_step_it_is_given_up),
		WORKSHOP_TEST(nothing_to_do_is_found_on_the_copy_too),
		WORKSHOP_TEST(a_newer_one_is_told_with_its_version),
		WORKSHOP_TEST(checks_that_need_the_old_one_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
