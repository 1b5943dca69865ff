/*
 * work: the list of what can be done with one database.
 *
 * Runs on: a worker thread, one job each. Every function opens what it needs,
 * closes it again and leaves an outcome in job->result. None prints.
 *
 * If the process dies in any of them: the database is whole old or whole new;
 * a file in staging/ is unfinished and goes at the next run's start; a backup
 * under its final name is complete and durable.
 */
#ifndef FLEET_DATABASE_WORK_H
#define FLEET_DATABASE_WORK_H

#include "database/job.h"

/* Looks, and writes nothing. Outcome: current, would-upgrade (pending, also a
 * database detected at the target that has no ledger yet), would-fail (its
 * version cannot be told), newer, skipped, busy, failed (SQLite cannot read
 * it). Sets from, to, steps, backup_bytes, run_id. (`status`, `list`,
 * planning.) Without migrations: current or failed only. */
job_work work_look;

/* Opens nothing: outcome current where what is known of the database says that
 * there is nothing to do, and none where it has to be looked at. */
job_work work_recall;

/* From JOB_LOOK: looks, and leaves JOB_STAGE where steps are pending. From
 * there: swaps (swap.h). From JOB_INPLACE: locks, backs up, migrates, checks,
 * commits (inplace.h). Outcome: upgraded, current, failed, busy, skipped,
 * newer. */
job_work work_upgrade;

/* Does on a private copy what work_upgrade would do, and throws it away. Writes
 * nothing in data or state. Outcome: would-upgrade, would-fail, current, busy,
 * skipped, newer, failed (SQLite cannot read it). */
job_work work_rehearse;

/* integrity_check, foreign keys, ledger checksums against the migrations, live
 * schema against that of its version. Writes nothing. Outcome: current (nothing
 * found) or failed (ERROR_CHECK; the findings are in notes), or as looking. */
job_work work_verify;

/* Puts plan->source_run's backup back into the live file, if nobody has written
 * since or with plan->force; backs up first what it overwrites. Outcome:
 * restored, current (it says all that the backup says, and is let be), kept,
 * failed, busy, skipped. (`rollback` and `restore`.) */
job_work work_restore;

/* Takes back, by their ways down, the steps above plan->targets, the newest
 * first, in one transaction behind a backup; what users wrote stays. Outcome:
 * restored, current (it stands no higher), failed, busy, skipped, newer.
 * (`rollback --to`.) */
job_work work_descend;

/* Records the database as being at plan->baseline. Outcome: upgraded
 * (recorded), current (it is there already), failed, busy, skipped, newer. */
job_work work_baseline;

/* Records each step that another tool's table says is there (adoption.h): that
 * of plan->source_tool, or the one that is found. Outcome: upgraded (recorded),
 * current (there is a ledger already, or that table is empty), skipped (there
 * is no table of any kind), failed, busy, newer. */
job_work work_adopt;

/* Removes the ledger. Outcome: upgraded (removed), current (there was none),
 * failed, busy, skipped. */
job_work work_forget;

/* Lets SQLite undo what a run that died left in a -journal or -wal beside the
 * file; opens nothing where there is none. For databases that this run has
 * backed up only: it writes. Outcome: current, busy, skipped, failed. */
job_work work_settle;

/* Compares it with plan->source_run's backup of it. Outcome: current if they
 * have the same schema, the same rows and the same newest row of the ledger, so
 * that the backup has nothing that is not there; else kept (a run has changed
 * it, an application has, an older file was put back by hand), or as
 * looking. */
job_work work_compare;

#endif
