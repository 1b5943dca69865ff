/*
 * standing: where one database stands in the chain of its migrations.
 *
 * Runs on: the thread of the connection. Plain data; owns nothing.
 * Read once without a lock, to decide whether there is anything to do, and
 * again under the lock before anything is done.
 */
#ifndef FLEET_DATABASE_STANDING_H
#define FLEET_DATABASE_STANDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "database/job.h"
#include "database/ledger.h"
#include "database/tracker.h"

struct sqlite3;

struct standing {
	struct ledger_head head; /* exists: the ledger decided */
	char version[VERSION_BYTES]; /* recorded or detected; "": none */
	size_t position;	 /* in the chain; 0 without migrations */
	size_t target;		 /* what it is to reach; 0 without migrations */
	struct late_steps late;	 /* below both, and to run first */
	bool goes_down;		 /* the steps above the target are taken back,
				  * the newest first */
	bool was_detected;	 /* by evidence: gets a ledger row for it */
	const struct tracker *tool; /* that evidence is this tool's table: gets
				  * a row for each step of it; or NULL */
	char adopted[192];	 /* what that was, for people; "" */
	size_t drift;		 /* of a detected one: how many differences from
				  * the replay */
	char drift_first[160];	 /* the first of them; "" */
};

/* Reads it. Errors: ERROR_NEWER, ERROR_UNVERSIONED (also: an older step is
 * missing, and migrations.out_of_order does not allow it to run now), or as the
 * connection's. */
int standing_read(struct sqlite3 *db, const struct job *job,
		  struct standing *out, struct error *err);

/* The same for whoever takes steps back: goes_down is true if it stands above
 * the target. */
int standing_read_down(struct sqlite3 *db, const struct job *job,
		       struct standing *out, struct error *err);

/* Reads the ledger only: for what must work where the version cannot be
 * told. */
int standing_read_ledger(struct sqlite3 *db, const struct job *job,
			 struct standing *out, struct error *err);

/* How many steps are to run, and the index in the chain of each. */
size_t standing_step_count(const struct standing *standing);
size_t standing_step(const struct standing *standing, size_t i);

/* True if there are steps to run or a detected version to record. */
bool standing_is_pending(const struct standing *standing);

/* Fills from, to, steps, late, was_detected and run_id of the result, and
 * begins its notes anew, with the drift of a detected database. */
void standing_report(const struct standing *standing, struct job *job);

/* The same from what is known without opening the file. False: it has to be
 * opened, because nothing is known, or because what is known cannot be placed
 * (then the database itself has to say so). */
bool standing_recall(struct job *job, struct standing *out);

/* Both: reads it, and reports as much as could be read. */
int standing_learn(struct sqlite3 *db, struct job *job, struct standing *out,
		   struct error *err);

#endif
