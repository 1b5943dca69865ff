#include "report/history.h"

#include "events.h"

static const char *print_run(struct scene *scene, const struct journal_run *run)
{
	struct history_options options = { .out = scene->out };

	history_print_run(&options, run);
	return scene_text(scene);
}

static const struct journal_run good_run = {
	.id = "20261121T043100Z-9f3c",
	.command = "upgrade",
	.began = "2026-11-21T04:31:00Z",
	.ended = "2026-11-21T04:31:09Z",
	.target_system = "0.3.20",
	.target_user = "0.3.20",
	.databases = 2001,
	.outcomes = { [OUTCOME_UPGRADED] = 2000, [OUTCOME_FAILED] = 1 },
	.exit_status = 1,
};

static void test_a_run_is_one_line(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "history", false);
	assert_string_equal(print_run(&scene, &good_run),
			    "20261121T043100Z-9f3c  upgrade     status 1, "
			    "2,001 databases, 2,000 upgraded, 1 failed, "
			    "target 0.3.20\n");
	scene_close(&scene);
}

static void test_a_run_without_end_was_interrupted(void **state)
{
	struct journal_run run = good_run;
	struct scene scene;

	(void)state;
	run.ended = NULL;
	run.exit_status = 0;
	scene_open(&scene, "history", false);
	assert_has(print_run(&scene, &run), "interrupted, ");
	assert_lacks(scene_text(&scene), "status");
	scene_close(&scene);

	run.signal = 15;
	scene_open(&scene, "history", false);
	assert_has(print_run(&scene, &run), "ended by signal 15, ");
	scene_close(&scene);
}

static void test_a_run_without_migrations_has_no_target(void **state)
{
	struct journal_run run = good_run;
	struct scene scene;

	(void)state;
	run.target_user = NULL;
	scene_open(&scene, "history", false);
	assert_lacks(print_run(&scene, &run), "target");
	scene_close(&scene);
}

static void test_a_good_database_is_one_line(void **state)
{
	const struct journal_result result = {
		.kind = "user",
		.username = "al\tice",
		.path = "alice_longterm.db",
		.from = "0.3.19",
		.to = "0.3.20",
		.outcome = "upgraded",
		.duration_us = 400000,
	};
	struct history_options options = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "history", false);
	options.out = scene.out;
	history_print_result(&options, &result);
	assert_string_equal(scene_text(&scene),
			    "upgraded  user al\\tice, alice_longterm.db, "
			    "0.3.19 → 0.3.20, 0.4 s\n");
	scene_close(&scene);
}

static void test_a_bad_database_has_all_there_is(void **state)
{
	const struct journal_result result = {
		.kind = "system",
		.path = "system.db",
		.from = "0.3.19",
		.to = "0.3.19",
		.outcome = "failed",
		.duration_us = 400000,
		.error_code = "SQLITE_ERROR",
		.message = "no such table: \033x",
		.migration = "system:0.3.19→0.3.20",
		.file = "/m/history.md",
		.line = 12,
		.statement = "DROP TABLE x",
		.notes = "one; two",
	};
	struct history_options options = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "history", false);
	options.out = scene.out;
	history_print_result(&options, &result);
	assert_string_equal(scene_text(&scene),
			    "failed  system.db, system.db, 0.3.19, 0.4 s\n"
			    "    system:0.3.19→0.3.20, /m/history.md:12\n"
			    "    DROP TABLE x\n"
			    "    no such table: \\x1bx (SQLITE_ERROR)\n"
			    "    one\n"
			    "    two\n");
	scene_close(&scene);
}

/* Nobody else may write to the journal, but a disk may. */
static void test_nothing_of_a_damaged_journal_gets_out(void **state)
{
	const struct journal_result result = {
		.outcome = "fai\x1b[2Jled\n", .username = "a\x7f",
		.path = "/srv/a.db",
	};
	struct history_options options = { .colour = false };
	struct journal_result empty = { .path = "/srv/a.db" };
	struct scene scene;

	(void)state;
	scene_open(&scene, "history", false);
	options.out = scene.out;
	history_print_result(&options, &result);
	assert_has(scene_text(&scene), "fai\\x1b[2Jled\\n  user a\\x7f");
	history_print_result(&options, &empty);
	assert_has(scene_text(&scene), "\n-  system.db, /srv/a.db");
	scene_close(&scene);
}

static void test_colour_and_head(void **state)
{
	struct history_options options = { .colour = true };
	struct scene scene;

	(void)state;
	scene_open(&scene, "history", false);
	options.out = scene.out;
	history_print_head(&options);
	history_print_run(&options, &good_run);
	assert_has(scene_text(&scene), "\033[1;31mstatus 1\033[0m");
	assert_has(scene_text(&scene), "what became of it");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_run_is_one_line),
		cmocka_unit_test(test_a_run_without_end_was_interrupted),
		cmocka_unit_test(test_a_run_without_migrations_has_no_target),
		cmocka_unit_test(test_a_good_database_is_one_line),
		cmocka_unit_test(test_a_bad_database_has_all_there_is),
		cmocka_unit_test(test_nothing_of_a_damaged_journal_gets_out),
		cmocka_unit_test(test_colour_and_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
