/*
 * functions: what backfills need and SQLite lacks, there while steps run.
 *
 * Runs on: the thread of the connection. Owns nothing.
 * Calling order: offer(true) before a step's statements, offer(false) behind
 * them: nothing else is to find them, neither our own checks nor a schema that
 * is read again.
 *
 * - uuid(), gen_random_uuid(): a random UUID (version 4), lower case, from the
 *   kernel's random numbers: processes that were forked have none in common.
 * - sha256(x): 64 lower case hex digits of the bytes of a text or blob; of a
 *   number, those of its text; NULL of NULL.
 * - regexp(pattern, text), which is also "text REGEXP pattern": 1 if a POSIX
 *   extended regular expression fits somewhere, else 0; NULL if one is NULL. A
 *   text ends at a NUL, and "." is one byte. A pattern that stays the same is
 *   compiled once for each statement.
 *
 * They are SQLITE_DIRECTONLY: SQLite refuses them where a trigger, view, index,
 * CHECK, DEFAULT or generated column of the database calls them, so that what a
 * user has written into his schema reaches none of them. The application does
 * not have them, which is why no step may leave a schema that calls them:
 * functions_called().
 *
 * Bounds, since text and pattern may come from a row that somebody has written:
 * back-references, which can take for ever, are refused; a pattern has at most
 * FUNCTIONS_PATTERN_BYTES and, with what is repeated by {n} written out,
 * FUNCTIONS_PATTERN_PARTS parts; a text at most FUNCTIONS_TEXT_BYTES, and fewer
 * for a pattern of many parts. Beyond that the statement fails.
 */
#ifndef FLEET_SQLITE_FUNCTIONS_H
#define FLEET_SQLITE_FUNCTIONS_H

#include <stdbool.h>

#include "base/error.h"

struct sqlite3;

#define FUNCTIONS_PATTERN_BYTES 1000
#define FUNCTIONS_PATTERN_PARTS 1000
#define FUNCTIONS_TEXT_BYTES (1024 * 1024)

/* Registers them, or takes them away. */
int functions_offer(struct sqlite3 *db, bool offered, struct error *err);

/* The first of them that the text of a schema object calls ("uuid",
 * "gen_random_uuid", "sha256" or "regexp"; static storage), NULL if none. By
 * tokens: a table, column or type of such a name is no call. */
const char *functions_called(const char *sql);

#endif
