/*
 * scratch: a private copy of a database, which may be written and is thrown
 * away.
 *
 * Runs on: a worker thread, for one job. It lies in memory as far as the
 * worker's share goes, then in an unnamed temporary file; nothing of it is
 * seen, and nothing is left if the process dies.
 *
 * Beside rehearsals it serves to check one that was opened to be read only:
 * there SQLite does not even parse CHECK constraints, and so finds every row
 * fit.
 */
#ifndef FLEET_DATABASE_SCRATCH_H
#define FLEET_DATABASE_SCRATCH_H

#include "base/error.h"
#include "database/job.h"

struct sqlite3;

/* Copies all of `from`; ERROR_NOSPACE, before anything is written, if that is
 * more than the disk for temporary files has free. The caller closes *out with
 * connection_close(); on failure it is NULL. */
int scratch_open(const struct job *job, struct sqlite3 *from,
		 struct sqlite3 **out, struct error *err);

#endif
