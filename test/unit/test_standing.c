#include "database/standing.h"

#include <stdio.h>

#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* Where data/a.db stands; *err says why that cannot be told. */
static int read_standing(struct workshop *shop, struct standing *standing,
			 struct error *err)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	char *path = workshop_path(shop, "a.db");
	struct job job = workshop_job(shop, "a.db");
	struct sqlite3 *db;
	int rc;

	assert_int_equal(connection_open(path, &options, &db, err), 0);
	rc = standing_read(db, &job, standing, err);
	connection_close(db);
	free(path);
	return rc;
}

static struct standing expect(struct workshop *shop, const char *version,
			      size_t position, bool is_pending)
{
	struct standing standing;
	struct error err = { 0 };

	if (read_standing(shop, &standing, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(standing.version, version);
	assert_int_equal(standing.position, position);
	assert_int_equal(standing_is_pending(&standing), is_pending);
	return standing;
}

static void expect_error(struct workshop *shop, enum error_code code,
			 const char *part)
{
	struct standing standing;
	struct error err = { 0 };

	assert_int_equal(read_standing(shop, &standing, &err), code);
	if (strstr(err.message, part) == NULL)
		fail_msg("%s", err.message);
	/* Nothing is going to run. */
	assert_int_equal(standing.target, 0);
}

static void set_ledger(struct workshop *shop, const char *version)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql),
		       "DROP TABLE IF EXISTS " LEDGER_TABLE
		       "; CREATE TABLE " LEDGER_TABLE
		       "(rank INTEGER PRIMARY KEY, to_version); "
		       "INSERT INTO " LEDGER_TABLE " VALUES(1, '%s')",
		       version);
	workshop_sql(shop, "a.db", sql);
}

static void test_the_ledger_decides(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 3);
	set_ledger(shop, "2");
	assert_false(expect(shop, "2", 2, true).was_detected);
	set_ledger(shop, "3");
	expect(shop, "3", 3, false);
}

static void test_an_empty_ledger_leaves_it_to_the_schema(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 2);
	workshop_sql(shop, "a.db",
		     "CREATE TABLE " LEDGER_TABLE
		     "(rank INTEGER PRIMARY KEY, to_version)");
	assert_true(expect(shop, "2", 2, true).was_detected);
}

static void test_a_detected_one_is_pending_even_at_the_target(void **state)
{
	struct workshop *shop = *state;
	struct standing standing;

	workshop_make(shop, "a.db", 3);
	standing = expect(shop, "3", 3, true);
	assert_true(standing.was_detected);
	assert_int_equal(standing.drift, 0);
}

static void test_drift_is_counted_and_noted(void **state)
{
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct standing standing;

	workshop_make(shop, "a.db", 3);
	workshop_sql(shop, "a.db",
		     "CREATE TABLE own(a); DROP INDEX "
		     "letters_person");
	standing = expect(shop, "3", 3, true);
	assert_int_equal(standing.drift, 2);
	standing_report(&standing, &job);
	assert_non_null(strstr(job.result.notes, "2 differences"));
	assert_true(job.result.was_detected);
}

static void test_a_database_without_tables_is_new(void **state)
{
	struct workshop *shop = *state;

	workshop_sql(shop, "a.db", "CREATE TABLE t(a); DROP TABLE t");
	assert_false(expect(shop, "", 0, true).was_detected);
}

static void test_what_to_do_without_ledger(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 2);
	shop->plan.unversioned = UNVERSIONED_FROM_START;
	expect(shop, "", 0, true);
	shop->plan.unversioned = UNVERSIONED_REFUSE;
	expect_error(shop, ERROR_UNVERSIONED, "baseline --to");
	/* With a ledger neither matters. */
	set_ledger(shop, "3");
	expect(shop, "3", 3, false);
}

static void test_newer_and_unknown_are_refused(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 3);
	set_ledger(shop, "10");
	expect_error(shop, ERROR_NEWER,
		     "it is at 10 and the newest migration "
		     "known is 3");
	set_ledger(shop, "2.5");
	expect_error(shop, ERROR_UNVERSIONED, "2.5, which is no version of");
}

static void test_a_version_of_the_other_kind_is_bridged(void **state)
{
	struct workshop *shop = *state;

	workshop_release(shop, "```sql\n-- [user:baseline→1:start]\n"
			       "CREATE TABLE people(id);\n"
			       "-- [user:baseline→1:end]\n```\n"
			       "```sql\n-- [system:baseline→1.5:start]\n"
			       "CREATE TABLE s(id);\n"
			       "-- [system:baseline→1.5:end]\n```\n"
			       "```sql\n-- [user:1→2:start]\n"
			       "CREATE TABLE more(id);\n"
			       "-- [user:1→2:end]\n```\n");
	workshop_sql(shop, "a.db", "CREATE TABLE people(id)");
	set_ledger(shop, "1.5");
	expect(shop, "1.5", 1, true);
}

static void test_above_the_target_nothing_is_pending(void **state)
{
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct standing standing;

	workshop_make(shop, "a.db", 3);
	shop->plan.targets[KIND_USER] = 2;
	set_ledger(shop, "3");
	standing = expect(shop, "3", 3, false);
	standing_report(&standing, &job);
	assert_string_equal(job.result.from, "3");
	assert_string_equal(job.result.to, "3");
	assert_int_equal(job.result.steps, 0);
}

/* data/a.db has these steps, and the migrations are the files of a folder. */
static void set_rows(struct workshop *shop, const char *rows)
{
	char sql[400];

	shop->migrations->chains[KIND_USER].is_set = true;
	(void)snprintf(sql, sizeof(sql),
		       "DROP TABLE IF EXISTS " LEDGER_TABLE
		       "; CREATE TABLE " LEDGER_TABLE
		       "(rank INTEGER PRIMARY KEY, kind, to_version, "
		       "checksum); INSERT INTO " LEDGER_TABLE
		       "(kind, to_version, checksum) VALUES %s",
		       rows);
	workshop_sql(shop, "a.db", sql);
}

static void test_an_older_step_that_is_missing_is_refused(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 3);
	set_rows(shop, "('migrate', '1', 'c'), ('migrate', '3', 'c')");
	expect_error(shop, ERROR_UNVERSIONED,
		     "it is at 3 and lacks the older 2 (history.md)");
	/* What is not asked for is not missed. */
	shop->plan.targets[KIND_USER] = 1;
	expect(shop, "3", 3, false);
	shop->plan.targets[KIND_USER] = 3;
	set_rows(shop, "('detect', '2', NULL), ('migrate', '3', 'c')");
	expect(shop, "3", 3, false);
	shop->migrations->chains[KIND_USER].is_set = false;
	workshop_sql(shop, "a.db",
		     "UPDATE " LEDGER_TABLE " SET checksum = 'c'");
	expect(shop, "3", 3, false);
}

static void test_an_older_step_runs_first_where_that_is_allowed(void **state)
{
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct standing standing;

	shop->plan.allows_late = true;
	workshop_make(shop, "a.db", 3);
	set_rows(shop, "('migrate', '2', 'c')");
	standing = expect(shop, "2", 2, true);
	assert_int_equal(standing_step_count(&standing), 2);
	assert_int_equal(standing_step(&standing, 0), 0);
	assert_int_equal(standing_step(&standing, 1), 2);
	standing_report(&standing, &job);
	assert_int_equal(job.result.steps, 2);
	assert_int_equal(job.result.late.count, 1);
	assert_int_equal(job.result.late.at[0], 0);
	assert_string_equal(job.result.to, "3");
	set_rows(shop, "('migrate', '1', 'c'), ('migrate', '3', 'c')");
	standing = expect(shop, "3", 3, true);
	assert_int_equal(standing_step_count(&standing), 1);
	standing_report(&standing, &job);
	assert_string_equal(job.result.to, "3");
	/* A row of one that ran late leaves the version where it was. */
	set_rows(shop, "('migrate', '1', 'c'), ('migrate', '3', 'c'), "
		       "('late', '2', 'c')");
	expect(shop, "3", 3, false);
	set_rows(shop, "('late', '2', 'c')");
	expect_error(shop, ERROR_UNVERSIONED, "nothing but steps that ran");
}

static void test_without_migrations_the_ledger_is_told(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 3);
	set_ledger(shop, "99");
	shop->plan.migrations = NULL;
	expect(shop, "99", 0, false);
}

static void test_the_report_says_from_and_to(void **state)
{
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct standing standing;

	workshop_make(shop, "a.db", 1);
	set_ledger(shop, "1");
	standing = expect(shop, "1", 1, true);
	(void)strcpy(job.result.notes, "of an earlier attempt");
	standing_report(&standing, &job);
	assert_string_equal(job.result.from, "1");
	assert_string_equal(job.result.to, "3");
	assert_int_equal(job.result.steps, 2);
	assert_string_equal(job.result.notes, "");
	assert_false(job.result.was_detected);
}

/* What is known of data/a.db is this version. */
static bool recall(struct workshop *shop, const char *version,
		   struct standing *standing, struct result *result)
{
	struct job job = workshop_job(shop, "a.db");
	bool is_enough;

	shop->subject.known_version = version;
	is_enough = standing_recall(&job, standing);
	*result = job.result;
	return is_enough;
}

/* There is no such file: nothing is opened. */
static void test_what_is_known_needs_no_file(void **state)
{
	struct workshop *shop = *state;
	struct standing standing;
	struct result result;

	assert_true(recall(shop, "2", &standing, &result));
	assert_true(standing_is_pending(&standing));
	assert_int_equal(standing.position, 2);
	assert_string_equal(result.from, "2");
	assert_string_equal(result.to, "3");
	assert_int_equal(result.steps, 1);
	assert_true(recall(shop, "3", &standing, &result));
	assert_false(standing_is_pending(&standing));
	shop->plan.targets[KIND_USER] = 1;
	assert_true(recall(shop, "2", &standing, &result));
	assert_false(standing_is_pending(&standing));
	shop->plan.migrations = NULL;
	assert_true(recall(shop, "99", &standing, &result));
	assert_string_equal(result.from, "99");
}

static void test_what_cannot_be_placed_is_not_known(void **state)
{
	struct workshop *shop = *state;
	struct standing standing;
	struct result result;

	assert_false(recall(shop, NULL, &standing, &result));
	assert_false(recall(shop, "4", &standing, &result));
	assert_false(recall(shop, "1.5", &standing, &result));
	assert_string_equal(result.from, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_the_ledger_decides),
		WORKSHOP_TEST(test_an_empty_ledger_leaves_it_to_the_schema),
		WORKSHOP_TEST(
			test_a_detected_one_is_pending_even_at_the_target),
		WORKSHOP_TEST(test_drift_is_counted_and_noted),
		WORKSHOP_TEST(test_a_database_without_tables_is_new),
		WORKSHOP_TEST(test_what_to_do_without_ledger),
		WORKSHOP_TEST(test_newer_and_unknown_are_refused),
		WORKSHOP_TEST(test_a_version_of_the_other_kind_is_bridged),
		WORKSHOP_TEST(test_above_the_target_nothing_is_pending),
		WORKSHOP_TEST(test_an_older_step_that_is_missing_is_refused),
		WORKSHOP_TEST(
			test_an_older_step_runs_first_where_that_is_allowed),
		WORKSHOP_TEST(test_without_migrations_the_ledger_is_told),
		WORKSHOP_TEST(test_the_report_says_from_and_to),
		WORKSHOP_TEST(test_what_is_known_needs_no_file),
		WORKSHOP_TEST(test_what_cannot_be_placed_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
