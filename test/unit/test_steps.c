#include "database/steps.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "replay/replay.h"
#include "workshop.h"

/* Upgrades a database at version 3 (with a ledger) by a step of this SQL; `own`
 * is what it has of its own. */
static struct result upgrade(struct workshop *shop, const char *own,
			     const char *step)
{
	workshop_ready(shop, "a.db", own);
	workshop_release_step(shop, step);
	return workshop_do(shop, work_upgrade, "a.db");
}

/* The database says what it said, and there is no backup of it. */
static struct result expect_undone(void **state, const char *own,
				   const char *step, enum error_code code,
				   const char *part)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	char *rows, *rows_after, *schema, *schema_after;
	struct result result;

	workshop_ready(shop, "a.db", own);
	workshop_release_step(shop, step);
	rows = workshop_rows(shop, path);
	schema = workshop_ask(shop, path,
			      "SELECT group_concat(sql) FROM "
			      "sqlite_schema");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, code, part);
	assert_false(result.has_backup);
	assert_string_equal(result.from, "3");
	assert_string_equal(result.to, "3");
	rows_after = workshop_rows(shop, path);
	schema_after = workshop_ask(shop, path,
				    "SELECT group_concat(sql) "
				    "FROM sqlite_schema");
	assert_string_equal(rows, rows_after);
	assert_string_equal(schema, schema_after);
	workshop_expect(shop, "a.db",
			"SELECT to_version || count(*) FROM " LEDGER_TABLE,
			"31");
	free(rows);
	free(rows_after);
	free(schema);
	free(schema_after);
	free(path);
	return result;
}

static void expect_fine(void **state, const char *own, const char *step)
{
	struct result result = upgrade(*state, own, step);

	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static void test_a_failing_statement_is_named(void **state)
{
	struct result result = expect_undone(
		state, "INSERT INTO tags VALUES(1, 'x'), (2, 'y')",
		"CREATE TABLE fine(a);\n"
		"UPDATE people SET name = 'changed';\n"
		"-- the third one\n"
		"UPDATE  tags\n\tSET word = 'z' -- both of them\n;\n"
		"CREATE TABLE never(a);",
		ERROR_SQL, "UNIQUE constraint failed: tags.word");
	const struct failure *failure = &result.failure;
	struct workshop *shop = *state;
	const struct step *step = shop->migrations->chains[KIND_USER].steps[3];

	assert_string_equal(failure->migration, "user:3→4");
	assert_string_equal(failure->file, "history.md");
	assert_int_equal(failure->line, step->line + 3);
	assert_string_equal(failure->statement, "UPDATE tags SET word = 'z'");
	assert_int_equal(failure->error.sqlite_code, 2067);
}

static void test_an_earlier_step_of_the_run_goes_too(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 1);
	workshop_sql(shop, "a.db", "INSERT INTO people VALUES(8, '')");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_SQL, "CHECK constraint failed");
	assert_string_equal(result.failure.migration, "user:2→3");
	assert_string_equal(result.to, "1");
	workshop_expect(shop, "a.db",
			"SELECT group_concat(name) FROM "
			"pragma_table_info('people')",
			"id,name");
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM sqlite_schema "
			"WHERE name = '" LEDGER_TABLE "'",
			"0");
}

static void test_what_would_end_the_transaction(void **state)
{
	expect_undone(state, NULL,
		      "UPDATE people SET name = 'x';"
		      "INSERT OR ROLLBACK INTO people(id, name) "
		      "SELECT 1, 'twice' WHERE EXISTS(SELECT 1 "
		      "FROM people);",
		      ERROR_SQL, "UNIQUE constraint failed");
}

static void test_a_trigger_that_rolls_back(void **state)
{
	expect_undone(state,
		      "CREATE TRIGGER no BEFORE UPDATE ON people BEGIN SELECT "
		      "RAISE(ROLLBACK, 'not with me'); END",
		      "CREATE TABLE x(a); UPDATE people SET name = 'x';",
		      ERROR_SQL, "not with me");
}

/* These fail in the replay already, so the database has to meet them alone: a
 * release that was replayed under the same text is changed afterwards. */
static void expect_refused(void **state, const char *sql, const char *part)
{
	struct workshop *shop = *state;
	struct step *step;
	struct result result;
	char *path = workshop_path(shop, "a.db");

	(void)unlink(path);
	workshop_release(shop, workshop_history);
	workshop_new_run(shop);
	workshop_ready(shop, "a.db", NULL);
	workshop_release_step(shop, "CREATE TABLE x(a);");
	step = shop->migrations->chains[KIND_USER].steps[3];
	free(step->sql);
	step->sql = xstrdup(sql);
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_SQL, part);
	assert_non_null(strstr(result.failure.error.message,
			       "not allowed in a migration"));
	workshop_expect(shop, "a.db",
			"SELECT max(to_version) FROM " LEDGER_TABLE, "3");
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM sqlite_schema "
			"WHERE name = 'y'",
			"0");
	assert_false(result.has_backup);
	free(path);
}

static void test_what_a_migration_may_not_say(void **state)
{
	static const char *const cases[][2] = {
		{ "CREATE TABLE y(a); COMMIT;", "COMMIT" },
		{ "CREATE TABLE y(a); END;", "COMMIT" },
		{ "CREATE TABLE y(a); ROLLBACK;", "ROLLBACK" },
		{ "BEGIN;", "BEGIN" },
		{ "CREATE TABLE y(a); SAVEPOINT s;", "SAVEPOINT" },
		{ "ATTACH ':memory:' AS other;", "ATTACH" },
		{ "DETACH main;", "DETACH" },
		{ "CREATE TABLE y(a); PRAGMA journal_mode = OFF;",
		  "journal_mode" },
		{ "PRAGMA writable_schema = ON;", "writable_schema" },
		{ "PRAGMA synchronous = OFF;", "synchronous" },
		{ "DELETE FROM fleet_schema_history;", "fleet_schema_history" },
		{ "DROP TABLE fleet_schema_history;", "fleet_schema_history" },
		{ "SELECT load_extension('evil');", "load_extension" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refused(state, cases[i][0], cases[i][1]);
}

static void test_foreign_key_pragmas_do_nothing(void **state)
{
	expect_fine(state, NULL,
		    "PRAGMA foreign_keys = ON;"
		    "CREATE TABLE n(id INTEGER PRIMARY KEY, name, mail);"
		    "INSERT INTO n SELECT * FROM people; DROP TABLE people;"
		    "ALTER TABLE n RENAME TO people;"
		    "PRAGMA foreign_key_check; PRAGMA foreign_keys = OFF;"
		    "PRAGMA user_version = 7;");
	/* ON DELETE CASCADE has not followed the dropped table. */
	workshop_expect(*state, "a.db", "SELECT count(*) FROM letters", "60");
	workshop_expect(*state, "a.db", "PRAGMA user_version", "7");
}

static void test_every_step_gets_its_row(void **state)
{
	struct workshop *shop = *state;
	char *sql;

	workshop_make(shop, "a.db", 1);
	workshop_do(shop, work_upgrade, "a.db");
	workshop_expect(shop, "a.db",
			"SELECT group_concat(kind || ':' || "
			"coalesce(from_version, '-') || '>' || to_version) "
			"FROM (SELECT * FROM " LEDGER_TABLE " ORDER BY rank)",
			"detect:->1,migrate:1>2,migrate:2>3");
	sql = xasprintf("SELECT count(*) FROM " LEDGER_TABLE " WHERE run_id = "
			"'%s' AND duration_us >= 0 AND (checksum = '%s' OR "
			"rank <> 2)",
			shop->plan.run_id,
			shop->migrations->chains[KIND_USER].steps[1]->checksum);
	workshop_expect(shop, "a.db", sql, "3");
	free(sql);
}

static void test_a_new_database_gets_every_step(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_sql(shop, "a.db", "CREATE TABLE t(a); DROP TABLE t");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.steps, 3);
	assert_string_equal(result.from, "");
	assert_string_equal(result.to, "3");
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM " LEDGER_TABLE
			" WHERE kind = 'migrate'",
			"3");
}

/* A key to a column that is not unique, which SQLite cannot even check. */
static void test_what_the_first_step_declares_wrongly_is_excused(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_release(shop, "```sql\n-- [user:baseline→1:start]\n"
			       "CREATE TABLE parent(a PRIMARY KEY, b);\n"
			       "CREATE TABLE child(a REFERENCES parent(b));\n"
			       "-- [user:baseline→1:end]\n```\n");
	workshop_sql(shop, "a.db", "CREATE TABLE t(a); DROP TABLE t");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static void test_what_a_later_step_declares_wrongly_fails_it(void **state)
{
	expect_undone(state, "CREATE TABLE parent(a PRIMARY KEY, b)",
		      "CREATE TABLE child(a REFERENCES parent(b));",
		      ERROR_CHECK, "foreign key mismatch");
}

static void test_a_blank_step_is_recorded(void **state)
{
	expect_fine(state, NULL, "-- nothing to do for users");
	workshop_expect(*state, "a.db",
			"SELECT max(to_version) FROM " LEDGER_TABLE, "4");
}

static void test_a_new_orphan_fails_it(void **state)
{
	expect_undone(state, NULL,
		      "INSERT INTO letters SELECT 500, 99, 'x' "
		      "FROM people WHERE id = 1;",
		      ERROR_CHECK,
		      "rows of letters (person) without a row in "
		      "people");
}

static void test_old_orphans_are_no_fault_of_the_steps(void **state)
{
	struct workshop *shop = *state;

	expect_fine(state, "INSERT INTO letters VALUES(500, 99, 'x')",
		    "UPDATE letters SET body = 'y';");
	/* One more is. */
	workshop_sql(shop, "a.db",
		     "DELETE FROM " LEDGER_TABLE " WHERE "
		     "to_version = '4'; UPDATE letters SET "
		     "body = 'z'");
	workshop_new_run(shop);
	workshop_release_step(shop, "UPDATE letters SET person = 98 WHERE "
				    "id = 1;");
	struct result result = workshop_do(shop, work_upgrade, "a.db");
	workshop_failure(&result, ERROR_CHECK, "without a row in people (2)");
}

static void test_a_mismatch_hides_no_orphan(void **state)
{
	static const char mismatch[] =
		"CREATE TABLE topics(m REFERENCES memories(topic)); CREATE "
		"TABLE memories(id INTEGER PRIMARY KEY, topic)";

	expect_undone(state, mismatch,
		      "UPDATE letters SET person = 99 WHERE id = 1;",
		      ERROR_CHECK, "without a row in people");
}

static void test_an_old_mismatch_passes(void **state)
{
	expect_fine(state,
		    "CREATE TABLE topics(m REFERENCES memories(topic)); CREATE "
		    "TABLE memories(id INTEGER PRIMARY KEY, topic); INSERT "
		    "INTO topics VALUES('x')",
		    "UPDATE letters SET body = 'y';");
}

static void test_a_new_mismatch_fails(void **state)
{
	expect_undone(state, NULL,
		      "CREATE TABLE topics(m REFERENCES people(mail));",
		      ERROR_CHECK, "foreign key mismatch");
}

static void test_foreign_keys_strict_and_off(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", "INSERT INTO letters VALUES(500, 99, 1)");
	workshop_release_step(shop, "CREATE TABLE x(a);");
	shop->plan.foreign_keys = CHECK_FOREIGN_KEYS_STRICT;
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_failure(&result, ERROR_CHECK, "without a row in people (1)");

	shop->plan.foreign_keys = CHECK_FOREIGN_KEYS_OFF;
	workshop_release_step(shop, "UPDATE letters SET person = 99;");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static void test_old_sins_of_check_and_not_null_pass(void **state)
{
	expect_fine(state,
		    "PRAGMA ignore_check_constraints = ON; INSERT INTO people "
		    "VALUES(9, '', '')",
		    "UPDATE people SET mail = 'x' WHERE id = 9 AND 1 = 0;");
}

/* Writes into the page that `object` begins on. */
static void write_into(struct workshop *shop, const char *object, off_t at,
		       const char *bytes)
{
	char *path = workshop_path(shop, "a.db");
	char *sql = xasprintf("SELECT rootpage FROM sqlite_schema WHERE "
			      "name = '%s'",
			      object);
	char *page = workshop_ask(shop, path, sql);
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, strlen(bytes),
				(atoi(page) - 1) * 4096L + at),
			 strlen(bytes));
	assert_int_equal(close(fd), 0);
	free(page);
	free(sql);
	free(path);
}

static void damage(struct workshop *shop, const char *object)
{
	write_into(shop, object, 0, "\xff\xff\xff\xff");
}

/* What quick_check alone complains of: nothing that reads, drops or empties the
 * table minds. */
static void damage_quietly(struct workshop *shop, const char *object)
{
	write_into(shop, object, 7, "\x05");
}

static void test_damage_is_found_before_the_first_step(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	workshop_release_step(shop, "CREATE TABLE x(a);");
	damage(shop, "tags");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CORRUPT, "damaged already");
	assert_false(result.has_backup);
	assert_int_equal(workshop_state_files(shop), 1); /* of making ready */

	/* Whoever switches the checks off gets what he asked for. */
	shop->plan.integrity = CHECK_INTEGRITY_OFF;
	shop->plan.foreign_keys = CHECK_FOREIGN_KEYS_OFF;
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
}

/* A swap looks for damage before the steps only where they could have taken it
 * away: then it would go unseen, and what was in it with it. */
static void test_damage_does_not_go_with_what_a_step_removes(void **state)
{
	static const char *const steps[] = {
		"DROP TABLE tags;",
		"DELETE FROM tags;",
		("CREATE TABLE n(id INTEGER PRIMARY KEY, word TEXT UNIQUE); "
		 "DROP TABLE tags; ALTER TABLE n RENAME TO tags;"),
	};
	struct workshop *shop = *state;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char *path = workshop_path(shop, "a.db");
		struct result result;

		(void)unlink(path);
		workshop_release(shop, workshop_history);
		workshop_new_run(shop);
		workshop_ready(shop, "a.db", NULL);
		workshop_release_step(shop, steps[i]);
		damage_quietly(shop, "tags");
		result = workshop_do(shop, work_upgrade, "a.db");
		workshop_outcome(&result, OUTCOME_FAILED);
		workshop_failure(&result, ERROR_CORRUPT, "damaged already");
		free(path);
	}
}

/* Makes another index of one behind SQLite's back: it has as many rows, so that
 * quick_check is content. */
static const char spoil_index[] =
	"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
	"'CREATE INDEX by_name ON people(upper(name))' WHERE name = "
	"'by_name'";

static struct result upgrade_spoilt(void **state, enum check_integrity level,
				    const char *step)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", "CREATE INDEX by_name ON people(name)");
	workshop_sql(shop, "a.db", spoil_index);
	workshop_release_step(shop, step);
	shop->plan.integrity = level;
	return workshop_do(shop, work_upgrade, "a.db");
}

static void test_an_index_that_disagrees_touched(void **state)
{
	struct result result = upgrade_spoilt(state, CHECK_INTEGRITY_TOUCHED,
					      "UPDATE people SET mail = 'x';");

	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CHECK, "by_name");
}

static void test_an_index_that_disagrees_untouched(void **state)
{
	struct result result = upgrade_spoilt(state, CHECK_INTEGRITY_TOUCHED,
					      "CREATE TABLE x(a);");

	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static void test_an_index_that_disagrees_full_and_quick(void **state)
{
	struct workshop *shop = *state;
	struct result result = upgrade_spoilt(state, CHECK_INTEGRITY_FULL,
					      "CREATE TABLE x(a);");

	workshop_failure(&result, ERROR_CHECK, "by_name");
	shop->plan.integrity = CHECK_INTEGRITY_QUICK;
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
}

static void test_a_renamed_table_is_checked_under_its_new_name(void **state)
{
	struct result result = upgrade_spoilt(state, CHECK_INTEGRITY_TOUCHED,
					      "ALTER TABLE people RENAME TO "
					      "folk;");

	workshop_failure(&result, ERROR_CHECK, "by_name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_a_failing_statement_is_named),
		WORKSHOP_TEST(test_an_earlier_step_of_the_run_goes_too),
		WORKSHOP_TEST(test_what_would_end_the_transaction),
		WORKSHOP_TEST(test_a_trigger_that_rolls_back),
		WORKSHOP_TEST(test_what_a_migration_may_not_say),
		WORKSHOP_TEST(test_foreign_key_pragmas_do_nothing),
		WORKSHOP_TEST(test_every_step_gets_its_row),
		WORKSHOP_TEST(test_a_new_database_gets_every_step),
		WORKSHOP_TEST(
			test_what_the_first_step_declares_wrongly_is_excused),
		WORKSHOP_TEST(test_what_a_later_step_declares_wrongly_fails_it),
		WORKSHOP_TEST(test_a_blank_step_is_recorded),
		WORKSHOP_TEST(test_a_new_orphan_fails_it),
		WORKSHOP_TEST(test_old_orphans_are_no_fault_of_the_steps),
		WORKSHOP_TEST(test_a_mismatch_hides_no_orphan),
		WORKSHOP_TEST(test_an_old_mismatch_passes),
		WORKSHOP_TEST(test_a_new_mismatch_fails),
		WORKSHOP_TEST(test_foreign_keys_strict_and_off),
		WORKSHOP_TEST(test_old_sins_of_check_and_not_null_pass),
		WORKSHOP_TEST(test_damage_is_found_before_the_first_step),
		WORKSHOP_TEST(
			test_damage_does_not_go_with_what_a_step_removes),
		WORKSHOP_TEST(test_an_index_that_disagrees_touched),
		WORKSHOP_TEST(test_an_index_that_disagrees_untouched),
		WORKSHOP_TEST(test_an_index_that_disagrees_full_and_quick),
		WORKSHOP_TEST(
			test_a_renamed_table_is_checked_under_its_new_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
