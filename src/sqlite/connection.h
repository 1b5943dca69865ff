/*
 * connection: one open database, set up so that hostile content runs nothing.
 *
 * Runs on: the thread that opened it, from open to close (NOMUTEX); never kept
 * in a struct that outlives the work, never passed to another thread. Any
 * number of threads may each have their own.
 * Calling order: library_begin() once, before any thread; then per database
 * connection_open() ... connection_close(), every query closed before.
 *
 * Settings of every connection: extension loading and fts3_tokenizer off,
 * DEFENSIVE on, trusted_schema off where SQLite is 3.44 or newer (before that
 * it breaks schemas with FTS or R-Tree triggers), cell_size_check on, mmap off,
 * foreign keys off (inside a transaction they could not be switched off, and a
 * table rebuild with them on deletes child rows), extended result codes, limits
 * (nothing attached, no value over 512 MiB), a progress handler that looks at
 * the stop flag and the clock, an authorizer that lets nothing reach outside
 * (authorizer.h, AUTHORIZE_OURS). A stricter one is the caller's to install.
 *
 * If the process dies: nothing here outlives it; SQLite's own journal recovers
 * a transaction that was under way.
 */
#ifndef FLEET_SQLITE_CONNECTION_H
#define FLEET_SQLITE_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "sqlite/library.h"

struct sqlite3; /* only this folder includes sqlite3.h */

enum connection_mode {
	/* The first three look at what lies beside the file. */
	/* Read and write a file that exists, where an application may be
	 * working: no link followed, never created, synchronous=EXTRA (with
	 * FULL a power cut after success can take the last commit back), no
	 * automatic checkpoints. */
	CONNECTION_WRITE,
	/* Read only, where an application may be working: mode=ro and
	 * readonly_shm; no checkpoint on close. Takes the shared lock.
	 * Leaves no trace, but for one case: a WAL database that has no -wal
	 * cannot be opened so (ERROR_IO), and SQLite leaves an empty -wal
	 * beside it. Such a one is to be opened IMMUTABLE. */
	CONNECTION_READ,
	/* The same, only to be copied from (copy.h): the schema is not read,
	 * which takes longer than to copy a small database, so that damage to
	 * it does not show. */
	CONNECTION_COPY,
	/* Read only, no locks, no journal or WAL looked at: only for a file
	 * that nobody writes, or where the caller compares stamps before and
	 * after. */
	CONNECTION_IMMUTABLE,
	/* Write a file of ours that nobody else knows (backup, staging): no
	 * locks, no journal, no syncs; the caller makes it durable. */
	CONNECTION_PRIVATE,
	/* A private database of SQLite's own: in memory as far as the cache
	 * goes, then in an unnamed temporary file. `path` is not looked at. */
	CONNECTION_TEMPORARY,
	/* Ours alone, kept for years: the journal of runs. Made if missing,
	 * with mode 0600. */
	CONNECTION_JOURNAL,
};

struct connection_options {
	enum connection_mode mode;
	int busy_timeout_ms;	     /* how long to wait for a lock; 0: not */
	int64_t cache_bytes;	     /* at most so many; 0: SQLite's own */
	bool spill;		     /* CONNECTION_WRITE: may write dirty pages
				      * before COMMIT, which shuts readers out;
				      * for files bigger than the cache */
	const atomic_bool *stop_now; /* looked at while SQL runs and while a
				      * lock is waited for; may be NULL */
	int leased;		     /* a leased descriptor (base/lease.h): SQL
				      * is interrupted when somebody asks for
				      * the file; 0: none */
	int64_t deadline_us;	     /* and then, by clock_now_us(); 0: never */
	int64_t limit_ms;	     /* so long after the open all SQL fails,
				      * with ERROR_SQL; 0: never */
};

/* Opens `path`, which is absolute and link-free. On failure *out is NULL. A
 * damaged header is found here, and a damaged schema: it is read once. Errors:
 * as connection_error(), and ERROR_IO where a pipe lies beside it under the
 * name of its -journal, -wal or -shm. */
int connection_open(const char *path, const struct connection_options *options,
		    struct sqlite3 **out, struct error *err);

/* Closes. NULL is fine. A transaction still open is rolled back. */
void connection_close(struct sqlite3 *db);

/* How long later statements wait for a lock. */
void connection_set_busy_timeout(struct sqlite3 *db, int timeout_ms);

/* When all SQL fails, with ERROR_SQL; and what has to be changed for more. */
struct connection_limit {
	int64_t until_us; /* by clock_now_us(); 0: never */
	const char *name; /* "run.database_timeout"; static storage */
};

/* Sets another limit than options.limit_ms was. Returns the one before. */
struct connection_limit connection_set_limit(struct sqlite3 *db,
					     struct connection_limit limit);

/* The limit's name, if SQL was interrupted because it had come; else NULL. */
const char *connection_over(struct sqlite3 *db);

/* Switches the database's own triggers; off while our own rows are written. */
int connection_allow_triggers(struct sqlite3 *db, bool allowed,
			      struct error *err);

/* Switches foreign keys, outside a transaction; they are off at first. */
int connection_enforce_keys(struct sqlite3 *db, bool enforced,
			    struct error *err);

/* VACUUM, outside a transaction; of a file that nobody else has open. */
int connection_vacuum(struct sqlite3 *db, struct error *err);

/* Lets SQL of the caller's do the same; the authorizer may still refuse. */
void connection_allow_vacuum(struct sqlite3 *db, bool allowed);

/* True while a transaction that we began still stands. */
bool connection_in_transaction(struct sqlite3 *db);

/* Runs statements of our own that return no rows worth reading. */
int connection_run(struct sqlite3 *db, const char *sql, struct error *err);

/* First column of the first row of a query of our own. No row: *out is 0; the
 * same for NULL. */
int connection_number(struct sqlite3 *db, const char *sql, int64_t *out,
		      struct error *err);

/* The same as text, which the caller frees; NULL if there is no row. */
int connection_text(struct sqlite3 *db, const char *sql, char **out,
		    struct error *err);

/* `bytes` of the database file's own content at `offset`, read through the
 * descriptor that SQLite has open (opening another would drop its locks). */
int connection_read_file(struct sqlite3 *db, void *out, int bytes,
			 int64_t offset, struct error *err);

/* True if the name that was opened no longer leads to the file that is open. */
bool connection_has_moved(struct sqlite3 *db);

/* Fills `err` from the connection's last error: BUSY and LOCKED are ERROR_BUSY,
 * CORRUPT and NOTADB ERROR_CORRUPT, FULL ERROR_NOSPACE, IOERR, CANTOPEN,
 * READONLY and PERM ERROR_IO, INTERRUPT ERROR_STOPPED (ERROR_SQL where
 * connection_over()), all others ERROR_SQL.
 * What the system said (errno) is added where a file could not be opened, read
 * or written. `sqlite_code` is the extended code. Returns err->code. */
int connection_error(struct sqlite3 *db, int sqlite_code, struct error *err);

/* True if SQLite found fault with the SQL itself: it needs a function or a
 * collation that only the application has. False for what has cut it off, a
 * limit of time or of memory, which is ERROR_SQL too. */
bool connection_blames_sql(const struct error *err);

/* "SQLITE_CONSTRAINT_UNIQUE" for an extended code; "SQLITE_ERROR" and the like
 * for a primary one, and for an extended one that is newer than this program;
 * "SQLITE_UNKNOWN" else. Static storage. */
const char *connection_code_name(int sqlite_code);

#endif
