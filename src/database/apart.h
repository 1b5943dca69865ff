/*
 * apart: one change to one live database, made step by step on a private copy,
 * which is then written over it.
 *
 * Runs on: a worker thread. For what cannot be done inside one transaction on
 * the live file: programs, and steps that ask for foreign keys, no transaction
 * or VACUUM (series.h). Always correct, while the application is running too;
 * it costs one copy more than in place, and readers wait while the result is
 * written, with a rollback journal.
 *
 *     S: a new file in staging/, open to be read	(staged.h)
 *     L: open on the live file; the write lock		(replace.h)
 *     R: beside it: the standing, under the lock	what counts
 *     R -> backup, durable, renamed
 *     backup -> S
 *     W: open on S: the steps, one by one; the checks, compared with the
 *	  backup; VACUUM, if asked for; the evidence of what is going to be
 *     S -> L, by the backup API, in one transaction of SQLite's
 *     L: close; S goes
 *
 * The evidence can be told before: with a rollback journal the copy raises the
 * change counter of L by one, under WAL it is a digest of the content.
 *
 * If the process dies: before the last copy the live file was not written at
 * all; there are an unfinished S and perhaps a backup, which the next run
 * removes, as the ledger does not name the run. In it, SQLite's journal (or the
 * missing commit frame in the WAL) leaves the database as it was; after it,
 * fully changed, with its backup. A program that is at work goes on until it
 * ends, on its own copy (program.h).
 *
 * A copy that reports an error may have happened: then the database is asked
 * (truth.h).
 */
#ifndef FLEET_DATABASE_APART_H
#define FLEET_DATABASE_APART_H

#include "database/change.h"
#include "database/job.h"

/* Does it. Sets outcome (upgraded, current, or what the error leads to),
 * strategy (in place), has_backup, backup_bytes. */
void apart_change(struct job *job, const struct change *change);

#endif
