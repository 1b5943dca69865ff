#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/signals.h"

struct stage {
	uv_loop_t loop;
	struct signals signals;
};

static void stage_open(struct stage *stage)
{
	struct error err = { 0 };

	assert_int_equal(uv_loop_init(&stage->loop), 0);
	assert_int_equal(signals_open(&stage->signals, &stage->loop, &err), 0);
}

static void stage_close(struct stage *stage)
{
	signals_close(&stage->signals, &stage->loop);
	assert_int_equal(uv_loop_close(&stage->loop), 0);
}

/* Sends it and lets the loop hear of it. */
static void send_signal(struct stage *stage, int number)
{
	kill(getpid(), number);
	signals_hear(&stage->signals, &stage->loop);
}

static void nothing_has_come_yet(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	signals_hear(&stage.signals, &stage.loop);
	assert_false(stage.signals.draining);
	assert_int_equal(stage.signals.signal, 0);
	assert_false(atomic_load(&stage.signals.stop_now));
	signals_raise(&stage.signals); /* returns */
	stage_close(&stage);
}

static void the_first_drains(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct stage stage;

		stage_open(&stage);
		send_signal(&stage, numbers[i]);
		assert_true(stage.signals.draining);
		assert_int_equal(stage.signals.signal, numbers[i]);
		assert_false(atomic_load(&stage.signals.stop_now));
		stage_close(&stage);
	}
}

static void the_second_stops_at_once(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	send_signal(&stage, SIGINT);
	send_signal(&stage, SIGTERM);
	assert_true(atomic_load(&stage.signals.stop_now));
	assert_int_equal(stage.signals.signal, SIGINT);
	send_signal(&stage, SIGTERM);
	stage_close(&stage);
}

/* Handles that wait for signals must not keep a loop from ending. */
static void they_keep_no_loop_alive(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	assert_int_equal(uv_run(&stage.loop, UV_RUN_DEFAULT), 0);
	stage_close(&stage);
}

static void closing_twice_is_fine(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	signals_close(&stage.signals, &stage.loop);
	stage_close(&stage);
}

static void broken_pipes_do_not_kill(void **state)
{
	struct stage stage;
	int ends[2];

	(void)state;
	stage_open(&stage);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	close(ends[1]);
	stage_close(&stage);
}

/* ---- what becomes of the process, in a child ---- */

static int status_of(void (*play)(struct stage *stage))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct stage stage;
		struct error err = { 0 };

		if (uv_loop_init(&stage.loop) != 0 ||
		    signals_open(&stage.signals, &stage.loop, &err) != 0)
			_exit(99);
		play(&stage);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void hear_and_raise(struct stage *stage)
{
	sigset_t set;

	send_signal(stage, SIGTERM);
	signals_close(&stage->signals, &stage->loop);
	/* Even if somebody has blocked it meanwhile. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals_raise(&stage->signals);
}

static void dies_of_the_signal_that_came(void **state)
{
	int status = status_of(hear_and_raise);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void close_and_be_hit(struct stage *stage)
{
	signals_close(&stage->signals, &stage->loop);
	raise(SIGINT);
}

static void after_closing_a_signal_kills_again(void **state)
{
	int status = status_of(close_and_be_hit);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void be_hit_ignoring(struct stage *stage)
{
	send_signal(stage, SIGINT);
	if (stage->signals.draining)
		_exit(1);
	send_signal(stage, SIGTERM);
	if (!stage->signals.draining)
		_exit(2);
	signals_close(&stage->signals, &stage->loop);
	raise(SIGINT); /* and stays ignored afterwards */
}

/* As a shell does for what it starts in the background. */
static void what_was_ignored_stays_so(void **state)
{
	void (*before)(int) = signal(SIGINT, SIG_IGN);
	int status = status_of(be_hit_ignoring);

	(void)state;
	signal(SIGINT, before);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_come_yet),
		cmocka_unit_test(the_first_drains),
		cmocka_unit_test(the_second_stops_at_once),
		cmocka_unit_test(they_keep_no_loop_alive),
		cmocka_unit_test(closing_twice_is_fine),
		cmocka_unit_test(broken_pipes_do_not_kill),
		cmocka_unit_test(dies_of_the_signal_that_came),
		cmocka_unit_test(after_closing_a_signal_kills_again),
		cmocka_unit_test(what_was_ignored_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
