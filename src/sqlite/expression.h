/*
 * expression: regular expressions that end, whatever the pattern and the text.
 *
 * Runs on: any thread; one that is compiled belongs to one of them, since
 * matching keeps its notes in it. Owns: the compiled form, until
 * expression_free().
 *
 * All ways to fit are followed side by side, one character after the other, so
 * that a match takes parts times characters and no more. The C library's own
 * can take hours for a text of some thousand bytes, and nothing interrupts it.
 *
 * POSIX extended regular expressions, over characters of UTF-8: . [a-z] [^x]
 * [[:digit:]] ( ) | ^ $ * + ? {n} {n,} {n,m}, and \d \w \s \D \W \S for what
 * is or is no digit, letter or digit or _, white space, of ASCII. A "\" before
 * any other letter or digit is refused (there are no back-references), before
 * anything else it takes the meaning away. Case counts.
 */
#ifndef FLEET_SQLITE_EXPRESSION_H
#define FLEET_SQLITE_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPRESSION_BYTES 1000	/* of a pattern, at most */
#define EXPRESSION_PARTS 1000	/* with what {n} repeats written out */

#define EXPRESSION_CHARACTER_MAX 0x10ffff

struct range {
	uint32_t low, high;
};

/* A part takes a character that one of its ranges has (negated: has not), goes
 * on two ways, or elsewhere, where the text begins or ends, or is the end.
 * Where it goes on is counted from itself, so that parts can be moved and
 * copied. */
struct part {
	enum { TAKES, FORKS, GOES, BEGINS, ENDS, FITS } type;
	int next, other;     /* other: of FORKS */
	size_t first, count; /* of TAKES: its ranges */
	bool negated;
};

struct expression {
	struct part parts[EXPRESSION_PARTS + 1]; /* the last one FITS */
	size_t count;				 /* without that */
	struct range *ranges;			 /* owned */
	size_t range_count, range_capacity;

	/* Of a match: the parts that the text so far may have led to, now and
	 * after the next character; each once in a step. */
	struct front {
		size_t items[EXPRESSION_PARTS + 1];
		size_t count;
	} fronts[2];
	size_t marks[EXPRESSION_PARTS + 1]; /* the step it was last added in */
	size_t stack[EXPRESSION_PARTS + 1];
	size_t step;
};

/* Compiles. NULL: *why says what is wrong with it, in words; static storage.
 */
struct expression *expression_new(const char *pattern, const char **why);
void expression_free(struct expression *expression); /* NULL is fine */

/* True if it fits somewhere in the text, which may have NULs in it. */
bool expression_fits(struct expression *expression, const char *text,
		     size_t bytes);

/* The character at *at, which is before `end`, and goes behind it; a byte that
 * is no UTF-8 is one by itself. */
uint32_t expression_character(const char **at, const char *end);

/* How long a text may be, for one match to take a second or so at most. */
size_t expression_text_bytes(const struct expression *expression);

#endif
