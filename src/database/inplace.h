/*
 * inplace: one change to one live database, with a backup before and all or
 * nothing after. Always correct, while the application is running too.
 *
 * Runs on: a worker thread.
 *
 *     F: the file, opened to be read
 *     A: open without CREATE, without following links, synchronous=EXTRA
 *     A: BEGIN IMMEDIATE             nobody else can write from here on
 *     A: read the standing           under the lock: what counts
 *     F -> backup, durable, renamed  with a rollback journal
 *     B: second connection -> backup under WAL, with the backup API
 *     A: the change, its checks, the evidence
 *     A: COMMIT                      or ROLLBACK, and the backup goes
 *     A, then F: close
 *
 * With a rollback journal everything that is committed stands in the file, and
 * while A has the lock nobody changes a byte of it: then the kernel copies it
 * best. Under WAL a part stands elsewhere, and a checkpoint may move it at any
 * time. F is opened before A and closed after it, because closing it drops A's
 * locks (base/file.h).
 *
 * What cannot be done inside one transaction (change.is_apart) is found under
 * the lock, which is given back then: apart.h does it.
 *
 * If the process dies: before COMMIT, SQLite's journal (or the missing commit
 * frame in the WAL) leaves the database as it was; after it, fully changed. A
 * COMMIT that returns an error may have happened (an I/O error behind the point
 * of no return): then the database is opened again and asked.
 *
 * A commit that readers hold up waits at most a second, then rolls back and is
 * `busy`: while it waits it keeps new readers out.
 */
#ifndef FLEET_DATABASE_INPLACE_H
#define FLEET_DATABASE_INPLACE_H

#include "database/change.h"
#include "database/job.h"

/* Does it. Sets outcome (upgraded, current, or what the error leads to),
 * strategy, has_backup, backup_bytes. */
void inplace_change(struct job *job, const struct change *change);

#endif
