#include "database/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "workshop.h"

static bool is_there(struct workshop *shop, const char *name)
{
	char *path = workshop_path(shop, name);
	bool found = access(path, F_OK) == 0;

	free(path);
	return found;
}

static void test_a_hot_journal_is_played_back(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct result result;
	char *before, *after;

	workshop_make(shop, "a.db", 1);
	before = workshop_rows(shop, path);
	workshop_leave_journal(shop, "a.db");
	assert_true(is_there(shop, "a.db-journal"));
	result = workshop_do(shop, work_settle, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_false(is_there(shop, "a.db-journal"));
	after = workshop_rows(shop, path);
	assert_string_equal(after, before);
	free(after);
	free(before);
	free(path);
}

static void test_an_empty_journal_goes_and_nothing_else(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db-journal");
	struct result result;
	FILE *made;

	workshop_make(shop, "a.db", 1);
	made = fopen(path, "w");
	assert_non_null(made);
	assert_int_equal(fclose(made), 0);
	result = workshop_do(shop, work_settle, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_false(is_there(shop, "a.db-journal"));
	workshop_expect(shop, "a.db",
			"SELECT count(*) FROM sqlite_schema WHERE name = "
			"'fleet_settle'",
			"0");
	free(path);
}

static void test_a_wal_left_over_is_taken_in(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	workshop_make(shop, "a.db", 1);
	workshop_leave_wal(shop, "a.db");
	result = workshop_do(shop, work_settle, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_false(is_there(shop, "a.db-wal"));
	assert_false(is_there(shop, "a.db-shm"));
	workshop_expect(shop, "a.db",
			"SELECT body FROM letters WHERE id = 1000",
			"only in the WAL");
}

static void test_what_is_at_rest_is_not_opened(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	workshop_make(shop, "a.db", 1);
	workshop_make_wal(shop, "b.db", 2);
	before = workshop_print(shop);
	result = workshop_do(shop, work_settle, "a.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	result = workshop_do(shop, work_settle, "b.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_untouched(shop, before);
}

static void test_what_is_no_database_is_left(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before = workshop_print(shop);

	result = workshop_do(shop, work_settle, "gone.db");
	workshop_outcome(&result, OUTCOME_SKIPPED);
	workshop_untouched(shop, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_a_hot_journal_is_played_back),
		WORKSHOP_TEST(test_an_empty_journal_goes_and_nothing_else),
		WORKSHOP_TEST(test_a_wal_left_over_is_taken_in),
		WORKSHOP_TEST(test_what_is_at_rest_is_not_opened),
		WORKSHOP_TEST(test_what_is_no_database_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
