#include "database/stride.h"

#include <stdio.h>

#include "base/clock.h"
#include "database/ledger.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

struct scene {
	struct workshop *shop;
	struct job job;
	struct steps steps;
	struct sqlite3 *db;
	struct error err;
};

/* a.db at 3, with a ledger, and a connection to it. */
static void scene_open(struct scene *scene, void **state, const char *sql,
		       int64_t limit_ms)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE,
						    .limit_ms = limit_ms };
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");

	*scene = (struct scene){ .shop = shop };
	workshop_ready(shop, "a.db", NULL);
	workshop_release_step(shop, sql);
	scene->job = workshop_job(shop, "a.db");
	if (connection_open(path, &options, &scene->db, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
	steps_begin(&scene->steps, &scene->job, scene->db);
	free(path);
}

static void scene_close(struct scene *scene)
{
	steps_end(&scene->steps);
	connection_close(scene->db);
}

static int stride(struct scene *scene, bool is_late)
{
	const struct step *step =
		scene->shop->migrations->chains[KIND_USER].steps[3];

	return stride_up(&scene->steps, step, is_late, &scene->err);
}

static void run(struct scene *scene, const char *sql)
{
	if (connection_run(scene->db, sql, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
}

static int64_t ask(struct scene *scene, const char *sql)
{
	int64_t number;

	if (connection_number(scene->db, sql, &number, &scene->err) != 0)
		fail_msg("%s: %s", sql, scene->err.message);
	return number;
}

#define ROWS "SELECT count(*) FROM " LEDGER_TABLE " WHERE kind = "

static void test_it_is_recorded(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "DELETE FROM letters;", 0);
	run(&scene, "BEGIN");
	assert_int_equal(stride(&scene, false), 0);
	assert_int_equal(ask(&scene, ROWS "'migrate' AND to_version = '4' AND "
				     "from_version = '3' AND checksum <> ''"),
			 1);
	run(&scene, "COMMIT");
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 0);
	scene_close(&scene);
}

static void test_it_goes_with_its_record(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "DELETE FROM letters;", 0);
	run(&scene, "BEGIN");
	assert_int_equal(stride(&scene, false), 0);
	assert_true(connection_in_transaction(scene.db));
	run(&scene, "ROLLBACK");
	assert_int_equal(ask(&scene, ROWS "'migrate' AND to_version = '4'"),
			 0);
	assert_true(ask(&scene, "SELECT count(*) FROM letters") > 0);
	scene_close(&scene);
}

static void test_a_late_one_is_recorded_as_such(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "DELETE FROM letters;", 0);
	run(&scene, "BEGIN");
	assert_int_equal(stride(&scene, true), 0);
	assert_int_equal(ask(&scene, ROWS "'late'"), 1);
	scene_close(&scene);
}

static void test_where_it_fails_is_told(void **state)
{
	struct scene scene;
	const struct failure *failure = &scene.job.result.failure;

	scene_open(&scene, state, "DELETE FROM letters;\nINSERT INTO people("
				  "id, name) SELECT 1, 'x' FROM people;", 0);
	run(&scene, "BEGIN");
	assert_int_equal(stride(&scene, false), ERROR_SQL);
	assert_string_equal(failure->migration, "user:3→4");
	assert_string_equal(failure->file, "history.md");
	assert_true(failure->line > 2);
	assert_memory_equal(failure->statement, "INSERT INTO people", 18);
	assert_int_equal(ask(&scene, ROWS "'migrate' AND to_version = '4'"), 0);
	scene_close(&scene);
}

/* Inside a transaction it has the rights of a step, outside those of one that
 * is alone. */
static void test_its_rights_hang_on_the_transaction(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- fleet-upgrade: no-transaction\n"
				  "BEGIN; DELETE FROM letters; COMMIT;", 0);
	run(&scene, "BEGIN");
	assert_int_equal(stride(&scene, false), ERROR_SQL);
	assert_non_null(strstr(scene.err.message, "BEGIN is not allowed"));
	run(&scene, "ROLLBACK");
	assert_int_equal(stride(&scene, false), 0);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 0);
	assert_int_equal(ask(&scene, ROWS "'migrate' AND to_version = '4'"), 1);
	scene_close(&scene);
}

#define ENDLESS                                                            \
	"INSERT INTO letters(person) SELECT 1 FROM (WITH RECURSIVE n(i) "  \
	"AS (SELECT id FROM people WHERE id = 1 UNION ALL SELECT i FROM n) " \
	"SELECT i FROM n) LIMIT -1 OFFSET 100000000000;"

static void test_its_own_time_counts(void **state)
{
	struct scene scene;
	int64_t begin = clock_now_us();

	scene_open(&scene, state, "-- fleet-upgrade: timeout=100ms\n" ENDLESS,
		   0);
	run(&scene, "BEGIN");
	assert_int_equal(stride(&scene, false), ERROR_SQL);
	assert_non_null(strstr(scene.err.message,
			       "longer than its own timeout"));
	assert_true(clock_now_us() - begin < 30000000);
	scene_close(&scene);
}

/* The database's own limit is nearly over, and stays as near as it was. */
static void test_it_may_take_longer_than_the_database(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- fleet-upgrade: timeout=60s\n"
				  "WITH RECURSIVE n(i) AS (SELECT id FROM "
				  "people WHERE id = 1 UNION ALL SELECT i + 1 "
				  "FROM n WHERE i < 3000000) INSERT INTO "
				  "letters(person) SELECT 1 FROM n LIMIT 1 "
				  "OFFSET 2999999;", 250);
	run(&scene, "BEGIN");
	if (stride(&scene, false) != 0)
		fail_msg("%s", scene.err.message);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 61);
	run(&scene, "COMMIT");
	assert_int_equal(connection_run(scene.db, "BEGIN; " ENDLESS,
					&scene.err), ERROR_SQL);
	assert_non_null(strstr(scene.err.message, "run.database_timeout"));
	scene_close(&scene);
}

static void test_a_stop_comes_before_it(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "DELETE FROM letters;", 0);
	run(&scene, "BEGIN");
	atomic_store(&scene.shop->stop_now, true);
	assert_int_equal(stride(&scene, false), ERROR_STOPPED);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 60);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_is_recorded),
		WORKSHOP_TEST(test_it_goes_with_its_record),
		WORKSHOP_TEST(test_a_late_one_is_recorded_as_such),
		WORKSHOP_TEST(test_where_it_fails_is_told),
		WORKSHOP_TEST(test_its_rights_hang_on_the_transaction),
		WORKSHOP_TEST(test_its_own_time_counts),
		WORKSHOP_TEST(test_it_may_take_longer_than_the_database),
		WORKSHOP_TEST(test_a_stop_comes_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
