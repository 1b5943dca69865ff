#include "database/mirror.h"

#include <stdio.h>

#include "base/memory.h"
#include "database/ledger.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "tools.h"
#include "workshop.h"

/* The steps of workshop_history, 1 to 3, as if each had a file of its own, with
 * the bytes of its SQL and a line more. */
static const char *const file_names[] = { "1_people_and_letters.sql",
					  "2_mail.up.sql", "3_tags.sql" };

static void give_files(struct workshop *shop)
{
	struct chain *chain = &shop->migrations->chains[KIND_USER];
	size_t p;

	chain->is_set = true;
	for (p = 0; p < chain->count; p++) {
		struct step *step = chain->steps[p];
		FILE *file;

		free(step->file);
		step->file = xasprintf("%s/%s", shop->root, file_names[p]);
		file = fopen(step->file, "w");
		assert_non_null(file);
		(void)fprintf(file, "-- first\r\n%s", step->sql);
		assert_int_equal(fclose(file), 0);
	}
}

static struct mirror *make(struct workshop *shop, const char *tool)
{
	struct error err = { 0 };
	struct mirror *mirror;

	if (mirror_new(tracker_find(tool), shop->migrations, &mirror, &err) !=
	    0)
		fail_msg("%s", err.message);
	return mirror;
}

/* Upgrades data/a.db with the mirror of that tool, to `target`. */
static struct result upgrade(struct workshop *shop, const char *tool,
			     size_t target)
{
	struct mirror *mirror = make(shop, tool);
	struct result result;

	workshop_new_run(shop);
	shop->plan.mirror = mirror;
	shop->plan.targets[KIND_USER] = target;
	result = workshop_do(shop, work_upgrade, "a.db");
	shop->plan.mirror = NULL;
	mirror_free(mirror);
	return result;
}

static void start_anew(struct workshop *shop)
{
	char *path = workshop_path(shop, "a.db");

	(void)remove(path);
	workshop_sql(shop, "a.db", "PRAGMA user_version = 0");
	free(path);
}

/* What each tool's own query gives after the steps ran here; as text. */
static const struct {
	const char *tool, *asks, *one, *three;
} kept[] = {
	{ "dbmate", "SELECT group_concat(version) FROM schema_migrations", "1",
	  "1,2,3" },
	{ "golang-migrate",
	  "SELECT group_concat(version || ':' || dirty) FROM schema_migrations",
	  "1:0", "3:0" },
	{ "goose",
	  "SELECT group_concat(version_id || ':' || is_applied) FROM "
	  "goose_db_version",
	  "0:1,1:1", "0:1,1:1,2:1,3:1" },
	{ "diesel",
	  "SELECT group_concat(version) FROM __diesel_schema_migrations", "1",
	  "1,2,3" },
	{ "d1", "SELECT group_concat(id || ':' || name) FROM d1_migrations",
	  "1:1_people_and_letters.sql",
	  "1:1_people_and_letters.sql,2:2_mail.up.sql,3:3_tags.sql" },
	{ "sqlx",
	  "SELECT group_concat(version || ':' || description || ':' || success"
	  " || ':' || typeof(checksum) || length(checksum)) FROM "
	  "_sqlx_migrations",
	  "1:people and letters:1:blob48",
	  "1:people and letters:1:blob48,2:mail:1:blob48,3:tags:1:blob48" },
};
#define KEPT_COUNT (sizeof(kept) / sizeof(kept[0]))

static void test_a_new_database_gets_the_table(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	size_t i;

	give_files(shop);
	for (i = 0; i < KEPT_COUNT; i++) {
		start_anew(shop);
		result = upgrade(shop, kept[i].tool, 1);
		workshop_outcome(&result, OUTCOME_UPGRADED);
		workshop_expect(shop, "a.db", kept[i].asks, kept[i].one);
		result = upgrade(shop, kept[i].tool, 3);
		workshop_outcome(&result, OUTCOME_UPGRADED);
		workshop_expect(shop, "a.db", kept[i].asks, kept[i].three);
	}
}

static void test_every_tool_that_is_kept_is_tried(void **state)
{
	size_t i, count = 0;

	(void)state;
	for (i = 0; i < tracker_count; i++)
		count += trackers[i].record != NULL;
	assert_int_equal(count, KEPT_COUNT);
}

/* Also the steps from before, which it would run again. */
static void test_a_table_made_late_has_all_that_ran(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	size_t i;

	give_files(shop);
	for (i = 0; i < KEPT_COUNT; i++) {
		start_anew(shop);
		workshop_new_run(shop);
		shop->plan.targets[KIND_USER] = 2;
		result = workshop_do(shop, work_upgrade, "a.db");
		workshop_outcome(&result, OUTCOME_UPGRADED);
		result = upgrade(shop, kept[i].tool, 3);
		workshop_outcome(&result, OUTCOME_UPGRADED);
		workshop_expect(shop, "a.db", kept[i].asks, kept[i].three);
	}
}

/* sha384sum says so of the three bytes "abc". */
static void test_the_sum_is_that_of_the_whole_file(void **state)
{
	struct workshop *shop = *state;
	struct step *step = shop->migrations->chains[KIND_USER].steps[0];
	struct result result;
	FILE *file;

	give_files(shop);
	free(step->sql);
	step->sql = xstrdup("");
	file = fopen(step->file, "w");
	assert_non_null(file);
	(void)fputs("abc", file);
	assert_int_equal(fclose(file), 0);
	start_anew(shop);
	result = upgrade(shop, "sqlx", 1);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db",
			"SELECT lower(hex(checksum)) FROM _sqlx_migrations",
			"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b60"
			"5a43ff5bed8086072ba1e7cc2358baeca134c825a7");
}

static void test_a_file_that_is_another_now(void **state)
{
	struct workshop *shop = *state;
	struct error err = { 0 };
	struct mirror *mirror;
	FILE *file;

	give_files(shop);
	file = fopen(shop->migrations->chains[KIND_USER].steps[1]->file, "w");
	assert_non_null(file);
	(void)fputs("-- nothing\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(mirror_new(tracker_find("sqlx"), shop->migrations,
				    &mirror, &err),
			 ERROR_MIGRATION);
	assert_null(mirror);
	assert_non_null(strstr(err.message, "2_mail.up.sql was changed"));
	(void)remove(shop->migrations->chains[KIND_USER].steps[1]->file);
	assert_int_equal(mirror_new(tracker_find("sqlx"), shop->migrations,
				    &mirror, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "2_mail.up.sql: No such file"));
	/* Who takes no sums does not read them. */
	mirror_free(make(shop, "d1"));
}

static void test_what_a_tool_cannot_write_down(void **state)
{
	static const char worded[] =
		"```sql\n-- [user:baseline→0.3.20:start]\nSELECT 1;\n"
		"-- [user:baseline→0.3.20:end]\n```\n";
	static const char big[] =
		"```sql\n-- [user:baseline→9223372036854775808:start]\n"
		"SELECT 1;\n-- [user:baseline→9223372036854775808:end]\n```\n";
	struct workshop *shop = *state;
	struct error err = { 0 };
	struct mirror *mirror;
	size_t i;

	for (i = 0; i < tracker_count; i++) {
		int rc;

		if (trackers[i].record == NULL)
			continue;
		workshop_release(shop, worded);
		rc = mirror_new(&trackers[i], shop->migrations, &mirror, &err);
		mirror_free(mirror);
		if (!trackers[i].records_integers && !trackers[i].records_files)
			assert_int_equal(rc, 0);
		else
			assert_int_equal(rc, ERROR_CONFIG);
	}
	workshop_release(shop, big);
	assert_int_equal(mirror_new(tracker_find("goose"), shop->migrations,
				    &mirror, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "migrations.ledger = goose: "
					    "9223372036854775808 ("));
	assert_int_equal(mirror_new(tracker_find("d1"), shop->migrations,
				    &mirror, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "none of its own"));
}

static void test_two_files_of_one_name(void **state)
{
	struct workshop *shop = *state;
	struct chain *chain = &shop->migrations->chains[KIND_USER];
	struct error err = { 0 };
	struct mirror *mirror;

	give_files(shop);
	free(chain->steps[2]->file);
	chain->steps[2]->file = xstrdup("/elsewhere/2_mail.up.sql");
	assert_int_equal(mirror_new(tracker_find("d1"), shop->migrations,
				    &mirror, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "two have that name"));
}

/* The tool was run after us: a step must not run twice. */
static void test_what_the_tool_did_since_is_refused(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	start_anew(shop);
	result = upgrade(shop, "dbmate", 1);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_sql(shop, "a.db", "INSERT INTO schema_migrations VALUES "
				   "('2')");
	result = upgrade(shop, "dbmate", 3);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED,
			 "its schema_migrations has 2, and our ledger has not: "
			 "dbmate was run here since");
	workshop_failure(&result, ERROR_UNVERSIONED, "--from dbmate");
	workshop_expect(shop, "a.db",
			"SELECT max(to_version) FROM fleet_schema_history",
			"1");
}

static void test_what_the_tool_calls_dirty_is_refused(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	start_anew(shop);
	result = upgrade(shop, "golang-migrate", 1);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_sql(shop, "a.db", "UPDATE schema_migrations SET dirty = 1");
	result = upgrade(shop, "golang-migrate", 3);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED, "says that 1 is dirty");
	workshop_failure(&result, ERROR_UNVERSIONED,
			 "or leave migrations.ledger = golang-migrate out");
}

/* A trigger of the user's on the table does not run with our rights. */
static void test_hostile_triggers_do_not_run(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	start_anew(shop);
	result = upgrade(shop, "golang-migrate", 1);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_sql(shop, "a.db",
		     "CREATE TABLE ran(a);"
		     "CREATE TRIGGER g AFTER INSERT ON schema_migrations BEGIN "
		     "INSERT INTO ran VALUES (1); END;"
		     "CREATE TRIGGER h BEFORE DELETE ON schema_migrations BEGIN"
		     " SELECT RAISE(IGNORE); END;");
	result = upgrade(shop, "golang-migrate", 3);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db", "SELECT count(*) FROM ran", "0");
	workshop_expect(shop, "a.db",
			"SELECT group_concat(version) FROM schema_migrations",
			"3");
}

static void test_a_view_of_its_name_is_refused(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "CREATE VIEW schema_migrations AS SELECT '1' AS version");
	workshop_release_step(shop, "SELECT 1;");
	result = upgrade(shop, "dbmate", 4);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED,
			 "a view named schema_migrations");
}

/* Nothing to do changes nothing; and a step that fails leaves both alone. */
static void test_it_changes_with_the_step_or_not_at_all(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	start_anew(shop);
	result = upgrade(shop, "goose", 3);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_sql(shop, "a.db", "DELETE FROM goose_db_version WHERE "
				   "version_id = 3");
	workshop_new_run(shop);
	before = workshop_print(shop);
	shop->plan.mirror = make(shop, "goose");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_untouched(shop, before);
	mirror_free((struct mirror *)shop->plan.mirror);
	shop->plan.mirror = NULL;

	workshop_sql(shop, "a.db", "CREATE TABLE more(a)");
	workshop_release_step(shop, "CREATE TABLE more(a);");
	result = upgrade(shop, "goose", 4);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_expect(shop, "a.db",
			"SELECT max(version_id) FROM goose_db_version", "2");
	/* The next step that runs makes good what is missing. */
	workshop_sql(shop, "a.db", "DROP TABLE more");
	result = upgrade(shop, "goose", 4);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db",
			"SELECT group_concat(version_id) FROM goose_db_version",
			"0,1,2,3,4");
}

/* A step that is undone between the two calls goes from the table. */
static void test_what_was_undone_is_taken_out(void **state)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	size_t i;

	give_files(shop);
	for (i = 0; i < KEPT_COUNT; i++) {
		struct mirror *mirror = make(shop, kept[i].tool);
		struct error err = { 0 };
		struct result result;
		struct sqlite3 *db;

		start_anew(shop);
		result = upgrade(shop, kept[i].tool, 3);
		workshop_outcome(&result, OUTCOME_UPGRADED);
		assert_int_equal(connection_open(path, &options, &db, &err),
				 0);
		assert_int_equal(mirror_check(mirror, KIND_USER, db, &err), 0);
		assert_int_equal(connection_run(db,
						"DELETE FROM " LEDGER_TABLE
						" WHERE to_version > '1'",
						&err),
				 0);
		if (mirror_write(mirror, KIND_USER, db, &err) != 0)
			fail_msg("%s: %s", kept[i].tool, err.message);
		workshop_expect(shop, "a.db", kept[i].asks, kept[i].one);
		assert_int_equal(connection_run(db,
						"DELETE FROM " LEDGER_TABLE,
						&err),
				 0);
		assert_int_equal(mirror_write(mirror, KIND_USER, db, &err), 0);
		connection_close(db);
		mirror_free(mirror);
	}
	workshop_expect(shop, "a.db", "SELECT count(*) FROM _sqlx_migrations",
			"0");
	free(path);
}

static void test_what_is_recorded_is_written_there_too(void **state)
{
	struct workshop *shop = *state;
	struct mirror *mirror = make(shop, "dbmate");
	struct result result;

	workshop_make(shop, "a.db", 2);
	shop->plan.mirror = mirror;
	shop->plan.baseline = "2";
	result = workshop_do(shop, work_baseline, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(shop, "a.db",
			"SELECT group_concat(version) FROM schema_migrations",
			"1,2");
	/* The table says more than the administrator. */
	workshop_make(shop, "b.db", 2);
	workshop_sql(shop, "b.db", "CREATE TABLE schema_migrations(version);"
				   "INSERT INTO schema_migrations VALUES "
				   "('1'), ('2')");
	shop->plan.baseline = "1";
	result = workshop_do(shop, work_baseline, "b.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED, "has 2, and our ledger");
	shop->plan.mirror = NULL;
	mirror_free(mirror);
}

/* Runs verify; gives its notes. */
static const char *verified(struct workshop *shop, const char *tool)
{
	static struct result result;
	struct mirror *mirror = make(shop, tool);

	shop->plan.mirror = mirror;
	result = workshop_do(shop, work_verify, "a.db");
	shop->plan.mirror = NULL;
	mirror_free(mirror);
	return result.notes;
}

static void test_verify_tells_where_they_differ(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	start_anew(shop);
	result = upgrade(shop, "dbmate", 3);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_string_equal(verified(shop, "dbmate"), "");
	/* No table: it comes with the next step. */
	assert_string_equal(verified(shop, "goose"), "");
	workshop_sql(shop, "a.db", "DELETE FROM schema_migrations WHERE "
				   "version = '2'");
	assert_non_null(strstr(verified(shop, "dbmate"), "2"));
	workshop_sql(shop, "a.db", "DELETE FROM schema_migrations WHERE "
				   "version = '3'");
	assert_string_equal(verified(shop, "dbmate"),
			    "its schema_migrations lacks 2, which our ledger "
			    "has");
	workshop_sql(shop, "a.db", "INSERT INTO schema_migrations VALUES "
				   "('9')");
	assert_non_null(strstr(verified(shop, "dbmate"),
			       "its schema_migrations has 9, and the "
			       "migrations do not"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_a_new_database_gets_the_table),
		cmocka_unit_test(test_every_tool_that_is_kept_is_tried),
		WORKSHOP_TEST(test_a_table_made_late_has_all_that_ran),
		WORKSHOP_TEST(test_the_sum_is_that_of_the_whole_file),
		WORKSHOP_TEST(test_a_file_that_is_another_now),
		WORKSHOP_TEST(test_what_a_tool_cannot_write_down),
		WORKSHOP_TEST(test_two_files_of_one_name),
		WORKSHOP_TEST(test_what_the_tool_did_since_is_refused),
		WORKSHOP_TEST(test_what_the_tool_calls_dirty_is_refused),
		WORKSHOP_TEST(test_hostile_triggers_do_not_run),
		WORKSHOP_TEST(test_a_view_of_its_name_is_refused),
		WORKSHOP_TEST(test_it_changes_with_the_step_or_not_at_all),
		WORKSHOP_TEST(test_what_was_undone_is_taken_out),
		WORKSHOP_TEST(test_what_is_recorded_is_written_there_too),
		WORKSHOP_TEST(test_verify_tells_where_they_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
