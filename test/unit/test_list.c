#include "report/list.h"

#include "events.h"

/* user: 0.3.19, 0.3.20 (two statements), and 0.3.21 planned; system: 0.3.19. */
static struct step steps[] = {
	{ .kind = KIND_USER, .to = (char *)"0.3.19",
	  .name = (char *)"user:baseline→0.3.19", .statements = 9,
	  .checksum = "0123456789abcdef0123456789abcdef",
	  .sql = (char *)"CREATE TABLE t(x);\n", .description = (char *)"",
	  .date = (char *)"", .file = (char *)"h.md" },
	{ .kind = KIND_USER, .from = (char *)"0.3.19", .to = (char *)"0.3.20",
	  .name = (char *)"user:0.3.19→0.3.20", .statements = 2,
	  .sql = (char *)"ALTER TABLE t\n\tADD y;\033",
	  .parts[STEP_DOWN].sql = (char *)"ALTER TABLE t\n\tDROP y;\033",
	  .checksum = "fedcba98765432100123456789abcdef",
	  .date = (char *)"2025-10-07",
	  .description = (char *)"adds y", .file = (char *)"h.md" },
	{ .kind = KIND_USER, .from = (char *)"0.3.20", .to = (char *)"0.3.21",
	  .name = (char *)"user:0.3.20→0.3.21", .statements = 1,
	  .is_planned = true, .is_blank = true, .sql = (char *)"-- later",
	  .description = (char *)"", .date = (char *)"",
	  .file = (char *)"h.md" },
	{ .kind = KIND_SYSTEM, .to = (char *)"0.3.19",
	  .name = (char *)"system:baseline→0.3.19", .statements = 3,
	  .sql = (char *)"CREATE TABLE s(x);", .description = (char *)"",
	  .date = (char *)"", .file = (char *)"h.md" },
};

static struct step *all[] = { &steps[0], &steps[1], &steps[2], &steps[3] };

static struct migrations migrations = {
	.steps = all,
	.step_count = 4,
	.chains = {
		[KIND_SYSTEM] = { .kind = KIND_SYSTEM, .steps = &all[3],
				  .count = 1 },
		[KIND_USER] = { .kind = KIND_USER, .steps = all, .count = 2,
				.planned = &all[2], .planned_count = 1 },
	},
};

static void tell(struct scene *scene, struct needs *needs,
		 const char *username, enum outcome outcome, const char *from)
{
	scene_result(scene, username, outcome, from, "");
	scene_database(scene, needs_listener(needs));
}

static void test_who_needs_which_step_is_counted(void **state)
{
	struct needs *needs = needs_new(&migrations);
	struct scene scene;

	(void)state;
	scene_open(&scene, "list", false);
	tell(&scene, needs, NULL, OUTCOME_CURRENT, "0.3.19");
	tell(&scene, needs, "a", OUTCOME_CURRENT, "0.3.20");
	tell(&scene, needs, "b", OUTCOME_WOULD_UPGRADE, "0.3.19");
	tell(&scene, needs, "c", OUTCOME_WOULD_UPGRADE, "0.3.19");
	tell(&scene, needs, "d", OUTCOME_WOULD_UPGRADE, "");
	tell(&scene, needs, "e", OUTCOME_NEWER, "9.9");
	tell(&scene, needs, "f", OUTCOME_FAILED, "");
	tell(&scene, needs, "g", OUTCOME_WOULD_FAIL, "");
	assert_int_equal(needs_count(needs, KIND_SYSTEM, 1), 0);
	assert_int_equal(needs_count(needs, KIND_USER, 1), 1);
	assert_int_equal(needs_count(needs, KIND_USER, 2), 3);
	assert_int_equal(needs->unknown[KIND_USER], 2);
	assert_int_equal(needs->unknown[KIND_SYSTEM], 0);
	assert_int_equal(needs_total(needs, KIND_USER), 7);
	assert_int_equal(needs_total(needs, KIND_SYSTEM), 1);
	needs_free(needs);
	needs_free(NULL);
	scene_close(&scene);
}

static void test_a_step_that_came_late_is_needed(void **state)
{
	struct needs *needs = needs_new(&migrations);
	struct scene scene;

	(void)state;
	scene_open(&scene, "list", false);
	tell(&scene, needs, "a", OUTCOME_CURRENT, "0.3.20");
	scene_result(&scene, "b", OUTCOME_WOULD_UPGRADE, "0.3.20", "");
	scene.result.late = (struct late_steps){ .count = 1, .at = { 0 } };
	scene_database(&scene, needs_listener(needs));
	assert_int_equal(needs_count(needs, KIND_USER, 1), 1);
	assert_int_equal(needs_count(needs, KIND_USER, 2), 0);
	assert_int_equal(needs_total(needs, KIND_USER), 2);
	needs_free(needs);
	scene_close(&scene);
}

static const char *print(struct scene *scene, bool sql,
			 const struct needs *needs)
{
	struct list_options options = {
		.out = scene->out, .sql = sql, .needs = needs,
	};

	list_print(&migrations, &options);
	return scene_text(scene);
}

static void test_steps_stand_in_order_with_what_they_are(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "list", false);
	assert_string_equal(
		print(&scene, false, NULL),
		"system\n"
		"  system:baseline→0.3.19    3 statements  active   up"
		"                   \n"
		"user\n"
		"  user:baseline→0.3.19      9 statements  active   up       "
		"0123456789ab            \n"
		"  user:0.3.19→0.3.20        2 statements  active   up/down  "
		"fedcba987654  2025-10-07  adds y\n"
		"  user:0.3.20→0.3.21        0 statements  planned  up"
		"                   \n");
	scene_close(&scene);
}

static void test_needs_are_told_where_known(void **state)
{
	struct needs *needs = needs_new(&migrations);
	struct scene scene;

	(void)state;
	scene_open(&scene, "list", false);
	tell(&scene, needs, "b", OUTCOME_WOULD_UPGRADE, "0.3.19");
	tell(&scene, needs, "f", OUTCOME_BUSY, "");
	print(&scene, false, needs);
	assert_has(scene_text(&scene), "2025-10-07  needed by 1  adds y\n");
	assert_has(scene_text(&scene), "0123456789ab              needed by 0"
				       "\n");
	assert_has(scene_text(&scene), "1 more could not be looked at");
	/* A planned step is never run: nobody needs it. */
	assert_null(strstr(strstr(scene_text(&scene), "planned"), "needed"));
	needs_free(needs);
	scene_close(&scene);
}

static void test_the_text_of_steps_is_shown_without_control_codes(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "list", false);
	print(&scene, true, NULL);
	assert_has(scene_text(&scene), "    ALTER TABLE t\n    \tADD y;\n");
	assert_has(scene_text(&scene), "    -- later\n");
	assert_has(scene_text(&scene), "    -- and back:\n"
				       "    ALTER TABLE t\n    \tDROP y;\n");
	assert_lacks(scene_text(&scene), "\033");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_needs_which_step_is_counted),
		cmocka_unit_test(test_a_step_that_came_late_is_needed),
		cmocka_unit_test(test_steps_stand_in_order_with_what_they_are),
		cmocka_unit_test(test_needs_are_told_where_known),
		cmocka_unit_test(
			test_the_text_of_steps_is_shown_without_control_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
