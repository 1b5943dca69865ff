/*
 * alter: ALTER TABLE t ADD [COLUMN] IF NOT EXISTS c ... and
 * ALTER TABLE t DROP [COLUMN] IF EXISTS c, which SQLite does not have.
 *
 * Runs on: the thread of its connection; alter_read() on any. Owns: the
 * strings of a struct alter, until alter_release().
 *
 * SQLite takes such a text for a syntax error and does not say where it ends,
 * so that the statement is found by its tokens: any case, quotes around names,
 * a schema before the table, comments anywhere.
 *
 * Calling order: alter_read(); then alter_is_needed(). If it is, `plain` is
 * run in its place. If not, nothing is; but of an ADD SQLite is still to be
 * asked whether it could prepare `probe`, so that a mistake in it does not
 * wait for the first database that lacks the column, and alter_compare()
 * whether the column that is there is the one that was asked for.
 *
 * If the process dies: nothing here writes.
 */
#ifndef FLEET_SQLITE_ALTER_H
#define FLEET_SQLITE_ALTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct sqlite3;

struct alter {
	bool is_add;	  /* else it drops */
	char *schema;	  /* NULL: none is named */
	char *table, *column;
	size_t bytes;	  /* from the text's begin to behind the ";", or to the
			   * end of the text */
	char *plain;	  /* those bytes, blanks for the words IF NOT EXISTS,
			   * to the last token before the ";" */
	char *probe;	  /* the same of an ADD, with a name that no column has;
			   * to be prepared, never run. NULL for a DROP */
	char *definition; /* of an ADD, what stands behind the column's name */
};

/* True if the statement at `sql`, blanks and comments before it passed over,
 * is one of the two forms: then `out` is to be released. */
bool alter_read(const char *sql, struct alter *out);
void alter_release(struct alter *alter);

/* *out is false if the table is there, and the column is (ADD) or is not
 * (DROP). True as well where SQLite will have something to say, since the
 * table is missing or is a view. */
int alter_is_needed(const struct alter *alter, struct sqlite3 *db, bool *out,
		    struct error *err);

/* ERROR_SQL, with both in the message, if the column that is there has another
 * declared type, NOT NULL, DEFAULT, or is generated where the other is not.
 * Case, blanks, comments and a type's quotes do not count; what else a column
 * may be declared with (CHECK, REFERENCES, COLLATE) is not compared. */
int alter_compare(const struct alter *alter, struct sqlite3 *db,
		  struct error *err);

#endif
