/*
 * exchange: a file takes the name of another one, and of no third.
 *
 * Runs on: any thread. No state.
 *
 * rename() takes a name from whatever has it, and a look before does not help:
 * somebody may rename a file of his over it in between, which then is gone. So
 * the two names are exchanged, in one step of the file system's, and what came
 * out is looked at: a third file gets the name back. Nothing is removed.
 *
 * If the process dies: before the exchange nothing has happened; after it, both
 * files have each other's names. Only a third file, renamed there in the
 * instant before, would be left with the name that was `mine`.
 */
#ifndef FLEET_BASE_EXCHANGE_H
#define FLEET_BASE_EXCHANGE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/place.h"

/* The file `mine` in `folder` takes the name at `place` from the file with the
 * stamp `other`, which gets the name `mine` for it. ERROR_BUSY: another file
 * has that name.
 *
 * *had: it had the name, if only for an instant; if not, nothing has happened
 * (ERROR_SKIPPED: the file system cannot exchange; ERROR_MISSING; ERROR_IO).
 * ERROR_BUSY then: each has its own name again, `mine` and the other file; or
 * ERROR_IO: that could not be given its name back, and is left as `mine`. */
int exchange(int folder, const char *mine, const struct place *place,
	     const struct stamp *other, bool *had, struct error *err);

#endif
