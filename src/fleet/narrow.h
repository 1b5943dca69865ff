/*
 * narrow: which of the users that a fleet has are asked for.
 *
 * Runs on: the loop thread, during discovery. Borrows the selection. Users
 * named one by one (there may be very many, from a file) are found by binary
 * search.
 *
 * Calling order: narrow_new(); narrow_takes() for each user found; then
 * narrow_check(); narrow_free().
 */
#ifndef FLEET_FLEET_NARROW_H
#define FLEET_FLEET_NARROW_H

#include <stdbool.h>

#include "base/error.h"
#include "fleet/discover.h"

struct narrow;

struct narrow *narrow_new(const struct selection *selection);
void narrow_free(struct narrow *narrow); /* NULL is fine */

/* True if that user's databases are asked for: named (if any is), included and
 * not excluded. */
bool narrow_takes(struct narrow *narrow, const char *username);

/* ERROR_USAGE if some users were named that narrow_takes() never heard of: a
 * name mistyped must not pass for "nothing to do". The first five are named. */
int narrow_check(const struct narrow *narrow, struct error *err);

#endif
