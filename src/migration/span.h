/*
 * span: a piece of a text that somebody else owns, for readers of sources.
 *
 * Runs on: any thread. Plain data; it lives as long as the text it points into.
 * Blanks are those inside a line: space, tab and carriage return.
 */
#ifndef FLEET_MIGRATION_SPAN_H
#define FLEET_MIGRATION_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *at; /* borrowed */
	size_t bytes;
};

/* Space, tab and carriage return; not the line break. */
bool span_is_blank(char c);

/* Without the blanks at both ends. */
struct span span_trim(const char *at, size_t bytes);

/* How many of its first bytes are `c`. */
size_t span_run(struct span span, char c);

/* What is left behind the first `bytes`, trimmed. */
struct span span_skip(struct span span, size_t bytes);

/* True if all of it is that word. */
bool span_is(struct span span, const char *word);

/* The same, without regard to the case of ASCII letters. */
bool span_is_ignoring_case(struct span span, const char *word);

#endif
