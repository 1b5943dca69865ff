/*
 * script: a text of many SQL statements, run one at a time.
 *
 * Runs on: the thread of its connection.
 * The text is never split on semicolons (triggers contain them): SQLite's own
 * parser says where each statement ends. The two that SQLite lacks, ALTER
 * TABLE with IF [NOT] EXISTS, are run as alter.h says, and a statement that
 * calls one of our functions (functions.h) finds it. After every statement it
 * is looked at whether the transaction still stands: COMMIT inside a text,
 * INSERT OR ROLLBACK or RAISE(ROLLBACK) end it behind our back.
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
	bool only_asks;		/* no statement may write, or give a row */
	struct authorizer *authorizer; /* installed; names what it refused */
	size_t begin, end;	/* out: bytes [begin, end) of the statement that
				 * ran last or failed; begin is where SQLite
				 * began to read, blanks and comments too */
	int statements;		/* out: how many were run */
	bool is_kept;		/* out: it failed since a schema would keep a
				 * call of one of our functions */
	bool lends;		/* private: our functions are there */
};

/* Runs all statements. Rows that they return are read and thrown away; with
 * only_asks they are ERROR_CHECK, which shows the first three. On
 * failure `begin` and `end` show the statement, and err has SQLite's message.
 * ERROR_SQL: the statement failed, was refused or ended the transaction; what
 * was refused is named, and why. Other errors as connection_error(). */
int script_run(struct sqlite3 *db, struct script *script, struct error *err);

#endif
