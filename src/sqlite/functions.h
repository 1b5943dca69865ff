/*
 * functions: what backfills need and SQLite lacks, there while steps run.
 *
 * Runs on: the thread of the connection. Owns nothing.
 * Calling order: where SQLite could not prepare a statement of a step because
 * it lacks one of them, functions_are_lacking(): offer(true), prepare and run
 * it again, offer(false). They are there for that one statement. An
 * application may have functions of the same names, and a schema that calls
 * them: SQLite could not read it while ours are there.
 *
 * - uuid(), gen_random_uuid(): a random UUID (version 4), lower case, from the
 *   kernel's random numbers: processes that were forked have none in common.
 * - sha256(x): 64 lower case hex digits of the bytes of a text or blob; of a
 *   number, those of its text; NULL of NULL.
 * - regexp(pattern, text), which is also "text REGEXP pattern": see regexp.h.
 *
 * They are SQLITE_DIRECTONLY: SQLite refuses them where a trigger, view,
 * index, DEFAULT or generated column of the database calls them. A CHECK that
 * was read before gets at them; what they do has an end, and reaches nothing.
 * The application does not have them, which is why no step may leave a schema
 * that calls them: functions_called().
 */
#ifndef FLEET_SQLITE_FUNCTIONS_H
#define FLEET_SQLITE_FUNCTIONS_H

#include <stdbool.h>

#include "base/error.h"

struct sqlite3;

/* Registers them, or takes them away. */
int functions_offer(struct sqlite3 *db, bool offered, struct error *err);

/* True if that message of SQLite's says that one of them is missing. */
bool functions_are_lacking(const char *message);

/* The first of them that the text of a schema object calls ("uuid",
 * "gen_random_uuid", "sha256" or "regexp"; static storage), NULL if none. By
 * tokens: a table, column or type of such a name is no call. */
const char *functions_called(const char *sql);

#endif
