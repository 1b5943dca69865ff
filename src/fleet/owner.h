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

/* Whose rights the run is to have. */
struct owner {
	uid_t uid;
	gid_t gid;
	bool is_several; /* there is not one: the program stays root, opens no
			  * database, and has a process with the rights of its
			  * owner for each (fleet/crew.h) */
};

/* True if regular files of the fleet are more than one user's, and run.user
 * (`setting`) says that each is to be worked on with its owner's rights. What
 * is no file has no say: nothing of its owner's is ever opened. */
bool owner_is_several(const struct fleet *fleet, const char *setting);

/* `setting` is run.user: "owner", or a user's name ("root" has to be said where
 * the databases are another's). `has_rooms`: the state directory has been used
 * for several owners before (fleet/room.h), and is so again, however few of
 * them this run is about. Without databases: the folder's owner. Not started as
 * root: our own ids. ERROR_CONFIG: no such user. */
int owner_choose(const struct fleet *fleet, int data_dir, const char *setting,
		 bool has_rooms, struct owner *out, struct error *err);

/* The group that the user's own processes have; one without an account has
 * `otherwise`. */
gid_t owner_group(uid_t uid, gid_t otherwise);

/* Becomes that user for good: initgroups, setgid, setuid, and looks that the
 * way back is closed. Being that user already is fine. */
int owner_become(uid_t uid, gid_t gid, struct error *err);

/* Acts with the rights of that user in the file system, who may put links where
 * root would follow them, and as root again: for work on folders, never on
 * databases. Nothing happens where we are not root. A way back that is closed
 * is a defect (ERROR_BUG). */
int owner_put_on(uid_t uid, gid_t gid, struct error *err);
int owner_put_off(struct error *err);

/* ERROR_CONFIG unless root and `uid` alone can say what lies in the folder
 * `path` (absolute, without links): it and all above it are theirs, and others
 * may not write to them, but for folders with the sticky bit; with `strict` the
 * last one may not be such a folder either. Names the folder, and the command
 * that closes it. The rules are those of base/trust.h. */
int owner_check_way(const char *path, uid_t uid, bool strict,
		    struct error *err);

#endif
