#include "database/work.h"

#include <stdio.h>

#include "database/tracker.h"
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

/* data/NAME as the application has it at 2, with what `tool` leaves there if it
 * has applied 1 and 2; `sql` after that. */
static void make_with_dbmate(struct workshop *shop, const char *name,
			     const char *sql)
{
	workshop_make(shop, name, 2);
	workshop_sql(shop, name,
		     "CREATE TABLE schema_migrations(version varchar(128) "
		     "primary key);"
		     "INSERT INTO schema_migrations VALUES ('1'), ('2')");
	workshop_sql(shop, name, sql);
}

static void test_it_goes_on_from_another_tool(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	make_with_dbmate(shop, "a.db", "");
	result = workshop_do(shop, work_adopt, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "");
	assert_string_equal(result.to, "2");
	assert_int_equal(result.steps, 0);
	assert_true(result.has_backup);
	assert_string_equal(result.notes, "adopted from dbmate: 2 steps");
	workshop_expect(shop, "a.db",
			"SELECT group_concat(rank || kind || "
			"coalesce(from_version, '-') || to_version || "
			"length(checksum), ' ') FROM " LEDGER_TABLE,
			"1baseline-164 2baseline1264");
	workshop_expect(shop, "a.db",
			"SELECT description FROM " LEDGER_TABLE,
			"adopted from dbmate, no step run");
	/* Its table is as it was. */
	workshop_expect(shop, "a.db",
			"SELECT group_concat(version) FROM schema_migrations",
			"1,2");
	/* And the steps after it run. */
	workshop_new_run(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "2");
	assert_int_equal(result.steps, 1);
	workshop_expect(shop, "a.db",
			"SELECT group_concat(version) FROM schema_migrations",
			"1,2");
	result = workshop_do(shop, work_verify, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
}

static void test_from_again_it_is_current(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	make_with_dbmate(shop, "a.db", "");
	workshop_do(shop, work_adopt, "a.db");
	workshop_new_run(shop);
	before = workshop_print(shop);
	result = workshop_do(shop, work_adopt, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.from, "2");
	workshop_untouched(shop, before);
}

/* What cannot be gone on from is named and left as it was, whatever it is. */
static void test_from_what_is_refused(void **state)
{
	static const struct {
		const char *tool, *sql;
		enum outcome outcome;
		const char *says;
	} rows[] = {
		{ "goose", "", OUTCOME_FAILED,
		  "it has no table goose_db_version of goose" },
		{ "golang-migrate", "", OUTCOME_FAILED,
		  "its table schema_migrations is that of dbmate, not "
		  "golang-migrate" },
		{ NULL, "DROP TABLE schema_migrations", OUTCOME_FAILED,
		  "the table of no migration tool that is known here" },
		{ "user_version", "", OUTCOME_FAILED, "its user_version is 0" },
		{ NULL, "INSERT INTO schema_migrations VALUES ('7')",
		  OUTCOME_FAILED, "its schema_migrations has 7, and the "
				  "migrations do not" },
		{ NULL, "DELETE FROM schema_migrations WHERE version = '1'",
		  OUTCOME_FAILED, "has 2 and not 1" },
		{ NULL, "ALTER TABLE schema_migrations ADD COLUMN dirty; "
			"UPDATE schema_migrations SET dirty = 1",
		  OUTCOME_FAILED, "is dirty" },
		{ NULL, "CREATE TABLE d1_migrations(id, name, applied_at)",
		  OUTCOME_FAILED, "the tables of two migration tools" },
		{ NULL, "DROP TABLE schema_migrations; CREATE VIEW "
			"schema_migrations AS SELECT 1 AS version",
		  OUTCOME_FAILED, "a view named schema_migrations" },
		{ NULL, "DROP TABLE schema_migrations; DROP TABLE letters; "
			"DROP TABLE people",
		  OUTCOME_SKIPPED, "nothing is in it yet" },
		{ "user_version", "DROP TABLE schema_migrations; DROP TABLE "
				  "letters; DROP TABLE people",
		  OUTCOME_SKIPPED, "nothing is in it yet" },
	};
	struct workshop *shop = *state;
	struct result result;
	char *path = workshop_path(shop, "a.db");
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *before;

		(void)remove(path);
		make_with_dbmate(shop, "a.db", rows[i].sql);
		shop->plan.source_tool =
			rows[i].tool == NULL ? NULL
					     : tracker_find(rows[i].tool);
		before = workshop_print(shop);
		result = workshop_do(shop, work_adopt, "a.db");
		workshop_outcome(&result, rows[i].outcome);
		if (strstr(result.failure.error.message, rows[i].says) == NULL)
			fail_msg("no \"%s\" in \"%s\"", rows[i].says,
				 result.failure.error.message);
		workshop_untouched(shop, before);
	}
	free(path);
}

static void test_from_a_table_that_is_empty(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	make_with_dbmate(shop, "a.db", "DELETE FROM schema_migrations");
	before = workshop_print(shop);
	result = workshop_do(shop, work_adopt, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.notes, "adopted from dbmate: 0 steps");
	workshop_untouched(shop, before);
}

static void test_from_under_wal(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make_wal(shop, "a.db", 1);
	workshop_sql(shop, "a.db", "PRAGMA user_version = 1");
	shop->plan.source_tool = tracker_find("user_version");
	result = workshop_do(shop, work_adopt, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.to, "1");
	workshop_expect(shop, "a.db",
			"SELECT evidence GLOB 'digest:*' FROM " LEDGER_TABLE,
			"1");
}

static struct result upgrade_unversioned(struct workshop *shop,
					 enum unversioned how)
{
	shop->plan.unversioned = how;
	return workshop_do(shop, work_upgrade, "a.db");
}

/* migrations.unversioned = adopt: in the run that goes on from there. */
static void test_an_upgrade_that_adopts(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	make_with_dbmate(shop, "a.db", "");
	shop->plan.unversioned = UNVERSIONED_ADOPT;
	result = workshop_do(shop, work_look, "a.db");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	assert_string_equal(result.from, "2");
	assert_int_equal(result.steps, 1);
	result = workshop_do(shop, work_rehearse, "a.db");
	workshop_outcome(&result, OUTCOME_WOULD_UPGRADE);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "2");
	assert_string_equal(result.to, "3");
	assert_string_equal(result.notes, "adopted from dbmate: 2 steps");
	workshop_expect(shop, "a.db",
			"SELECT group_concat(kind || to_version, ' ') "
			"FROM " LEDGER_TABLE,
			"baseline1 baseline2 migrate3");
}

static void test_an_upgrade_that_adopts_all_there_is(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 3);
	workshop_sql(shop, "a.db", "CREATE TABLE schema_migrations(version);"
				   "INSERT INTO schema_migrations VALUES "
				   "('1'), ('2'), ('3')");
	result = upgrade_unversioned(shop, UNVERSIONED_ADOPT);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.steps, 0);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM " LEDGER_TABLE,
			"3");
}

/* The table counts, not the schema: a difference from it is told. */
static void test_adopting_tells_what_is_different(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	make_with_dbmate(shop, "a.db", "CREATE TABLE extra(a)");
	result = upgrade_unversioned(shop, UNVERSIONED_ADOPT);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.notes,
			    "adopted from dbmate: 2 steps; 1 difference from "
			    "the migrations (table extra is not in the "
			    "migrations)");
}

static void test_adopting_where_there_is_no_table(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 2);
	result = upgrade_unversioned(shop, UNVERSIONED_ADOPT);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db",
			"SELECT group_concat(kind || to_version, ' ') "
			"FROM " LEDGER_TABLE,
			"detect2 migrate3");
}

static void test_adopting_what_is_dirty(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	make_with_dbmate(shop, "a.db",
			 "DROP TABLE schema_migrations; CREATE TABLE "
			 "schema_migrations(version, dirty); INSERT INTO "
			 "schema_migrations VALUES (2, 1)");
	before = workshop_print(shop);
	shop->plan.unversioned = UNVERSIONED_ADOPT;
	result = workshop_do(shop, work_look, "a.db");
	workshop_outcome(&result, OUTCOME_WOULD_FAIL);
	workshop_failure(&result, ERROR_UNVERSIONED, "2 is dirty");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_untouched(shop, before);
}

/* Without `adopt` such a table is no evidence, and no drift. */
static void test_detecting_beside_their_table(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	make_with_dbmate(shop, "a.db", "DELETE FROM schema_migrations");
	result = upgrade_unversioned(shop, UNVERSIONED_DETECT);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(result.from, "2");
	assert_string_equal(result.notes, "");
}

static void test_where_detection_fails_the_tool_is_named(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 3);
	workshop_sql(shop, "a.db", "CREATE TABLE schema_migrations(version)");
	workshop_release_step(shop, "UPDATE people SET mail = mail || '!';");
	result = upgrade_unversioned(shop, UNVERSIONED_DETECT);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED,
			 "it has the table of dbmate: to go by that, "
			 "fleet-upgrade baseline --from dbmate");
	result = upgrade_unversioned(shop, UNVERSIONED_REFUSE);
	workshop_failure(&result, ERROR_UNVERSIONED, "baseline --from dbmate");
}

/* A tool makes its table before the first migration. */
static void test_a_new_database_with_an_empty_table(void **state)
{
	static const enum unversioned ways[] = { UNVERSIONED_ADOPT,
						 UNVERSIONED_DETECT };
	struct workshop *shop = *state;
	struct result result;
	char *path = workshop_path(shop, "a.db");
	size_t i;

	for (i = 0; i < 2; i++) {
		(void)remove(path);
		workshop_sql(shop, "a.db",
			     "CREATE TABLE d1_migrations(id, name, "
			     "applied_at)");
		workshop_new_run(shop);
		result = upgrade_unversioned(shop, ways[i]);
		workshop_outcome(&result, OUTCOME_UPGRADED);
		assert_int_equal(result.steps, 3);
		assert_string_equal(result.from, "");
	}
	/* One that is not empty is not new, though nothing else is there. */
	(void)remove(path);
	workshop_sql(shop, "a.db",
		     "CREATE TABLE d1_migrations(id, name, applied_at); INSERT "
		     "INTO d1_migrations VALUES (1, '1_a.sql', 0)");
	result = upgrade_unversioned(shop, UNVERSIONED_DETECT);
	workshop_outcome(&result, OUTCOME_FAILED);
	free(path);
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
		WORKSHOP_TEST(test_it_goes_on_from_another_tool),
		WORKSHOP_TEST(test_from_again_it_is_current),
		WORKSHOP_TEST(test_from_what_is_refused),
		WORKSHOP_TEST(test_from_a_table_that_is_empty),
		WORKSHOP_TEST(test_from_under_wal),
		WORKSHOP_TEST(test_an_upgrade_that_adopts),
		WORKSHOP_TEST(test_an_upgrade_that_adopts_all_there_is),
		WORKSHOP_TEST(test_adopting_tells_what_is_different),
		WORKSHOP_TEST(test_adopting_where_there_is_no_table),
		WORKSHOP_TEST(test_adopting_what_is_dirty),
		WORKSHOP_TEST(test_detecting_beside_their_table),
		WORKSHOP_TEST(test_where_detection_fails_the_tool_is_named),
		WORKSHOP_TEST(test_a_new_database_with_an_empty_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
