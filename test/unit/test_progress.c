#include "report/progress.h"

#include <signal.h>

#include "events.h"

/* A scene with a run under way, and a progress line on its stream. */
static struct progress *begin(struct scene *scene, size_t done, size_t all)
{
	struct progress *progress;

	scene_open(scene, "upgrade", false);
	scene->run.totals.databases = all;
	scene->run.totals.done = done;
	scene->run.totals.work = 1000 * (int64_t)all;
	scene->run.totals.work_done = 1000 * (int64_t)done;
	scene->run.duration_us = 2000000;
	progress = progress_new(scene->out, false);
	scene_tell(scene, progress_listener(progress), EVENT_RUN_BEGIN);
	return progress;
}

static void test_the_line_tells_how_far_and_how_long(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 1000, 4000);

	(void)state;
	scene.run.totals.outcomes[OUTCOME_FAILED] = 2;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "1,000 of 4,000 (25 %)");
	assert_has(scene_text(&scene), ", 500/s");
	/* 3,000 left at 500 a second. */
	assert_has(scene_text(&scene), "6.0 s left");
	assert_has(scene_text(&scene), ", 2 failed");
	assert_lacks(scene_text(&scene), "\n");
	progress_free(progress);
	scene_close(&scene);
}

static void test_would_fail_counts_as_failed(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 10, 20);

	(void)state;
	scene.run.totals.outcomes[OUTCOME_WOULD_FAIL] = 3;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "3 failed");
	progress_free(progress);
	scene_close(&scene);
}

/* One of 20, which is half of the work. */
static void test_time_goes_by_work(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 1, 20);

	(void)state;
	scene.run.totals.work_done = scene.run.totals.work / 2;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "1 of 20 (50 %)");
	assert_has(scene_text(&scene), ", 2.0 s left");
	progress_free(progress);
	scene_close(&scene);
}

static void test_no_rate_before_there_is_one(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 0, 20);

	(void)state;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "0 of 20 (0 %)");
	assert_lacks(scene_text(&scene), "/s");
	scene.run.totals.done = 20;
	scene.run.totals.work_done = scene.run.totals.work;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "20 of 20 (100 %)");
	assert_lacks(scene_text(&scene), "left");
	progress_free(progress);
	scene_close(&scene);
}

static void test_a_slow_rate_keeps_a_digit(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 1, 20);

	(void)state;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), ", 0.5/s");
	progress_free(progress);
	scene_close(&scene);
}

static void test_an_empty_fleet_draws_nothing(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 0, 0);

	(void)state;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	progress_free(progress);
	assert_string_equal(scene_text(&scene), "");
	scene_close(&scene);
}

/* What is drawn last is the sequence that empties the line. */
static void assert_cleared(struct scene *scene)
{
	static const char clear[] = "\r\033[K";
	const char *text = scene_text(scene);
	size_t length = strlen(text);

	assert_true(length >= sizeof(clear) - 1);
	assert_string_equal(text + length - (sizeof(clear) - 1), clear);
}

static void test_the_line_is_gone_before_others_print(void **state)
{
	static const enum event_type types[] = {
		EVENT_NOTICE, EVENT_ROUND, EVENT_RUN_END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct scene scene;
		struct progress *progress = begin(&scene, 5, 20);
		size_t length;

		scene_tell(&scene, progress_listener(progress),
			   EVENT_PROGRESS);
		scene_tell(&scene, progress_listener(progress), types[i]);
		assert_cleared(&scene);
		/* Nothing is drawn, so nothing is cleared twice. */
		length = strlen(scene_text(&scene));
		progress_free(progress);
		assert_int_equal(strlen(scene_text(&scene)), length);
		scene_close(&scene);
	}
}

static void test_a_database_does_not_draw(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 5, 20);

	(void)state;
	scene_result(&scene, "alice", OUTCOME_UPGRADED, "0.3.19", "0.3.20");
	scene_database(&scene, progress_listener(progress));
	assert_string_equal(scene_text(&scene), "");
	progress_free(progress);
	scene_close(&scene);
}

static void test_rounds_and_signals_are_told(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 5, 20);

	(void)state;
	scene.event.waiting = 3;
	scene_tell(&scene, progress_listener(progress), EVENT_ROUND);
	scene.run.signal = SIGINT;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "trying 3 busy again");
	assert_has(scene_text(&scene), ", stopping");
	progress_free(progress);
	assert_cleared(&scene);
	scene_close(&scene);
}

static void test_more_done_than_known_is_no_nonsense(void **state)
{
	struct scene scene;
	struct progress *progress = begin(&scene, 25, 20);

	(void)state;
	scene_tell(&scene, progress_listener(progress), EVENT_PROGRESS);
	assert_has(scene_text(&scene), "25 of 20");
	assert_lacks(scene_text(&scene), "left");
	progress_free(progress);
	progress_free(NULL);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_line_tells_how_far_and_how_long),
		cmocka_unit_test(test_would_fail_counts_as_failed),
		cmocka_unit_test(test_time_goes_by_work),
		cmocka_unit_test(test_no_rate_before_there_is_one),
		cmocka_unit_test(test_a_slow_rate_keeps_a_digit),
		cmocka_unit_test(test_an_empty_fleet_draws_nothing),
		cmocka_unit_test(test_the_line_is_gone_before_others_print),
		cmocka_unit_test(test_a_database_does_not_draw),
		cmocka_unit_test(test_rounds_and_signals_are_told),
		cmocka_unit_test(test_more_done_than_known_is_no_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
