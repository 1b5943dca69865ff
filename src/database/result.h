/*
 * result: what became of one database, as a plain value.
 *
 * Runs on: written by the worker that has the job, read by the loop thread
 * after the job is done. No pointers and no descriptors: it can be copied,
 * kept, and come from another process.
 */
#ifndef FLEET_DATABASE_RESULT_H
#define FLEET_DATABASE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/place.h"
#include "migration/version.h"

enum outcome {
	OUTCOME_NONE = 0,      /* not looked at yet, or given back unfinished */
	OUTCOME_UPGRADED,
	OUTCOME_CURRENT,
	OUTCOME_FAILED,
	OUTCOME_BUSY,
	OUTCOME_SKIPPED,
	OUTCOME_NEWER,
	OUTCOME_WOULD_UPGRADE, /* dry run and status: pending */
	OUTCOME_WOULD_FAIL,    /* dry run and status: would be refused */
	OUTCOME_RESTORED,
	OUTCOME_KEPT,	       /* written since, and left */
	OUTCOME_COUNT
};
const char *outcome_name(enum outcome outcome); /* "would-upgrade" */

enum strategy {
	STRATEGY_NONE = 0,
	STRATEGY_IN_PLACE,
	STRATEGY_SWAP,
	STRATEGY_COUNT
};
const char *strategy_name(enum strategy strategy); /* "in-place"; NULL: none */

/* Where a statement of a migration failed; empty strings: does not apply. */
struct failure {
	struct error error;
	char migration[160]; /* "user:0.3.19→0.3.20" */
	char file[512];
	int line;	     /* of the statement's first token; 0: none */
	char statement[512]; /* its beginning, white space folded */
};

/* That a file was at rest while its ledger was read (look.h says what that
 * takes). It stays true whatever becomes of the database: whoever meets this
 * stamp again knows the version without opening the file. See fleet/seen.h. */
struct sighting {
	struct stamp stamp;	  /* mode 0: there is none */
	char version[VERSION_BYTES];
};

/* A folder that a database lacks so many of is another database's. */
#define LATE_STEPS_MOST 64

/* Steps below a database's version that came into its chain later and have not
 * run there (applied.h), by their index in the chain, oldest first. */
struct late_steps {
	size_t count;
	size_t at[LATE_STEPS_MOST];
};

struct result {
	enum outcome outcome;
	enum strategy strategy;
	char from[VERSION_BYTES]; /* recorded or detected; "": none */
	char to[VERSION_BYTES];	  /* where it is now, or would be; "": none,
				   * or nobody knows */
	int steps;		  /* run, or that would be run */
	struct late_steps late;	  /* those of them that come first */
	int64_t duration_us;
	bool has_backup;	  /* one was made and kept: at
				   * backups/<run id>/<path> */
	bool was_detected;	  /* `from` is by evidence, without a ledger */
	bool is_wal;		  /* it was opened, and is in WAL mode */
	int64_t backup_bytes;	  /* what a backup takes or would take; 0 if
				   * none is needed */
	char run_id[RUN_ID_BYTES]; /* the run that the newest ledger row names;
				    * "": no ledger, or none */
	struct sighting sighting; /* of a look that found a ledger */
	struct failure failure;	  /* error.code ERROR_NONE: nothing failed */
	char notes[1024];	  /* for people, "; " between: drift, and what
				   * else to know though nothing failed */
};

/* Adds a note; what does not fit is cut off with "...". */
void result_note(struct result *result, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the outcome that an error leads to: BUSY busy, SKIPPED and MISSING
 * skipped, NEWER newer, WRITTEN kept, all else failed; and copies the error. */
void result_fail(struct result *result, const struct error *error);

/* The same for a database that stands where it stood: no steps, and `to` as
 * `from`. */
void result_fail_unchanged(struct result *result, const struct error *error);

/* That a database with this result stands where it stood. Of one that failed it
 * is not so where it is done and may not last, or where nobody knows. */
bool result_is_unchanged(const struct result *result);

#endif
