#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fleet/tally.h"

static void add(struct totals *totals, enum kind kind, enum outcome outcome)
{
	const struct subject subject = {
		.kind = kind,
		.stamp = { .mode = S_IFREG | 0600, .bytes = 4096 },
	};
	const struct result result = { .outcome = outcome };

	tally_add(totals, &subject, &result, true);
}

static int status_of(enum kind kind, enum outcome outcome, bool gates)
{
	struct totals totals = { 0 };

	add(&totals, kind, outcome);
	return tally_status(&totals, gates);
}

static void what_failed_may_have_changed(void **state)
{
	const struct subject subject = { .kind = KIND_USER };
	struct result result = { .outcome = OUTCOME_FAILED, .from = "2",
				 .to = "2" };
	struct totals totals = { 0 };

	(void)state;
	tally_add(&totals, &subject, &result, true);
	assert_int_equal(totals.in_doubt, 0);
	memcpy(result.to, "1", 2);
	tally_add(&totals, &subject, &result, true);
	result.to[0] = '\0';
	tally_add(&totals, &subject, &result, true);
	assert_int_equal(totals.in_doubt, 2);
	result.outcome = OUTCOME_RESTORED;
	tally_add(&totals, &subject, &result, true);
	assert_int_equal(totals.in_doubt, 2);
}

/* The table of DESIGN section 5, written down once more. */
static void a_users_outcome_decides(void **state)
{
	static const struct {
		enum outcome outcome;
		int status;
	} rows[] = {
		{ OUTCOME_UPGRADED, 0 },      { OUTCOME_CURRENT, 0 },
		{ OUTCOME_WOULD_UPGRADE, 0 }, { OUTCOME_RESTORED, 0 },
		{ OUTCOME_FAILED, 1 },	      { OUTCOME_NEWER, 1 },
		{ OUTCOME_WOULD_FAIL, 1 },    { OUTCOME_KEPT, 1 },
		{ OUTCOME_BUSY, 5 },	      { OUTCOME_SKIPPED, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(status_of(KIND_USER, rows[i].outcome, true),
				 rows[i].status);
		assert_int_equal(status_of(KIND_USER, rows[i].outcome, false),
				 rows[i].status);
		assert_int_equal(status_of(KIND_SYSTEM, rows[i].outcome, false),
				 rows[i].status);
	}
}

static void system_db_gates(void **state)
{
	static const struct {
		enum outcome outcome;
		int status;
		bool opens;
	} rows[] = {
		{ OUTCOME_UPGRADED, 0, true },
		{ OUTCOME_CURRENT, 0, true },
		{ OUTCOME_WOULD_UPGRADE, 0, true },
		{ OUTCOME_FAILED, 2, false },
		{ OUTCOME_NEWER, 2, false },
		{ OUTCOME_WOULD_FAIL, 2, false },
		{ OUTCOME_BUSY, 2, false },
		{ OUTCOME_SKIPPED, 2, false },
		{ OUTCOME_NONE, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(status_of(KIND_SYSTEM, rows[i].outcome, true),
				 rows[i].status);
		assert_int_equal(tally_opens_gate(rows[i].outcome),
				 rows[i].opens);
	}
}

/* Whatever became of those that were seen, some may be left. */
static void what_was_not_seen_is_to_be_run_again(void **state)
{
	struct totals totals = { .unseen = 1 };

	(void)state;
	assert_int_equal(tally_status(&totals, true), 5);
	add(&totals, KIND_SYSTEM, OUTCOME_CURRENT);
	assert_int_equal(tally_status(&totals, true), 5);
	add(&totals, KIND_USER, OUTCOME_FAILED);
	assert_int_equal(tally_status(&totals, true), 1);
}

static void the_worst_of_many_counts(void **state)
{
	struct totals totals = { 0 };

	(void)state;
	assert_int_equal(tally_status(&totals, true), 0);
	add(&totals, KIND_SYSTEM, OUTCOME_UPGRADED);
	add(&totals, KIND_USER, OUTCOME_UPGRADED);
	assert_int_equal(tally_status(&totals, true), 0);
	add(&totals, KIND_USER, OUTCOME_BUSY);
	assert_int_equal(tally_status(&totals, true), 5);
	add(&totals, KIND_USER, OUTCOME_FAILED);
	add(&totals, KIND_USER, OUTCOME_BUSY);
	assert_int_equal(tally_status(&totals, true), 1);
	add(&totals, KIND_SYSTEM, OUTCOME_BUSY);
	assert_int_equal(tally_status(&totals, true), 2);
	assert_int_equal(totals.done, 6);
	assert_int_equal(totals.outcomes[OUTCOME_BUSY], 3);
	assert_int_equal(totals.system, OUTCOME_BUSY);
}

/* The same in the end, whatever the sizes. */
static void work_is_what_was_expected(void **state)
{
	const struct subject users[] = {
		{ .kind = KIND_USER, .stamp = { .bytes = 50000000 } },
		{ .kind = KIND_USER, .stamp = { .bytes = 4096 } },
	};
	const struct subject system = { .kind = KIND_SYSTEM };
	const struct result result = { .outcome = OUTCOME_CURRENT };
	struct totals totals = { 0 };

	(void)state;
	tally_expect(&totals, &system, users, 2);
	assert_int_equal(totals.databases, 3);
	tally_add(&totals, &users[0], &result, true);
	assert_true(totals.work_done > totals.work * 9 / 10);
	assert_true(totals.work_done < totals.work);
	tally_add(&totals, &users[1], &result, true);
	tally_add(&totals, &system, &result, true);
	assert_int_equal(totals.work_done, totals.work);
	tally_expect(&totals, NULL, users, 2);
	assert_int_equal(totals.databases, 2);
}

static void the_ways_of_the_upgraded_are_counted(void **state)
{
	const struct subject subject = { .kind = KIND_USER };
	struct totals totals = { 0 };
	struct result result = { .outcome = OUTCOME_UPGRADED,
				 .strategy = STRATEGY_SWAP };

	(void)state;
	tally_add(&totals, &subject, &result, true);
	tally_add(&totals, &subject, &result, true);
	result.strategy = STRATEGY_IN_PLACE;
	tally_add(&totals, &subject, &result, true);
	result.outcome = OUTCOME_FAILED;
	tally_add(&totals, &subject, &result, true);
	assert_int_equal(totals.strategies[STRATEGY_SWAP], 2);
	assert_int_equal(totals.strategies[STRATEGY_IN_PLACE], 1);
}

static void statuses_have_an_order(void **state)
{
	static const int order[] = { 2, 74, 6, 1, 5, 0 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 6; j++) {
			int worse = order[i < j ? i : j];

			assert_int_equal(tally_worse(order[i], order[j]),
					 worse);
		}
	}
}

static void count_skipped(struct totals *totals, mode_t mode, off_t bytes,
		 int64_t age_s)
{
	const struct subject subject = {
		.kind = KIND_USER,
		.stamp = {
			.mode = mode,
			.bytes = bytes,
			.modified.tv_sec = (time_t)(clock_seconds() - age_s),
		},
	};
	const struct result result = { .outcome = OUTCOME_SKIPPED };

	tally_add(totals, &subject, &result, true);
}

/* What the application may be creating right now is worth another run; what
 * has been empty for an hour will be so tomorrow. */
static void an_old_empty_file_counts_no_longer(void **state)
{
	struct totals totals = { 0 };

	(void)state;
	count_skipped(&totals, S_IFREG | 0600, 0, 3700);
	assert_int_equal(totals.stale_empty, 1);
	assert_int_equal(tally_status(&totals, true), 0);
	count_skipped(&totals, S_IFREG | 0600, 0, 3500);
	assert_int_equal(totals.stale_empty, 1);
	assert_int_equal(tally_status(&totals, true), 5);
}

static void only_an_empty_regular_file_is_stale(void **state)
{
	struct totals totals = { 0 };

	(void)state;
	count_skipped(&totals, S_IFREG | 0600, 1, 99999);
	count_skipped(&totals, S_IFDIR | 0700, 0, 99999);
	count_skipped(&totals, S_IFLNK | 0777, 0, 99999);
	assert_int_equal(totals.stale_empty, 0);
	assert_int_equal(totals.outcomes[OUTCOME_SKIPPED], 3);
}

static void backups_are_summed_up(void **state)
{
	struct subject subject = {
		.kind = KIND_USER,
		.stamp = { .bytes = 7000, .blocks = 16 },
	};
	struct result result = {
		.outcome = OUTCOME_UPGRADED,
		.has_backup = true,
		.backup_bytes = 1000,
		.notes = "an extra table",
		.is_wal = true,
	};
	struct totals totals = { 0 };

	(void)state;
	tally_add(&totals, &subject, &result, true);
	result.backup_bytes = 3000;
	tally_add(&totals, &subject, &result, true);
	result.has_backup = false;
	result.backup_bytes = 7000;
	result.notes[0] = '\0';
	result.is_wal = false;
	tally_add(&totals, &subject, &result, true);
	assert_int_equal(totals.bytes_backed_up, 4000);
	assert_int_equal(totals.bytes_biggest, 3000);
	assert_int_equal(totals.notes, 2);
	assert_int_equal(totals.wal, 2);
	tally_add(&totals, &subject, &result, false); /* a dry run */
	assert_int_equal(totals.bytes_backed_up, 11000);
	assert_int_equal(totals.bytes_biggest, 7000);
	/* What is to be made takes no more than the file, holes left out. */
	subject.stamp.bytes = result.backup_bytes = (int64_t)200 << 30;
	tally_add(&totals, &subject, &result, false);
	assert_int_equal(totals.bytes_backed_up, 11000 + 16 * 512);
	assert_int_equal(totals.bytes_biggest, 16 * 512);
}

/* As one may have said who has got the better of a worker process. */
static void a_sum_of_backups_stays_one(void **state)
{
	const struct subject subject = { .kind = KIND_USER };
	const struct result result = { .outcome = OUTCOME_UPGRADED,
				       .has_backup = true,
				       .backup_bytes = INT64_MAX };
	struct totals totals = { 0 };

	(void)state;
	tally_add(&totals, &subject, &result, true);
	tally_add(&totals, &subject, &result, true);
	assert_true(totals.bytes_backed_up == INT64_MAX);
}

static void only_two_outcomes_went_back(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_int_equal(tally_went_back((enum outcome)i),
				 i == OUTCOME_RESTORED || i == OUTCOME_CURRENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_users_outcome_decides),
		cmocka_unit_test(what_failed_may_have_changed),
		cmocka_unit_test(system_db_gates),
		cmocka_unit_test(what_was_not_seen_is_to_be_run_again),
		cmocka_unit_test(the_worst_of_many_counts),
		cmocka_unit_test(work_is_what_was_expected),
		cmocka_unit_test(the_ways_of_the_upgraded_are_counted),
		cmocka_unit_test(statuses_have_an_order),
		cmocka_unit_test(an_old_empty_file_counts_no_longer),
		cmocka_unit_test(only_an_empty_regular_file_is_stale),
		cmocka_unit_test(backups_are_summed_up),
		cmocka_unit_test(a_sum_of_backups_stays_one),
		cmocka_unit_test(only_two_outcomes_went_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
