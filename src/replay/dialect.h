/*
 * dialect: what other databases' SQL is to SQLite, and what to write instead.
 *
 * Runs on: any thread. No state; a table of forms, each a row of tokens.
 *
 * Many projects have migrations that were written for PostgreSQL or MySQL.
 * SQLite's "near X: syntax error" does not say why, and of some things it says
 * nothing at all: it takes any words for a column's type.
 *
 * Rows of SEVERITY_ERROR are what SQLite cannot do. Where one of them was run
 * all the same, it is only a warning: what fails is found by running it. Rows
 * of SEVERITY_WARNING it takes, and they mean something else than they seem
 * to.
 *
 * Looked at is a whole step, not statement by statement: bodies in dollar
 * quotes have semicolons in them, and psql's own lines ("\d t") have none.
 */
#ifndef FLEET_REPLAY_DIALECT_H
#define FLEET_REPLAY_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include "migration/source.h"
#include "sqlite/token.h"

/* A form of another dialect that was found. */
struct dialect_find {
	enum severity severity;
	const char *begin, *end;   /* its tokens, inside the text */
	const char *why, *instead; /* static storage */
};

/* Where the looking is. */
struct dialect {
	const char *at;
	bool is_begin; /* a statement begins there */
	bool is_table; /* it makes or alters a table */
	struct token last;
};

/* Goes through a text: begin, then next until it is false. */
void dialect_begin(struct dialect *dialect, const char *sql);
bool dialect_next(struct dialect *dialect, struct dialect_find *out);

/* What explains that SQLite failed with `message` at the statement that stands
 * in [begin, end) of the text: the error that has in it what SQLite complains
 * of ("near X"), or else the first. False if there is none. */
bool dialect_explain(const char *sql, size_t begin, size_t end,
		     const char *message, struct dialect_find *out);

#endif
