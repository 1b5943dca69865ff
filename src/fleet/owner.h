/*
 * owner: started as root, to work with the rights of the files' owner.
 *
 * Runs on: the main thread, before any other thread and before any database is
 * opened. A forged journal beside a database makes whoever merely reads it
 * delete files, so root never opens a database that belongs to somebody else.
 * Not root: nothing is changed. There is no way back within the process.
 */
#ifndef FLEET_FLEET_OWNER_H
#define FLEET_FLEET_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "fleet/discover.h"

/* Whose rights the run is to have. `setting` is run.user: "owner", or a user's
 * name ("root" has to be said where the databases are another's).
 * ERROR_CONFIG: no such user; the databases are of several owners (all named
 * in the message with how many each has, and what to do). Without databases:
 * the folder's owner. Not started as root: our own ids. */
int owner_choose(const struct fleet *fleet, int data_dir, const char *setting,
		 uid_t *uid, gid_t *gid, struct error *err);

/* Becomes that user for good: initgroups, setgid, setuid, and looks that the
 * way back is closed. Being that user already is fine. */
int owner_become(uid_t uid, gid_t gid, struct error *err);

#endif
