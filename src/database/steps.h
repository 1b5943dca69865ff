/*
 * steps: the pending steps of one database, run and checked in a transaction
 * that the caller owns.
 *
 * Runs on: a worker thread, on the connection of that transaction: the live
 * database, or a private copy in a rehearsal. Never commits.
 *
 * Calling order: steps_begin() right after the connection is open; then
 * `open_before` or `before` is set; walk_run() and steps_check() inside the
 * transaction; steps_end(), after which the caller closes the connection.
 *
 * Most of the checks need nothing but the schema that was there before, which
 * walk_run() takes. An untouched copy of all of it is opened only if one of
 * them asks: because there is something to excuse (old sins), rows to count (a
 * rebuilt table) or damage to look for.
 */
#ifndef FLEET_DATABASE_STEPS_H
#define FLEET_DATABASE_STEPS_H

#include <stdbool.h>

#include "base/error.h"
#include "database/standing.h"
#include "sqlite/authorizer.h"
#include "sqlite/check.h"
#include "sqlite/schema.h"

struct sqlite3;

struct steps {
	struct job *job;
	struct sqlite3 *db;
	const struct standing *standing; /* read in this transaction */
	struct authorizer authorizer;	 /* installed from begin to end */

	/* How it was before: opens an untouched copy, to read. */
	int (*open_before)(const struct job *job, struct sqlite3 **out,
			   struct error *err);
	struct sqlite3 *before; /* opened by that; or the caller's, which stays
				 * open, where open_before is NULL */
	struct schema *old;	/* its schema; taken by walk_run() */
	struct complaints keys; /* its foreign keys, taken by walk_run() where
				 * the migrations themselves declare wrong
				 * ones: then every database has some */
	bool has_keys;
	bool is_sound;		/* steps_check_before() has found no damage */

	/* of a series only */
	bool is_apart;	   /* it is one */
	bool is_unwatched; /* something was written that the authorizer has not
			    * seen: every table may be touched */
	int (*run_program)(struct steps *steps, const struct step *step,
			   struct error *err); /* a step that is a program */
	void *self;	   /* for that; the caller's */
};

void steps_begin(struct steps *steps, struct job *job, struct sqlite3 *db);
void steps_end(struct steps *steps);

/* The schemas of the replay, for that of the database to borrow from. */
struct schema_known steps_known(const struct steps *steps);

/* The database as it was before the steps, opened if it is not yet.
 * Borrowed. */
int steps_before(struct steps *steps, struct sqlite3 **out, struct error *err);

/* Looks at it for damage (not with check.integrity = off). ERROR_CORRUPT. To be
 * called before the first step, or not at all: then steps_check() does it,
 * where steps have removed something that could have been damaged, or rewritten
 * it. What they leave alone is looked at after them anyway. */
int steps_check_before(struct steps *steps, struct error *err);

/* For a failure, `rc` and `err`, of the two below: if the database was damaged
 * already, then that is the news. Returns the code that holds. */
int steps_blame(struct steps *steps, int rc, struct error *err);

/* Goes on with that connection; NULL: with none yet. */
void steps_move(struct steps *steps, struct sqlite3 *db);

/* Compares with how it was before: structure, CHECK and NOT NULL, foreign keys,
 * losses. ERROR_CHECK, ERROR_CORRUPT. */
int steps_check(struct steps *steps, struct error *err);

#endif
