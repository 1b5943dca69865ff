/*
 * queue: a window of jobs on libuv's worker threads.
 *
 * Runs on: the loop thread; only `work` runs on a worker.
 * The queue pulls: whenever a worker is free it asks `next` for a job. NULL
 * means nothing more (for now: it asks again when the next job is done). Never
 * more than the window is submitted, so there is nothing to cancel: to stop is
 * to stop pulling.
 *
 * Owns: the slots of the window. A job belongs to the source: the queue lends
 * it to one worker between `next` and `done`, and touches nothing in it.
 *
 * Calling order: queue_open() before anything else uses libuv's thread pool
 * (it sets UV_THREADPOOL_SIZE, which is read once); queue_run() as often as
 * needed; queue_close().
 */
#ifndef FLEET_FLEET_QUEUE_H
#define FLEET_FLEET_QUEUE_H

#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "database/job.h"

struct queue;

struct queue_source {
	struct job *(*next)(void *self); /* the next job, or NULL */
	void (*done)(void *self, struct job *job); /* its result is there */
	void *self;
};

/* `jobs`: 1 to 1024, else ERROR_CONFIG. */
int queue_open(uv_loop_t *loop, size_t jobs, struct queue **out,
	       struct error *err);
void queue_close(struct queue *queue); /* not from within queue_run(); NULL is
					* fine */

/* Works until `next` has given NULL and every job is done. Runs the loop, and
 * with it timers and signals. */
void queue_run(struct queue *queue, job_work *work, struct queue_source source);

/* min(2 x cores, 8), at least 4: the work waits for the disk. */
size_t queue_default_jobs(void);

const char *queue_library_version(void); /* of libuv, at run time: "1.44.2" */

#endif
