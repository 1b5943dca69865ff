/*
 * patience: how long a connection waits for a lock, and what interrupts its
 * SQL: a stop, a time limit, somebody who asks for a leased file.
 *
 * Runs on: the thread of the connection. Owns: what it keeps for each; begun by
 * connection_open(), ended by connection_close(). What others may do with it
 * is declared in connection.h (connection_set_busy_timeout(),
 * connection_set_limit(), connection_over()).
 */
#ifndef FLEET_SQLITE_PATIENCE_H
#define FLEET_SQLITE_PATIENCE_H

#include "sqlite/connection.h"

struct patience;

/* As the options say. */
void patience_begin(struct sqlite3 *db,
		    const struct connection_options *options);

/* Takes it off the connection; freed once that is closed, since closing may
 * still ask it. NULL if there is none. */
struct patience *patience_end(struct sqlite3 *db);

#endif
