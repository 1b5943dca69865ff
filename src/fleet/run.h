/*
 * run: one execution on the whole fleet.
 *
 * Runs on: the loop thread. Owns: the loop, the queue, the signals; borrows
 * plan, fleet and listeners, which outlive it. The fleet may be narrowed, and
 * the plan changed, between passes and at no other time.
 *
 * Calling order: run_new(); run_listen() for each listener; run_begin(); then
 * run_pass() once or more, each with an operation (a rollback first looks,
 * then puts back); run_end(), which gives the exit status; run_raise_signal();
 * run_free(). Planning passes may come before run_begin().
 *
 * A pass: SYSTEM (a fleet of one) -> USERS in parallel, each followed by RETRY
 * of the busy ones, with a pause that grows (1 s, 2 s, 4 s...), up to
 * `retries` rounds; ORDER_SYSTEM_LAST turns the two round. States move only as
 * the table in run.c allows.
 *
 * The first SIGINT or SIGTERM stops pulling; what is in flight is finished and
 * reported; what was not begun is counted. The disk reserve is looked at
 * before each job of an operation that makes backups: below it, the rest is
 * only looked at (see work_without_room), and if any of it needs a backup, it
 * is left and the status is 6.
 *
 * If the process dies: each database is whole old or whole new, the lock is
 * gone, the journal has a run without end; the next run goes on from there.
 */
#ifndef FLEET_FLEET_RUN_H
#define FLEET_FLEET_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/amount.h"
#include "base/error.h"
#include "fleet/discover.h"
#include "fleet/event.h"
#include "fleet/operation.h"
#include "fleet/tally.h"

struct run_options {
	const struct fleet *fleet;
	const struct plan *plan;
	const char *command;	/* for events: "upgrade" */
	size_t jobs;
	int64_t retries;
	struct amount_share min_free; /* of the state directory's disk */
	bool system_expected;	/* system_db is set and has steps: missing is
				 * exit 2 */
	bool wants_progress;	/* tick EVENT_PROGRESS */
	struct crew *crew;	/* borrowed; NULL: threads do the work */
};

struct run;

int run_new(const struct run_options *options, struct run **out,
	    struct error *err);
void run_free(struct run *run); /* NULL is fine */
void run_listen(struct run *run, struct listener *listener);

/* Tells RUN_BEGIN. `operation` is what the run is for: it says whether this is
 * a dry run, and what system.db's outcome means for the exit status. */
void run_begin(struct run *run, const struct operation *operation);

/* One pass. With `only` it is a planning pass: only that listener hears of its
 * databases, nothing is counted in the totals, system.db gates nothing. `only`
 * NULL: all listeners hear. ERROR_IO only where the loop fails. */
int run_pass(struct run *run, const struct operation *operation,
	     struct listener *only, struct error *err);

void run_notice(struct run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Stops the run before or between passes with that status: 6, 2, 74. The text
 * is for people: `stopped` in the run's summary. The first text stays. */
void run_stop(struct run *run, int exit_status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Tells RUN_END and gives the exit status of DESIGN section 5: where several
 * hold, the first of 2, 74, 6, 1, 5. */
int run_end(struct run *run);

const struct totals *run_totals(const struct run *run);
bool run_is_draining(const struct run *run); /* a signal came */

/* Dies of the signal that came, if one did: the last thing that a command
 * does, when everything but the run is closed. */
void run_raise_signal(const struct run *run);

#endif
