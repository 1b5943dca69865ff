#include "database/change.h"

#include <stdio.h>

#include "database/evidence.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* A change to data/a.db, which is at version 3 with a ledger. */
struct scene {
	struct workshop *shop;
	struct job job;
	struct sqlite3 *db;
	struct standing standing;
	struct steps steps;
};

static void run(struct sqlite3 *db, const char *sql)
{
	struct error err = { 0 };

	if (connection_run(db, sql, &err) != 0)
		fail_msg("%s: %s", sql, err.message);
}

/* As it was, and is on the disk still. */
static int open_before(const struct job *job, struct sqlite3 **out,
		       struct error *err)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	char *path = NULL;
	int rc;

	assert_true(asprintf(&path, "%s/%s", job->plan->data_path,
			     job->subject->path) > 0);
	rc = connection_open(path, &options, out, err);
	free(path);
	return rc;
}

static void scene_open(struct scene *scene, void **state, const char *before)
{
	const struct connection_options options = { .mode = CONNECTION_WRITE };
	struct error err = { 0 };
	char *path;

	*scene = (struct scene){ .shop = *state };
	workshop_ready(scene->shop, "a.db", NULL);
	workshop_sql(scene->shop, "a.db", before);
	path = workshop_path(scene->shop, "a.db");
	scene->job = workshop_job(scene->shop, "a.db");
	assert_int_equal(connection_open(path, &options, &scene->db, &err), 0);
	steps_begin(&scene->steps, &scene->job, scene->db);
	scene->steps.open_before = open_before;
	run(scene->db, "BEGIN IMMEDIATE");
	assert_int_equal(standing_read(scene->db, &scene->job, &scene->standing,
				       &err), 0);
	scene->steps.standing = &scene->standing;
	free(path);
}

static void scene_close(struct scene *scene)
{
	steps_end(&scene->steps);
	run(scene->db, "COMMIT");
	connection_close(scene->db);
}

static int add_row(struct steps *steps, struct error *err)
{
	const struct ledger_row row = {
		.kind = "baseline", .from = "3", .to = "4", .run_id = "r",
	};

	return ledger_add(steps->db, &row, err);
}

static int add_and_fail(struct steps *steps, struct error *err)
{
	int rc = add_row(steps, err);

	return rc != 0 ? rc : error_set(err, ERROR_CHECK, "not like this");
}

static struct change change_with(int (*apply)(struct steps *, struct error *))
{
	return (struct change){
		.apply = apply, .checks_steps = true, .signs_ledger = true,
	};
}

static void expect_evidence(struct scene *scene, const char *pattern)
{
	char *sql = NULL;

	assert_true(asprintf(&sql, "SELECT evidence GLOB '%s' FROM "
			     LEDGER_TABLE " ORDER BY rank DESC LIMIT 1",
			     pattern) > 0);
	workshop_expect(scene->shop, "a.db", sql, "1");
	free(sql);
}

static void what_is_applied_is_signed(void **state)
{
	const struct change change = change_with(add_row);
	struct error err = { 0 };
	struct scene scene;

	scene_open(&scene, state, "UPDATE people SET name = 'x'");
	assert_int_equal(change_apply(&change, &scene.steps, scene.db, &err),
			 0);
	scene_close(&scene);
	expect_evidence(&scene, "counter:[0-9]*");
	expect_evidence(&scene, "* of ????????");
}

static void that_nobody_had_written_is_noted(void **state)
{
	const struct change change = change_with(add_row);
	struct error err = { 0 };
	struct scene scene;

	scene_open(&scene, state, "SELECT 1");
	assert_int_equal(change_apply(&change, &scene.steps, scene.db, &err),
			 0);
	scene_close(&scene);
	expect_evidence(&scene, "counter:[0-9]* of ???????? unbroken");
}

static void what_signs_nothing_leaves_the_row_alone(void **state)
{
	struct change change = change_with(add_row);
	struct error err = { 0 };
	struct scene scene;

	change.signs_ledger = false;
	scene_open(&scene, state, "SELECT 1");
	assert_int_equal(change_apply(&change, &scene.steps, scene.db, &err),
			 0);
	scene_close(&scene);
	workshop_expect(scene.shop, "a.db",
			"SELECT evidence IS NULL FROM " LEDGER_TABLE
			" ORDER BY rank DESC LIMIT 1", "1");
}

static void what_fails_is_not_signed(void **state)
{
	const struct change change = change_with(add_and_fail);
	struct error err = { 0 };
	struct scene scene;

	scene_open(&scene, state, "SELECT 1");
	assert_int_equal(change_apply(&change, &scene.steps, scene.db, &err),
			 ERROR_CHECK);
	assert_non_null(strstr(err.message, "not like this"));
	scene_close(&scene);
	workshop_expect(scene.shop, "a.db",
			"SELECT evidence IS NULL FROM " LEDGER_TABLE
			" ORDER BY rank DESC LIMIT 1", "1");
}

static bool never(const struct steps *steps)
{
	(void)steps;
	return false;
}

static bool always(const struct steps *steps)
{
	(void)steps;
	return true;
}

static void what_needs_a_copy_is_not_swapped(void **state)
{
	struct change change = change_with(add_row);
	const struct steps steps = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(change_check_swap(&change, &steps, &err), 0);
	change.is_apart = never;
	assert_int_equal(change_check_swap(&change, &steps, &err), 0);
	change.is_apart = always;
	assert_int_equal(change_check_swap(&change, &steps, &err),
			 ERROR_SKIPPED);
	assert_non_null(strstr(err.message, "a copy of its own"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(what_is_applied_is_signed),
		WORKSHOP_TEST(that_nobody_had_written_is_noted),
		WORKSHOP_TEST(what_signs_nothing_leaves_the_row_alone),
		WORKSHOP_TEST(what_fails_is_not_signed),
		WORKSHOP_TEST(what_needs_a_copy_is_not_swapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
