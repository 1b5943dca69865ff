/*
 * Every allocation of SQLite's that fails: the database is whole old or whole
 * new, and what is told of it is so. FLEET_SWEEP=full tries each of them,
 * otherwise some.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "workshop.h"

#define POINTS 40 /* of each kind, if not all */

static sqlite3_mem_methods real;
static long allocations, fails_at; /* 0: none does */
static bool fails_on;		   /* and every later one */
static long failed;		   /* upgrades that did */

static bool fails(void)
{
	long n = ++allocations;

	return fails_at > 0 && (fails_on ? n >= fails_at : n == fails_at);
}

static void *allocate(int bytes)
{
	return fails() ? NULL : real.xMalloc(bytes);
}

static void *resize(void *old, int bytes)
{
	return fails() ? NULL : real.xRealloc(old, bytes);
}

/* Before SQLite is used at all. */
static int group_setup(void **state)
{
	sqlite3_mem_methods mine;

	(void)state;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		return -1;
	mine = real;
	mine.xMalloc = allocate;
	mine.xRealloc = resize;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
}

struct scene {
	struct workshop *shop;
	char *path, *rows;
};

/* a.db, new, at version 1, with no allocation that fails. */
static void scene_begin(struct scene *scene, struct workshop *shop)
{
	scene->shop = shop;
	scene->path = workshop_path(shop, "a.db");
	(void)remove(scene->path);
	workshop_make(shop, "a.db", 1);
	scene->rows = workshop_rows(shop, scene->path);
	workshop_new_run(shop);
}

static void scene_end(struct scene *scene)
{
	free(scene->rows);
	free(scene->path);
}

/* With what was there, and with one that is not there before version 3. */
static void expect_version(struct scene *scene, bool is_new)
{
	char *rows = workshop_rows(scene->shop, scene->path);

	assert_string_equal(rows, scene->rows);
	free(rows);
	workshop_expect(scene->shop, "a.db", "PRAGMA integrity_check", "ok");
	workshop_expect(scene->shop, "a.db", "SELECT count(*) FROM "
			"sqlite_schema WHERE name IN ('tags', "
			"'fleet_schema_history')", is_new ? "2" : "0");
}

/* Upgrades with that allocation failing; false if there were not so many. */
static bool try_point(struct workshop *shop, long point, bool is_sticky)
{
	struct scene scene;
	struct result result;
	bool is_reached;

	scene_begin(&scene, shop);
	allocations = 0;
	fails_at = point;
	fails_on = is_sticky;
	result = workshop_do(shop, work_upgrade, "a.db");
	is_reached = point > 0 && allocations >= point;
	fails_at = 0;
	if (result.outcome != OUTCOME_UPGRADED) {
		failed++;
		workshop_outcome(&result, OUTCOME_FAILED);
		assert_string_equal(result.to, result.from);
		assert_true(result.failure.error.message[0] != '\0');
	}
	expect_version(&scene, result.outcome == OUTCOME_UPGRADED);
	workshop_new_run(shop);
	result = workshop_do(shop, work_upgrade, "a.db");
	assert_true(result.outcome == OUTCOME_UPGRADED ||
		    result.outcome == OUTCOME_CURRENT);
	expect_version(&scene, true);
	scene_end(&scene);
	return is_reached;
}

static void sweep(struct workshop *shop, enum strategy_choice strategy)
{
	const char *how = getenv("FLEET_SWEEP");
	long count, step = 1, points = 0;

	workshop_strategy = strategy;
	workshop_open(shop, workshop_history);
	(void)try_point(shop, 0, false);
	allocations = 0;
	assert_int_equal(workshop_do(shop, work_upgrade, "a.db").outcome,
			 OUTCOME_CURRENT);
	/* How many there are shows only from a run that comes through. */
	for (count = 256; try_point(shop, count, false); count *= 2)
		;
	if (how == NULL || strcmp(how, "full") != 0)
		step = 1 + count / POINTS;
	failed = 0;
	for (long n = 1; try_point(shop, n, false); n += step)
		points++;
	for (long n = 1; try_point(shop, n, true); n += step)
		points++;
	print_message("# %ld points, %ld upgrades that failed\n", points,
		      failed);
	assert_true(points >= POINTS / 2);
	assert_in_range(failed, points / 2, points);
	workshop_close(shop);
	workshop_strategy = CHOOSE_AUTO;
}

static void test_in_place(void **state)
{
	struct workshop shop;

	(void)state;
	sweep(&shop, CHOOSE_IN_PLACE);
}

static void test_by_swap(void **state)
{
	struct workshop shop;

	(void)state;
	sweep(&shop, CHOOSE_AUTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_by_swap),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
