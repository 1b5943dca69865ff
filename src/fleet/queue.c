#include "fleet/queue.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "fleet/retired.h"

/* A database that is staged, all else that a worker has open, what the program
 * has, and what a loop may take of that. */
#define FILES_EACH   3
#define FILES_WORKER 16
#define FILES_OURS   (64 + RETIRED_MOST)
#define FILES_LOOP   16

/* How often the time of a crew's processes is looked at. */
#define CLOCK_MS 200

#define MOST_JOBS 1024 /* libuv's own limit, above which it takes fewer */

struct slot {
	uv_work_t request;
	struct queue *queue;
	struct batch *batch; /* NULL: free */
	struct shift shift;  /* with a crew */
};

struct queue {
	uv_loop_t *loop;
	job_work *work;	/* set before the first batch is submitted: const for
			 * the workers */
	struct queue_source source;
	struct crew *crew;   /* NULL: threads do it */
	uv_signal_t deaths;  /* with a crew: one of its processes has ended */
	uv_timer_t clock;    /* or its time may be over */
	size_t in_flight;
	size_t batch_jobs;
	size_t slot_count;
	struct slot slots[];
};

static void slot_work(uv_work_t *request)
{
	struct slot *slot = request->data;

	batch_work(slot->batch, slot->queue->work);
}

static void give_back(struct slot *slot)
{
	struct queue *queue = slot->queue;
	struct batch *batch = slot->batch;

	slot->batch = NULL;
	queue->in_flight--;
	queue->source.done(queue->source.self, batch);
}

static void slot_done(uv_work_t *request, int status)
{
	assert(status == 0); /* nothing is ever cancelled */
	(void)status;
	give_back(request->data);
}

static void lend(struct slot *slot)
{
	struct queue *queue = slot->queue;

	if (queue->crew != NULL)
		crew_lend(queue->crew, &slot->shift, slot->batch, queue->work,
			  queue->source.looks_first);
	else
		uv_queue_work(queue->loop, &slot->request, slot_work,
			      slot_done);
}

static void fill_window(struct queue *queue)
{
	for (size_t i = 0; i < queue->slot_count; i++) {
		struct slot *slot = &queue->slots[i];

		if (slot->batch != NULL)
			continue;
		slot->batch = queue->source.next(queue->source.self);
		if (slot->batch == NULL)
			return;
		queue->in_flight++;
		lend(slot);
	}
}

/* What the crew has done; true if that was anything. */
static bool collect(struct queue *queue)
{
	size_t before = queue->in_flight;

	for (size_t i = 0; i < queue->slot_count; i++) {
		struct slot *slot = &queue->slots[i];

		if (slot->batch == NULL)
			continue;
		if (crew_collect(queue->crew, &slot->shift))
			give_back(slot);
		else
			crew_pass_on(&slot->shift);
	}
	return queue->in_flight < before;
}

/* To come back from uv_run() is all that these are for. */
static void clock_heard(uv_timer_t *timer)
{
	(void)timer;
}

static void death_heard(uv_signal_t *handle, int number)
{
	(void)handle;
	(void)number;
}

/* Raises the limit of open files as far as is needed and allowed; how many
 * databases a batch may have with what there is then. */
static size_t fit_batches(size_t jobs)
{
	struct rlimit limit;
	rlim_t needed = FILES_OURS +
			jobs * (FILES_WORKER + FILES_EACH * BATCH_JOBS);
	rlim_t left;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1;
	if (limit.rlim_cur < needed) {
		struct rlimit more = limit;

		more.rlim_cur = needed < limit.rlim_max ? needed
							: limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit = more;
	}
	left = limit.rlim_cur > FILES_OURS ? limit.rlim_cur - FILES_OURS : 0;
	left /= jobs;
	left = left > FILES_WORKER ? (left - FILES_WORKER) / FILES_EACH : 0;
	if (left > BATCH_JOBS)
		return BATCH_JOBS;
	return left > 0 ? (size_t)left : 1;
}

/* Whether so many can be opened still. */
static bool has_descriptors(int count)
{
	int fd = open("/", O_PATH | O_CLOEXEC);
	bool has = fd >= 0 && (count == 1 || has_descriptors(count - 1));

	if (fd >= 0)
		close(fd);
	return has;
}

int queue_open_loop(uv_loop_t *loop, struct error *err)
{
	int rc = has_descriptors(FILES_LOOP) ? uv_loop_init(loop) : UV_EMFILE;

	if (rc == 0)
		return 0;
	return error_set(err, ERROR_IO, "the event loop cannot be had: %s",
			 uv_strerror(rc));
}

int queue_open(uv_loop_t *loop, size_t jobs, struct queue **out,
	       struct error *err)
{
	struct queue *queue;
	char number[24];
	int rc;

	*out = NULL;
	if (jobs < 1 || jobs > MOST_JOBS)
		return error_set(err, ERROR_CONFIG,
				 "%zu jobs at a time cannot be had; "
				 "1 to %d would do", jobs, MOST_JOBS);
	snprintf(number, sizeof(number), "%zu", jobs);
	rc = uv_os_setenv("UV_THREADPOOL_SIZE", number);
	if (rc != 0)
		return error_set(err, ERROR_IO,
				 "the number of worker threads cannot be "
				 "set: %s", uv_strerror(rc));
	queue = xcalloc(1, sizeof(*queue) + jobs * sizeof(queue->slots[0]));
	queue->loop = loop;
	queue->slot_count = jobs;
	queue->batch_jobs = fit_batches(jobs);
	for (size_t i = 0; i < jobs; i++) {
		queue->slots[i].queue = queue;
		queue->slots[i].request.data = &queue->slots[i];
	}
	*out = queue;
	return 0;
}

int queue_hire(struct queue *queue, struct crew *crew, struct error *err)
{
	int rc = uv_signal_init(queue->loop, &queue->deaths);

	if (rc == 0) {
		queue->crew = crew;
		uv_timer_init(queue->loop, &queue->clock);
		uv_unref((uv_handle_t *)&queue->deaths);
		rc = uv_signal_start(&queue->deaths, death_heard, SIGCHLD);
	}
	return rc == 0 ? 0
		       : error_set(err, ERROR_IO,
				   "the ends of processes cannot be heard of: "
				   "%s", uv_strerror(rc));
}

void queue_close(struct queue *queue)
{
	assert(queue == NULL || queue->in_flight == 0);
	if (queue != NULL && queue->crew != NULL) {
		uv_close((uv_handle_t *)&queue->deaths, NULL);
		uv_close((uv_handle_t *)&queue->clock, NULL);
		/* The handles have to be let go of before they are freed. */
		uv_run(queue->loop, UV_RUN_NOWAIT);
	}
	free(queue);
}

void queue_run(struct queue *queue, job_work *work, struct queue_source source)
{
	queue->work = work;
	queue->source = source;
	if (queue->crew != NULL) {
		uv_ref((uv_handle_t *)&queue->deaths);
		uv_timer_start(&queue->clock, clock_heard, CLOCK_MS, CLOCK_MS);
	}
	/* The window is filled here and not in slot_done(): a burst of results
	 * is told to the end before the disk is asked for more, and `next` is
	 * never entered from within `done`. */
	for (;;) {
		fill_window(queue);
		if (queue->in_flight == 0)
			break;
		if (queue->crew == NULL || !collect(queue))
			uv_run(queue->loop, UV_RUN_ONCE);
	}
	if (queue->crew != NULL) {
		uv_unref((uv_handle_t *)&queue->deaths);
		uv_timer_stop(&queue->clock);
	}
}

size_t queue_window(const struct queue *queue)
{
	return queue->slot_count;
}

size_t queue_batch_jobs(const struct queue *queue)
{
	return queue->batch_jobs;
}

size_t queue_default_jobs(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 32 : 16;
}

const char *queue_library_version(void)
{
	return uv_version_string();
}
