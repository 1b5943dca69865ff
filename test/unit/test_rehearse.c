#include "database/work.h"

#include <stdio.h>

#include "application.h"
#include "workshop.h"

/* What a rehearsal foretells is what the upgrade then does; and the rehearsal
 * itself writes nothing. */
static struct result expect_foretold(struct workshop *shop,
				     enum outcome rehearsed,
				     enum outcome upgraded)
{
	char *before = workshop_print(shop);
	struct result foretold = workshop_do(shop, work_rehearse, "a.db");
	struct result result;

	workshop_outcome(&foretold, rehearsed);
	workshop_untouched(shop, before);
	assert_false(foretold.has_backup);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, upgraded);
	assert_string_equal(foretold.from, result.from);
	assert_string_equal(foretold.failure.migration,
			    result.failure.migration);
	assert_string_equal(foretold.failure.statement,
			    result.failure.statement);
	assert_string_equal(foretold.failure.file, result.failure.file);
	assert_int_equal(foretold.failure.line, result.failure.line);
	assert_int_equal(foretold.failure.error.code,
			 result.failure.error.code);
	assert_string_equal(foretold.failure.error.message,
			    result.failure.error.message);
	if (upgraded == OUTCOME_UPGRADED) {
		assert_string_equal(foretold.to, result.to);
		assert_int_equal(foretold.steps, result.steps);
		assert_int_equal(foretold.backup_bytes, result.backup_bytes);
	}
	return foretold;
}

static void test_a_success_in_every_state(void **state)
{
	static const char *const modes[] = {
		"PRAGMA journal_mode = DELETE",
		"PRAGMA journal_mode = WAL",
		"PRAGMA page_size = 1024; VACUUM",
		"PRAGMA auto_vacuum = FULL; VACUUM",
		"PRAGMA user_version = 9",
	};
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		(void)remove(path);
		workshop_new_run(shop);
		workshop_make(shop, "a.db", 1);
		workshop_sql(shop, "a.db", modes[i]);
		expect_foretold(shop, OUTCOME_WOULD_UPGRADE, OUTCOME_UPGRADED);
	}
	free(path);
}

static void test_left_overs_of_an_application(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");

	workshop_make(shop, "a.db", 1);
	workshop_leave_journal(shop, "a.db");
	expect_foretold(shop, OUTCOME_WOULD_UPGRADE, OUTCOME_UPGRADED);
	(void)remove(path);
	workshop_new_run(shop);
	workshop_make(shop, "a.db", 1);
	workshop_leave_wal(shop, "a.db");
	expect_foretold(shop, OUTCOME_WOULD_UPGRADE, OUTCOME_UPGRADED);
	free(path);
}

static void test_nothing_to_do(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	expect_foretold(shop, OUTCOME_CURRENT, OUTCOME_CURRENT);
}

static void test_a_statement_that_fails_with_these_rows(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 1);
	workshop_sql(shop, "a.db", "INSERT INTO people VALUES(8, '')");
	result = expect_foretold(shop, OUTCOME_WOULD_FAIL, OUTCOME_FAILED);
	assert_string_equal(result.failure.migration, "user:2→3");
	assert_true(result.failure.line > 0);
	assert_non_null(
		strstr(result.failure.statement, "INSERT INTO new_people"));
}

static void test_a_loss(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 1);
	workshop_sql(shop, "a.db", "ALTER TABLE people ADD COLUMN own");
	expect_foretold(shop, OUTCOME_WOULD_FAIL, OUTCOME_FAILED);
}

static void test_a_new_orphan(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	workshop_release_step(shop, "UPDATE letters SET person = 99;");
	expect_foretold(shop, OUTCOME_WOULD_FAIL, OUTCOME_FAILED);
}

static void test_old_sins_are_excused_here_too(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db",
		       "PRAGMA ignore_check_constraints = ON; INSERT INTO "
		       "people VALUES(9, '', ''); INSERT INTO letters "
		       "VALUES(99, 99, '')");
	workshop_release_step(shop, "CREATE TABLE x(a);");
	expect_foretold(shop, OUTCOME_WOULD_UPGRADE, OUTCOME_UPGRADED);
}

static void test_what_cannot_be_told_or_read(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 3);
	workshop_sql(shop, "a.db", "ALTER TABLE people DROP COLUMN mail");
	expect_foretold(shop, OUTCOME_WOULD_FAIL, OUTCOME_FAILED);
	workshop_sql(shop, "a.db", "ALTER TABLE people ADD COLUMN mail");
	workshop_do(shop, work_upgrade, "a.db");
	workshop_sql(shop, "a.db",
		     "UPDATE fleet_schema_history SET "
		     "to_version = '77'");
	expect_foretold(shop, OUTCOME_NEWER, OUTCOME_NEWER);
}

static void test_an_application_at_work_goes_on(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct result result;

	workshop_make_wal(shop, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "BEGIN IMMEDIATE; DELETE FROM "
					      "letters"),
			 0);
	result = workshop_do(shop, work_rehearse, "a.db");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	assert_int_equal(application_do(&app, "COMMIT"), 0);
	application_stop(&app);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM letters", "0");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_a_success_in_every_state),
		WORKSHOP_TEST(test_left_overs_of_an_application),
		WORKSHOP_TEST(test_nothing_to_do),
		WORKSHOP_TEST(test_a_statement_that_fails_with_these_rows),
		WORKSHOP_TEST(test_a_loss),
		WORKSHOP_TEST(test_a_new_orphan),
		WORKSHOP_TEST(test_old_sins_are_excused_here_too),
		WORKSHOP_TEST(test_what_cannot_be_told_or_read),
		WORKSHOP_TEST(test_an_application_at_work_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
