/*
 * script: a text of many SQL statements, run one at a time.
 *
 * Runs on: the thread of its connection.
 * The text is never split on semicolons (triggers contain them): SQLite's own
 * parser says where each statement ends. After every statement it is looked at
 * whether the transaction still stands: COMMIT inside a text, INSERT OR
 * ROLLBACK or RAISE(ROLLBACK) end it behind our back.
 *
 * If the process dies: the caller's transaction is undone by SQLite's journal.
 */
#ifndef FLEET_SQLITE_SCRIPT_H
#define FLEET_SQLITE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct sqlite3;
struct authorizer;

/* What to say of one that asked to run without a transaction, and ended inside
 * one of its own. */
#define SCRIPT_LEFT_OPEN \
	"it begins a transaction and does not end it; add COMMIT"

struct script {
	const char *text;	/* NUL-terminated */
	bool in_transaction;	/* the caller has one open: look after it */
	struct authorizer *authorizer; /* installed; names what it refused */
	size_t begin, end;	/* out: bytes [begin, end) of the statement that
				 * ran last or failed; begin is where SQLite
				 * began to read, blanks and comments too */
	int statements;		/* out: how many were run */
};

/* Runs all statements. Rows that they return are read and thrown away. On
 * failure `begin` and `end` show the statement, and err has SQLite's message.
 * ERROR_SQL: the statement failed, was refused or ended the transaction; what
 * was refused is named, and why. Other errors as connection_error(). */
int script_run(struct sqlite3 *db, struct script *script, struct error *err);

#endif
