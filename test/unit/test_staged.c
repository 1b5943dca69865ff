#include "database/staged.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "database/evidence.h"
#include "sqlite/connection.h"
#include "workshop.h"

struct scene {
	struct workshop *shop;
	struct job job;
	struct sqlite3 *live;
	struct staged staged;
	struct error err;
};

/* A copy of a.db, as it is. */
static void scene_open(struct scene *scene, void **state, bool is_wal,
		       int64_t page_bytes)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct stamp stamp;

	*scene = (struct scene){ .shop = shop };
	if (is_wal)
		workshop_make_wal(shop, "a.db", 1);
	else
		workshop_make(shop, "a.db", 1);
	if (is_wal)
		workshop_leave_wal(shop, "a.db");
	scene->job = workshop_job(shop, "a.db");
	assert_int_equal(stamp_take(shop->plan.data_dir, "a.db", &stamp,
				    &scene->err), 0);
	if (connection_open(path, &options, &scene->live, &scene->err) != 0 ||
	    staged_make(&scene->job, &stamp, page_bytes, &scene->staged,
			&scene->err) != 0)
		fail_msg("%s", scene->err.message);
	free(path);
}

static void scene_close(struct scene *scene)
{
	connection_close(scene->live);
	staged_remove(&scene->staged);
	staged_remove(&scene->staged);
	assert_int_equal(workshop_state_files(scene->shop), 0);
}

static void fill(struct scene *scene)
{
	if (staged_fill(&scene->staged, scene->live, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
}

static int64_t ask(struct sqlite3 *db, const char *sql)
{
	struct error err = { 0 };
	int64_t number;

	if (connection_number(db, sql, &number, &err) != 0)
		fail_msg("%s", err.message);
	return number;
}

static struct sqlite3 *open_work(struct scene *scene)
{
	struct sqlite3 *db;

	if (staged_open(&scene->staged, 0, &db, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
	return db;
}

static void run(struct sqlite3 *db, const char *sql)
{
	struct error err = { 0 };

	if (connection_run(db, sql, &err) != 0)
		fail_msg("%s: %s", sql, err.message);
}

static void test_it_is_a_copy_of_ones_own(void **state)
{
	struct scene scene;
	struct sqlite3 *db;

	scene_open(&scene, state, false, 4096);
	fill(&scene);
	db = open_work(&scene);
	run(db, "DELETE FROM letters WHERE id > 10");
	assert_int_equal(ask(db, "SELECT count(*) FROM letters"), 10);
	assert_int_equal(ask(scene.live, "SELECT count(*) FROM letters"), 60);
	connection_close(db);
	scene_close(&scene);
}

/* A database in WAL mode cannot be opened without locks. */
static void test_of_wal_it_has_all_and_is_none(void **state)
{
	struct scene scene;
	struct sqlite3 *db;
	bool is_wal = true;

	scene_open(&scene, state, true, 4096);
	fill(&scene);
	db = open_work(&scene);
	assert_int_equal(evidence_is_wal(db, &is_wal, &scene.err), 0);
	assert_false(is_wal);
	assert_int_equal(ask(db, "SELECT count(*) FROM letters"), 61);
	run(db, "UPDATE letters SET body = 'x'");
	connection_close(db);
	assert_int_equal(workshop_state_files(scene.shop), 1);
	scene_close(&scene);
}

/* What another connection writes, the one that was open before sees. */
static void test_the_source_sees_what_is_written(void **state)
{
	struct sqlite3 *source, *db;
	struct scene scene;

	scene_open(&scene, state, false, 4096);
	if (staged_open_source(&scene.staged, &source, &scene.err) != 0)
		fail_msg("%s", scene.err.message);
	assert_int_equal(ask(source, "PRAGMA page_count"), 1);
	fill(&scene);
	assert_true(ask(source, "PRAGMA page_count") > 1);
	db = open_work(&scene);
	run(db, "DELETE FROM letters; DROP TABLE letters");
	assert_int_equal(connection_vacuum(db, &scene.err), 0);
	connection_close(db);
	assert_int_equal(ask(source, "SELECT count(*) FROM people"), 3);
	assert_int_equal(ask(source, "SELECT count(*) FROM sqlite_schema "
				     "WHERE name = 'letters'"), 0);
	connection_close(source);
	scene_close(&scene);
}

static void test_its_pages_are_as_asked(void **state)
{
	struct scene scene;
	struct sqlite3 *db;

	scene_open(&scene, state, false, 1024);
	db = open_work(&scene);
	assert_int_equal(ask(db, "PRAGMA page_size"), 1024);
	connection_close(db);
	scene_close(&scene);
}

static void test_it_is_nobody_elses(void **state)
{
	struct scene scene;
	struct stat seen;

	scene_open(&scene, state, false, 4096);
	fill(&scene);
	assert_int_equal(stat(scene.staged.path, &seen), 0);
	assert_int_equal(seen.st_mode & 0777, 0600);
	scene_close(&scene);
}

static void test_sql_has_its_time(void **state)
{
	struct scene scene;
	struct sqlite3 *db;

	scene_open(&scene, state, false, 4096);
	fill(&scene);
	if (staged_open(&scene.staged, 30, &db, &scene.err) != 0)
		fail_msg("%s", scene.err.message);
	assert_int_equal(connection_run(db, "WITH RECURSIVE n(i) AS (SELECT 1 "
					"UNION ALL SELECT i FROM n) SELECT "
					"count(*) FROM n", &scene.err),
			 ERROR_SQL);
	connection_close(db);
	scene_close(&scene);
}

static void test_without_room_it_says_that_nothing_was_touched(void **state)
{
	struct workshop *shop = *state;
	struct job job;
	struct stamp stamp;
	struct staged staged, second;
	struct error err = { 0 };

	workshop_make(shop, "a.db", 1);
	job = workshop_job(shop, "a.db");
	assert_int_equal(stamp_take(shop->plan.data_dir, "a.db", &stamp, &err),
			 0);
	assert_int_equal(staged_make(&job, &stamp, 4096, &staged, &err), 0);
	assert_int_not_equal(staged_make(&job, &stamp, 4096, &second, &err),
			     0);
	assert_non_null(strstr(err.message, "left untouched"));
	staged_remove(&second);
	staged_remove(&staged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_is_a_copy_of_ones_own),
		WORKSHOP_TEST(test_of_wal_it_has_all_and_is_none),
		WORKSHOP_TEST(test_the_source_sees_what_is_written),
		WORKSHOP_TEST(test_its_pages_are_as_asked),
		WORKSHOP_TEST(test_it_is_nobody_elses),
		WORKSHOP_TEST(test_sql_has_its_time),
		WORKSHOP_TEST(
			test_without_room_it_says_that_nothing_was_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
