#include "database/walk.h"

#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* data/a.db is at version 1 of workshop_history, in a transaction. */
struct scene {
	struct job job;
	struct standing standing;
	struct steps steps;
	struct sqlite3 *db;
};

static void scene_open(struct scene *scene, struct workshop *shop)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };

	scene->job = workshop_job(shop, "a.db");
	assert_int_equal(connection_open(path, &options, &scene->db, &err), 0);
	steps_begin(&scene->steps, &scene->job, scene->db);
	assert_int_equal(connection_run(scene->db, "BEGIN IMMEDIATE", &err), 0);
	assert_int_equal(standing_read(scene->db, &scene->job, &scene->standing,
				       &err), 0);
	scene->steps.standing = &scene->standing;
	free(path);
}

static void scene_close(struct scene *scene)
{
	steps_end(&scene->steps);
	connection_close(scene->db);
}

static void expect(const struct scene *scene, const char *sql,
		   const char *expected)
{
	struct error err = { 0 };
	char *text = NULL;

	assert_int_equal(connection_text(scene->db, sql, &text, &err), 0);
	assert_string_equal(text, expected);
	free(text);
}

#define LEDGER                                                               \
	"SELECT group_concat(kind || to_version, ' ') FROM (SELECT * FROM "  \
	LEDGER_TABLE " ORDER BY rank)"

static bool adds_a_table(const struct step *step)
{
	return strstr(step->sql, "CREATE TABLE tags") != NULL;
}

static bool is_planned(const struct step *step)
{
	return step->is_planned;
}

static void test_all_that_is_pending_runs(void **state)
{
	struct workshop *shop = *state;
	struct scene scene = { 0 };
	struct error err = { 0 };

	workshop_make(shop, "a.db", 1);
	scene_open(&scene, shop);
	assert_string_equal(walk_step(&scene.steps, 0)->to, "2");
	assert_string_equal(walk_step(&scene.steps, 1)->to, "3");
	assert_true(walk_any(&scene.steps, adds_a_table));
	assert_false(walk_any(&scene.steps, is_planned));
	if (walk_run(&scene.steps, &err) != 0)
		fail_msg("%s", err.message);
	expect(&scene, LEDGER, "detect1 migrate2 migrate3");
	scene_close(&scene);
}

static void test_its_parts_are_the_whole(void **state)
{
	struct workshop *shop = *state;
	struct scene scene = { 0 };
	struct error err = { 0 };

	workshop_make(shop, "a.db", 1);
	scene_open(&scene, shop);
	assert_int_equal(walk_prepare(&scene.steps, &err), 0);
	expect(&scene, LEDGER, "detect1");
	assert_int_equal(walk_one(&scene.steps, 0, &err), 0);
	expect(&scene, LEDGER, "detect1 migrate2");
	assert_int_equal(walk_one(&scene.steps, 1, &err), 0);
	assert_int_equal(walk_finish(&scene.steps, &err), 0);
	expect(&scene, LEDGER, "detect1 migrate2 migrate3");
	scene_close(&scene);
}

static void test_down_the_newest_first(void **state)
{
	struct workshop *shop = *state;
	struct scene scene = { 0 };
	struct error err = { 0 };

	workshop_ready(shop, "a.db", NULL);
	workshop_release_step(shop, "CREATE TABLE x(id);\n"
				    "-- rollback: DROP TABLE x;");
	workshop_sql(shop, "a.db", "CREATE TABLE x(id); INSERT INTO "
		     LEDGER_TABLE "(kind, to_version) VALUES('migrate', '4')");
	shop->plan.targets[KIND_USER] = 3;
	scene_open(&scene, shop);
	assert_int_equal(standing_read_down(scene.db, &scene.job,
					    &scene.standing, &err), 0);
	assert_true(scene.standing.goes_down);
	if (walk_run(&scene.steps, &err) != 0)
		fail_msg("%s", err.message);
	expect(&scene, "SELECT count(*) FROM sqlite_schema WHERE name = 'x'",
	       "0");
	expect(&scene, "SELECT kind || from_version || to_version FROM "
	       LEDGER_TABLE " ORDER BY rank DESC LIMIT 1", "undo43");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_all_that_is_pending_runs),
		WORKSHOP_TEST(test_its_parts_are_the_whole),
		WORKSHOP_TEST(test_down_the_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
