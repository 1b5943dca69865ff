#include "sqlite/script.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sqlite/alter.h"
#include "sqlite/authorizer.h"
#include "sqlite/connection.h"
#include "sqlite/functions.h"

#define UNSAFE "unsafe use of "

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
static int explain(struct sqlite3 *db, struct script *script, int sqlite_code,
		   struct error *err)
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
	script->is_kept = script->lends && strncmp(sqlite3_errmsg(db), UNSAFE,
						   strlen(UNSAFE)) == 0;
	if (script->is_kept)
		error_append(err, "only a step itself can call it: the "
				  "application does not have it");
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
			struct script *script, struct error *err)
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

static int prepare(struct sqlite3 *db, struct script *script, const char *text,
		   sqlite3_stmt **out, const char **tail)
{
	int code = sqlite3_prepare_v2(db, text, -1, out, tail);

	if (code != SQLITE_ERROR || !functions_are_lacking(sqlite3_errmsg(db)))
		return code;
	script->lends = functions_offer(db, true, NULL) == 0;
	return sqlite3_prepare_v2(db, text, -1, out, tail);
}

/* Runs what was prepared, and releases it. */
static int run_prepared(struct sqlite3 *db, struct script *script,
			sqlite3_stmt *statement, struct error *err)
{
	int code;

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

/* What SQLite lacks. The statement's end is known before it is run. */
static int run_conditional(struct sqlite3 *db, struct script *script,
			   const struct alter *alter, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	bool is_needed;
	int code = alter_is_needed(alter, db, &is_needed, err);
	const char *text = is_needed ? alter->plain : alter->probe;

	if (code)
		return code;
	if (text)
		code = prepare(db, script, text, &statement, NULL);
	if (code != SQLITE_OK)
		return explain(db, script, code, err);
	if (is_needed)
		return run_prepared(db, script, statement, err);
	sqlite3_finalize(statement);
	if (alter->is_add)
		code = alter_compare(alter, db, err);
	if (!code)
		script->statements++;
	return code;
}

static int run_statement(struct sqlite3 *db, struct script *script,
			 struct error *err)
{
	const char *text = script->text + script->begin;
	sqlite3_stmt *statement = NULL;
	struct alter alter;
	const char *tail;
	int code;

	if (script->authorizer)
		script->authorizer->denied[0] = '\0';
	if (alter_read(text, &alter)) {
		script->end = script->begin + alter.bytes;
		code = run_conditional(db, script, &alter, err);
		alter_release(&alter);
		return code;
	}
	code = prepare(db, script, text, &statement, &tail);
	if (code != SQLITE_OK) {
		script->end = find_end(script->text, script->begin);
		return explain(db, script, code, err);
	}
	script->end = (size_t)(tail - script->text);
	if (!statement)
		return 0; /* blanks, comments, a lone semicolon */
	return run_prepared(db, script, statement, err);
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
		if (script->lends)
			(void)functions_offer(db, false, NULL);
		script->lends = false;
	}
	return code;
}
