#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fleet/sweep.h"
#include "puppets.h"
#include "sandpit.h"

#define WINDOW 4

/* Everything that a sweep borrows, and what it told. */
struct stage {
	struct sandpit *sandpit;
	struct puppets puppets;
	uv_loop_t loop;
	uv_timer_t pause;
	struct signals signals;
	struct reserve reserve;
	struct plan plan;
	struct operation operation;
	struct retired retired;
	struct sweep sweep;

	size_t concluded, outcomes[OUTCOME_COUNT];
	int *times;	/* how often each puppet was concluded */
	size_t retries, waiting[8];
	int signal_at_retry;
	size_t full_after;	/* so many are done; 0: it has room */
	char message[128];	/* of the last one that was busy */
};

static void fill_disk(struct stage *stage)
{
	const struct amount_share all = { .percent = 100 };

	reserve_init(&stage->reserve, stage->sandpit->fd, "/srv/state", &all);
}

static void conclude(void *self, const struct subject *subject,
		     const struct result *result)
{
	struct stage *stage = self;

	if (++stage->concluded == stage->full_after)
		fill_disk(stage);
	stage->outcomes[result->outcome]++;
	stage->times[subject->stamp.inode]++;
	if (result->outcome == OUTCOME_BUSY)
		memcpy(stage->message, result->failure.error.message,
		       sizeof(stage->message) - 1);
}

static void retry(void *self, size_t waiting)
{
	struct stage *stage = self;

	stage->waiting[stage->retries++] = waiting;
	if (stage->signal_at_retry != 0)
		raise(stage->signal_at_retry);
}

static void stage_open(struct stage *stage, void **state, size_t users)
{
	const struct amount_share nothing = { .percent = 0 };
	struct error err = { 0 };

	memset(stage, 0, sizeof(*stage));
	stage->sandpit = *state;
	puppets_open(&stage->puppets, users, false);
	stage->times = xcalloc(users + 1, sizeof(int));
	assert_int_equal(uv_loop_init(&stage->loop), 0);
	uv_timer_init(&stage->loop, &stage->pause);
	assert_int_equal(signals_open(&stage->signals, &stage->loop, &err), 0);
	reserve_init(&stage->reserve, stage->sandpit->fd, "/srv/state",
		     &nothing);
	stage->plan.backup_dir = stage->sandpit->fd;
	stage->operation = (struct operation){
		.name = "upgrade",
		.writes = true,
		.retries_busy = true,
		.work = puppet_work,
		.work_without_room = puppet_look,
	};
	stage->sweep = (struct sweep){
		.loop = &stage->loop,
		.pause = &stage->pause,
		.signals = &stage->signals,
		.reserve = &stage->reserve,
		.retired = &stage->retired,
		.plan = &stage->plan,
		.operation = &stage->operation,
		.conclude = conclude,
		.retry = retry,
		.self = stage,
	};
	assert_int_equal(queue_open(&stage->loop, WINDOW, &stage->sweep.queue,
				    &err), 0);
}

static void stage_run(struct stage *stage)
{
	sweep_run(&stage->sweep, stage->puppets.fleet.users,
		  stage->puppets.fleet.user_count);
	assert_null(stage->sweep.waiting);
	/* Each comes to exactly one end. */
	assert_int_equal(stage->concluded + stage->sweep.left_out,
			 stage->puppets.fleet.user_count);
	for (size_t i = 0; i < stage->puppets.count; i++)
		assert_in_range(stage->times[i], 0, 1);
}

static void stage_close(struct stage *stage)
{
	queue_close(stage->sweep.queue);
	uv_close((uv_handle_t *)&stage->pause, NULL);
	signals_close(&stage->signals, &stage->loop);
	assert_int_equal(uv_loop_close(&stage->loop), 0);
	retired_close(&stage->retired);
	puppets_close(&stage->puppets);
	free(stage->times);
}

static void all_are_worked_on_once(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 500);
	puppet_of(&stage.puppets, 7)->outcome = OUTCOME_FAILED;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 499);
	assert_int_equal(stage.outcomes[OUTCOME_FAILED], 1);
	assert_int_equal(stage.sweep.left_out, 0);
	assert_int_equal(stage.retries, 0);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(puppet_of(&stage.puppets, i)->worked, 1);
	stage_close(&stage);
}

static void recall(struct job *job)
{
	if (strcmp(job->subject->known_version, "current") == 0)
		job->result.outcome = OUTCOME_CURRENT;
}

/* Of 50, every second one is known, and every fourth to be current; the disk
 * need not be asked for those. */
static void what_is_known_takes_no_worker(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 50);
	for (size_t i = 0; i < 50; i += 2)
		stage.puppets.fleet.users[i].known_version =
			i % 4 == 0 ? "current" : "pending";
	stage.operation.recall = recall;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_CURRENT], 13);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 37);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(puppet_of(&stage.puppets, i)->worked,
				 i % 4 != 0);
	stage_close(&stage);
}

static void nothing_is_believed_unless_asked(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 10);
	for (size_t i = 0; i < 10; i++)
		stage.puppets.fleet.users[i].known_version = "current";
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 10);
	stage_close(&stage);
}

static void what_is_known_needs_no_room(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 10);
	fill_disk(&stage);
	stage.operation.recall = recall;
	for (size_t i = 0; i < 10; i++)
		stage.puppets.fleet.users[i].known_version = "current";
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_CURRENT], 10);
	assert_int_equal(stage.sweep.no_room.code, ERROR_NONE);
	stage_close(&stage);
}

static void none_is_fine(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 0);
	stage_run(&stage);
	assert_int_equal(stage.concluded, 0);
	stage_close(&stage);
}

static void busy_ones_come_again_after_the_others(void **state)
{
	struct stage stage;
	int64_t began_us;

	stage_open(&stage, state, 20);
	stage.sweep.retries = 3;
	puppet_of(&stage.puppets, 0)->busy_times = 1;
	puppet_of(&stage.puppets, 1)->busy_times = 1;
	began_us = clock_now_us();
	stage_run(&stage);
	assert_in_range(clock_now_us() - began_us, 1000000, 1900000);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 20);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 0);
	assert_int_equal(stage.retries, 1);
	assert_int_equal(stage.waiting[0], 2);
	assert_int_equal(puppet_of(&stage.puppets, 0)->worked, 2);
	assert_int_equal(puppet_of(&stage.puppets, 2)->worked, 1);
	stage_close(&stage);
}

static void the_pause_grows_and_the_rounds_end(void **state)
{
	struct stage stage;
	int64_t began_us;

	stage_open(&stage, state, 3);
	stage.sweep.retries = 2;
	puppet_of(&stage.puppets, 0)->busy_times = 99;
	puppet_of(&stage.puppets, 1)->busy_times = 1;
	began_us = clock_now_us();
	stage_run(&stage);
	assert_in_range(clock_now_us() - began_us, 3000000, 3900000);
	assert_int_equal(stage.retries, 2);
	assert_int_equal(stage.waiting[0], 2);
	assert_int_equal(stage.waiting[1], 1);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 1);
	assert_int_equal(puppet_of(&stage.puppets, 0)->worked, 3);
	assert_string_equal(stage.message, "an application has it locked");
	stage_close(&stage);
}

static void without_retries_busy_is_busy(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 3);
	puppet_of(&stage.puppets, 0)->busy_times = 1;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 1);
	stage_close(&stage);

	stage_open(&stage, state, 3);
	stage.sweep.retries = 3;
	stage.operation.retries_busy = false;
	puppet_of(&stage.puppets, 0)->busy_times = 1;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 1);
	assert_int_equal(stage.retries, 0);
	stage_close(&stage);
}

static void a_signal_stops_pulling(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 1000);
	for (size_t i = 0; i < 1000; i++)
		puppet_of(&stage.puppets, i)->sleep_ms = 2;
	puppet_of(&stage.puppets, 10)->signal = SIGTERM;
	stage_run(&stage);
	/* What was in flight is finished and told. */
	assert_in_range(stage.concluded, 8, 60);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], stage.concluded);
	assert_true(stage.signals.draining);
	stage_close(&stage);
}

static void the_second_signal_undoes(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 100);
	for (size_t i = 0; i < 4; i++)
		puppet_of(&stage.puppets, i)->waits_for_stop = true;
	puppet_of(&stage.puppets, 0)->signal = SIGINT;
	puppet_of(&stage.puppets, 1)->signal = SIGTERM;
	puppet_of(&stage.puppets, 1)->sleep_ms = 100;
	stage_run(&stage);
	/* They are as they were, and not counted as done with. */
	assert_int_equal(stage.concluded, 0);
	assert_int_equal(stage.sweep.left_out, 100);
	stage_close(&stage);
}

static void a_signal_ends_the_pause(void **state)
{
	struct stage stage;
	int64_t began_us;

	stage_open(&stage, state, 4);
	stage.sweep.retries = 3;
	puppet_of(&stage.puppets, 2)->busy_times = 99;
	stage.signal_at_retry = SIGINT;
	began_us = clock_now_us();
	stage_run(&stage);
	assert_in_range(clock_now_us() - began_us, 0, 700000);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 1);
	assert_int_equal(puppet_of(&stage.puppets, 2)->worked, 1);
	assert_non_null(strstr(stage.message, "an application held it"));
	assert_int_equal(stage.sweep.left_out, 0);
	stage_close(&stage);
}

/* ---- the disk ---- */

static void on_a_full_disk_nothing_is_written(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 50);
	fill_disk(&stage);
	for (size_t i = 0; i < 50; i++)
		puppet_of(&stage.puppets, i)->looks_like =
			i < 30 ? OUTCOME_CURRENT : OUTCOME_WOULD_UPGRADE;
	puppet_of(&stage.puppets, 49)->looks_like = OUTCOME_WOULD_FAIL;
	stage_run(&stage);
	for (size_t i = 0; i < 50; i++) {
		assert_int_equal(puppet_of(&stage.puppets, i)->worked, 0);
		assert_int_equal(puppet_of(&stage.puppets, i)->looked, 1);
	}
	assert_int_equal(stage.outcomes[OUTCOME_CURRENT], 30);
	assert_int_equal(stage.sweep.left_out, 20);
	assert_int_equal(stage.sweep.no_room.code, ERROR_HELD);
	assert_non_null(strstr(stage.sweep.no_room.message, "min_free"));
	stage_close(&stage);
}

/* A nightly run with nothing to do. */
static void a_full_disk_is_none_of_our_business_if_all_is_well(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 50);
	fill_disk(&stage);
	for (size_t i = 0; i < 50; i++)
		puppet_of(&stage.puppets, i)->looks_like = OUTCOME_CURRENT;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_CURRENT], 50);
	assert_int_equal(stage.sweep.no_room.code, ERROR_NONE);
	stage_close(&stage);
}

static void without_a_way_to_look_all_is_left(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 50);
	fill_disk(&stage);
	stage.operation.work_without_room = NULL;
	stage_run(&stage);
	assert_int_equal(stage.sweep.left_out, 50);
	assert_int_equal(stage.sweep.no_room.code, ERROR_HELD);
	stage_close(&stage);
}

static void the_disk_fills_on_the_way(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 50);
	stage.full_after = 30;
	for (size_t i = 0; i < 50; i++)
		puppet_of(&stage.puppets, i)->looks_like =
			OUTCOME_WOULD_UPGRADE;
	stage_run(&stage);
	/* And what was in flight. */
	assert_in_range(stage.outcomes[OUTCOME_UPGRADED], 30, 30 + WINDOW);
	assert_int_equal(stage.sweep.left_out,
			 50 - stage.outcomes[OUTCOME_UPGRADED]);
	assert_int_equal(stage.sweep.no_room.code, ERROR_HELD);
	assert_int_equal(puppet_of(&stage.puppets, 45)->worked, 0);
	stage_close(&stage);
}

/* What a batch gives back comes again at once, by itself. */
static void what_has_to_be_done_in_place_comes_again(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 100);
	stage.operation.in_batches = true;
	for (size_t i = 0; i < 100; i += 3)
		puppet_of(&stage.puppets, i)->goes_in_place = true;
	puppet_of(&stage.puppets, 3)->yielded = SWAP_GIVEN_UP;
	puppet_of(&stage.puppets, 6)->yielded = SWAP_GIVEN_UP;
	puppet_of(&stage.puppets, 9)->yielded = SWAP_UNDONE;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 100);
	assert_int_equal(stage.retries, 0);
	assert_int_equal(stage.sweep.given_up, 2);
	assert_int_equal(stage.sweep.undone, 1);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(puppet_of(&stage.puppets, i)->worked, 1);
	stage_close(&stage);
}

static void a_signal_leaves_what_is_to_be_done_in_place(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 64);
	stage.operation.in_batches = true;
	for (size_t i = 0; i < 64; i++)
		puppet_of(&stage.puppets, i)->goes_in_place = true;
	puppet_of(&stage.puppets, 0)->goes_in_place = false;
	puppet_of(&stage.puppets, 0)->signal = SIGTERM;
	puppet_of(&stage.puppets, 0)->sleep_ms = 50;
	stage_run(&stage);
	assert_true(stage.signals.draining);
	assert_true(stage.sweep.left_out > 0);
	stage_close(&stage);
}

static void the_big_ones_come_first(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 40);
	stage.operation.in_batches = true;
	for (size_t i = 0; i < 40; i++)
		puppet_of(&stage.puppets, i)->sleep_ms = 5;
	/* From the smallest of them to the biggest. */
	for (size_t i = 28; i < 40; i++)
		stage.puppets.fleet.users[i].stamp.bytes =
			(off_t)(40 + i) << 20;
	stage_run(&stage);
	assert_in_range(puppet_of(&stage.puppets, 39)->turn, 1, WINDOW);
	assert_in_range(puppet_of(&stage.puppets, 28)->turn, 12 - WINDOW, 12);
	/* The others in the order of the fleet. */
	assert_in_range(puppet_of(&stage.puppets, 0)->turn, 12, 12 + WINDOW);
	stage_close(&stage);
}

static void what_makes_no_backups_asks_for_no_room(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5);
	fill_disk(&stage);
	stage.operation.writes = false;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 5);
	stage_close(&stage);

	stage_open(&stage, state, 5);
	fill_disk(&stage);
	stage.plan.backup_dir = -1;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 5);
	stage_close(&stage);
}

static void a_job_without_outcome_is_a_defect(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5);
	puppet_of(&stage.puppets, 3)->outcome = OUTCOME_NONE;
	stage_run(&stage);
	assert_int_equal(stage.outcomes[OUTCOME_FAILED], 1);
	assert_int_equal(stage.sweep.left_out, 0);
	stage_close(&stage);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(all_are_worked_on_once),
		TEST(what_is_known_takes_no_worker),
		TEST(nothing_is_believed_unless_asked),
		TEST(what_is_known_needs_no_room),
		TEST(none_is_fine),
		TEST(busy_ones_come_again_after_the_others),
		TEST(the_pause_grows_and_the_rounds_end),
		TEST(without_retries_busy_is_busy),
		TEST(a_signal_stops_pulling),
		TEST(the_second_signal_undoes),
		TEST(a_signal_ends_the_pause),
		TEST(on_a_full_disk_nothing_is_written),
		TEST(a_full_disk_is_none_of_our_business_if_all_is_well),
		TEST(without_a_way_to_look_all_is_left),
		TEST(the_disk_fills_on_the_way),
		TEST(what_has_to_be_done_in_place_comes_again),
		TEST(a_signal_leaves_what_is_to_be_done_in_place),
		TEST(the_big_ones_come_first),
		TEST(what_makes_no_backups_asks_for_no_room),
		TEST(a_job_without_outcome_is_a_defect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
