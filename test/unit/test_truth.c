#include "database/truth.h"

#include <stdio.h>
#include <unistd.h>

#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

static enum truth ask(struct workshop *shop, bool signs_ledger,
		      struct error *err, struct result *result)
{
	struct job job = workshop_job(shop, "a.db");
	struct place place = { .folder = -1 };
	enum truth truth;

	assert_int_equal(place_open(shop->plan.data_dir, shop->plan.data_path,
				    "a.db", &place, err),
			 0);
	error_set(err, ERROR_IO, "disk I/O error");
	truth = truth_ask(&job, &place, signs_ledger, err);
	*result = job.result;
	place_close(&place);
	return truth;
}

static void test_the_ledger_names_the_run_or_not(void **state)
{
	struct workshop *shop = *state;
	struct result result, upgraded;
	struct error err = { 0 };

	workshop_make(shop, "a.db", 1);
	assert_int_equal(ask(shop, true, &err, &result), TRUTH_OLD);
	assert_string_equal(err.message, "disk I/O error");
	assert_string_equal(result.notes, "");
	upgraded = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&upgraded, OUTCOME_UPGRADED);
	assert_int_equal(ask(shop, true, &err, &result), TRUTH_NEW);
	assert_non_null(strstr(result.notes, "its commit reported an error "
					     "(disk I/O error)"));
	workshop_new_run(shop);
	assert_int_equal(ask(shop, true, &err, &result), TRUTH_OLD);
}

static void test_a_ledger_that_was_to_go(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	struct error err = { 0 };

	workshop_ready(shop, "a.db", NULL);
	assert_int_equal(ask(shop, false, &err, &result), TRUTH_OLD);
	workshop_sql(shop, "a.db", "DROP TABLE " LEDGER_TABLE);
	assert_int_equal(ask(shop, false, &err, &result), TRUTH_NEW);
}

/* The frames of a commit whose sync failed are in the file, with their mark;
 * the application does not see them, and whoever comes after it does. */
static void test_a_wal_in_use_may_have_it_yet(void **state)
{
	struct workshop *shop = *state;
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	char *path = workshop_path(shop, "a.db");
	struct sqlite3 *application;
	struct result result;
	struct error err = { 0 };

	workshop_make_wal(shop, "a.db", 1);
	assert_int_equal(connection_open(path, &options, &application, &err),
			 0);
	assert_int_equal(connection_run(application,
					"DELETE FROM people WHERE id = -1",
					&err),
			 0);
	assert_int_equal(ask(shop, true, &err, &result), TRUTH_OLD);
	assert_int_equal(connection_run(application,
					"INSERT INTO people(id, name) "
					"VALUES(2000, 'since')", &err),
			 0);
	assert_int_equal(ask(shop, true, &err, &result), TRUTH_UNKNOWN);
	assert_non_null(strstr(err.message, "it may come true yet"));
	assert_int_equal(err.code, ERROR_IO);
	connection_close(application);
	assert_int_equal(ask(shop, true, &err, &result), TRUTH_OLD);
	free(path);
}

static void test_what_cannot_be_asked_is_unknown(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	struct error err = { 0 };

	assert_int_equal(ask(shop, true, &err, &result), TRUTH_UNKNOWN);
	assert_non_null(strstr(err.message, "could not be learnt"));
	assert_non_null(strstr(err.message, "run again"));
	assert_int_equal(err.code, ERROR_IO);
	assert_string_equal(result.notes, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_the_ledger_names_the_run_or_not),
		WORKSHOP_TEST(test_a_ledger_that_was_to_go),
		WORKSHOP_TEST(test_a_wal_in_use_may_have_it_yet),
		WORKSHOP_TEST(test_what_cannot_be_asked_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
