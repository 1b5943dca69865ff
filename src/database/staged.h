/*
 * staged: a private copy of one database in staging/, to be worked on and
 * thrown away.
 *
 * Runs on: a worker thread, for one job. Owns: the file, and its names, from
 * staged_make() until staged_remove().
 *
 * It has a rollback journal by its header whatever the original has, so that it
 * can be opened without locks and without a WAL. It keeps its inode for as long
 * as it is there: one connection may have it open, to read from it later
 * (replace.h), while another fills it and works on it.
 *
 * If the process dies: it stays in staging/, and the next run removes it.
 */
#ifndef FLEET_DATABASE_STAGED_H
#define FLEET_DATABASE_STAGED_H

#include "base/error.h"
#include "base/file.h"
#include "database/job.h"

struct sqlite3;

struct staged {
	const struct job *job;
	char *name; /* in staging/; NULL: there is none */
	char *path; /* absolute */
};

/* Makes it, of one page of that size, for the live file with that stamp. To be
 * removed in any case. */
int staged_make(const struct job *job, const struct stamp *live,
		int64_t page_bytes, struct staged *out, struct error *err);
void staged_remove(struct staged *staged); /* zeroed is fine */

/* All of `from` becomes its content. No connection that works on it may be
 * open. */
int staged_fill(const struct staged *staged, struct sqlite3 *from,
		struct error *err);

/* A connection that works on it: no locks, no journal, no syncs, SQL within
 * `limit_ms` (0: without end). */
int staged_open(const struct staged *staged, int64_t limit_ms,
		struct sqlite3 **out, struct error *err);

/* A connection that reads it, with locks; it sees what another one has
 * written. */
int staged_open_source(const struct staged *staged, struct sqlite3 **out,
		       struct error *err);

/* Gives the open file `name` of `folder`, a whole database, a rollback journal
 * by its header. No connection of this process may have it in use. */
int staged_clear_wal(int folder, const char *name, struct error *err);

#endif
