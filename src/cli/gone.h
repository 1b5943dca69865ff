/*
 * gone: databases that a run has backed up and that are no part of the fleet
 * any more: their files are gone, or lie where discovery does not go.
 *
 * Runs on: the loop thread. Owns: names and paths, until gone_release(). Opens
 * no database.
 *
 * Whoever takes the run back has to name them: only the operator knows whether
 * such a user was removed for good, or has lost his database.
 *
 * Calling order: gone_find(); gone_join(), as often as one likes; the fleet
 * joined is used; gone_release().
 */
#ifndef FLEET_CLI_GONE_H
#define FLEET_CLI_GONE_H

#include "base/error.h"
#include "cli/session.h"
#include "fleet/arena.h"

struct gone {
	struct subject system;	/* path NULL: it is there, or was not asked for,
				 * or the run has no backup of it */
	struct subject *users;	/* by path. Their stamps have an owner, the one
				 * whose room the backup is in, and mode 0 */
	size_t count, capacity;
	struct arena *arena;	/* where the strings live */
};

/* Those of run `run_id` that the command line asks for. Errors: those of
 * rooms_each(). On failure nothing is owned. */
int gone_find(const struct session *session, const char *run_id,
	      struct gone *out, struct error *err);
void gone_release(struct gone *gone); /* zeroed is fine */

/* Adds them to a subset of the session's fleet, which borrows their names and
 * paths and has to be released first. */
void gone_join(struct gone *gone, struct fleet *subset);

#endif
