/*
 * text: making text safe to show, and small questions about it.
 *
 * Runs on: any thread. No state.
 * Why: names come from file names and from databases that users can write, so
 * they may hold newlines, escape codes for the terminal or invalid UTF-8.
 */
#ifndef FLEET_BASE_TEXT_H
#define FLEET_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Copies `text` to `out` (room for `bytes`, always ends in NUL) and marks a
 * cut with "..." at its end. Returns true if all of it fitted. */
bool text_copy(char *out, size_t bytes, const char *text);

/* A copy of `text` in which every control character (below 0x20, 0x7f, and
 * U+0080 to U+009F), backslash and byte that is not valid UTF-8 is written as
 * in C: "\n", "\\", "\x1b". The caller frees it. */
char *text_escape(const char *text);

/* A copy of `word` as a shell takes it, quoted where it has to be; the caller
 * frees it. No backslash is used for that: text_escape(), through which
 * messages go, doubles it, and a name could end the quotes and go on as a
 * command. (A name with backslashes or control characters is another then, and
 * stays one word.) */
char *text_quote(const char *word);

/* The same for a name behind a command's options: one that begins with "-" has
 * "-- " before it. */
char *text_operand(const char *word);

/* True if `text` is valid UTF-8 (no overlong forms, no surrogates). */
bool text_is_utf8(const char *text);

bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* Everything that can be read from `stream`; the caller frees it. `*bytes`
 * (may be NULL) is its length; a NUL byte stands behind it. NULL if reading
 * failed (errno) or more than `limit` bytes came (errno EFBIG). */
char *text_read_all(FILE *stream, size_t limit, size_t *bytes);

#endif
