#include "database/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "application.h"
#include "base/clock.h"
#include "base/memory.h"
#include "fault.h"
#include "replay/replay.h"
#include "workshop.h"

/* A database that was at version 1 and has been upgraded by a run, which is now
 * to be taken back; `rows` is what it held. */
struct scene {
	struct workshop *shop;
	char *path;
	char *rows;
};

static void upgrade(struct scene *scene, struct workshop *shop,
		    const char *pragma)
{
	struct result result;

	scene->shop = shop;
	scene->path = workshop_path(shop, "a.db");
	(void)unlink(scene->path);
	workshop_new_run(shop);
	workshop_make(shop, "a.db", 1);
	workshop_sql(shop, "a.db", pragma);
	scene->rows = workshop_rows(shop, scene->path);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	memcpy(shop->plan.source_run, shop->plan.run_id, RUN_ID_BYTES);
	workshop_new_run(shop);
}

static void release(struct scene *scene)
{
	free(scene->path);
	free(scene->rows);
}

static struct result restore(struct scene *scene)
{
	return workshop_do(scene->shop, work_restore, "a.db");
}

/* It is what it was before the upgrade. */
static void expect_old(struct scene *scene, const char *mode)
{
	char *rows = workshop_rows(scene->shop, scene->path);

	assert_string_equal(rows, scene->rows);
	workshop_expect(scene->shop, "a.db", "PRAGMA integrity_check", "ok");
	workshop_expect(scene->shop, "a.db", "PRAGMA journal_mode", mode);
	workshop_expect(scene->shop, "a.db",
			"SELECT count(*) FROM "
			"sqlite_schema WHERE name IN "
			"('tags', '" LEDGER_TABLE "')",
			"0");
	free(rows);
}

static void expect_restored(struct scene *scene, const char *mode)
{
	struct result result = restore(scene);

	workshop_outcome(&result, OUTCOME_RESTORED);
	assert_string_equal(result.from, "3");
	assert_string_equal(result.to, "1");
	assert_int_equal(result.strategy, STRATEGY_IN_PLACE);
	expect_old(scene, mode);
}

/* It was written since, and stays as it is, row for row. */
static void expect_kept(struct scene *scene, const char *reason)
{
	char *dump = workshop_ask(scene->shop, scene->path,
				  "SELECT count(*) || sum(id) FROM letters");
	struct result result = restore(scene);
	char *after;

	workshop_outcome(&result, OUTCOME_KEPT);
	workshop_failure(&result, ERROR_WRITTEN, reason);
	assert_false(result.has_backup);
	assert_string_equal(result.to, result.from);
	after = workshop_ask(scene->shop, scene->path,
			     "SELECT count(*) || sum(id) FROM letters");
	assert_string_equal(after, dump);
	workshop_expect(scene->shop, "a.db",
			"SELECT count(*) FROM "
			"sqlite_schema WHERE name IN "
			"('tags', '" LEDGER_TABLE "')",
			"2");
	free(dump);
	free(after);
}

#define DELETE "PRAGMA journal_mode = DELETE"
#define WAL    "PRAGMA journal_mode = WAL"
#define WRITE  "INSERT INTO letters VALUES(900, 1, 'written since')"

static void test_nobody_has_written(void **state)
{
	struct scene scene;

	upgrade(&scene, *state, DELETE);
	expect_restored(&scene, "delete");
	release(&scene);
	upgrade(&scene, *state, WAL);
	expect_restored(&scene, "wal");
	release(&scene);
}

/* "Written since" is no word for it, and --force no advice. */
static void test_what_stands_at_the_backup_is_let_be(void **state)
{
	static const char *const modes[] = { DELETE, WAL };

	for (size_t i = 0; i < 2; i++) {
		struct scene scene;
		struct result result;

		upgrade(&scene, *state, modes[i]);
		result = restore(&scene);
		workshop_outcome(&result, OUTCOME_RESTORED);
		result = restore(&scene);
		workshop_outcome(&result, OUTCOME_CURRENT);
		assert_false(result.has_backup);
		assert_string_equal(result.from, "1");
		assert_string_equal(result.to, "1");
		expect_old(&scene, i ? "wal" : "delete");
		workshop_sql(scene.shop, "a.db", WRITE);
		result = restore(&scene);
		workshop_outcome(&result, OUTCOME_KEPT);
		release(&scene);
	}
}

static void test_it_is_upgraded_again_afterwards(void **state)
{
	struct scene scene;
	struct result result;

	upgrade(&scene, *state, DELETE);
	expect_restored(&scene, "delete");
	result = workshop_do(*state, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "1");
	release(&scene);
}

static void test_what_is_overwritten_is_backed_up(void **state)
{
	struct scene scene;
	char *backup, *answer;
	struct result result;

	upgrade(&scene, *state, DELETE);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_RESTORED);
	assert_true(result.has_backup);
	backup = workshop_backup(*state, "a.db");
	answer = workshop_ask(*state, backup, "SELECT count(*) FROM tags");
	assert_string_equal(answer, "0");
	free(answer);
	free(backup);
	release(&scene);
}

static void test_somebody_has_written(void **state)
{
	static const char *const pragmas[] = { DELETE, WAL };
	static const char *const modes[] = { "delete", "wal" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct workshop *shop = *state;
		struct scene scene;
		char *backup, *answer;

		upgrade(&scene, shop, pragmas[i]);
		workshop_sql(shop, "a.db", WRITE);
		expect_kept(&scene, "it has been written since");
		/* Unless it is said that it may be lost; then there is a
		 * copy. */
		shop->plan.force = true;
		expect_restored(&scene, modes[i]);
		shop->plan.force = false;
		backup = workshop_backup(shop, "a.db");
		answer = workshop_ask(shop, backup,
				      "SELECT body FROM letters "
				      "WHERE id = 900");
		assert_string_equal(answer, "written since");
		free(answer);
		free(backup);
		release(&scene);
	}
}

static void test_a_kept_one_is_not_touched(void **state)
{
	struct scene scene;
	struct result result;
	char *before;

	upgrade(&scene, *state, DELETE);
	workshop_sql(*state, "a.db", WRITE);
	before = workshop_print(*state);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_KEPT);
	workshop_untouched(*state, before);
	release(&scene);
}

static void test_a_later_step(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;

	upgrade(&scene, shop, DELETE);
	workshop_release_step(shop, "CREATE TABLE later(a);");
	workshop_do(shop, work_upgrade, "a.db");
	workshop_new_run(shop);
	expect_kept(&scene, "the newest step in its ledger is not of run");
	release(&scene);
}

static void test_another_journal_mode(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;

	upgrade(&scene, shop, DELETE);
	workshop_sql(shop, "a.db", WAL);
	expect_kept(&scene, "its journal mode has been changed");
	shop->plan.force = true;
	expect_restored(&scene, "delete");
	release(&scene);

	shop->plan.force = false;
	upgrade(&scene, shop, WAL);
	workshop_sql(shop, "a.db", DELETE);
	expect_kept(&scene, "its journal mode has been changed");
	shop->plan.force = true;
	expect_restored(&scene, "wal");
	release(&scene);
}

static void test_another_page_size(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;

	upgrade(&scene, shop, DELETE);
	workshop_sql(shop, "a.db", "PRAGMA page_size = 1024; VACUUM");
	expect_kept(&scene, "since");
	shop->plan.force = true;
	expect_restored(&scene, "delete");
	workshop_expect(shop, "a.db", "PRAGMA page_size", "4096");
	release(&scene);

	shop->plan.force = false;
	upgrade(&scene, shop, WAL);
	workshop_sql(shop, "a.db",
		     DELETE "; PRAGMA page_size = 1024; VACUUM;" WAL);
	expect_kept(&scene, "page size");
	shop->plan.force = true;
	expect_restored(&scene, "wal");
	workshop_expect(shop, "a.db", "PRAGMA page_size", "4096");
	release(&scene);
}

/* Makes a.db one whose pages have another size than its backup. */
static void upgrade_other_pages(struct scene *scene, struct workshop *shop)
{
	upgrade(scene, shop, WAL);
	workshop_sql(shop, "a.db",
		     DELETE "; PRAGMA page_size = 1024; VACUUM;" WAL);
	shop->plan.force = true;
}

/* It has a rollback journal only for as long as it takes. */
static void test_not_restored_its_journal_mode_is_what_it_was(void **state)
{
	struct workshop *shop = *state;
	int staging = shop->plan.staging_dir;
	struct scene scene;
	struct result result;

	upgrade_other_pages(&scene, shop);
	shop->plan.staging_dir = -1; /* no backup can be made */
	result = restore(&scene);
	shop->plan.staging_dir = staging;
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_IO, "no backup could be made");
	workshop_expect(shop, "a.db", "PRAGMA journal_mode", "wal");
	workshop_expect(shop, "a.db", "PRAGMA page_size", "1024");
	expect_restored(&scene, "wal");
	release(&scene);
}

/* A reader that comes as it is backed up, and stays. */
static void come_to_read(struct fault *fault, const char *path)
{
	(void)path;
	if (fault->writes == 1)
		assert_int_equal(application_do(fault->self,
						"BEGIN; SELECT 1 FROM people"),
				 0);
}

static void test_what_cannot_be_set_back_is_no_delay(void **state)
{
	struct fault fault = {
		.before_write = come_to_read, .only = "/staging/",
	};
	struct workshop *shop = *state;
	struct application app;
	struct scene scene;
	struct result result;

	upgrade_other_pages(&scene, shop);
	shop->plan.busy_timeout_ms = 50;
	application_start(&app, scene.path);
	fault.self = &app;
	fault_open(&fault);
	result = restore(&scene);
	fault_close(&fault);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_IO, "journal mode is delete now");
	assert_false(result.has_backup);
	application_stop(&app);
	workshop_expect(shop, "a.db", "PRAGMA page_size", "1024");
	expect_restored(&scene, "wal");
	release(&scene);
}

/* Where an undo was in doubt, the name in the backups is kept. */
static void test_a_file_is_no_backup_of_itself(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;
	struct result result;
	char *backup;

	upgrade(&scene, shop, DELETE);
	backup = xasprintf("%s/backups/%s/a.db", shop->state,
			   shop->plan.source_run);
	shop->plan.force = true;
	assert_int_equal(unlink(backup), 0);
	assert_int_equal(link(scene.path, backup), 0);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_IO, "is the file itself");
	release(&scene);
	free(backup);
}

/* Of a backup in WAL mode over what has a rollback journal. */
static void test_no_journal_is_left(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;
	char *journal = workshop_path(shop, "a.db-journal");

	for (int i = 0; i < 2; i++) {
		upgrade(&scene, shop, i == 0 ? WAL : DELETE);
		workshop_sql(shop, "a.db", i == 0 ? DELETE : WAL);
		shop->plan.force = true;
		expect_restored(&scene, i == 0 ? "wal" : "delete");
		assert_int_equal(access(journal, F_OK), -1);
		release(&scene);
	}
	free(journal);
}

/* An application has it open all the while, and works on afterwards. */
static void test_an_open_connection_goes_on(void **state)
{
	static const char *const pragmas[] = { DELETE, WAL };
	static const char *const modes[] = { "delete", "wal" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct workshop *shop = *state;
		struct application app;
		struct scene scene;

		upgrade(&scene, shop, pragmas[i]);
		application_start(&app, scene.path);
		assert_int_equal(application_do(&app, "SELECT mail FROM "
						      "people"),
				 0);
		expect_restored(&scene, modes[i]);
		assert_int_equal(application_do(&app, "SELECT mail FROM "
						      "people"),
				 SQLITE_ERROR);
		assert_int_equal(application_do(&app, WRITE), SQLITE_OK);
		application_stop(&app);
		workshop_expect(shop, "a.db",
				"SELECT body FROM letters WHERE "
				"id = 900",
				"written since");
		workshop_expect(shop, "a.db", "PRAGMA integrity_check", "ok");
		release(&scene);
	}
}

static void test_a_reader_holds_it_up(void **state)
{
	struct workshop *shop = *state;
	struct application app;
	struct result result;
	struct scene scene;
	int64_t begin;

	upgrade(&scene, shop, DELETE);
	application_start(&app, scene.path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT count(*) FROM "
					      "people"),
			 0);
	shop->plan.busy_timeout_ms = 5000;
	begin = clock_now_us();
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_BUSY);
	assert_in_range(clock_now_us() - begin, 900000, 2500000);
	assert_false(result.has_backup);
	assert_int_equal(application_do(&app, "COMMIT"), 0);
	application_stop(&app);
	/* Nothing has happened, and the evidence still holds. */
	workshop_expect(shop, "a.db", "SELECT count(*) FROM tags", "0");
	expect_restored(&scene, "delete");
	release(&scene);
}

static void test_a_reader_of_a_wal_keeps_its_snapshot(void **state)
{
	struct application app;
	struct scene scene;

	upgrade(&scene, *state, WAL);
	application_start(&app, scene.path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT count(*) FROM "
					      "tags"),
			 0);
	expect_restored(&scene, "wal");
	assert_int_equal(application_do(&app, "SELECT count(*) FROM tags"), 0);
	assert_int_equal(application_do(&app, "COMMIT"), 0);
	assert_int_equal(application_do(&app, "SELECT count(*) FROM tags"),
			 SQLITE_ERROR);
	application_stop(&app);
	release(&scene);
}

/* A writer that comes while the overwritten is backed up (the evidence has been
 * looked at), and one that comes while pages are written. */
static void try_to_write(struct fault *fault, const char *path)
{
	(void)path;
	if (fault->writes == 1)
		assert_int_equal(application_do(fault->self, WRITE),
				 SQLITE_BUSY);
}

static void test_a_writer_in_between_is_kept_out(void **state)
{
	static const struct {
		const char *pragma, *mode, *file;
	} cases[] = {
		{ DELETE, "delete", "/staging/" },
		{ DELETE, "delete", "/data/a.db" },
		{ WAL, "wal", "/staging/" },
		{ WAL, "wal", "/data/a.db-wal" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault fault = { .before_write = try_to_write };
		struct application app;
		struct result result;
		struct scene scene;

		upgrade(&scene, *state, cases[i].pragma);
		application_start(&app, scene.path);
		assert_int_equal(application_do(&app, "SELECT 1 FROM people"),
				 0);
		fault.only = cases[i].file;
		fault.self = &app;
		fault_open(&fault);
		result = restore(&scene);
		fault_close(&fault);
		assert_true(fault.writes > 1);
		workshop_outcome(&result, OUTCOME_RESTORED);
		application_stop(&app);
		expect_old(&scene, cases[i].mode);
		release(&scene);
	}
}

/* A writer that tries whenever a lock on the live file is let go, from the
 * moment on that the overwritten is backed up. */
struct watcher {
	struct application app;
	int tries, written;
};

static void try_after_unlock(struct fault *fault, const char *path)
{
	struct watcher *watcher = fault->self;

	if (fault->writes == 0 || strstr(path, "/data/a.db") == NULL)
		return;
	watcher->tries++;
	if (application_do(&watcher->app, WRITE) == SQLITE_OK)
		watcher->written++;
}

static void test_no_lock_is_let_go_before_the_copy(void **state)
{
	struct watcher watcher = { .tries = 0 };
	struct fault fault = {
		.after_unlock = try_after_unlock,
		.self = &watcher,
	};
	struct result result;
	struct scene scene;

	upgrade(&scene, *state, DELETE);
	application_start(&watcher.app, scene.path);
	fault_open(&fault);
	result = restore(&scene);
	fault_close(&fault);
	workshop_outcome(&result, OUTCOME_RESTORED);
	assert_true(watcher.tries > 1);
	/* Once it is restored he gets his turn, and keeps what he wrote. */
	assert_int_equal(watcher.written, 1);
	application_stop(&watcher.app);
	workshop_expect(*state, "a.db",
			"SELECT count(*) FROM letters WHERE id = 900", "1");
	release(&scene);
}

/* Restores while an application writes a row, `lead_us` before it or after. The
 * row is where the application was told that it is. */
static enum outcome race(struct workshop *shop, const char *pragma, int lead_us)
{
	struct application app;
	struct result result;
	struct scene scene;
	int code;

	upgrade(&scene, shop, pragma);
	application_start(&app, scene.path);
	application_begin(&app, lead_us < 0 ? -lead_us : 0, WRITE);
	if (lead_us > 0)
		(void)usleep((useconds_t)lead_us);
	result = restore(&scene);
	code = application_end(&app);
	application_stop(&app);
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM letters WHERE id = 900",
			code == SQLITE_OK ? "1" : "0");
	release(&scene);
	return result.outcome;
}

/* Either the row is there before the look, and the database is kept, or it
 * comes afterwards; from far too early to far too late, in small steps. */
static void test_no_row_is_lost_in_a_race(void **state)
{
	static const char *const pragmas[] = { DELETE, WAL };
	size_t i;

	for (i = 0; i < 2; i++) {
		int lead_us;

		assert_int_equal(race(*state, pragmas[i], 300000),
				 OUTCOME_KEPT);
		assert_int_equal(race(*state, pragmas[i], -300000),
				 OUTCOME_RESTORED);
		for (lead_us = 1600; lead_us > -4000; lead_us -= 300)
			(void)race(*state, pragmas[i], lead_us);
	}
}

static void test_a_damaged_backup_is_not_used(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;
	struct result result;
	char *before, *backup;
	int fd;

	upgrade(&scene, shop, DELETE);
	backup = xasprintf("%s/backups/%s/a.db", shop->state,
			   shop->plan.source_run);
	fd = open(backup, O_WRONLY);
	assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, 4096), 4);
	assert_int_equal(close(fd), 0);
	before = workshop_print(shop);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CORRUPT, "is damaged and was not used");
	workshop_untouched(shop, before);

	assert_int_equal(unlink(backup), 0);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_MISSING, "has no backup of it");
	free(backup);
	release(&scene);
}

static void test_a_live_file_that_is_none_any_more(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;
	struct result result;
	int fd;

	upgrade(&scene, shop, DELETE);
	fd = open(scene.path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "all is lost, all is lost", 24), 24);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CORRUPT, "restore --offline");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(close(fd), 0);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CORRUPT, "restore --offline");
	assert_int_equal(unlink(scene.path), 0);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_SKIPPED);
	workshop_failure(&result, ERROR_SKIPPED, "its file is gone");
	workshop_failure(&result, ERROR_SKIPPED, "restore --offline");
	assert_int_not_equal(access(scene.path, F_OK), 0);
	/* What is in its place is moved aside, whatever it is. */
	assert_int_equal(mkdir(scene.path, 0700), 0);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_SKIPPED);
	workshop_failure(&result, ERROR_SKIPPED, "restore --offline");
	shop->plan.offline = true;
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_RESTORED);
	expect_old(&scene, "delete");
	release(&scene);
}

static void test_offline_is_no_licence_to_lose_rows(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;

	upgrade(&scene, shop, DELETE);
	workshop_sql(shop, "a.db", WRITE);
	shop->plan.offline = true;
	expect_kept(&scene, "it has been written since");
	release(&scene);
}

/* The disk is full from some page on. */
static void fail_from_third(struct fault *fault, const char *path)
{
	(void)path;
	fault->fail_writes = fault->writes >= 3;
}

static void test_what_was_there_stays_backed_up_if_it_fails(void **state)
{
	struct fault fault = {
		.only = "/data/a.db",
		.before_write = fail_from_third,
	};
	struct workshop *shop = *state;
	struct result result;
	struct scene scene;
	char *backup, *answer;

	upgrade(&scene, shop, DELETE);
	workshop_sql(shop, "a.db", WRITE);
	shop->plan.force = true;
	fault_open(&fault);
	result = restore(&scene);
	fault_close(&fault);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_NOSPACE, shop->plan.run_id);
	assert_true(result.has_backup);
	backup = workshop_backup(shop, "a.db");
	answer = workshop_ask(shop, backup,
			      "SELECT body FROM letters WHERE "
			      "id = 900");
	assert_string_equal(answer, "written since");
	/* And there it still is, whole. */
	workshop_expect(shop, "a.db", "SELECT body FROM letters WHERE id = 900",
			"written since");
	workshop_new_run(shop);
	expect_restored(&scene, "delete");
	free(answer);
	free(backup);
	release(&scene);
}

/* The copy had happened when its commit said that it had failed. */
static void test_a_late_failure_is_told_as_one(void **state)
{
	struct fault fault = { .late_failure = true,
			       .only = "/data/a.db-journal" };
	struct scene scene;
	struct result result;

	upgrade(&scene, *state, DELETE);
	fault_open(&fault);
	result = restore(&scene);
	fault_close(&fault);
	assert_true(fault.late_failures > 0);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_IO, "it may have been put back");
	assert_string_equal(result.from, "3");
	assert_string_equal(result.to, "");
	assert_true(result.has_backup);
	expect_old(&scene, "delete");
	release(&scene);
}

static void test_a_stop_leaves_it(void **state)
{
	struct workshop *shop = *state;
	struct scene scene;
	struct result result;

	upgrade(&scene, shop, DELETE);
	atomic_store(&shop->stop_now, true);
	result = restore(&scene);
	workshop_outcome(&result, OUTCOME_NONE);
	atomic_store(&shop->stop_now, false);
	assert_false(result.has_backup);
	expect_restored(&scene, "delete");
	release(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_nobody_has_written),
		WORKSHOP_TEST(test_what_stands_at_the_backup_is_let_be),
		WORKSHOP_TEST(test_it_is_upgraded_again_afterwards),
		WORKSHOP_TEST(test_what_is_overwritten_is_backed_up),
		WORKSHOP_TEST(test_somebody_has_written),
		WORKSHOP_TEST(test_a_kept_one_is_not_touched),
		WORKSHOP_TEST(test_a_later_step),
		WORKSHOP_TEST(test_another_journal_mode),
		WORKSHOP_TEST(test_another_page_size),
		WORKSHOP_TEST(
			test_not_restored_its_journal_mode_is_what_it_was),
		WORKSHOP_TEST(test_what_cannot_be_set_back_is_no_delay),
		WORKSHOP_TEST(test_no_journal_is_left),
		WORKSHOP_TEST(test_a_file_is_no_backup_of_itself),
		WORKSHOP_TEST(test_an_open_connection_goes_on),
		WORKSHOP_TEST(test_a_reader_holds_it_up),
		WORKSHOP_TEST(test_a_reader_of_a_wal_keeps_its_snapshot),
		WORKSHOP_TEST(test_a_writer_in_between_is_kept_out),
		WORKSHOP_TEST(test_no_lock_is_let_go_before_the_copy),
		WORKSHOP_TEST(test_no_row_is_lost_in_a_race),
		WORKSHOP_TEST(test_a_damaged_backup_is_not_used),
		WORKSHOP_TEST(test_a_live_file_that_is_none_any_more),
		WORKSHOP_TEST(test_offline_is_no_licence_to_lose_rows),
		WORKSHOP_TEST(test_what_was_there_stays_backed_up_if_it_fails),
		WORKSHOP_TEST(test_a_late_failure_is_told_as_one),
		WORKSHOP_TEST(test_a_stop_leaves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
