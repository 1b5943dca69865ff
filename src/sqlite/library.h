/*
 * library: SQLite itself, as this process has it.
 *
 * Runs on: library_begin() on the main thread before there is any other; the
 * rest on any thread. No state of our own.
 * Calling order: library_begin() once, before any other call to SQLite.
 */
#ifndef FLEET_SQLITE_LIBRARY_H
#define FLEET_SQLITE_LIBRARY_H

#include <stdbool.h>

#include "base/error.h"

/* Configures SQLite for the process: no memory statistics (they are one lock
 * around every allocation, which nearly halves what several threads get done),
 * multi-thread mode, and no memory mapping, now or later: a file that somebody
 * truncates would end the process; and its calls are made safe (calls.h).
 * ERROR_BUG if SQLite is in use already; ERROR_CONFIG if the installed library
 * is older than 3.37 or made without threads. */
int library_begin(struct error *err);

const char *library_version(void); /* at run time: "3.40.1" */

/* True if this SQLite has the WAL-reset defect (3.7.0 to 3.51.2 without the
 * back-ported fix of 3.44.6 and 3.50.7); source: sqlite.org, and
 * tailscale.com/blog/sqlite-wal-reset-bug. */
bool library_has_wal_reset_defect(void);

#endif
