/*
 * look: reading one database without leaving a trace.
 *
 * Runs on: a worker thread.
 * SQLite does not give this for free: a read-only connection to an idle WAL
 * database leaves -wal and -shm behind, a read-write one checkpoints on close
 * and recovers a hot journal. So:
 * - nothing in -wal and -journal (or one that begins with a zero byte, as
 *   SQLite leaves it behind a transaction): `immutable`, believed only if the
 *   stamps are the same before and after, there is still nothing beside the
 *   file, and nobody has it locked to write pages (one whose journal is in
 *   memory);
 * - something there: mode=ro with readonly_shm, which takes the locks that keep
 *   the content whole, and makes and changes no file;
 * - that refused (a hot journal, a WAL whose application died): a private copy
 *   of the files, taken with equal stamps before and after, in a 0700 folder
 *   under TMPDIR, removed on close; if there is room for it.
 *
 * Calling order: look_open(); read through `db`; look_confirm(), and only if it
 * returns 0 believe what was read; look_close().
 *
 * If the process dies: nothing in the data or state directory; a private copy
 * stays behind in TMPDIR.
 */
#ifndef FLEET_DATABASE_LOOK_H
#define FLEET_DATABASE_LOOK_H

#include "base/error.h"
#include "base/file.h"
#include "database/job.h"

struct sqlite3;

struct look {
	struct place place;
	struct stamp stamps[3];	/* of the file, its -wal and its -journal;
				 * size 0 and inode 0 where there is none;
				 * size 0 where nothing in it counts */
	struct sqlite3 *db;
	struct timespec opened;	/* the time of day before the stamps */
	bool is_snapshot;	/* db holds still: nothing to confirm */
	char *copy;		/* folder of the private copy, or NULL */
};

/* Opens. Errors: ERROR_SKIPPED (no regular file, 0 bytes, vanished),
 * ERROR_BUSY, ERROR_CORRUPT, ERROR_IO. On failure nothing is held. */
int look_open(const struct job *job, struct look *out, struct error *err);

/* ERROR_BUSY if the file may have changed while it was read, or may be half
 * written. */
int look_confirm(struct look *look, struct error *err);

/* True if nobody had the file in hands when it was opened, so that its stamp
 * stands for what was read, if look_confirm() agrees: no -wal and no -journal
 * with something in it, and the last change two seconds ago or more. A younger
 * one tells nothing: the clock that stamps files has a grain (4 ms here, whole
 * seconds there), and what happens within one grain gives the same stamp
 * twice. */
bool look_is_at_rest(const struct look *look);

void look_close(struct look *look);

/* The same for a function: opens, calls `read`, confirms; again, up to three
 * times, if the file was written meanwhile. Sets result.is_wal. */
int look_with(struct job *job,
	      int (*read)(struct job *job, struct look *look, void *self,
			  struct error *err),
	      void *self, struct error *err);

/* ERROR_SKIPPED, saying why, if the stamp is not of a regular file with
 * something in it. ERROR_CORRUPT if that is one byte, which SQLite takes for
 * nothing. */
int look_fits(const struct stamp *stamp, struct error *err);

#endif
