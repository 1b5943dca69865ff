/*
 * regexp: regular expressions for SQL.
 *
 * Runs on: the thread of the connection; SQLite calls it. Owns: the compiled
 * pattern, which it leaves to SQLite for as long as the statement has the same
 * one.
 *
 * regexp(pattern, text) is 1 if the pattern (expression.h) fits somewhere in
 * the text, else 0, and NULL if one of them is NULL. A blob or number is taken
 * as text. The statement fails, and says why, where the pattern is wrong or
 * too long, or the text too long for it: both may come from a row that
 * somebody has written, and nothing interrupts a match.
 */
#ifndef FLEET_SQLITE_REGEXP_H
#define FLEET_SQLITE_REGEXP_H

struct sqlite3_context;
struct sqlite3_value;

/* The function, as SQLite wants one: the pattern is the first value. */
void regexp_call(struct sqlite3_context *context, int count,
		 struct sqlite3_value **values);

#endif
