#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fleet/retired.h"
#include "fleet/queue.h"
#include "sandpit.h"

/* libuv makes its threads once for all tests of this program. */
#define WINDOW 4

#define JOBS_EACH 2

/* A source of `count` batches, and what it has seen. */
struct supply {
	uv_loop_t loop;
	struct queue *queue;
	size_t count, given, done, in_flight, most_in_flight;
	size_t stop_at;		/* give no more after so many; 0: all */
	bool is_giving;		/* next() is not entered twice */
	pthread_t loop_thread;
	struct plan plan;
};

static atomic_int working, most_working;

static struct batch *next(void *self)
{
	struct supply *supply = self;
	struct batch *batch;

	assert_false(supply->is_giving);
	assert_true(pthread_equal(pthread_self(), supply->loop_thread));
	if (supply->given == supply->count ||
	    (supply->stop_at != 0 && supply->given == supply->stop_at))
		return NULL;
	supply->is_giving = true;
	batch = batch_new(JOBS_EACH);
	for (size_t i = 0; i < JOBS_EACH; i++) {
		batch->jobs[i].plan = &supply->plan;
		batch->jobs[i].result.steps = (int)(supply->given + i);
	}
	supply->given++;
	if (++supply->in_flight > supply->most_in_flight)
		supply->most_in_flight = supply->in_flight;
	supply->is_giving = false;
	return batch;
}

static void done(void *self, struct batch *batch)
{
	struct supply *supply = self;

	assert_true(pthread_equal(pthread_self(), supply->loop_thread));
	assert_int_equal(batch->count, JOBS_EACH);
	for (size_t i = 0; i < JOBS_EACH; i++) {
		const struct result *result = &batch->jobs[i].result;

		assert_int_equal(result->outcome, OUTCOME_UPGRADED);
		assert_int_equal(result->duration_us, 2 * result->steps);
	}
	supply->done++;
	supply->in_flight--;
	batch_free(batch);
}

static void work(struct job *job)
{
	int now = atomic_fetch_add(&working, 1) + 1;
	int most = atomic_load(&most_working);

	while (now > most &&
	       !atomic_compare_exchange_weak(&most_working, &most, now))
		;
	job->result.duration_us = 2 * job->result.steps;
	job->result.outcome = OUTCOME_UPGRADED;
	atomic_fetch_sub(&working, 1);
}

static void slow_work(struct job *job)
{
	clock_sleep_ms(3);
	work(job);
	clock_sleep_ms(2);
}

static void supply_open(struct supply *supply, size_t jobs, size_t count)
{
	struct error err = { 0 };

	memset(supply, 0, sizeof(*supply));
	supply->count = count;
	supply->loop_thread = pthread_self();
	assert_int_equal(uv_loop_init(&supply->loop), 0);
	assert_int_equal(queue_open(&supply->loop, jobs, &supply->queue, &err),
			 0);
}

static void supply_close(struct supply *supply)
{
	queue_close(supply->queue);
	assert_int_equal(uv_loop_close(&supply->loop), 0);
}

static void supply_run(struct supply *supply, job_work *what)
{
	queue_run(supply->queue, what,
		  (struct queue_source){ next, done, supply, false });
}

static void every_batch_is_done_once(void **state)
{
	struct supply supply;

	(void)state;
	supply_open(&supply, WINDOW, 5000);
	supply_run(&supply, work);
	assert_int_equal(supply.given, 5000);
	assert_int_equal(supply.done, 5000);
	assert_int_equal(supply.in_flight, 0);
	supply_close(&supply);
}

static void never_more_than_the_window(void **state)
{
	struct supply supply;

	(void)state;
	atomic_store(&most_working, 0);
	supply_open(&supply, WINDOW, 60);
	supply_run(&supply, slow_work);
	assert_int_equal(supply.most_in_flight, WINDOW);
	assert_in_range(atomic_load(&most_working), 1, WINDOW);
	supply_close(&supply);
}

static void they_work_side_by_side(void **state)
{
	struct supply supply;
	int64_t began_us = clock_now_us();

	(void)state;
	supply_open(&supply, WINDOW, 40);
	supply_run(&supply, slow_work);
	/* One after the other it would take 400 ms. */
	assert_in_range(clock_now_us() - began_us, 90000, 350000);
	supply_close(&supply);
}

static void one_at_a_time_keeps_the_order(void **state)
{
	struct supply supply;

	(void)state;
	supply_open(&supply, 1, 100);
	supply_run(&supply, work);
	assert_int_equal(supply.most_in_flight, 1);
	assert_int_equal(supply.done, 100);
	supply_close(&supply);
}

static void nothing_to_do_ends_at_once(void **state)
{
	struct supply supply;

	(void)state;
	supply_open(&supply, WINDOW, 0);
	supply_run(&supply, work);
	assert_int_equal(supply.done, 0);
	supply_close(&supply);
}

static void to_stop_is_to_stop_pulling(void **state)
{
	struct supply supply;

	(void)state;
	supply_open(&supply, WINDOW, 1000);
	supply.stop_at = 10;
	supply_run(&supply, slow_work);
	assert_int_equal(supply.given, 10);
	assert_int_equal(supply.done, 10);
	supply_close(&supply);
}

static void runs_as_often_as_needed(void **state)
{
	struct supply supply;

	(void)state;
	supply_open(&supply, WINDOW, 100);
	supply.stop_at = 40;
	supply_run(&supply, work);
	supply.stop_at = 0;
	supply_run(&supply, slow_work);
	assert_int_equal(supply.done, 100);
	supply_run(&supply, work);
	assert_int_equal(supply.done, 100);
	supply_close(&supply);
}

/* A source that has nothing for now is asked again when a batch is done: the
 * last one of a round may set another free. */
struct chain_supply {
	struct supply supply;
	bool is_waiting;
};

static struct batch *next_in_chain(void *self)
{
	struct chain_supply *chain = self;
	struct batch *batch = chain->is_waiting ? NULL : next(&chain->supply);

	chain->is_waiting = true;
	return batch;
}

static void done_in_chain(void *self, struct batch *batch)
{
	struct chain_supply *chain = self;

	done(&chain->supply, batch);
	chain->is_waiting = false;
}

static void none_now_is_not_none_ever(void **state)
{
	struct chain_supply chain = { .is_waiting = false };

	(void)state;
	supply_open(&chain.supply, WINDOW, 20);
	queue_run(chain.supply.queue, work,
		  (struct queue_source){ next_in_chain, done_in_chain,
					 &chain, false });
	assert_int_equal(chain.supply.done, 20);
	assert_int_equal(chain.supply.most_in_flight, 1);
	supply_close(&chain.supply);
}

static void a_window_that_cannot_be_had_is_refused(void **state)
{
	static const size_t wrong[] = { 0, 1025, SIZE_MAX };
	struct error err = { 0 };
	struct queue *queue;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(queue_open(&loop, wrong[i], &queue, &err),
				 ERROR_CONFIG);
		assert_null(queue);
		assert_non_null(strstr(err.message, "1 to 1024"));
	}
	assert_int_equal(queue_open(&loop, 1024, &queue, &err), 0);
	assert_string_equal(getenv("UV_THREADPOOL_SIZE"), "1024");
	queue_close(queue);
	queue_close(NULL);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void lower_limit(rlim_t most)
{
	struct rlimit limit = { .rlim_cur = most, .rlim_max = most };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* In a child: a limit that was lowered stays low. */
static size_t batch_jobs_with(rlim_t files, size_t jobs)
{
	struct error err = { 0 };
	struct queue *queue;
	uv_loop_t loop;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		lower_limit(files);
		if (uv_loop_init(&loop) != 0 ||
		    queue_open(&loop, jobs, &queue, &err) != 0)
			_exit(0);
		_exit((int)queue_batch_jobs(queue));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (size_t)WEXITSTATUS(status);
}

/* In a child: the error, or how it ended. */
static int loop_with(rlim_t files)
{
	struct error err = { 0 };
	uv_loop_t loop;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		lower_limit(files);
		_exit(queue_open_loop(&loop, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_loop_that_cannot_be_had_is_an_error(void **state)
{
	rlim_t files = 3;

	(void)state;
	if (sandpit_is_emulated())
		skip();
	while (files < 100 && loop_with(files) == ERROR_IO)
		files++;
	assert_in_range(files, 10, 60);
	assert_int_equal(loop_with(files), 0);
	assert_int_equal(loop_with(200), 0);
}

static void batches_leave_descriptors_enough(void **state)
{
	struct supply supply;

	(void)state;
	if (sandpit_is_emulated())
		skip();
	supply_open(&supply, WINDOW, 0);
	assert_int_equal(queue_window(supply.queue), WINDOW);
	assert_int_equal(queue_batch_jobs(supply.queue), BATCH_JOBS);
	supply_close(&supply);
	assert_int_equal(batch_jobs_with(4096, 4), BATCH_JOBS);
	assert_int_equal(batch_jobs_with(1024, 4),
			 ((1024 - 64 - RETIRED_MOST) / 4 - 16) / 3);
	assert_int_equal(batch_jobs_with(64, 4), 1);
}

static void the_limit_of_files_is_raised_as_far_as_needed(void **state)
{
	struct rlimit limit;
	struct supply supply;
	rlim_t was;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	was = limit.rlim_cur;
	if (limit.rlim_max < 4096)
		skip();
	limit.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	supply_open(&supply, WINDOW, 0);
	assert_int_equal(queue_batch_jobs(supply.queue), BATCH_JOBS);
	supply_close(&supply);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_in_range(limit.rlim_cur, 3 * WINDOW * BATCH_JOBS, 4096);
	limit.rlim_cur = was;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void by_default_many_jobs_wait_for_the_disk(void **state)
{
	(void)state;
	assert_int_equal(queue_default_jobs(),
			 sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 32 : 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_batch_is_done_once),
		cmocka_unit_test(never_more_than_the_window),
		cmocka_unit_test(they_work_side_by_side),
		cmocka_unit_test(one_at_a_time_keeps_the_order),
		cmocka_unit_test(nothing_to_do_ends_at_once),
		cmocka_unit_test(to_stop_is_to_stop_pulling),
		cmocka_unit_test(runs_as_often_as_needed),
		cmocka_unit_test(none_now_is_not_none_ever),
		cmocka_unit_test(a_window_that_cannot_be_had_is_refused),
		cmocka_unit_test(a_loop_that_cannot_be_had_is_an_error),
		cmocka_unit_test(batches_leave_descriptors_enough),
		cmocka_unit_test(the_limit_of_files_is_raised_as_far_as_needed),
		cmocka_unit_test(by_default_many_jobs_wait_for_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
