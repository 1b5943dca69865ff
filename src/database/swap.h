/*
 * swap: one change to one database, made on a copy that then takes its place;
 * the original, under another name, is the backup.
 *
 * Runs on: a worker thread; swap_take_retired() on any. Owns: two leased
 * descriptors, the folder of the live file, a file in staging/, from
 * swap_stage() until the job leaves the phase JOB_STAGED; then one descriptor,
 * until it is taken.
 *
 * Faster than in place (no journal, no lock, no copy for the backup, one sync
 * for many databases), and possible only while nobody else has the file open:
 * that is what a write lease proves, and enforces (base/lease.h). A database is
 * never written through the live file here: it is opened to be read. Whatever
 * is unusual is done in place instead: WAL, something beside the file, another
 * hard link, another file system, attributes that cannot be carried over, a
 * file so big that an opener would wait for long.
 *
 * Calling order, for many jobs at a time (batch.h does it):
 *
 *     swap_stage()     lease on the live inode L; a copy of it, S, migrated and
 *                      checked in staging/; lease on S
 *     swap_link()      L gets its second name, in backups/
 *       -- sync: S and the link last
 *     swap_rename()    S and L exchange their names (base/exchange.h); L keeps
 *                      the one in backups/
 *       -- sync: the rename lasts
 *     swap_keep()      what is in staging/ goes, leases are given back; or they
 *                      are exchanged again: it is undone
 *       -- sync, if one was undone: that lasts, too
 *     swap_release()   S is spoilt, the link goes
 *     swap_take_retired()
 *
 * Somebody who opens the file at a given moment gets as far as the lease on the
 * inode that he came to, and waits. "Whole" is a lease that nobody has asked
 * for. What each moment leads to:
 *
 *     he asks for                          seen by         what is done
 *     L, before the rename                 swap_rename()   given up: S and the
 *                                          (looks first)   link go; nothing has
 *                                                          happened to L
 *     L, having looked the name up just    swap_rename()   undone: L gets the
 *     before the rename                    or swap_keep()  name back; he gets L
 *     S, after the rename                  nobody has to   he gets S, which is
 *                                                          the database now
 *     one L, another S                     swap_rename()   undone; he who asked
 *                                          or swap_keep()  for S finds "not a
 *                                                          database", once
 *
 * In the last line one of the two has to lose. L was the database whenever
 * anybody could read it, so that nothing written to it can be lost. S is made
 * unreadable before its lease is given back, in every undo: an opener that came
 * late to it must not take it for the database. But not before the sync: until
 * then a power cut may leave S with the live name. Undone and given up both
 * mean in place, where nobody waits for anybody's open().
 *
 * Somebody may also rename a file of his over the live name, which asks for no
 * lease. He is not overwritten: found before the rename it is given up; in the
 * instant of the rename, undone, since S had the name; in that of an undo, his
 * file keeps the name, and L the one in backups/.
 *
 * An opener is let in by force after lease_break_ms. To L: that shows like one
 * who asks, so it is undone, and what he has written stays. To S after the
 * rename: he has written to what is the database, so from half that time on a
 * swap is not undone any more. Whoever has L then reads what was; SQLite lets
 * nobody write to a file that has lost its name (SQLITE_READONLY_DBMOVED).
 *
 * Of the two inodes one has no live name in the end: L, now the backup, or S,
 * undone. Somebody who had looked the name up before may come to it after its
 * lease is gone, if he was kept off the processor for that long. He looks for a
 * hot journal by name, and the one he finds is the live database's: he would
 * play it into his inode, and remove it. SQLite takes no journal for hot while
 * somebody holds the RESERVED byte of the file locked; so that is held on the
 * one that lost, and its descriptor stays open for a while
 * (swap_take_retired()).
 *
 * If the process dies: before the link, an unfinished file in staging/. Between
 * link and rename, also a backup that is the live file itself: recover()
 * removes it, known by its inode, before anything else. After the rename, which
 * is one step of the file system's: the database is whole new and its backup
 * whole old, which may have its name in staging/, too. The leases go with the
 * process. In an undo, L has its live name and the one in backups/, which
 * recover() removes. After a power cut the rename may or may not have happened,
 * and so may an undo's; L has a name in any case, and where S has the live one,
 * it is whole. (A stranger's file is lost where somebody renames it there in
 * the instant of the rename, and the process dies in the next.)
 */
#ifndef FLEET_DATABASE_SWAP_H
#define FLEET_DATABASE_SWAP_H

#include <stdint.h>

#include "database/change.h"
#include "database/job.h"

/* As long as the steps of one database may take on a copy. In place nobody who
 * only reads waits for them. */
#define SWAP_MS_MOST INT64_C(1000)

/* The phase is JOB_STAGED; or JOB_DONE, where there is nothing to do (current)
 * or it failed, with the outcome set; or JOB_INPLACE, where it cannot be
 * swapped. */
void swap_stage(struct job *job, const struct change *change);

/* For jobs that are JOB_STAGED. On failure the job is as swap_give_up() leaves
 * it. */
int swap_link(struct job *job, struct error *err);

/* Where an opener has asked, or another file has the name, it is given up or
 * undone; an undone one is still leased. */
void swap_rename(struct job *job);

/* After the sync behind the rename. JOB_DONE, upgraded; or JOB_STAGED still: it
 * is undone, and has to be released after the next sync. */
void swap_keep(struct job *job);

/* Of one that is undone, after the sync that makes that last. JOB_INPLACE. */
void swap_release(struct job *job);

/* The rename has happened, or its undoing, and whether that lasts is not known:
 * `why` is the failed sync (or a stranger's file could not be given its name
 * back, and is left in staging/). JOB_DONE, failed; its backup is kept, and
 * what is in staging/. S is left whole: after a power cut it may be what the
 * live name leads to. */
void swap_doubt(struct job *job, const struct error *why);

/* Lets go before the rename: nothing has happened to the live file. The phase
 * is JOB_INPLACE, for the reason `why`, which is left in result.failure; for
 * ERROR_STOPPED it is JOB_DONE without an outcome, as if it was never begun. */
void swap_give_up(struct job *job, const struct error *why);

/* Of a job that is JOB_DONE or JOB_INPLACE: the descriptor of the inode that
 * lost, to be closed some time later by whoever takes it; -1: there is none. */
int swap_take_retired(struct job *job);

/* The sync of one by itself, where plan->syncs_each: of S before the rename, of
 * the folder with the live name after it. (The link is synced as it is
 * made.) */
int swap_sync(const struct job *job, struct error *err);

#endif
