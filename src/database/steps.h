/*
 * steps: the pending steps of one database, run and checked in a transaction
 * that the caller owns.
 *
 * Runs on: a worker thread, on the connection of that transaction: the live
 * database, or a private copy in a rehearsal. Never commits.
 *
 * Calling order: steps_begin() right after the connection is open;
 * steps_run() and steps_check() inside the transaction; steps_end().
 */
#ifndef FLEET_DATABASE_STEPS_H
#define FLEET_DATABASE_STEPS_H

#include "base/error.h"
#include "database/standing.h"
#include "sqlite/authorizer.h"

struct sqlite3;

struct steps {
	struct job *job;
	struct sqlite3 *db;
	const struct standing *standing; /* read in this transaction */
	struct authorizer authorizer;	 /* installed from begin to end */
};

void steps_begin(struct steps *steps, struct job *job, struct sqlite3 *db);
void steps_end(struct steps *steps);

/* Looks at an untouched copy for damage, before the first step (not with
 * check.integrity = off). ERROR_CORRUPT. */
int steps_check_before(const struct steps *steps, struct sqlite3 *before,
		       struct error *err);

/* Records a detected version, then runs each pending step statement by
 * statement and writes its ledger row. On failure result.failure says where. */
int steps_run(struct steps *steps, struct error *err);

/* Compares with `before`, the untouched copy: structure, CHECK and NOT NULL,
 * foreign keys, losses. ERROR_CHECK, ERROR_CORRUPT. */
int steps_check(struct steps *steps, struct sqlite3 *before,
		struct error *err);

#endif
