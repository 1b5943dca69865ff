/*
 * event: what happens in a run, told to whoever listens.
 *
 * Runs on: the loop thread only, tellers and listeners both.
 * Calling order for a listener: RUN_BEGIN, then per pass any number of
 * DATABASE, PROGRESS, ROUND and NOTICE, then RUN_END once. Pointers in an
 * event live for the call only.
 *
 * A listener must not fail the run: one that cannot write (a full disk under
 * the journal) keeps why to itself until it is asked (see journal_error()), and
 * hears the rest without a word. Only what the run ends with may become worse
 * by it. Listeners hear each event in the order in which they were added, so
 * that those who tell the exit status come after those who change it.
 */
#ifndef FLEET_FLEET_EVENT_H
#define FLEET_FLEET_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "database/job.h"
#include "database/result.h"

struct totals {
	size_t databases;	       /* to be looked at */
	size_t done;
	int64_t work, work_done;       /* the same in bytes, with something for
					* each database whatever its size:
					* what a time is told by */
	size_t outcomes[OUTCOME_COUNT];
	size_t stale_empty;	       /* of the skipped: 0 bytes for over an
					* hour, which count no longer */
	size_t unseen;		       /* places where databases may lie that
					* nobody has looked at (flaws.h) */
	size_t not_begun;	       /* left as they were because the run
					* was stopped */
	size_t in_doubt;	       /* failed, and may not stand where they
					* stood */
	size_t notes;		       /* databases with something to note */
	size_t wal;		       /* of those opened: in WAL mode */
	size_t strategies[STRATEGY_COUNT]; /* of the upgraded */
	size_t given_up, undone;       /* swaps that an application came
					* between, before and after the copy
					* had taken the place */
	int64_t bytes_backed_up;       /* or, in a dry run, that would be */
	int64_t bytes_biggest;	       /* the biggest of those */
	enum outcome system;	       /* of system.db; NONE: has none */
};

enum event_type {
	EVENT_RUN_BEGIN,
	EVENT_DATABASE,	/* a database is done, for good */
	EVENT_PROGRESS,	/* a timer's tick, 5 times a second on a terminal */
	EVENT_ROUND,	/* busy databases are tried again */
	EVENT_NOTICE,	/* something to tell once: `text` */
	EVENT_RUN_END,
	EVENT_TYPE_COUNT
};

struct run_summary {
	const char *run_id;
	const char *command;	     /* "upgrade", "verify"... */
	const char *data_path;	     /* the fleet: absolute */
	bool dry_run;
	const char *targets[KIND_COUNT]; /* versions; NULL: none */
	size_t jobs;
	struct totals totals;	     /* so far */
	int64_t duration_us;	     /* so far */
	int exit_status;	     /* RUN_END only */
	int signal;		     /* that stopped the run; 0: none */
	const char *stopped;	     /* why it stopped early, for people */
};

struct event {
	enum event_type type;
	const struct run_summary *run;	/* always */
	const struct subject *subject;	/* DATABASE */
	const struct result *result;	/* DATABASE */
	const char *path;		/* DATABASE: absolute */
	const char *backup;		/* DATABASE: absolute, or NULL */
	size_t waiting;			/* ROUND: how many are tried again */
	const char *text;		/* NOTICE */
};

struct listener {
	void (*hear)(struct listener *self, const struct event *event);
	int exit_status; /* the run's is to be no better than this */
};

/* All that listen to one run: zeroed is none. Owns the list, not the
 * listeners. */
struct audience {
	struct listener **listeners;
	size_t count, capacity;
};

void audience_add(struct audience *audience, struct listener *listener);
/* *exit_status, the run's, which the event may show, becomes what the listeners
 * make of it. */
void audience_tell(const struct audience *audience, const struct event *event,
		   int *exit_status);
void audience_release(struct audience *audience);

#endif
