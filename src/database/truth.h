/*
 * truth: whether a commit that reported an error has happened all the same.
 *
 * Runs on: a worker thread. Behind the point of no return an I/O error (of the
 * sync, or of deleting the journal) says nothing about what is on disk: then
 * the database is opened again, which brings it to rest, and asked.
 */
#ifndef FLEET_DATABASE_TRUTH_H
#define FLEET_DATABASE_TRUTH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/place.h"
#include "database/job.h"

enum truth { TRUTH_OLD, TRUTH_NEW, TRUTH_UNKNOWN };

/* Asks the database at `place`, whose commit ended with `err`. New is what has
 * a ledger that names this run (`signs_ledger`), or none at all.
 *	TRUTH_NEW	a note says so, and `err` is to be forgotten
 *	TRUTH_UNKNOWN	it could not be opened or read, or others keep a WAL
 *			open in which the commit may stand, to come true when
 *			they die: `err` says so too; its backup has to be kept
 */
enum truth truth_ask(struct job *job, const struct place *place,
		     bool signs_ledger, struct error *err);

#endif
