#include "database/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "workshop.h"

static struct result verify(struct workshop *shop)
{
	char *before = workshop_print(shop);
	struct result result = workshop_do(shop, work_verify, "a.db");

	workshop_untouched(shop, before);
	assert_int_equal(result.steps, 0);
	assert_string_equal(result.to, result.from);
	return result;
}

/* Gives the message, which counts the findings. */
static struct result expect_found(struct workshop *shop, const char *part)
{
	struct result result = verify(shop);

	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CHECK, "finding");
	if (strstr(result.notes, part) == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, result.notes);
	return result;
}

static void test_a_sound_database(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.notes, "");
	assert_string_equal(result.from, "3");
}

static void test_one_with_pending_steps_is_sound_too(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 1);
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_string_equal(result.from, "1");
}

static void test_drift(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "DROP INDEX letters_person; "
		     "CREATE TABLE own(a)");
	expect_found(shop, "drift: index letters_person is missing");
	result = expect_found(shop, "own is not in the migrations");
	workshop_failure(&result, ERROR_CHECK, "2 findings");
}

static void test_a_step_that_was_changed_afterwards(void **state)
{
	struct workshop *shop = *state;
	struct step *step;

	workshop_make(shop, "a.db", 1);
	workshop_do(shop, work_upgrade, "a.db");
	workshop_release(shop, "```sql\n-- [user:baseline→1:start]\n"
			       "CREATE TABLE people(id INTEGER PRIMARY KEY, "
			       "name TEXT NOT NULL);\n"
			       "-- [user:baseline→1:end]\n```\n"
			       "```sql\n-- [user:1→3:start]\n"
			       "ALTER TABLE people ADD COLUMN mail;\n"
			       "-- [user:1→3:end]\n```\n");
	expect_found(shop, "its ledger has a step 1→2 that the migrations do "
			   "not have");

	workshop_release(shop, workshop_history);
	step = shop->migrations->chains[KIND_USER].steps[1];
	free(step->sql);
	step->sql = xstrdup("ALTER TABLE people ADD COLUMN mail DEFAULT '?'");
	step_derive(step);
	expect_found(shop, "user:1→2 was changed after it ran here "
			   "(history.md:");
}

static void test_orphans_and_mismatches(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "INSERT INTO letters VALUES(99, 98, ''), "
		     "(100, 98, '')");
	expect_found(shop, "rows of letters (person) without a row in people "
			   "(2)");
}

static void test_rows_that_break_a_check(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "PRAGMA ignore_check_constraints = ON; "
		     "INSERT INTO people VALUES(9, '', '')");
	expect_found(shop, "CHECK constraint failed in people");
}

static void test_an_index_that_disagrees(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", "CREATE INDEX by_name ON people(name)");
	workshop_sql(shop, "a.db",
		     "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET "
		     "sql = 'CREATE INDEX by_name ON people(mail)' WHERE name "
		     "= 'by_name'");
	expect_found(shop, "by_name");
}

static void test_a_damaged_page(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	char *page;
	int fd;

	workshop_ready(shop, "a.db", NULL);
	page = workshop_ask(shop, path,
			    "SELECT rootpage FROM sqlite_schema "
			    "WHERE name = 'tags'");
	fd = open(path, O_WRONLY);
	assert_int_equal(
		pwrite(fd, "\xff\xff\xff\xff", 4, (atoi(page) - 1) * 4096L), 4);
	assert_int_equal(close(fd), 0);
	expect_found(shop, "age");
	free(page);
	free(path);
}

static void test_newer_unknown_and_unreadable(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct result result;

	workshop_ready(shop, "a.db", NULL);
	workshop_sql(shop, "a.db",
		     "UPDATE fleet_schema_history SET "
		     "to_version = '9'; INSERT INTO letters "
		     "VALUES(99, 98, '')");
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_NEWER);
	/* What could be looked at was. */
	assert_non_null(strstr(result.notes, "without a row in people"));
	workshop_sql(shop, "a.db",
		     "UPDATE fleet_schema_history SET "
		     "to_version = '1.1'");
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_UNVERSIONED, "1.1");
	assert_int_equal(truncate(path, 700), 0);
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_FAILED);
	assert_int_equal(truncate(path, 0), 0);
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_SKIPPED);
	free(path);
}

static void test_every_state_an_application_leaves(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct result result;

	workshop_make_wal(shop, "a.db", 1);
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_leave_wal(shop, "a.db");
	result = verify(shop);
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_int_equal(remove(path), 0);
	workshop_make(shop, "b.db", 1);
	workshop_leave_journal(shop, "b.db");
	result = workshop_do(shop, work_verify, "b.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_a_sound_database),
		WORKSHOP_TEST(test_one_with_pending_steps_is_sound_too),
		WORKSHOP_TEST(test_drift),
		WORKSHOP_TEST(test_a_step_that_was_changed_afterwards),
		WORKSHOP_TEST(test_orphans_and_mismatches),
		WORKSHOP_TEST(test_rows_that_break_a_check),
		WORKSHOP_TEST(test_an_index_that_disagrees),
		WORKSHOP_TEST(test_a_damaged_page),
		WORKSHOP_TEST(test_newer_unknown_and_unreadable),
		WORKSHOP_TEST(test_every_state_an_application_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
