/*
 * ledger: the table inside each database that records the steps applied.
 *
 *     fleet_schema_history(rank INTEGER PRIMARY KEY, kind TEXT,
 *       from_version TEXT, to_version TEXT, description TEXT, checksum TEXT,
 *       applied_at TEXT, duration_us INTEGER, run_id TEXT, tool_version TEXT,
 *       evidence TEXT)
 *
 * Runs on: the thread of the connection.
 * The current version is the to_version of the highest rank whose kind is not
 * "late" (a step older than the version, run after it: applied.h); nothing
 * outside the database is believed about it. Never STRICT: an application with
 * an older SQLite must still open its database. A ledger that lacks later
 * columns (one that an older version of this program made) is read all the
 * same, and gets them when a row is added.
 *
 * If the process dies: rows are written in the same transaction as the steps
 * that they record, so they are both there or neither is.
 */
#ifndef FLEET_DATABASE_LEDGER_H
#define FLEET_DATABASE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "migration/version.h"

struct sqlite3;

#define LEDGER_EVIDENCE_BYTES 96

/* The newest row. */
struct ledger_head {
	bool exists;	 /* the table is there and has a row */
	int64_t rank;
	char version[VERSION_BYTES];
	char run_id[RUN_ID_BYTES]; /* "" if it names none */
	char evidence[LEDGER_EVIDENCE_BYTES]; /* how to tell that nobody has
					       * written since: evidence.h */
};

/* Reads the newest row; no ledger is no error. ERROR_UNVERSIONED: something
 * else has the ledger's name, or what it names is no version. */
int ledger_read(struct sqlite3 *db, struct ledger_head *out, struct error *err);

/* Borrowed strings; NULL is written as NULL. */
struct ledger_row {
	const char *kind; /* "migrate", "late", "baseline", "detect",
			   * "undo" */
	const char *from, *to;
	const char *description, *checksum;
	int64_t duration_us;
	const char *run_id;
};

/* Makes the table, or what columns it lacks. Inside the caller's
 * transaction. */
int ledger_prepare(struct sqlite3 *db, struct error *err);

/* Adds a row behind the newest. The table's own triggers do not fire. */
int ledger_add(struct sqlite3 *db, const struct ledger_row *row,
	       struct error *err);

/* Writes the evidence into the newest row. */
int ledger_set_evidence(struct sqlite3 *db, const char *evidence,
			struct error *err);

/* Removes the table. */
int ledger_drop(struct sqlite3 *db, struct error *err);

/* Tells every row, lowest rank first; strings live for the call. */
int ledger_each(struct sqlite3 *db,
		void (*tell)(void *self, const struct ledger_row *row),
		void *self, struct error *err);

#endif
