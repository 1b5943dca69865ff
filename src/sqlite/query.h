/*
 * query: one prepared statement of our own, its parameters and its rows.
 *
 * Runs on: the thread of its connection. Owns: the statement, until
 * query_close(). Text that query_text() gives lives until the next query_next()
 * or query_close().
 *
 * Calling order: query_open, query_bind_*, then
 *     while (query_next(&q, &has_row, err) == 0 && has_row) ...
 * and query_close, always. After query_reset() it may be bound and run again.
 */
#ifndef FLEET_SQLITE_QUERY_H
#define FLEET_SQLITE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

struct query {
	struct sqlite3 *db;
	struct sqlite3_stmt *statement; /* NULL: closed */
	int bind_code; /* the first binding that failed; query_next() tells */
};

/* Prepares `sql`, one statement. Errors as connection_error(). On failure there
 * is nothing to close, and closing does no harm. */
int query_open(struct query *query, struct sqlite3 *db, const char *sql,
	       struct error *err);
void query_close(struct query *query); /* zeroed or closed is fine */

/* Back to before the first row; what is bound stays bound. */
void query_reset(struct query *query);

/* Parameters count from 1. Text and bytes are copied; NULL binds NULL. A
 * binding that fails shows in query_next(), so that no row is ever written
 * without it. */
void query_bind_text(struct query *query, int parameter, const char *text);
void query_bind_blob(struct query *query, int parameter, const void *data,
		     size_t bytes);
void query_bind_number(struct query *query, int parameter, int64_t number);

/* Goes to the next row. *has_row is false behind the last, and on failure. */
int query_next(struct query *query, bool *has_row, struct error *err);

/* Runs one write of our own with the database's triggers off: a hostile one on
 * the table must not run with our rights. */
int query_write(struct query *query, struct error *err);

/* Columns count from 0. */
int query_columns(const struct query *query);
const char *query_text(struct query *query, int column); /* NULL for NULL */
int64_t query_number(struct query *query, int column);
bool query_is_null(struct query *query, int column);

/* An identifier as SQL takes it, in double quotes; the caller frees it. */
char *query_quote(const char *identifier);

#endif
