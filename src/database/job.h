/*
 * job: one database to be worked on: the only thing that crosses the thread
 * line, in a batch of such (batch.h).
 *
 * Runs on: made by the loop thread, lent to one worker between submit and done,
 * then the loop thread's again. The worker may read all of it, and writes
 * `phase`, `swap` and `result`.
 * Owns: what `swap` holds; plan and subject outlive it.
 *
 * What is on disk if the process dies: see the header of each work function.
 */
#ifndef FLEET_DATABASE_JOB_H
#define FLEET_DATABASE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file.h"
#include "database/result.h"
#include "migration/source.h"
#include "replay/replay.h"
#include "sqlite/check.h"

/* What to do with a database that has no ledger. */
enum unversioned {
	UNVERSIONED_DETECT,	/* tell its version from its schema */
	UNVERSIONED_FROM_START, /* it is at no version: every step runs */
	UNVERSIONED_REFUSE,
	UNVERSIONED_ADOPT,	/* go by another tool's table (tracker.h);
				 * where there is none, as DETECT */
};

/* How `upgrade` is to get a database to its target. */
enum strategy_choice {
	CHOOSE_AUTO,	 /* swap where that is safe, else in place */
	CHOOSE_IN_PLACE,
	CHOOSE_SWAP,	 /* or not at all */
};

struct tracker; /* tracker.h */
struct mirror;	/* mirror.h */

/* What `upgrade` and its like are to do, for every database alike. Made before
 * the run, const from then on. Lifetime: the run. */
struct plan {
	/* where */
	int data_dir;		  /* open folder */
	const char *data_path;	  /* its absolute, link-free path */
	int state_dir;		  /* open folder, or -1: there is none (yet) */
	const char *state_path;
	int backup_dir;		  /* backups/<run id>, open; -1: no backups are
				   * made by this operation */
	int staging_dir;	  /* staging/, open, or -1 */
	char run_id[RUN_ID_BYTES];
	bool has_rooms;		  /* each owner's backups lie by themselves, in
				   * fleet/room.h's way */

	const char *again;	  /* how the program is called on this fleet,
				   * for hints; NULL: plainly */

	/* what */
	const struct migrations *migrations;	     /* NULL: none known */
	const struct replay *replays[KIND_COUNT];    /* NULL: none known */
	size_t targets[KIND_COUNT];   /* position in the chain */
	enum unversioned unversioned;
	bool allows_late;	      /* a step that came into a set later runs,
				       * though newer ones have run already */
	char source_run[RUN_ID_BYTES]; /* restore: the run whose backups are
					* to be put back; always set then, and
					* for work_compare() */
	int source_dir;		  /* where it is set: backups/, open; or -1 */
	bool force;		  /* rollback, restore: though written since */
	bool offline;		  /* restore: nobody has it open, says the
				   * administrator: a live file that is gone or
				   * no database may be moved aside */
	const struct mirror *mirror; /* another tool's table, kept current;
				  * NULL: none */
	const char *baseline;	  /* baseline: the version to record */
	const struct tracker *source_tool; /* baseline --from: whose table to
				  * go by; NULL: whichever is there */

	/* how */
	enum check_integrity integrity;
	enum check_foreign_keys foreign_keys;
	int busy_timeout_ms;
	int64_t limit_ms;	  /* for the work on one database; 0: none */
	int64_t cache_bytes;	  /* each worker's share of memory */
	enum strategy_choice strategy;
	dev_t staging_device;	  /* the file system of staging_dir */
	int64_t lease_break_ms;	  /* see base/lease.h */
	bool syncs_each;	  /* see disk_sync_tells(): it does not, so
				   * that each file and folder is synced */
};

static inline const char *plan_again(const struct plan *plan)
{
	return plan->again ? plan->again : "fleet-upgrade";
}

/* How long a commit that readers hold up may wait: while it waits it keeps new
 * readers out. */
static inline int plan_commit_timeout_ms(const struct plan *plan)
{
	return plan->busy_timeout_ms < 1000 ? plan->busy_timeout_ms : 1000;
}

/* One database of the fleet, as discovery saw it. */
struct subject {
	enum kind kind;
	const char *username;	/* NULL for system.db */
	const char *path;	/* below data_dir */
	struct stamp stamp;	/* at discovery */
	const char *twin;	/* the path of another subject that is one and
				 * the same file; NULL: none */
	bool is_exposed;	/* others than root and its owner may write to
				 * its folder, or to one above it, and are not
				 * trusted: see fleet/way.h */
	bool is_alone;		/* no -wal and no -journal lay beside it then:
				 * see fleet/company.h */
	const char *known_version; /* what its ledger says, as it is known
				 * without opening it (fleet/seen.h); NULL: it
				 * has to be opened */
};

/* How far it is. Only JOB_LOOK, JOB_INPLACE and JOB_DONE cross the thread
 * line. */
enum job_phase {
	JOB_LOOK = 0, /* from the beginning: is there anything to do? */
	JOB_STAGE,    /* there is something to do, one way or the other */
	JOB_STAGED,   /* a copy is ready to take the live file's place */
	JOB_INPLACE,  /* there is something to do, and that in place */
	JOB_DONE,     /* the result is there */
};

/* What came of the wish to swap it. */
enum job_swap { SWAP_NONE = 0, SWAP_GIVEN_UP, SWAP_UNDONE };

struct job {
	const struct plan *plan;
	const struct subject *subject;
	const atomic_bool *stop_now; /* undo at once; may be NULL in tests */
	enum job_phase phase;
	struct swap *swap;     /* see swap.h; NULL: none */
	enum job_swap yielded; /* JOB_INPLACE: an application asked for the file
				* before, or after, the copy had taken its
				* place, and was let through (or another file
				* came just then) */
	struct result result;
};

/* ERROR_STOPPED if the work is to be undone at once. Asked before each piece of
 * work; within one statement SQLite's progress handler asks. */
static inline int job_check_stop(const struct job *job, struct error *err)
{
	return job->stop_now != NULL && atomic_load(job->stop_now)
		       ? error_set(err, ERROR_STOPPED, "stopped on request")
		       : 0;
}

/* A work function: what is done with one database, from the phase in which it
 * is. It leaves an outcome and the duration in `result`; or, if it swaps, a
 * later phase: JOB_STAGE or JOB_INPLACE, to be called again for that, or
 * JOB_STAGED, which the batch takes further. */
typedef void job_work(struct job *job);

#endif
