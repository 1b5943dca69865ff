/*
 * sql: what the SQL of a migration says, as text, and a checksum that
 * re-wrapping keeps.
 *
 * Runs on: any thread. No state. Built on the tokens of sqlite/token.h.
 */
#ifndef FLEET_MIGRATION_SQL_H
#define FLEET_MIGRATION_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/checksum.h"

/* One statement: from its first token to its last, the ";" left out. */
struct sql_statement {
	const char *begin; /* inside the text */
	size_t bytes;
};

/* The statement at or behind `at`, the body of a trigger being part of it,
 * and one in dollar quotes, which other databases have.
 * Returns where the next one may begin, NULL if there is none. For looking at
 * texts that are not run (lint, counting): what is run is cut by SQLite's own
 * parser. */
const char *sql_next_statement(const char *at, struct sql_statement *out);
int sql_count_statements(const char *sql);

/* The first `bytes` of `sql` for people: comments dropped, white space folded,
 * a ";" at the end taken off, cut with "..." to fit into `room`. Returns
 * `out`. */
char *sql_excerpt(const char *sql, size_t bytes, char *out, size_t room);

/* True if there is nothing but white space, comments and semicolons. */
bool sql_is_blank(const char *sql);

/* Passes `*at` over the word, if that is the next token. */
bool sql_take(const char **at, const char *word);

/* Passes `*at` over a name, perhaps behind "schema.", and returns it without
 * quotes; the caller frees it. NULL, and `*at` as it was, if there is none. */
char *sql_take_name(const char **at);

/* SHA-256 over the tokens, one blank between each two: comments and white space
 * do not count, every other byte does. */
void sql_checksum(const char *sql, char out[CHECKSUM_HEX_BYTES]);

/* The number of lines that begin in the first `bytes` of `text`, counted from
 * 1: the line in which `text + bytes` stands. */
int sql_line_of(const char *text, size_t bytes);

#endif
