#include "sqlite/patience.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench.h"

/* Never ends by itself. */
static const char endless[] = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL "
			      "SELECT n FROM r) SELECT count(*) FROM r";

static struct sqlite3 *open_with(struct bench *bench,
				 struct connection_options options)
{
	struct sqlite3 *db;

	options.mode = CONNECTION_TEMPORARY;
	if (connection_open(NULL, &options, &db, &bench->err) != 0)
		fail_msg("%s", bench->err.message);
	return db;
}

static struct connection_limit in_ms(int ms, const char *name)
{
	return (struct connection_limit){
		.until_us = clock_now_us() + 1000 * ms,
		.name = name,
	};
}

static void a_limit_can_be_set_where_there_was_none(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db =
		open_with(bench, (struct connection_options){ 0 });
	struct connection_limit before =
		connection_set_limit(db, in_ms(30, "its own timeout"));

	assert_int_equal(before.until_us, 0);
	assert_int_equal(connection_run(db, endless, &bench->err), ERROR_SQL);
	assert_string_equal(bench->err.message,
			    "it took longer than its own timeout lets it");
	assert_string_equal(connection_over(db), "its own timeout");
	connection_close(db);
}

static void a_limit_is_lent_and_given_back(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = open_with(
		bench, (struct connection_options){ .limit_ms = 1 });
	struct connection_limit before;

	clock_sleep_ms(5);
	before = connection_set_limit(db, in_ms(60000, "its own timeout"));
	assert_string_equal(before.name, "run.database_timeout");
	assert_true(before.until_us > 0 && before.until_us < clock_now_us());
	bench_run(db, "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
		      "FROM r WHERE n < 50000) SELECT count(*) FROM r");
	assert_null(connection_over(db));
	(void)connection_set_limit(db, before);
	assert_int_equal(connection_run(db, endless, &bench->err), ERROR_SQL);
	assert_string_equal(connection_over(db), "run.database_timeout");
	connection_close(db);
}

static void what_is_stopped_is_not_over(void **state)
{
	struct bench *bench = *state;
	atomic_bool stop_now = false;
	struct sqlite3 *db = open_with(
		bench, (struct connection_options){ .stop_now = &stop_now,
						    .limit_ms = 60000 });

	stop_now = true;
	assert_int_equal(connection_run(db, endless, &bench->err),
			 ERROR_STOPPED);
	assert_null(connection_over(db));
	connection_close(db);
}

static void it_is_taken_off_once(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db =
		open_with(bench, (struct connection_options){ .limit_ms = 9 });
	struct patience *patience = patience_end(db);

	assert_non_null(patience);
	assert_null(patience_end(db));
	connection_close(db);
	free(patience);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_limit_can_be_set_where_there_was_none),
		BENCH_TEST(a_limit_is_lent_and_given_back),
		BENCH_TEST(what_is_stopped_is_not_over),
		BENCH_TEST(it_is_taken_off_once),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
