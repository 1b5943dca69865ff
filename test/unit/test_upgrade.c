#include "database/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "application.h"
#include "base/clock.h"
#include "base/memory.h"
#include "replay/replay.h"
#include "workshop.h"

/* Upgrades data/a.db, which is at version 1, and looks whether everything is as
 * it was but for the steps; then again, which may change nothing. */
static void expect_upgraded_by(struct workshop *shop, char *rows,
			       enum strategy strategy)
{
	char *path = workshop_path(shop, "a.db");
	char *backup = workshop_backup(shop, "a.db");
	char *after, *before;
	struct result result = workshop_do(shop, work_upgrade, "a.db");
	bool is_wal;

	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "1");
	assert_string_equal(result.to, "3");
	assert_int_equal(result.steps, 2);
	assert_int_equal(result.strategy, strategy);
	assert_true(result.has_backup);
	assert_true(result.was_detected);
	assert_true(result.backup_bytes > 0);
	assert_int_equal(result.failure.error.code, ERROR_NONE);
	is_wal = result.is_wal;

	before = workshop_print(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.from, "3");
	assert_string_equal(result.to, "3");
	assert_string_equal(result.run_id, shop->plan.run_id);
	assert_false(result.has_backup);
	assert_int_equal(result.is_wal, is_wal);
	workshop_untouched(shop, before);

	after = workshop_rows(shop, path);
	assert_string_equal(after, rows);
	free(after);
	after = workshop_rows(shop, backup);
	assert_string_equal(after, rows);
	free(after);
	workshop_expect(shop, "a.db", "PRAGMA integrity_check", "ok");
	workshop_expect(shop, "a.db", "PRAGMA journal_mode",
			is_wal ? "wal" : "delete");
	workshop_expect(shop, "a.db",
			"SELECT group_concat(name) FROM "
			"pragma_table_info('people')",
			"id,name,mail");
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM "
			"pragma_foreign_key_check",
			"0");
	after = workshop_ask(shop, backup,
			     "SELECT count(*) FROM sqlite_schema "
			     "WHERE name = 'tags'");
	assert_string_equal(after, "0");
	free(after);
	free(backup);
	free(path);
	free(rows);
}

/* One that nobody else has open and that has nothing unusual. */
static void expect_upgraded(struct workshop *shop, char *rows)
{
	expect_upgraded_by(shop, rows,
			   workshop_strategy == CHOOSE_IN_PLACE
				   ? STRATEGY_IN_PLACE
				   : STRATEGY_SWAP);
}

/* One that can only be done where it is. */
static void expect_upgraded_in_place(struct workshop *shop, char *rows)
{
	expect_upgraded_by(shop, rows, STRATEGY_IN_PLACE);
}

static char *rows_of(struct workshop *shop)
{
	char *path = workshop_path(shop, "a.db");
	char *rows = workshop_rows(shop, path);

	assert_non_null(rows);
	free(path);
	return rows;
}

static void test_a_database_with_a_rollback_journal(void **state)
{
	workshop_make(*state, "a.db", 1);
	expect_upgraded(*state, rows_of(*state));
	workshop_expect(*state, "a.db", "PRAGMA journal_mode", "delete");
}

static void test_a_database_in_wal_mode(void **state)
{
	workshop_make_wal(*state, "a.db", 1);
	expect_upgraded_in_place(*state, rows_of(*state));
	workshop_expect(*state, "a.db", "PRAGMA journal_mode", "wal");
}

static void test_a_hot_journal(void **state)
{
	struct workshop *shop = *state;
	char *rows;

	workshop_make(shop, "a.db", 1);
	rows = rows_of(shop);
	workshop_leave_journal(shop, "a.db");
	expect_upgraded_in_place(shop, rows);
}

static void test_a_wal_left_over(void **state)
{
	struct workshop *shop = *state;
	char *rows, *longer;

	workshop_make(shop, "a.db", 1);
	rows = rows_of(shop);
	workshop_leave_wal(shop, "a.db");
	longer = xasprintf("%s,1000 7 'only in the WAL'", rows);
	free(rows);
	expect_upgraded_in_place(shop, longer);
}

static void test_a_wal_left_over_without_its_index(void **state)
{
	struct workshop *shop = *state;
	char *shm = workshop_path(shop, "a.db-shm");
	char *rows, *longer;

	workshop_make(shop, "a.db", 1);
	rows = rows_of(shop);
	workshop_leave_wal(shop, "a.db");
	assert_int_equal(unlink(shm), 0);
	longer = xasprintf("%s,1000 7 'only in the WAL'", rows);
	free(rows);
	expect_upgraded_in_place(shop, longer);
	free(shm);
}

static void test_an_idle_connection_sees_the_new_schema(void **state)
{
	static const char *const modes[] = { "delete", "wal" };
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	size_t i;

	for (i = 0; i < 2; i++) {
		struct application app;
		char *pragma = xasprintf("PRAGMA journal_mode = %s", modes[i]);

		(void)unlink(path);
		workshop_new_run(shop);
		workshop_make(shop, "a.db", 1);
		workshop_sql(shop, "a.db", pragma);
		application_start(&app, path);
		assert_int_equal(application_do(&app, "SELECT * FROM people"),
				 0);
		expect_upgraded_in_place(shop, rows_of(shop));
		assert_int_equal(
			application_do(&app, "SELECT mail FROM people"), 0);
		assert_string_equal(app.said, "none");
		assert_int_equal(application_do(&app, "INSERT INTO letters "
						      "VALUES(99, 1, 'on')"),
				 0);
		application_stop(&app);
		workshop_expect(shop, "a.db",
				"SELECT body FROM letters WHERE "
				"id = 99",
				"on");
		free(pragma);
	}
	free(path);
}

static void test_a_reader_holds_up_a_rollback_journal(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct result result;
	int64_t begin;
	char *rows, *after;

	workshop_make(shop, "a.db", 1);
	rows = rows_of(shop);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT count(*) FROM "
					      "people"),
			 0);
	shop->plan.busy_timeout_ms = 5000;
	begin = clock_now_us();
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_BUSY);
	workshop_failure(&result, ERROR_BUSY, "readers of the application");
	/* It has waited for a second, and not for five. */
	assert_in_range(clock_now_us() - begin, 900000, 2500000);
	assert_false(result.has_backup);
	assert_int_equal(workshop_state_files(shop), 0);
	assert_string_equal(result.to, "1");
	/* New readers and writers are let in again. */
	assert_int_equal(application_do(&app, "COMMIT; SELECT count(*) FROM "
					      "letters"),
			 0);
	assert_string_equal(app.said, "60");
	application_stop(&app);
	after = rows_of(shop);
	assert_string_equal(after, rows);
	free(rows);
	free(after);
	/* The next round gets there, in the same run. */
	expect_upgraded(shop, rows_of(shop));
	free(path);
}

static void test_a_reader_does_not_hold_up_a_wal(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct result result;

	workshop_make_wal(shop, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT count(*) FROM "
					      "letters"),
			 0);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	/* Its own snapshot stays what it was. */
	assert_int_equal(application_do(&app, "SELECT count(*) FROM "
					      "sqlite_schema WHERE name = "
					      "'tags'"),
			 0);
	assert_string_equal(app.said, "0");
	assert_int_equal(application_do(&app, "COMMIT; SELECT count(*) FROM "
					      "tags"),
			 0);
	application_stop(&app);
	free(path);
}

static void test_a_writer_makes_it_busy(void **state)
{
	static const char *const modes[] = { "delete", "wal" };
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	size_t i;

	for (i = 0; i < 2; i++) {
		char *pragma = xasprintf("PRAGMA journal_mode = %s", modes[i]);
		struct application app;
		struct result result;

		(void)unlink(path);
		workshop_make(shop, "a.db", 1);
		workshop_sql(shop, "a.db", pragma);
		application_start(&app, path);
		assert_int_equal(application_do(&app,
						"BEGIN IMMEDIATE; DELETE FROM "
						"letters WHERE id = 1"),
				 0);
		result = workshop_do(shop, work_upgrade, "a.db");
		workshop_outcome(&result, OUTCOME_BUSY);
		assert_int_equal(workshop_state_files(shop), 0);
		/* The application lost nothing by it. */
		assert_int_equal(application_do(&app, "COMMIT"), 0);
		application_stop(&app);
		workshop_expect(shop, "a.db", "SELECT count(*) FROM letters",
				"59");
		free(pragma);
	}
	free(path);
}

static void test_looking_and_rehearsing_change_nothing(void **state)
{
	static job_work *const works[] = { work_look, work_rehearse };
	static const enum outcome outcome = OUTCOME_WOULD_UPGRADE;
	struct workshop *shop = *state;
	size_t i;

	workshop_make(shop, "a.db", 1);
	workshop_make_wal(shop, "b.db", 1);
	workshop_make(shop, "c.db", 1);
	workshop_leave_wal(shop, "c.db");
	workshop_make(shop, "d.db", 1);
	workshop_leave_journal(shop, "d.db");
	for (i = 0; i < 2; i++) {
		static const char *const names[] = { "a.db", "b.db", "c.db",
						     "d.db" };
		size_t n;

		for (n = 0; n < 4; n++) {
			char *before = workshop_print(shop);
			struct result result =
				workshop_do(shop, works[i], names[n]);

			workshop_outcome(&result, outcome);
			assert_string_equal(result.from, "1");
			assert_string_equal(result.to, "3");
			assert_int_equal(result.steps, 2);
			assert_true(result.backup_bytes >= 4096);
			workshop_untouched(shop, before);
		}
	}
}

static void test_looking_beside_a_running_application(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct result result;
	char *before;

	workshop_make_wal(shop, "a.db", 3);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "DELETE FROM letters"), 0);
	before = workshop_print(shop);
	result = workshop_do(shop, work_look, "a.db");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	result = workshop_do(shop, work_rehearse, "a.db");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	workshop_untouched(shop, before);
	/* Nor does an upgrade with nothing to do. */
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	before = workshop_print(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_untouched(shop, before);
	application_stop(&app);
	free(path);
}

static void test_one_detected_at_the_target_gets_its_ledger(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 3);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.steps, 0);
	assert_true(result.has_backup);
	assert_string_equal(result.from, "3");
	assert_string_equal(result.to, "3");
	workshop_expect(shop, "a.db",
			"SELECT kind || to_version FROM " LEDGER_TABLE,
			"detect3");
}

static void test_an_older_target(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 1);
	shop->plan.targets[KIND_USER] = 2;
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.to, "2");
	shop->plan.targets[KIND_USER] = 1;
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.to, "2");
}

/* Refused by a look already: nothing is written, and why is told. */
static void expect_left(struct workshop *shop, enum outcome outcome,
			enum error_code code, const char *part)
{
	char *before = workshop_print(shop);
	struct result result = workshop_do(shop, work_upgrade, "a.db");

	workshop_outcome(&result, outcome);
	workshop_failure(&result, code, part);
	workshop_untouched(shop, before);
	assert_false(result.has_backup);
	assert_int_equal(result.steps, 0);
}

static void test_what_is_left_alone(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	int fd;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "UPDATE " LEDGER_TABLE " SET to_version = '9'");
	expect_left(shop, OUTCOME_NEWER, ERROR_NEWER, "it is at 9");
	workshop_sql(shop, "a.db",
		     "UPDATE " LEDGER_TABLE " SET to_version = '1.5'");
	expect_left(shop, OUTCOME_FAILED, ERROR_UNVERSIONED, "1.5");
	workshop_sql(shop, "a.db",
		     "DROP TABLE " LEDGER_TABLE "; ALTER TABLE "
		     "people DROP COLUMN mail");
	expect_left(shop, OUTCOME_FAILED, ERROR_UNVERSIONED,
		    "column people.mail is missing");
	assert_int_equal(truncate(path, 0), 0);
	expect_left(shop, OUTCOME_SKIPPED, ERROR_SKIPPED, "0 bytes");
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "not a database at all", 21), 21);
	assert_int_equal(close(fd), 0);
	expect_left(shop, OUTCOME_FAILED, ERROR_CORRUPT, "not a database");
	assert_int_equal(unlink(path), 0);
	expect_left(shop, OUTCOME_SKIPPED, ERROR_SKIPPED, "vanished");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_left(shop, OUTCOME_SKIPPED, ERROR_SKIPPED, "named pipe");
	free(path);
}

static void test_a_stop_undoes_it(void **state)
{
	static job_work *const works[] = { work_upgrade, work_look,
					   work_rehearse, work_verify };
	struct workshop *shop = *state;
	size_t i;

	workshop_make(shop, "a.db", 1);
	atomic_store(&shop->stop_now, true);
	for (i = 0; i < 4; i++) {
		char *before = workshop_print(shop);
		struct result result = workshop_do(shop, works[i], "a.db");

		workshop_outcome(&result, OUTCOME_NONE);
		workshop_failure(&result, ERROR_STOPPED, "stopped");
		workshop_untouched(shop, before);
	}
	atomic_store(&shop->stop_now, false);
	expect_upgraded(shop, rows_of(shop));
}

static void test_a_read_only_database_fails(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *path;

	if (geteuid() == 0)
		skip(); /* root may write everything */
	path = workshop_path(shop, "a.db");
	workshop_make(shop, "a.db", 1);
	assert_int_equal(chmod(path, 0444), 0);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_IO, "readonly");
	assert_int_equal(workshop_state_files(shop), 0);
	free(path);
}

static void test_mode_and_owner_stay(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct stat before, after;

	workshop_make(shop, "a.db", 1);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(stat(path, &before), 0);
	expect_upgraded(shop, rows_of(shop));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_int_equal(before.st_gid, after.st_gid);
	if (workshop_strategy == CHOOSE_IN_PLACE)
		assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_uid, after.st_uid);
	free(path);
}

/* A sighting is of a file at rest with a ledger, whatever it is looked at
 * for. */
static void test_what_is_seen_of_a_file_at_rest(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct result result;
	struct stat now;

	workshop_make(shop, "a.db", 3);
	workshop_make(shop, "b.db", 3);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.sighting.stamp.mode, 0);
	result = workshop_do(shop, work_look, "a.db");
	assert_int_equal(result.sighting.stamp.mode, 0);
	clock_sleep_ms(3100);
	result = workshop_do(shop, work_look, "b.db");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	assert_int_equal(result.sighting.stamp.mode, 0);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_int_equal(stat(path, &now), 0);
	assert_int_equal(result.sighting.stamp.inode, now.st_ino);
	assert_int_equal(result.sighting.stamp.changed.tv_nsec,
			 now.st_ctim.tv_nsec);
	assert_string_equal(result.sighting.version, "3");
	/* What was seen was the old version. */
	workshop_release_step(shop, "CREATE TABLE later(a);");
	workshop_new_run(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.to, "4");
	assert_string_equal(result.sighting.version, "3");
	free(path);
}

static struct result do_known(struct workshop *shop, job_work *work,
			      const char *version)
{
	struct job job = workshop_job(shop, "a.db");

	shop->subject.known_version = version;
	shop->subject.stamp.bytes = 12345;
	return workshop_work(work, job);
}

/* That nothing is opened shows where there is nothing to open. */
static void test_what_is_known_is_not_opened(void **state)
{
	struct workshop *shop = *state;
	struct result result = do_known(shop, work_recall, "3");

	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.to, "3");
	result = do_known(shop, work_recall, "2");
	workshop_outcome(&result, OUTCOME_NONE);
	result = do_known(shop, work_recall, NULL);
	workshop_outcome(&result, OUTCOME_NONE);
	result = do_known(shop, work_recall, "99");
	workshop_outcome(&result, OUTCOME_NONE);
	result = do_known(shop, work_look, "3");
	workshop_outcome(&result, OUTCOME_CURRENT);
	result = do_known(shop, work_look, "2");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	assert_int_equal(result.backup_bytes, 12345);
	result = do_known(shop, work_look, "99");
	workshop_outcome(&result, OUTCOME_SKIPPED);
	result = do_known(shop, work_verify, "3");
	workshop_outcome(&result, OUTCOME_SKIPPED);
}

/* Under the lock the database itself is asked. */
static void test_what_is_known_is_read_again_under_the_lock(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	result = do_known(shop, work_upgrade, "2");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.from, "3");
	workshop_release_step(shop, "CREATE TABLE later(a);");
	result = do_known(shop, work_upgrade, "3");
	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static int setup_in_place(void **state)
{
	workshop_strategy = CHOOSE_IN_PLACE;
	return workshop_setup(state);
}

static int setup_auto(void **state)
{
	workshop_strategy = CHOOSE_AUTO;
	return workshop_setup(state);
}

int main(void)
{
/* Each of them both ways. */
#define UPGRADE_TEST(test)                                                  \
	{ #test " (auto)", test, setup_auto, workshop_teardown, NULL },     \
	{                                                                   \
		#test " (in place)", test, setup_in_place,                  \
			workshop_teardown, NULL                             \
	}
	const struct CMUnitTest tests[] = {
		UPGRADE_TEST(test_a_database_with_a_rollback_journal),
		UPGRADE_TEST(test_a_database_in_wal_mode),
		UPGRADE_TEST(test_a_hot_journal),
		UPGRADE_TEST(test_a_wal_left_over),
		UPGRADE_TEST(test_a_wal_left_over_without_its_index),
		UPGRADE_TEST(test_an_idle_connection_sees_the_new_schema),
		UPGRADE_TEST(test_a_reader_holds_up_a_rollback_journal),
		UPGRADE_TEST(test_a_reader_does_not_hold_up_a_wal),
		UPGRADE_TEST(test_a_writer_makes_it_busy),
		UPGRADE_TEST(test_looking_and_rehearsing_change_nothing),
		UPGRADE_TEST(test_looking_beside_a_running_application),
		UPGRADE_TEST(test_one_detected_at_the_target_gets_its_ledger),
		UPGRADE_TEST(test_an_older_target),
		UPGRADE_TEST(test_what_is_left_alone),
		UPGRADE_TEST(test_a_stop_undoes_it),
		UPGRADE_TEST(test_a_read_only_database_fails),
		UPGRADE_TEST(test_mode_and_owner_stay),
		UPGRADE_TEST(test_what_is_seen_of_a_file_at_rest),
		UPGRADE_TEST(test_what_is_known_is_not_opened),
		UPGRADE_TEST(test_what_is_known_is_read_again_under_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
