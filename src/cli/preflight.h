/*
 * preflight: is there room for the backups, before the first database is
 * touched.
 *
 * Runs on: the loop thread, under the lock.
 * First by what costs nothing: if all databases together would fit, there is
 * room. Otherwise those of an upgrade are looked at, and only the pending ones
 * count. A database counts for what its file takes on the disk, which its
 * length need not tell.
 */
#ifndef FLEET_CLI_PREFLIGHT_H
#define FLEET_CLI_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/folder.h"
#include "cli/session.h"

/* What a run takes up: the copies it keeps, and the biggest single database. */
struct preflight_need {
	uint64_t backups, biggest;
};

/* How many times the biggest database a run may need to work in: its journal,
 * its unfinished copy, and as much again for what the steps add. */
#define PREFLIGHT_WORK 3

/* The command that makes room, where options_again() is said before it. An
 * upgrade prunes by backup.keep and backup.max_age itself, so that only less
 * than they say helps. */
#define PREFLIGHT_PRUNE \
	"backups prune --set backup.keep=1 --set backup.max_age=0s"

/* True if that fits: the backups on the disk that `space` is of, and the room
 * to work in, with `keep_free` bytes left. Nothing to back up always fits. */
bool preflight_fits(const struct preflight_need *need,
		    const struct space *space, uint64_t keep_free);

/* Looks at the disk of the state directory. `pending_only`: of the fleet, only
 * what an upgrade will change is backed up; otherwise everything is. ERROR_HELD
 * (exit 6) says what is needed, what there is and what can be done; nothing was
 * touched. */
int preflight_space(struct session *session, const struct fleet *fleet,
		    bool pending_only, struct error *err);

/* The same for what a rehearsal has found to be needed; where there is no state
 * directory yet, on the disk of the data directory. */
int preflight_rehearsed(const struct session *session,
			const struct preflight_need *need, struct error *err);

#endif
