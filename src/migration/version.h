/*
 * version: "0.3.20", and which of two is newer.
 *
 * Runs on: any thread. No state.
 * A version begins with a digit and consists of letters, digits, ".", "-", "_"
 * and "+", at most VERSION_BYTES - 1 of them. Versions compare part by part
 * (parts are what stands between dots, dashes and underscores): numbers as
 * numbers of any length, other text as text, a missing part before any other:
 * 0.3.9 < 0.3.20, 0.2 < 0.10, 1.0 < 1.0.1. Within a part, runs of digits and
 * runs of other characters take turns: 0.3.19a < 0.3.20, rc9 < rc10. Zeros in
 * front do not count: 0.03 is 0.3. "baseline" is no version: it stands for
 * "before the first" and is written as NULL or "".
 */
#ifndef FLEET_MIGRATION_VERSION_H
#define FLEET_MIGRATION_VERSION_H

#include <stdbool.h>
#include <stddef.h>

#define VERSION_BYTES 64

bool version_is_valid(const char *text);
bool version_is_valid_n(const char *text, size_t bytes);

/* Less than, equal to or greater than 0, like strcmp(). NULL and "" come before
 * every version. */
int version_compare(const char *a, const char *b);

/* The version after this one, for people to go on with: its last number is one
 * more, and as wide if there is room ("0009", "0010"); what stands behind that
 * number goes. False if it would be too long. */
bool version_next(const char *text, char out[VERSION_BYTES]);

#endif
