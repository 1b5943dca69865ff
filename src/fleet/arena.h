/*
 * arena: strings that live together and go together.
 *
 * Runs on: one thread. Owns: every string added, until arena_free(); none
 * moves. A million paths cost their bytes and little else: no header and no
 * rounding for each, and one free() for some thousands of them.
 */
#ifndef FLEET_FLEET_ARENA_H
#define FLEET_FLEET_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */

/* A copy of the first `bytes` bytes of `text`, with a NUL behind it. */
const char *arena_add(struct arena *arena, const char *text, size_t bytes);

#endif
