/*
 * fields: a small text of "word value" lines, as the lock file, the hold file
 * and a run's ".run" file have it.
 *
 * Runs on: any thread. No state. Written with printf, for people to read; this
 * is the way back. Whoever reads must be content with anything: the file may
 * be cut off or written by hand.
 */
#ifndef FLEET_FLEET_FIELDS_H
#define FLEET_FLEET_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

/* Copies what stands behind `word` and a blank in the first line that begins
 * so to `out`, which has room for `room` bytes. False, and "", if there is
 * none. */
bool fields_get(const char *text, const char *word, char *out, size_t room);

#endif
