/*
 * copy: a whole database, page by page, through SQLite's backup API.
 *
 * Runs on: the thread of both connections.
 * The copy is a snapshot with everything that is committed, also what still
 * stands in the WAL, and keeps page size, encoding, user_version,
 * application_id, row ids and the WAL flag.
 *
 * The backup API is refused on a connection inside its own transaction: to copy
 * a database that one connection has locked, read it through a second one.
 *
 * If the process dies: the target is unfinished. A target that is a live
 * database is whole old or whole new (one transaction of SQLite's).
 */
#ifndef FLEET_SQLITE_COPY_H
#define FLEET_SQLITE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;

/* Copies all of `from` over all of `to`. Waits for locks as long as the
 * connections' busy timeouts say; ERROR_BUSY after that. An empty `from` (no
 * pages) is refused, ERROR_CORRUPT: it would empty the target. If the target is
 * in WAL mode, SQLite refuses another page size than its own
 * (SQLITE_READONLY). */
int copy_database(struct sqlite3 *from, struct sqlite3 *to, struct error *err);

/* The same in two steps, so that the caller can look in between while nobody
 * else can write `to`: copy_begin takes the write lock on `to` (in WAL mode
 * readers go on; with a rollback journal they wait as well), copy_end(keep)
 * copies or lets go without a change, and frees `copy` in any case. */
struct copy;
int copy_begin(struct sqlite3 *from, struct sqlite3 *to, struct copy **out,
	       struct error *err);
int copy_end(struct copy *copy, bool keep, struct error *err);

/* Pages times page size, in bytes, of what a copy would hold. */
int copy_size(struct sqlite3 *db, int64_t *out_bytes, struct error *err);

/* ERROR_NOSPACE if that is more than is free on the disk of the open folder,
 * which the message calls `path`. What is a hole in a file is none in its copy,
 * so a small file may take a whole disk. */
int copy_expect_room(struct sqlite3 *db, int folder, const char *path,
		     struct error *err);

#endif
