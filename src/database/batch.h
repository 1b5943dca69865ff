/*
 * batch: some databases, worked on one after the other by one worker, and made
 * durable together.
 *
 * Runs on: made by the loop thread, lent to one worker, then the loop thread's
 * again. Owns: the array of jobs, until batch_free().
 *
 * What a batch is for: a sync takes as long for a hundred small files as for
 * one. So those that are swapped are staged one after the other, and then
 * linked, synced, renamed and synced together (swap.h). While one is staged,
 * whoever wants to open its file waits; that is why no more are staged before
 * they are published than BATCH_BYTES, and none longer than BATCH_MS.
 *
 * A database that has to be done in place may wait for a lock, so it is not
 * done here, where others would wait with it: it is given back as JOB_INPLACE,
 * to come again in a batch of its own. (A batch of one does it at once.)
 *
 * If the process dies: as in swap.h, for each of them.
 */
#ifndef FLEET_DATABASE_BATCH_H
#define FLEET_DATABASE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "database/job.h"

#define BATCH_JOBS	 64 /* at most; each staged one has three descriptors */
#define BATCH_JOBS_LEAST 8  /* fewer are not worth the syncs */
#define BATCH_BYTES (INT64_C(64) << 20)
#define BATCH_MS    250

/* A disk that needs longer than this to make things last keeps applications
 * waiting: then everything is done in place. */
#define BATCH_SYNC_MS_MOST 1000

struct batch {
	struct job *jobs;
	size_t count;
	bool may_swap;	  /* of those that are JOB_LOOK; false: the disk is
			   * known to be slow */
	bool knows_disk;  /* it is known not to be: no trial sync first */
	bool was_pending; /* the database before had something to do, so that
			   * the next is likely to: it is staged without a
			   * look. Out: the same for whoever follows */
	bool is_again;	  /* for its maker: of what was given back before */
	int64_t wait_us;  /* out: how long a sync or the staging of one took, at
			   * most; 0: there was none */
};

/* `count` zeroed jobs, 1 at least. */
struct batch *batch_new(size_t count);
void batch_free(struct batch *batch); /* NULL is fine */

/* Does `work` with each job, in the order given. Afterwards each is JOB_DONE or
 * JOB_INPLACE, and holds nothing open but what swap_take_retired() gives (or
 * batch_free() closes). */
void batch_work(struct batch *batch, job_work *work);

#endif
