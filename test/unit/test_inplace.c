#include "database/inplace.h"

#include <stdio.h>

#include "application.h"
#include "fault.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* What the test does in the middle of a change: a change has no pointer of its
 * caller's, so what it needs is here. */
static struct scene {
	struct workshop *shop;
	struct application app;
	const char *app_says;
	int app_answered, app_answers; /* at the beginning, in the middle */
	int applied;
	const char *swapped_in;
	bool stop;
} scene;

static void swap(const char *other)
{
	char *from = workshop_path(scene.shop, other);
	char *to = workshop_path(scene.shop, "a.db");

	assert_int_equal(rename(from, to), 0);
	free(from);
	free(to);
}

static int decide_yes(struct steps *steps, bool *needed, struct error *err)
{
	(void)steps;
	(void)err;
	*needed = true;
	if (scene.app_says != NULL)
		scene.app_answered = application_do(&scene.app, scene.app_says);
	return 0;
}

/* Writes one row and a ledger row, as an upgrade would. */
static int apply_row(struct steps *steps, struct error *err)
{
	const struct ledger_row row = {
		.kind = "migrate",
		.to = "3",
		.run_id = steps->job->plan->run_id,
	};
	struct sqlite3 *before;
	int64_t count;
	int rc = ledger_prepare(steps->db, err);

	scene.applied++;
	if (rc == 0)
		rc = ledger_add(steps->db, &row, err);
	if (rc == 0)
		rc = connection_run(steps->db,
				    "UPDATE letters SET body = "
				    "'changed'",
				    err);
	/* `before` is what it was. */
	if (rc == 0)
		rc = steps_before(steps, &before, err);
	if (rc == 0)
		rc = connection_number(before,
				       "SELECT count(*) FROM letters "
				       "WHERE body = 'changed'",
				       &count, err);
	if (rc == 0)
		assert_int_equal(count, 0);
	if (scene.app_says != NULL)
		scene.app_answers = application_do(&scene.app, scene.app_says);
	if (scene.swapped_in != NULL)
		swap(scene.swapped_in);
	if (scene.stop)
		atomic_store(&scene.shop->stop_now, true);
	return rc;
}

static int apply_and_fail(struct steps *steps, struct error *err)
{
	int rc = apply_row(steps, err);

	return rc != 0 ? rc : error_set(err, ERROR_CHECK, "found wanting");
}

static const struct change change = {
	.read = standing_read_ledger,
	.decide = decide_yes,
	.apply = apply_row,
	.signs_ledger = true,
};

static const struct change failing = {
	.read = standing_read_ledger,
	.decide = decide_yes,
	.apply = apply_and_fail,
	.signs_ledger = true,
};

static int setup(void **state)
{
	int rc = workshop_setup(state);

	memset(&scene, 0, sizeof(scene));
	scene.shop = *state;
	workshop_make(scene.shop, "a.db", 1);
	return rc;
}

static struct result apply_change(const struct change *what)
{
	struct job job = workshop_job(scene.shop, "a.db");

	inplace_change(&job, what);
	return job.result;
}

static void expect_changed(const char *count)
{
	workshop_expect(scene.shop, "a.db",
			"SELECT count(*) FROM letters "
			"WHERE body = 'changed'",
			count);
}

static void test_a_change_is_committed_with_its_evidence(void **state)
{
	struct result result = apply_change(&change);

	(void)state;
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.strategy, STRATEGY_IN_PLACE);
	assert_true(result.has_backup);
	expect_changed("60");
	workshop_expect(scene.shop, "a.db",
			"SELECT evidence GLOB "
			"'counter:[1-9]*' FROM " LEDGER_TABLE,
			"1");
}

static void test_a_change_that_fails_is_undone(void **state)
{
	struct result result = apply_change(&failing);

	(void)state;
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CHECK, "found wanting");
	assert_false(result.has_backup);
	assert_int_equal(workshop_state_files(scene.shop), 0);
	expect_changed("0");
}

/* The lock trap: whatever we open and close beside our transaction (a look, the
 * backup's reader), nobody else may get the write lock. */
static void expect_locked_out(const char *pragma)
{
	char *path = workshop_path(scene.shop, "a.db");
	struct result result;

	workshop_sql(scene.shop, "a.db", pragma);
	application_start(&scene.app, path);
	assert_int_equal(application_do(&scene.app, "SELECT * FROM people"), 0);
	scene.app_says = "BEGIN IMMEDIATE";
	result = apply_change(&change);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(scene.applied, 1);
	/* From the look at the version on. */
	assert_int_equal(scene.app_answered, SQLITE_BUSY);
	assert_int_equal(scene.app_answers, SQLITE_BUSY);
	assert_int_equal(application_do(&scene.app, "INSERT INTO letters "
						    "VALUES(61, 1, 'mine')"),
			 SQLITE_OK);
	application_stop(&scene.app);
	expect_changed("60");
	free(path);
}

static void test_nobody_can_write_beside_us(void **state)
{
	(void)state;
	expect_locked_out("PRAGMA journal_mode = DELETE");
}

static void test_nobody_can_write_beside_us_under_wal(void **state)
{
	(void)state;
	expect_locked_out("PRAGMA journal_mode = WAL");
}

static void test_others_read_beside_us(void **state)
{
	char *path = workshop_path(scene.shop, "a.db");
	struct result result;

	(void)state;
	application_start(&scene.app, path);
	scene.app_says = "SELECT count(*) FROM letters WHERE body = 'changed'";
	result = apply_change(&change);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(scene.app_answers, SQLITE_OK);
	assert_string_equal(scene.app.said, "0");
	application_stop(&scene.app);
	free(path);
}

static void test_a_commit_that_failed_late_had_happened(void **state)
{
	struct fault fault = { .late_failure = true };
	struct result result;

	(void)state;
	fault_open(&fault);
	result = apply_change(&change);
	fault_close(&fault);
	assert_true(fault.late_failures > 0);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_non_null(strstr(result.notes, "its commit reported an error"));
	assert_true(result.has_backup);
	assert_int_equal(workshop_state_files(scene.shop), 1);
	expect_changed("60");
}

/* The backup and its folders come first; only the live file is meant. */
static struct result change_with(struct fault *fault,
				 void (*before_write)(struct fault *fault,
						      const char *path))
{
	struct result result;

	fault->only = "/data/a.db";
	fault->before_write = before_write;
	fault_open(fault);
	result = apply_change(&change);
	fault_close(fault);
	assert_true(fault->writes >= 3);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_NOSPACE, "full");
	expect_changed("0");
	workshop_expect(scene.shop, "a.db", "PRAGMA integrity_check", "ok");
	return result;
}

static void fail_third(struct fault *fault, const char *path)
{
	(void)path;
	fault->fail_writes = fault->writes == 3;
}

static void test_a_commit_that_failed_early_had_not(void **state)
{
	struct fault fault = { 0 };
	struct result result = change_with(&fault, fail_third);

	(void)state;
	assert_false(result.has_backup);
	assert_int_equal(workshop_state_files(scene.shop), 0);
}

static void fail_from_third(struct fault *fault, const char *path)
{
	(void)path;
	fault->fail_writes = fault->writes >= 3;
}

static void test_where_the_truth_cannot_be_learnt_the_backup_stays(void **state)
{
	struct fault fault = { 0 };
	struct result result = change_with(&fault, fail_from_third);

	(void)state;
	workshop_failure(&result, ERROR_NOSPACE, "could not be learnt");
	assert_string_equal(result.to, "");
	assert_true(result.has_backup);
	assert_int_equal(workshop_state_files(scene.shop), 1);
}

static void test_a_file_that_was_swapped_is_left(void **state)
{
	struct result result;

	(void)state;
	workshop_make(scene.shop, "b.db", 1);
	/* Another file takes its place meanwhile. */
	scene.swapped_in = "b.db";
	result = apply_change(&change);
	workshop_outcome(&result, OUTCOME_BUSY);
	workshop_failure(&result, ERROR_BUSY, "taken its place");
	assert_false(result.has_backup);
	expect_changed("0");
}

static void test_a_stop_in_the_middle_undoes_it(void **state)
{
	struct result result;

	(void)state;
	scene.stop = true;
	result = apply_change(&change);
	workshop_outcome(&result, OUTCOME_NONE);
	assert_int_equal(scene.applied, 1);
	assert_false(result.has_backup);
	assert_int_equal(workshop_state_files(scene.shop), 0);
	expect_changed("0");
}

static void test_a_big_transaction_keeps_readers_in(void **state)
{
	char *path = workshop_path(scene.shop, "a.db");
	struct result result;

	(void)state;
	/* Bigger than SQLite's own cache, and within the worker's share. */
	workshop_sql(scene.shop, "a.db",
		     "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT "
		     "i + 1 FROM n WHERE i < 4000) INSERT INTO letters SELECT "
		     "i, 1, zeroblob(1000) FROM n");
	scene.shop->plan.cache_bytes = 64 << 20;
	application_start(&scene.app, path);
	scene.app_says = "SELECT count(*) FROM letters";
	result = apply_change(&change);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(scene.app_answers, SQLITE_OK);
	application_stop(&scene.app);
	free(path);
}

int main(void)
{
#define INPLACE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, setup, workshop_teardown)
	const struct CMUnitTest tests[] = {
		INPLACE_TEST(test_a_change_is_committed_with_its_evidence),
		INPLACE_TEST(test_a_change_that_fails_is_undone),
		INPLACE_TEST(test_nobody_can_write_beside_us),
		INPLACE_TEST(test_nobody_can_write_beside_us_under_wal),
		INPLACE_TEST(test_others_read_beside_us),
		INPLACE_TEST(test_a_commit_that_failed_late_had_happened),
		INPLACE_TEST(test_a_commit_that_failed_early_had_not),
		INPLACE_TEST(
			test_where_the_truth_cannot_be_learnt_the_backup_stays),
		INPLACE_TEST(test_a_file_that_was_swapped_is_left),
		INPLACE_TEST(test_a_stop_in_the_middle_undoes_it),
		INPLACE_TEST(test_a_big_transaction_keeps_readers_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
