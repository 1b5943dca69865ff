/*
 * queue: a window of batches on libuv's worker threads; or in processes, where
 * there is a crew (crew.h).
 *
 * Runs on: the loop thread; only the batches' work runs on workers.
 * The queue pulls: whenever a worker is free it asks `next` for a batch. NULL
 * means nothing more (for now: it asks again when the next one is done). Never
 * more than the window is submitted, so there is nothing to cancel: to stop is
 * to stop pulling.
 *
 * Owns: the slots of the window. A batch belongs to the source: the queue lends
 * it to one worker between `next` and `done`, and touches nothing in it.
 *
 * Calling order: queue_open() before anything else uses libuv's thread pool
 * (it sets UV_THREADPOOL_SIZE, which is read once); queue_run() as often as
 * needed; queue_close(). With a crew no thread is ever begun, so that the
 * program may be forked.
 */
#ifndef FLEET_FLEET_QUEUE_H
#define FLEET_FLEET_QUEUE_H

#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "database/batch.h"
#include "fleet/crew.h"

struct queue;

struct queue_source {
	struct batch *(*next)(void *self); /* the next batch, or NULL */
	void (*done)(void *self, struct batch *batch); /* its results are
							* there */
	void *self;
	bool looks_first; /* see struct shift */
};

/* uv_loop_init(), where there are descriptors enough for all that a loop takes:
 * without them libuv ends the process. */
int queue_open_loop(uv_loop_t *loop, struct error *err);

/* `jobs`: 1 to 1024, else ERROR_CONFIG. */
int queue_open(uv_loop_t *loop, size_t jobs, struct queue **out,
	       struct error *err);
void queue_close(struct queue *queue); /* not from within queue_run(); NULL is
					* fine */

/* From now on it is the crew (borrowed) that works. */
int queue_hire(struct queue *queue, struct crew *crew, struct error *err);

/* Works until `next` has given NULL and every batch is done. Runs the loop, and
 * with it timers and signals. */
void queue_run(struct queue *queue, job_work *work, struct queue_source source);

/* How many batches are worked on at a time, and how many databases each may
 * have so that there are descriptors enough for all that are staged. (The limit
 * of open files is raised as far as that takes and the system lets us.) */
size_t queue_window(const struct queue *queue);
size_t queue_batch_jobs(const struct queue *queue);

/* 16 with one core, 32 with more: what is done in place waits for the disk
 * seven times. */
size_t queue_default_jobs(void);

const char *queue_library_version(void); /* of libuv, at run time: "1.44.2" */

#endif
