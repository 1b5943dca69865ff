#include "database/apart.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "application.h"
#include "base/memory.h"
#include "database/evidence.h"
#include "database/series.h"
#include "fault.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

#define CASCADE "-- fleet-upgrade: foreign_keys=on\n" \
		"DELETE FROM people WHERE id = 1;"

/* a.db is at 3, with a ledger, and a step to 4 is released. */
static struct workshop *ready(void **state, const char *pragma,
			      const char *sql)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", pragma);
	workshop_release_step(shop, sql);
	return shop;
}

static struct result upgrade(struct workshop *shop)
{
	return workshop_do(shop, work_upgrade, "a.db");
}

/* The last step, as a program that is a shell script. */
static void make_program(struct workshop *shop, const char *script)
{
	struct step *step = shop->migrations->chains[KIND_USER].steps[3];
	FILE *file;

	free(step->file);
	step->file = xasprintf("%s/4-program", shop->root);
	step->is_program = true;
	file = fopen(step->file, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(step->file, 0755), 0);
}

/* The evidence in its ledger is true of what is there. */
static void expect_evidence(struct workshop *shop)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };
	struct ledger_head head;
	struct sqlite3 *db;
	char why[160] = "";
	bool holds = false;

	if (connection_open(path, &options, &db, &err) != 0 ||
	    ledger_read(db, &head, &err) != 0 ||
	    evidence_holds(db, head.evidence, &holds, why, sizeof(why),
			   &err) != 0)
		fail_msg("%s", err.message);
	if (!holds)
		fail_msg("%s (%s)", why, head.evidence);
	connection_close(db);
	free(path);
}

static void expect_done(struct workshop *shop, const char *mode)
{
	workshop_expect(shop, "a.db", "PRAGMA integrity_check", "ok");
	workshop_expect(shop, "a.db", "PRAGMA journal_mode", mode);
	workshop_expect(shop, "a.db",
			"SELECT to_version FROM " LEDGER_TABLE
			" ORDER BY rank DESC LIMIT 1", "4");
	expect_evidence(shop);
	/* The backup of this run, and of the one before; nothing staged. */
	assert_int_equal(workshop_state_files(shop), 2);
}

static void expect_left(struct workshop *shop, const struct result *result)
{
	assert_false(result->has_backup);
	assert_string_equal(result->to, result->from);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM letters", "60");
	workshop_expect(shop, "a.db",
			"SELECT to_version FROM " LEDGER_TABLE
			" ORDER BY rank DESC LIMIT 1", "3");
	assert_int_equal(workshop_state_files(shop), 1);
}

static void test_foreign_keys_cascade(void **state)
{
	static const char *const modes[] = { "delete", "wal" };

	for (size_t i = 0; i < 2; i++) {
		char *pragma = xasprintf("PRAGMA journal_mode = %s", modes[i]);
		struct workshop *shop;
		struct result result;

		if (i > 0) {
			assert_int_equal(workshop_teardown(state), 0);
			assert_int_equal(workshop_setup(state), 0);
		}
		shop = ready(state, pragma, CASCADE);
		result = upgrade(shop);
		workshop_outcome(&result, OUTCOME_UPGRADED);
		assert_int_equal(result.strategy, STRATEGY_IN_PLACE);
		assert_true(result.has_backup);
		assert_int_equal(result.steps, 1);
		assert_string_equal(result.from, "3");
		assert_string_equal(result.to, "4");
		workshop_expect(shop, "a.db", "SELECT count(*) FROM letters",
				"30");
		expect_done(shop, modes[i]);
		free(pragma);
	}
}

static void test_it_can_be_taken_back(void **state)
{
	struct workshop *shop = ready(state, NULL, CASCADE);
	char *path = workshop_path(shop, "a.db");
	char *rows = workshop_rows(shop, path), *again;
	struct result result = upgrade(shop);

	workshop_outcome(&result, OUTCOME_UPGRADED);
	memcpy(shop->plan.source_run, shop->plan.run_id, RUN_ID_BYTES);
	workshop_new_run(shop);
	result = workshop_do(shop, work_restore, "a.db");
	workshop_outcome(&result, OUTCOME_RESTORED);
	again = workshop_rows(shop, path);
	assert_string_equal(again, rows);
	expect_evidence(shop);
	free(again);
	free(rows);
	free(path);
}

static void test_a_failing_step_leaves_the_file_as_it_was(void **state)
{
	struct workshop *shop =
		ready(state, NULL,
		      "-- fleet-upgrade: no-transaction\nDELETE FROM letters "
		      "WHERE id < 9;\nINSERT INTO people(id, name) SELECT 1, "
		      "'x' FROM letters LIMIT 1;");
	char *path = workshop_path(shop, "a.db");
	struct stat before, after;
	struct result result;

	assert_int_equal(stat(path, &before), 0);
	result = upgrade(shop);
	assert_int_equal(stat(path, &after), 0);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_SQL, "UNIQUE constraint failed");
	assert_string_equal(result.failure.migration, "user:3→4");
	assert_non_null(strstr(result.failure.statement, "INSERT INTO people"));
	expect_left(shop, &result);
	/* Not even its time: it was never written. */
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	free(path);
}

static void test_what_the_checks_find_is_not_written(void **state)
{
	struct workshop *shop =
		ready(state, NULL, "-- fleet-upgrade: no-transaction\n"
				   "DELETE FROM people WHERE id = 1;");
	struct result result = upgrade(shop);

	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CHECK, "foreign keys");
	expect_left(shop, &result);
}

static void test_a_program_changes_rows(void **state)
{
	struct workshop *shop = ready(state, NULL, "-- nothing");
	struct result result;

	make_program(shop, "sqlite3 \"$1\" \"UPDATE letters SET body = 'p'\"");
	result = upgrade(shop);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM letters WHERE "
				      "body = 'p'", "60");
	expect_done(shop, "delete");
}

/* What the authorizer has not seen is checked all the same. */
static void test_what_a_program_breaks_is_found(void **state)
{
	struct workshop *shop = ready(state, NULL, "-- nothing");
	struct result result;

	shop->plan.integrity = CHECK_INTEGRITY_TOUCHED;
	make_program(shop, "sqlite3 \"$1\" \"PRAGMA ignore_check_constraints "
			   "= 1; UPDATE people SET name = '' WHERE id = 7\"");
	result = upgrade(shop);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CHECK, "CHECK");
	expect_left(shop, &result);
}

/* A file that grows by far, and one that shrinks, under WAL. */
static void test_sizes_may_change_under_wal(void **state)
{
	struct workshop *shop =
		ready(state, "PRAGMA journal_mode = WAL",
		      "-- fleet-upgrade: no-transaction, vacuum\nWITH "
		      "RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 "
		      "FROM n WHERE i < 2099) INSERT INTO letters SELECT i, 1, "
		      "zeroblob(2000) FROM n WHERE EXISTS (SELECT 1 FROM "
		      "people);");
	struct result result = upgrade(shop);

	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM letters", "2060");
	expect_done(shop, "wal");
	assert_int_equal(workshop_teardown(state), 0);
	assert_int_equal(workshop_setup(state), 0);
	shop = ready(state, "PRAGMA journal_mode = WAL",
		     "-- fleet-upgrade: vacuum\nDELETE FROM letters;");
	result = upgrade(shop);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db", "PRAGMA freelist_count", "0");
	expect_done(shop, "wal");
}

static void test_an_open_application_goes_on(void **state)
{
	struct workshop *shop =
		ready(state, "PRAGMA journal_mode = WAL", CASCADE);
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct result result;

	application_start(&app, path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT count(*) FROM "
					      "letters"), 0);
	result = upgrade(shop);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(application_do(&app, "SELECT count(*) FROM letters"),
			 0);
	assert_string_equal(app.said, "60");
	assert_int_equal(application_do(&app, "COMMIT; SELECT count(*) FROM "
					      "letters"), 0);
	assert_string_equal(app.said, "30");
	application_stop(&app);
	free(path);
}

static void test_a_reader_that_stays_makes_it_busy(void **state)
{
	struct workshop *shop = ready(state, NULL, CASCADE);
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct result result;

	application_start(&app, path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT count(*) FROM "
					      "letters"), 0);
	result = upgrade(shop);
	workshop_outcome(&result, OUTCOME_BUSY);
	workshop_failure(&result, ERROR_BUSY, "readers of the application");
	application_stop(&app);
	expect_left(shop, &result);
	free(path);
}

/* As an application does that puts a copy of its own back. What it put there is
 * whole, and nothing of the one that is gone is written over it. */
static void replaced_meanwhile(void **state, const char *pragma)
{
	struct workshop *shop = ready(state, pragma, "-- nothing");
	char *script = xasprintf("cd '%s' && cp a.db new && mv new a.db",
				 shop->data);
	struct result result;

	make_program(shop, script);
	result = upgrade(shop);
	workshop_outcome(&result, OUTCOME_BUSY);
	workshop_failure(&result, ERROR_BUSY, "another file has taken its");
	expect_left(shop, &result);
	workshop_expect(shop, "a.db", "PRAGMA integrity_check", "ok");
	free(script);
}

static void test_another_file_in_its_place_is_left_alone(void **state)
{
	replaced_meanwhile(state, NULL);
}

static void test_another_file_is_under_wal_too(void **state)
{
	replaced_meanwhile(state, "PRAGMA journal_mode = WAL");
}

static void test_a_stop_leaves_it_as_it_was(void **state)
{
	struct workshop *shop = ready(state, NULL, CASCADE);
	struct job job;

	job = workshop_job(shop, "a.db");
	job.phase = JOB_INPLACE;
	atomic_store(&shop->stop_now, true);
	work_upgrade(&job);
	workshop_outcome(&job.result, OUTCOME_NONE);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM letters", "60");
	assert_int_equal(workshop_state_files(shop), 1);
}

/* An I/O error in the middle of the writing. */
static void fail_third(struct fault *fault, const char *path)
{
	(void)path;
	fault->fail_writes = fault->writes == 3;
}

static void test_a_write_that_fails_is_undone(void **state)
{
	struct workshop *shop = ready(state, NULL, CASCADE);
	struct fault fault = { .only = "/data/a.db",
			       .before_write = fail_third };
	struct result result;

	fault_open(&fault);
	result = upgrade(shop);
	fault_close(&fault);
	assert_true(fault.writes >= 3);
	workshop_outcome(&result, OUTCOME_FAILED);
	expect_left(shop, &result);
	workshop_expect(shop, "a.db", "PRAGMA integrity_check", "ok");
}

static void test_one_that_reports_an_error_late_had_happened(void **state)
{
	struct workshop *shop = ready(state, NULL, CASCADE);
	struct fault fault = { .late_failure = true,
			       .only = "/data/a.db-journal" };
	struct result result;

	fault_open(&fault);
	result = upgrade(shop);
	fault_close(&fault);
	assert_true(fault.late_failures > 0);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_non_null(strstr(result.notes, "its commit reported an error"));
	workshop_expect(shop, "a.db", "SELECT count(*) FROM letters", "30");
}

/* Found current under the lock: nothing is written, and no backup made. */
static void test_what_has_nothing_to_do_is_let_go(void **state)
{
	struct workshop *shop = *state;
	struct job job;
	char *before;

	workshop_ready(shop, "a.db", NULL);
	before = workshop_print(shop);
	job = workshop_job(shop, "a.db");
	job.phase = JOB_INPLACE;
	work_upgrade(&job);
	workshop_outcome(&job.result, OUTCOME_CURRENT);
	assert_int_equal(job.result.strategy, STRATEGY_NONE);
	workshop_untouched(shop, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_foreign_keys_cascade),
		WORKSHOP_TEST(test_it_can_be_taken_back),
		WORKSHOP_TEST(test_a_failing_step_leaves_the_file_as_it_was),
		WORKSHOP_TEST(test_what_the_checks_find_is_not_written),
		WORKSHOP_TEST(test_a_program_changes_rows),
		WORKSHOP_TEST(test_what_a_program_breaks_is_found),
		WORKSHOP_TEST(test_sizes_may_change_under_wal),
		WORKSHOP_TEST(test_an_open_application_goes_on),
		WORKSHOP_TEST(test_a_reader_that_stays_makes_it_busy),
		WORKSHOP_TEST(test_another_file_in_its_place_is_left_alone),
		WORKSHOP_TEST(test_another_file_is_under_wal_too),
		WORKSHOP_TEST(test_a_stop_leaves_it_as_it_was),
		WORKSHOP_TEST(test_a_write_that_fails_is_undone),
		WORKSHOP_TEST(test_one_that_reports_an_error_late_had_happened),
		WORKSHOP_TEST(test_what_has_nothing_to_do_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
