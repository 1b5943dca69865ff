/*
 * pattern: globs over paths, with at most one {username} to catch.
 *
 * Runs on: any thread; a compiled pattern is const and may be shared.
 *
 * `*` matches any run of characters without "/", `?` one such character,
 * `[abc]`, `[a-z]` and `[!abc]` a set of them, `**` followed by "/" any number
 * of whole folders (none too), `**` at the end anything. `{username}` matches
 * one or more characters without "/" and is given back. A backslash takes the
 * next character as it stands. Matching is over bytes, and over the whole path.
 * It takes time in proportion to path length times pattern length, whatever
 * the pattern is.
 */
#ifndef FLEET_BASE_PATTERN_H
#define FLEET_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct pattern;

/* Compiles `text`. `needs_username`: exactly one {username} has to be in it;
 * otherwise none may. Fails with ERROR_CONFIG, naming what is wrong: empty,
 * absolute, a "." or ".." component, an open "[" or "{", {username} missing
 * or twice. */
int pattern_new(const char *text, bool needs_username, struct pattern **out,
		struct error *err);
void pattern_free(struct pattern *pattern);

/* True if all of `path` matches. The catch (where the pattern has one) is the
 * `*length` bytes at `path + *start`; both may be NULL. Where several catches
 * are possible, the shortest first one is taken. */
bool pattern_matches(const struct pattern *pattern, const char *path,
		     size_t *start, size_t *length);

#endif
