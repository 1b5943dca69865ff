#include "database/series.h"

#include <stdio.h>

#include "base/memory.h"
#include "database/scratch.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* A scratch copy of a database at 3, and a step to 4. */
struct scene {
	struct workshop *shop;
	struct job job;
	struct standing standing;
	struct steps steps;
	struct sqlite3 *live, *db;
	struct error err;
	int programs;
};

static int run_program(struct steps *steps, const struct step *step,
		       struct error *err)
{
	struct scene *scene = steps->self;

	(void)err;
	assert_true(step->is_program);
	assert_false(connection_in_transaction(steps->db));
	scene->programs++;
	return 0;
}

static void scene_open(struct scene *scene, void **state, const char *sql)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
	};
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");

	*scene = (struct scene){ .shop = shop };
	workshop_ready(shop, "a.db", NULL);
	workshop_release_step(shop, sql);
	scene->job = workshop_job(shop, "a.db");
	if (connection_open(path, &options, &scene->live, &scene->err) != 0 ||
	    scratch_open(&scene->job, scene->live, &scene->db, &scene->err) !=
		    0)
		fail_msg("%s", scene->err.message);
	steps_begin(&scene->steps, &scene->job, scene->db);
	assert_int_equal(standing_read(scene->db, &scene->job, &scene->standing,
				       &scene->err), 0);
	scene->steps.standing = &scene->standing;
	scene->steps.before = scene->live;
	scene->steps.is_apart = true;
	scene->steps.run_program = run_program;
	scene->steps.self = scene;
	free(path);
}

static void scene_close(struct scene *scene)
{
	steps_end(&scene->steps);
	connection_close(scene->db);
	connection_close(scene->live);
}

static int64_t ask(struct scene *scene, const char *sql)
{
	int64_t number;

	if (connection_number(scene->db, sql, &number, &scene->err) != 0)
		fail_msg("%s: %s", sql, scene->err.message);
	return number;
}

static void run(struct scene *scene)
{
	if (series_run(&scene->steps, &scene->err) != 0 ||
	    steps_check(&scene->steps, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
	assert_false(connection_in_transaction(scene->db));
	assert_int_equal(ask(scene, "SELECT to_version FROM " LEDGER_TABLE
				    " ORDER BY rank DESC"), 4);
}

static void needs(void **state, const char *sql, bool expected)
{
	struct scene scene;

	scene_open(&scene, state, sql);
	if (series_is_needed(&scene.steps) != expected)
		fail_msg("%s", sql);
	scene_close(&scene);
	assert_int_equal(workshop_teardown(state), 0);
	assert_int_equal(workshop_setup(state), 0);
}

static void test_who_needs_it(void **state)
{
	needs(state, "SELECT 1;", false);
	needs(state, "-- fleet-upgrade: analyze, timeout=3s\nSELECT 1;", false);
	needs(state, "-- fleet-upgrade: repeatable\nSELECT 1;", false);
	needs(state, "-- fleet-upgrade: foreign_keys=on\nSELECT 1;", true);
	needs(state, "-- fleet-upgrade: no-transaction\nSELECT 1;", true);
	needs(state, "-- fleet-upgrade: vacuum\nSELECT 1;", true);
}

/* Only what is pending counts. */
static void test_what_has_run_needs_nothing(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- fleet-upgrade: vacuum\nSELECT 1;");
	scene.standing.position = 4;
	assert_false(series_is_needed(&scene.steps));
	scene_close(&scene);
}

static void test_keys_are_on_for_the_step_and_off_behind_it(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- fleet-upgrade: foreign_keys=on\n"
				  "DELETE FROM people WHERE id = 1;");
	run(&scene);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 30);
	assert_int_equal(ask(&scene, "PRAGMA foreign_keys"), 0);
	scene_close(&scene);
}

static void test_a_step_has_transactions_of_its_own(void **state)
{
	struct scene scene;

	scene_open(&scene, state,
		   "-- fleet-upgrade: no-transaction\n"
		   "BEGIN; DELETE FROM letters; ROLLBACK;\n"
		   "BEGIN; DELETE FROM letters WHERE id > 40; COMMIT;\n"
		   "VACUUM;");
	run(&scene);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 40);
	scene_close(&scene);
}

static void test_analyze_and_vacuum(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- fleet-upgrade: analyze, vacuum\n"
				  "DELETE FROM letters WHERE id > 1;");
	run(&scene);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM sqlite_stat1 WHERE "
				     "idx = 'letters_person'"), 1);
	assert_true(ask(&scene, "PRAGMA freelist_count") > 0);
	assert_int_equal(series_vacuum(&scene.steps, &scene.err), 0);
	assert_int_equal(ask(&scene, "PRAGMA freelist_count"), 0);
	scene_close(&scene);
}

static void test_without_asking_there_is_no_vacuum(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- fleet-upgrade: no-transaction\n"
				  "DELETE FROM letters WHERE id > 1;");
	run(&scene);
	assert_int_equal(series_vacuum(&scene.steps, &scene.err), 0);
	assert_true(ask(&scene, "PRAGMA freelist_count") > 0);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM sqlite_schema WHERE "
				     "name = 'sqlite_stat1'"), 0);
	scene_close(&scene);
}

static void test_a_program_is_the_callers(void **state)
{
	struct scene scene;

	scene_open(&scene, state, "-- a program");
	scene.shop->migrations->chains[KIND_USER].steps[3]->is_program = true;
	assert_true(series_is_needed(&scene.steps));
	run(&scene);
	assert_int_equal(scene.programs, 1);
	scene_close(&scene);
}

static void test_what_fails_at_commit_is_told_by_its_step(void **state)
{
	struct scene scene;
	const struct failure *failure = &scene.job.result.failure;

	scene_open(&scene, state,
		   "-- fleet-upgrade: foreign_keys=on\n"
		   "PRAGMA defer_foreign_keys = 1; UPDATE letters SET "
		   "person = 99;");
	assert_int_equal(series_run(&scene.steps, &scene.err), ERROR_SQL);
	assert_non_null(strstr(scene.err.message, "FOREIGN KEY"));
	assert_string_equal(failure->migration, "user:3→4");
	assert_string_equal(failure->file, "history.md");
	assert_false(connection_in_transaction(scene.db));
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_who_needs_it),
		WORKSHOP_TEST(test_what_has_run_needs_nothing),
		WORKSHOP_TEST(test_keys_are_on_for_the_step_and_off_behind_it),
		WORKSHOP_TEST(test_a_step_has_transactions_of_its_own),
		WORKSHOP_TEST(test_analyze_and_vacuum),
		WORKSHOP_TEST(test_without_asking_there_is_no_vacuum),
		WORKSHOP_TEST(test_a_program_is_the_callers),
		WORKSHOP_TEST(test_what_fails_at_commit_is_told_by_its_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
