/*
 * shadow: which tables are the inside of a virtual one.
 *
 * Runs on: the thread of the connection. No state.
 * FTS and R-Tree keep their content in ordinary tables of their own
 * (NAME_data, NAME_idx...), which come and go with the virtual table. Whoever
 * tells people what a migration makes, or writes it as SQL, leaves them out.
 * Only SQLite can tell them from a table that just has such a name, and only
 * where it knows the module: which it does wherever the migrations could be
 * replayed.
 */
#ifndef FLEET_SQLITE_SHADOW_H
#define FLEET_SQLITE_SHADOW_H

#include "base/error.h"

struct schema;
struct sqlite3;

/* Sets `is_shadow` of the objects of `schema`, which was just taken from `db`:
 * shadow tables, and the indexes and triggers on them. Without a virtual table
 * SQLite is not asked. Errors as the connection's. */
int shadow_mark(struct sqlite3 *db, struct schema *schema, struct error *err);

#endif
