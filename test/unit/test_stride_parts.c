#include "database/stride.h"

#include <stdio.h>

#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* Releases a step from 3 to 4 with these parts; NULL: without. */
static void release(struct workshop *shop, const char *up, const char *down,
		    const char *check, const char *verify)
{
	char text[600];

	(void)snprintf(text, sizeof(text),
		       "%s%s%s%s%s%s%s", up,
		       down ? "\n-- [user:3→4:down]\n" : "", down ? down : "",
		       check ? "\n-- [user:3→4:check]\n" : "",
		       check ? check : "",
		       verify ? "\n-- [user:3→4:verify]\n" : "",
		       verify ? verify : "");
	workshop_release_step(shop, text);
}

/* Runs the step on data/a.db, up or down, and gives the code. Nothing is
 * committed; *rows is how many its ledger had then. */
static int stride(struct workshop *shop, bool up, int64_t *rows,
		  struct result *result, struct error *err)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	const struct chain *chain = &shop->migrations->chains[KIND_USER];
	char *path = workshop_path(shop, "a.db");
	struct job job = workshop_job(shop, "a.db");
	struct error ignored = { 0 };
	struct standing standing = { 0 };
	struct steps steps;
	struct sqlite3 *db;
	int rc;

	memset(err, 0, sizeof(*err));
	assert_int_equal(connection_open(path, &options, &db, err), 0);
	steps_begin(&steps, &job, db);
	steps.standing = &standing;
	assert_int_equal(connection_run(db, "BEGIN IMMEDIATE", err), 0);
	rc = up ? stride_up(&steps, chain->steps[3], false, err)
		: stride_down(&steps, chain->steps[3], "3", err);
	assert_int_equal(connection_number(db, "SELECT count(*) FROM "
					   LEDGER_TABLE, rows, &ignored), 0);
	*result = job.result;
	steps_end(&steps);
	connection_close(db);
	free(path);
	return rc;
}

static void expect_row(struct workshop *shop, bool up)
{
	struct result result;
	struct error err;
	int64_t rows;

	if (stride(shop, up, &rows, &result, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(rows, 2);
}

static void expect_failure(struct workshop *shop, bool up, int code,
			   const char *part, int line)
{
	struct result result;
	struct error err;
	int64_t rows;

	assert_int_equal(stride(shop, up, &rows, &result, &err), code);
	if (strstr(err.message, part) == NULL)
		fail_msg("%s", err.message);
	assert_int_equal(rows, 1);
	if (line == 0)
		return;
	assert_int_equal(result.failure.line, line);
	assert_string_equal(result.failure.migration, "user:3→4");
	assert_string_equal(result.failure.file, "history.md");
}

/* The line of history.md in which the step's way up begins. */
static int first_line(const struct workshop *shop)
{
	return shop->migrations->chains[KIND_USER].steps[3]->line;
}

static void test_up_with_all_its_parts(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	release(shop, "CREATE TABLE x(id);", NULL, "SELECT 1 WHERE 0;",
		"SELECT id FROM x;");
	expect_row(shop, true);
}

static void test_rows_of_a_check_are_shown(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	release(shop, "CREATE TABLE x(id);", NULL,
		"SELECT 1, NULL UNION SELECT 2, 'a\nb';", NULL);
	expect_failure(shop, true, ERROR_CHECK,
		       "its check: it gives 2 rows, where there should be "
		       "none: (1|NULL) (2|a\\nb)", first_line(shop) + 2);
}

static void test_the_look_afterwards_sees_the_step(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	release(shop, "CREATE TABLE x AS SELECT 5 AS id;", NULL, NULL,
		"SELECT 0 WHERE 0;\nSELECT id FROM x;");
	expect_failure(shop, true, ERROR_CHECK,
		       "its verify: it gives 1 row, where there should be "
		       "none: (5)", first_line(shop) + 3);
}

static void test_what_only_asks_may_not_write(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	release(shop, "CREATE TABLE x(id);", NULL, "DELETE FROM people;", NULL);
	expect_failure(shop, true, ERROR_SQL, "its check: it writes",
		       first_line(shop) + 2);
}

static void test_down_and_its_failures(void **state)
{
	struct workshop *shop = *state;

	workshop_ready(shop, "a.db", NULL);
	release(shop, "CREATE TABLE x(id);", "DROP INDEX letters_person;", NULL,
		NULL);
	expect_row(shop, false);
	release(shop, "CREATE TABLE x(id);", "\nDROP TABLE none;", NULL, NULL);
	expect_failure(shop, false, ERROR_SQL, "no such table: none",
		       first_line(shop) + 3);
	release(shop, "CREATE TABLE x(id);", NULL, NULL, NULL);
	expect_failure(shop, false, ERROR_CHECK, "has no way down", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_up_with_all_its_parts),
		WORKSHOP_TEST(test_rows_of_a_check_are_shown),
		WORKSHOP_TEST(test_the_look_afterwards_sees_the_step),
		WORKSHOP_TEST(test_what_only_asks_may_not_write),
		WORKSHOP_TEST(test_down_and_its_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
