#include "sqlite/script.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sqlite/authorizer.h"
#include "sqlite/connection.h"

#define ROWS_SHOWN 3
#define ROWS_BYTES 400

/* SQLite says where a statement ends only if it could read it. */
static size_t find_end(const char *text, size_t begin)
{
	const char *at = text + begin;
	bool is_complete = false;

	while (!is_complete && (at = strchr(at, ';')) != NULL) {
		char *statement =
			xstrndup(text + begin, (size_t)(++at - text) - begin);

		is_complete = sqlite3_complete(statement);
		free(statement);
	}
	return is_complete ? (size_t)(at - text) : strlen(text);
}

/* The authorizer knows better than "not authorized" what was refused. */
static int explain(struct sqlite3 *db, const struct script *script,
		   int sqlite_code, struct error *err)
{
	const struct authorizer *authorizer = script->authorizer;
	int code = connection_error(db, sqlite_code, err);

	if (authorizer && authorizer->denied[0]) {
		code = error_set(
			err, ERROR_SQL, "%s is not allowed in a migration%s%s",
			authorizer->denied, authorizer->reason ? "; " : "",
			authorizer->reason ? authorizer->reason : "");
		if (err)
			err->sqlite_code = sqlite_code;
	}
	if (script->in_transaction && !connection_in_transaction(db))
		error_append(err, "SQLite ended the transaction and has "
				  "undone all of it");
	return code;
}

/* One row for people: " (1|it's|NULL)", at most so long. */
static void add_row(sqlite3_stmt *statement, char *rows, size_t room)
{
	size_t used = strlen(rows);
	char *shown;

	for (int column = 0; column < sqlite3_column_count(statement);
	     column++) {
		const char *text =
			(const char *)sqlite3_column_text(statement, column);

		shown = text_escape(text ? text : "NULL");
		(void)snprintf(rows + used, room - used, "%s%.60s",
			       column > 0 ? "|" : " (", shown);
		used += strlen(rows + used);
		free(shown);
	}
	(void)snprintf(rows + used, room - used, ")");
}

static int step_through(struct sqlite3 *db, sqlite3_stmt *statement,
			const struct script *script, struct error *err)
{
	char rows[ROWS_BYTES] = "";
	long count = 0;
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (script->only_asks && count++ < ROWS_SHOWN)
			add_row(statement, rows, sizeof(rows));
	}
	if (code != SQLITE_DONE)
		return explain(db, script, code, err);
	if (count == 0)
		return 0;
	return error_set(err, ERROR_CHECK,
			 "it gives %ld row%s, where there should be none:%s%s",
			 count, count == 1 ? "" : "s", rows,
			 count > ROWS_SHOWN ? " ..." : "");
}

static int run_statement(struct sqlite3 *db, struct script *script,
			 struct error *err)
{
	const char *text = script->text + script->begin;
	sqlite3_stmt *statement = NULL;
	const char *tail;
	int code;

	if (script->authorizer)
		script->authorizer->denied[0] = '\0';
	code = sqlite3_prepare_v2(db, text, -1, &statement, &tail);
	if (code != SQLITE_OK) {
		script->end = find_end(script->text, script->begin);
		return explain(db, script, code, err);
	}
	script->end = (size_t)(tail - script->text);
	if (!statement)
		return 0; /* blanks, comments, a lone semicolon */

	if (script->only_asks && !sqlite3_stmt_readonly(statement))
		code = error_set(err, ERROR_SQL,
				 "it writes, where only questions are asked");
	else
		code = step_through(db, statement, script, err);
	sqlite3_finalize(statement);
	if (code)
		return code;
	script->statements++;
	if (script->in_transaction && !connection_in_transaction(db))
		return error_set(err, ERROR_SQL,
				 "the statement ended the transaction, which "
				 "the program owns");
	return 0;
}

int script_run(struct sqlite3 *db, struct script *script, struct error *err)
{
	int code = 0;

	script->begin = 0;
	script->end = 0;
	script->statements = 0;
	while (!code && script->text[script->end]) {
		script->begin = script->end;
		code = run_statement(db, script, err);
	}
	return code;
}
