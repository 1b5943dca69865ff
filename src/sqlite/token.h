/*
 * token: SQL as text, cut into the tokens that SQLite's own parser would see.
 *
 * Runs on: any thread. No state; a struct token is plain data that points into
 * the text.
 * For looking at SQL (folding, checksums, lint), never for deciding what is
 * run: there SQLite's parser says where a statement ends.
 */
#ifndef FLEET_SQLITE_TOKEN_H
#define FLEET_SQLITE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_type {
	TOKEN_END,    /* of the text */
	TOKEN_WORD,   /* keyword or bare identifier */
	TOKEN_QUOTED, /* "x", `x`, [x] */
	TOKEN_STRING, /* 'x', and x'00' */
	TOKEN_NUMBER,
	TOKEN_OTHER, /* an operator or punctuation mark, one character */
};

struct token {
	enum token_type type;
	const char *begin; /* inside the text */
	size_t bytes;
};

/* The token at or behind `at`, white space and comments passed over; an open
 * comment or quote reaches to the end. Returns where it ends. */
const char *token_next(const char *at, struct token *out);

/* The length of the one comment or run of white space at `at`; 0: a token
 * begins there, or the text ends. */
size_t token_blank(const char *at);

/* Where the first token at or behind `at` begins. */
const char *token_skip_blank(const char *at);

/* True if it is that word, without regard to case. */
bool token_is(const struct token *token, const char *word);

/* True if it is that punctuation mark. */
bool token_is_mark(const struct token *token, char mark);

/* True if it can be a name: a word, or anything in quotes (SQLite takes a
 * string for a name where only a name can stand). */
bool token_is_name(const struct token *token);

/* The name with its quotes taken off; the caller frees it. */
char *token_name(const struct token *token);

/* True if it can be a name and is that one, without regard to case. */
bool token_names(const struct token *token, const char *name);

/* Behind the body in dollar quotes ("$x$ ... $x$") of which the token is the
 * beginning; NULL if it is none, or has no end. They are PostgreSQL's: SQLite
 * takes "$x$" for a parameter, and so does token_next(). Takes as long as the
 * text is: not for what somebody has written into a database. */
const char *token_pass_body(const struct token *token);

/* ASCII letters in lower case, as SQLite compares names; any locale. */
char token_lower(char c);

#endif
