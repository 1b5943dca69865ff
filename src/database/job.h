/*
 * job: one database to be worked on: the only thing that crosses the thread
 * line.
 *
 * Runs on: made by the loop thread, lent to one worker between submit and done,
 * then the loop thread's again. The worker may read `plan` and `subject`, and
 * writes `result` and nothing else.
 * Owns: nothing; plan and subject outlive it.
 *
 * What is on disk if the process dies: see the header of each work function.
 */
#ifndef FLEET_DATABASE_JOB_H
#define FLEET_DATABASE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

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
};

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

	/* what */
	const struct migrations *migrations;	     /* NULL: none known */
	const struct replay *replays[KIND_COUNT];    /* NULL: none known */
	size_t targets[KIND_COUNT];   /* position in the chain */
	enum unversioned unversioned;
	char source_run[RUN_ID_BYTES]; /* restore: the run whose backups are
					* to be put back; always set then */
	int source_dir;		  /* rollback, restore: backups/, open; or -1 */
	bool force;		  /* rollback, restore: though written since */
	bool offline;		  /* restore: nobody has it open, says the
				   * administrator: a live file that is gone or
				   * no database may be moved aside */
	const char *baseline;	  /* baseline: the version to record */

	/* how */
	enum check_integrity integrity;
	enum check_foreign_keys foreign_keys;
	int busy_timeout_ms;
	int64_t cache_bytes;	  /* each worker's share of memory */
};

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
};

struct job {
	const struct plan *plan;
	const struct subject *subject;
	const atomic_bool *stop_now; /* undo at once; may be NULL in tests */
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

/* A work function: everything that is done with one database, start to end. It
 * sets job->result with an outcome and the duration. */
typedef void job_work(struct job *job);

#endif
