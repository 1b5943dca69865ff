/*
 * subset: a part of a fleet, as a fleet of its own.
 *
 * Runs on: the loop thread. Owns: the array of subjects; names and paths stay
 * the whole fleet's, which has to outlive it. Never given to fleet_free().
 */
#ifndef FLEET_CLI_SUBSET_H
#define FLEET_CLI_SUBSET_H

#include <stdbool.h>

#include "fleet/discover.h"

/* Takes the subjects of which `is_wanted` says so, in their order. It is asked
 * about system.db, if there is one, and about each user's databases. */
void subset_take(const struct fleet *fleet,
		 bool (*is_wanted)(void *self, const struct subject *subject),
		 void *self, struct fleet *out);

/* Adds one that is none of the fleet's, behind the others. */
void subset_add(struct fleet *subset, const struct subject *user);
void subset_release(struct fleet *subset); /* zeroed is fine */

#endif
