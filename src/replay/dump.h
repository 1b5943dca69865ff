/*
 * dump: a schema as the SQL that makes it.
 *
 * Runs on: any thread. No state; the schema is one of a replay's (replay.h),
 * whose shadow tables are marked.
 *
 * The statements are those that SQLite keeps, cut behind their last token: a
 * comment at the end could swallow the semicolon. In an order in which each
 * finds what it needs: tables, then virtual tables (they make their shadow
 * tables, which are left out), indexes, views, triggers; within each by name,
 * so that two dumps can be compared line by line.
 *
 * What SQLite makes by itself (sqlite_*, indexes of PRIMARY KEY and UNIQUE) is
 * not in a schema, nor is the ledger, nor are rows.
 */
#ifndef FLEET_REPLAY_DUMP_H
#define FLEET_REPLAY_DUMP_H

#include <stddef.h>

#include "sqlite/schema.h"

/* Tells each object in that order, with its statement, without a semicolon. The
 * text lives for the call. */
void dump_each(const struct schema *schema,
	       void (*tell)(void *self, const struct schema_object *object,
			    const char *sql),
	       void *self);

#endif
