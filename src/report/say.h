/*
 * say: the few ways in which every report puts things.
 *
 * Runs on: the loop thread. No state, owns nothing; writes to the stream it is
 * given and nowhere else.
 * Why: names and messages come from file names and from databases that users
 * can write. Whoever prints one prints it through here, so that no name moves
 * the cursor of the administrator's terminal or forges a line of the report.
 * Errors: none. A stream that cannot be written keeps its error flag, which
 * `main` looks at once, at the end.
 */
#ifndef FLEET_REPORT_SAY_H
#define FLEET_REPORT_SAY_H

#include <stdbool.h>
#include <stdio.h>

#include "migration/step.h"

/* What a piece of text is to the reader; colours follow from it. */
enum tone {
	TONE_PLAIN,
	TONE_GOOD,  /* green */
	TONE_WARN,  /* yellow */
	TONE_BAD,   /* red, bold */
	TONE_TITLE, /* bold */
	TONE_ASIDE, /* dim */
	TONE_COUNT
};

/* As fprintf(), in the colour of `tone` if `colour`. */
void say_toned(FILE *out, bool colour, enum tone tone, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Prints `text` through text_escape(). NULL prints "-". */
void say_escaped(FILE *out, const char *text);

/* A database as people call it: "user alice", or "system.db" where `username`
 * is NULL. Escaped. */
void say_subject(FILE *out, enum kind kind, const char *username);

/* "1 database", "2,000 databases": `one` and `many` are the words. */
void say_amount(FILE *out, size_t count, const char *one, const char *many);

/* A number with a comma between thousands, into `out`; returns `out`. */
#define SAY_COUNT_BYTES 32
char *say_count(size_t count, char out[SAY_COUNT_BYTES]);

/* The first part of `*text` ("; " stands between parts), which the caller
 * frees; moves `*text` behind it. How `notes` and findings come. */
char *say_part(const char **text);

/* Prints `text` escaped, each part of it ("; " stands between) on a line of its
 * own behind `indent`. */
void say_parts(FILE *out, const char *indent, const char *text);

/* Columns that `text` takes on a terminal once escaped, a character each. */
size_t say_width(const char *text);

/* Prints `text` escaped, and blanks up to `width` columns behind it. */
void say_padded(FILE *out, const char *text, size_t width);

#endif
