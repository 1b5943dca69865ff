/*
 * backup: the complete and durable copy that exists before the first write.
 *
 * Runs on: a worker thread, for one job.
 * It is copied by the kernel, or under WAL, where a copy of the file would miss
 * a part, with SQLite's backup API from a second connection (the first is
 * refused inside its own transaction); into staging/, made durable, and renamed
 * to backups/<run id>/<path below data_dir>, which is made durable in turn.
 * Where a database is swapped, the live file itself becomes the backup. Nobody
 * can read it who could not read the original: it lies in 0700 folders, and has
 * the original's owner and mode.
 *
 * If the process dies: before the rename, an unfinished file in staging/, which
 * the next run removes; after it, a complete backup of a database that was not
 * changed, which the next run removes too (the database's ledger does not name
 * the run).
 */
#ifndef FLEET_DATABASE_BACKUP_H
#define FLEET_DATABASE_BACKUP_H

#include "base/error.h"
#include "base/file.h"
#include "database/job.h"

struct sqlite3;

/* A name in staging/ for what becomes of that live file, which the caller
 * frees. One inode is worked on by one job at a time, so it is nobody
 * else's. */
char *backup_staged_name(const struct stamp *live);

/* Makes it: all of `from`, dressed like the live file's stamp. Sets
 * result.backup_bytes. ERROR_NOSPACE where the disk is full, or would be: a
 * file with holes is copied without them. On failure nothing is left. */
int backup_make(struct job *job, struct sqlite3 *from,
		const struct stamp *live, struct error *err);

/* The same from the open file itself, all of whose bytes are the database, and
 * stay what they are meanwhile; `live` is its stamp. */
int backup_copy(struct job *job, int from, const struct stamp *live,
		struct error *err);

/* Makes the file that lies at `place` the backup by giving it that name too: no
 * copy, and not durable. ERROR_BUSY if it is not the inode of `live`. Sets
 * result.backup_bytes. On failure nothing is left. */
int backup_link(struct job *job, const struct place *place,
		const struct stamp *live, struct error *err);

/* Opens the one just made, to read: it is what the database was before. */
int backup_open(const struct job *job, struct sqlite3 **out,
		struct error *err);

/* Removes the one just made, and folders that are empty without it: the
 * database stayed as it was. */
void backup_discard(const struct job *job);

/* Where the one of plan->source_run lies; ERROR_MISSING: it has none. The
 * caller closes `out`, also of what failed. */
int backup_of_source(const struct job *job, struct place *out,
		     struct error *err);

/* Where it is: an absolute path, which the caller frees. Any thread. */
char *backup_path(const struct plan *plan, const struct subject *subject);

#endif
