#include "database/work.h"

#include "replay/replay.h"
#include "workshop.h"

static void test_it_records_and_runs_nothing(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	/* At 1 by its schema; the administrator says 3. */
	workshop_make(shop, "a.db", 1);
	shop->plan.baseline = "3";
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "");
	assert_string_equal(result.to, "3");
	assert_int_equal(result.steps, 0);
	assert_true(result.has_backup);
	workshop_expect(shop, "a.db",
			"SELECT kind || to_version || "
			"(from_version IS NULL) FROM " LEDGER_TABLE,
			"baseline31");
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM sqlite_schema "
			"WHERE name = 'tags'",
			"0");
	before = workshop_print(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_untouched(shop, before);
}

static void test_again_it_is_current(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	workshop_make(shop, "a.db", 1);
	shop->plan.baseline = "2";
	workshop_do(shop, work_baseline, "a.db");
	workshop_new_run(shop);
	before = workshop_print(shop);
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_false(result.has_backup);
	assert_string_equal(result.from, "2");
	workshop_untouched(shop, before);
}

static void test_a_recorded_version_is_not_overwritten(void **state)
{
	static const char *const versions[] = { "1", "2", "4" };
	struct workshop *shop = *state;
	size_t i;

	workshop_ready(shop, "a.db", NULL);
	for (i = 0; i < 3; i++) {
		char *before = workshop_print(shop);
		struct result result;

		shop->plan.baseline = versions[i];
		result = workshop_do(shop, work_baseline, "a.db");
		workshop_outcome(&result, OUTCOME_FAILED);
		workshop_failure(&result, ERROR_CHECK, "already, at 3");
		workshop_untouched(shop, before);
	}
}

static void test_it_settles_what_cannot_be_told(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 3);
	workshop_release_step(shop, "UPDATE people SET mail = mail || '!';");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_failure(&result, ERROR_UNVERSIONED, "--to 3 USER");
	shop->plan.baseline = "3";
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_new_run(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.steps, 1);
	workshop_expect(shop, "a.db", "SELECT mail FROM people", "none!");
}

static void test_under_wal(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make_wal(shop, "a.db", 1);
	shop->plan.baseline = "1";
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db",
			"SELECT evidence GLOB 'digest:*' FROM " LEDGER_TABLE,
			"1");
	/* And can be taken back like an upgrade. */
	memcpy(shop->plan.source_run, shop->plan.run_id, RUN_ID_BYTES);
	workshop_new_run(shop);
	result = workshop_do(shop, work_restore, "a.db");
	workshop_outcome(&result, OUTCOME_RESTORED);
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM sqlite_schema "
			"WHERE name = '" LEDGER_TABLE "'",
			"0");
}

static void test_forgetting_leaves_no_trace_of_us(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *path = workshop_path(shop, "a.db");
	char *before, *after;

	workshop_make(shop, "a.db", 3);
	before = workshop_ask(shop, path,
			      "SELECT group_concat(sql) FROM "
			      "sqlite_schema");
	workshop_do(shop, work_upgrade, "a.db");
	workshop_new_run(shop);
	result = workshop_do(shop, work_forget, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "3");
	assert_string_equal(result.to, "");
	assert_true(result.has_backup);
	after = workshop_ask(shop, path,
			     "SELECT group_concat(sql) FROM "
			     "sqlite_schema");
	assert_string_equal(before, after);
	free(before);
	free(after);
	free(path);

	workshop_new_run(shop);
	before = workshop_print(shop);
	result = workshop_do(shop, work_forget, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_untouched(shop, before);
}

static void test_a_newer_one_may_be_forgotten(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "UPDATE " LEDGER_TABLE " SET to_version = '99'");
	result = workshop_do(shop, work_forget, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static void test_what_is_not_ours_is_not_removed(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	workshop_make(shop, "a.db", 1);
	workshop_sql(shop, "a.db", "CREATE VIEW " LEDGER_TABLE " AS SELECT 1");
	before = workshop_print(shop);
	result = workshop_do(shop, work_forget, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED, "not our ledger");
	shop->plan.baseline = "1";
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_untouched(shop, before);
}

static void test_empty_and_missing_files_are_skipped(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_sql(shop, "a.db", "");
	shop->plan.baseline = "1";
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_SKIPPED);
	result = workshop_do(shop, work_forget, "b.db");
	workshop_outcome(&result, OUTCOME_SKIPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_records_and_runs_nothing),
		WORKSHOP_TEST(test_again_it_is_current),
		WORKSHOP_TEST(test_a_recorded_version_is_not_overwritten),
		WORKSHOP_TEST(test_it_settles_what_cannot_be_told),
		WORKSHOP_TEST(test_under_wal),
		WORKSHOP_TEST(test_forgetting_leaves_no_trace_of_us),
		WORKSHOP_TEST(test_a_newer_one_may_be_forgotten),
		WORKSHOP_TEST(test_what_is_not_ours_is_not_removed),
		WORKSHOP_TEST(test_empty_and_missing_files_are_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
