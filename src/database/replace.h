/*
 * replace: all of a live database is overwritten with another one, while
 * applications have it open, and nobody can write in between.
 *
 * Runs on: a worker thread. Owns: nothing; the connections are the caller's.
 *
 * It goes through SQLite's backup API, in one transaction of SQLite's, and is
 * never a rename: an application that has the file open keeps working, owner
 * and mode stay, no old WAL is replayed on top. From the first look on nobody
 * else can write:
 *
 *   rollback journal: locking_mode=EXCLUSIVE, BEGIN IMMEDIATE, under_lock(),
 *	ROLLBACK (in that mode the lock stays), then the copy into that same
 *	connection; readers go on until the copy
 *   WAL: the copy's first step takes the write lock, under_lock(), then the
 *	copy goes on or lets go; readers go on all the time
 *
 * So `source` has to be open before under_lock(). That may still rewrite its
 * file through another connection: SQLite begins the copy again, since its
 * source has changed (and is made to forget what it has read).
 *
 * Calling order: replace_begin() once, of which under_lock() is a part; the
 * caller closes `live`; replace_settle(), if it was overwritten.
 *
 * If the process dies: before the copy nothing has happened to the live file;
 * in it, SQLite's journal (or the missing commit frame in the WAL) leaves it
 * whole old; after it, it is whole new. Before replace_settle(), what is new
 * may have another journal mode than it was to have, or evidence that says
 * that somebody has written since.
 */
#ifndef FLEET_DATABASE_REPLACE_H
#define FLEET_DATABASE_REPLACE_H

#include <stdbool.h>

#include "base/error.h"
#include "database/job.h"
#include "database/ledger.h"

struct sqlite3;

struct replace {
	/* the caller's */
	struct job *job;
	const char *path;	/* of the live file */
	struct sqlite3 *live;	/* open on it, CONNECTION_WRITE */
	struct sqlite3 *source; /* what is written over it */

	/* Called while nobody else can write; `reader` reads the live file.
	 * *goes_on false: it is let go, unchanged, without an error. */
	int (*under_lock)(void *self, struct sqlite3 *reader, bool *goes_on,
			  struct error *err);
	void *self;

	/* what came of it */
	bool has_begun; /* the live file may have been overwritten */
	char left[LEDGER_EVIDENCE_BYTES]; /* the evidence of what the copy
					   * left; "": unknown */
};

/* `is_wal`: the live file is in WAL mode; then the source has to have pages of
 * the same size. ERROR_BUSY if the lock, or in the end readers, cannot be had
 * out of the way; nothing was changed then. */
int replace_begin(struct replace *replace, bool is_wal, struct error *err);

/* How a replaced file is to be. */
struct replace_end {
	bool is_wal; /* its journal mode: a copy keeps that of its source or
		      * of its target, as the two happen to be */
	bool renews; /* the newest row of its ledger is to tell of the state
		      * that the copy left, unless it does so already */
};

/* Sees to it, and that no journal is left beside it, through a connection of
 * its own. What fails is noted: then a rollback is told that somebody has
 * written, which is the safe side. */
void replace_settle(const struct replace *replace,
		    const struct replace_end *end);

#endif
