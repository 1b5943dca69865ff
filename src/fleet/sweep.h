/*
 * sweep: some databases worked through, and the busy ones of them again.
 *
 * Runs on: the loop thread; the work itself on workers. Owns: the batches and
 * the lists of who has to wait; all else is borrowed. Memory: at most the
 * queue's window of batches, and a pointer for each database.
 *
 * The big ones come first, so that the last worker is not left with the biggest
 * one; the others in the order given, where operation->in_batches in batches
 * that get smaller towards the end, for the same reason. What a batch gives
 * back because it has to be done in place (see database/batch.h) comes again at
 * once, in a batch of its own.
 *
 * Where operation->recall knows the answer, a subject is concluded at once, on
 * the loop thread, and makes no job.
 *
 * Each subject comes to exactly one end: it is concluded (once, when it is
 * done for good), or counted in `left_out`: never begun, or undone by the
 * second signal, and in both cases as it was before.
 *
 * Busy ones wait for the next round, which begins when all others are done and
 * after a pause (1 s, 2 s, 4 s... 32 s) that a signal ends at once.
 *
 * Where operation->writes and the plan has a backup folder, the disk reserve
 * is asked before each job. Once it says no, no job of this round may write:
 * the rest gets operation->work_without_room (those that it finds pending are
 * left out) or is left out altogether.
 */
#ifndef FLEET_FLEET_SWEEP_H
#define FLEET_FLEET_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "fleet/retired.h"
#include "fleet/operation.h"
#include "fleet/queue.h"
#include "fleet/reserve.h"
#include "fleet/signals.h"

struct sweep {
	/* with what: set by the caller */
	uv_loop_t *loop;
	uv_timer_t *pause;	/* initialised, not active */
	struct queue *queue;
	const struct signals *signals;
	struct reserve *reserve;
	struct retired *retired;	/* gets what swaps leave open */
	const struct plan *plan;
	const struct operation *operation;
	int64_t retries;	/* rounds more, where operation->retries_busy */

	/* whom to tell */
	void (*conclude)(void *self, const struct subject *subject,
			 const struct result *result);
	void (*retry)(void *self, size_t waiting); /* before the pause */
	void *self;

	/* what came of it: zero before sweep_run() */
	size_t left_out;
	size_t given_up, undone; /* swaps that an application came between:
				 * see database/swap.h */
	struct error no_room;	/* ERROR_NONE, or why some were left out or not
				 * tried again */

	struct round *round;	/* ours: the one going on */
	struct disk_pace {
		int64_t measured_us; /* when; 0: never */
		bool is_slow;
	} pace;			/* ours: how syncs went */
	const struct subject **waiting; /* ours */
	size_t waiting_count, waiting_capacity;
};

/* Returns when all of `subjects` have come to their end. */
void sweep_run(struct sweep *sweep, const struct subject *subjects,
	       size_t count);

#endif
