/*
 * way: who may bend the way to a database, told from the folders that the walk
 * of discovery comes through anyway: no system call more for any of them.
 *
 * Runs on: the loop thread, before the run. Plain values, copied from a folder
 * to the ones below it. base/trust.h has the rules. A folder that others may
 * write to and that is sticky (as /tmp is) may be passed, but nothing may lie
 * in it: a journal can be put beside a database there.
 */
#ifndef FLEET_FLEET_WAY_H
#define FLEET_FLEET_WAY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct way {
	uid_t writer;	 /* as trust_owner() has found him on the way */
	bool is_open;	 /* others than him may, in this folder or above it */
	bool is_crowded; /* others may make files in this folder */
};

/* The way into `folder`, which lies in the one that `above` leads to. */
struct way way_into(const struct way *above, const struct stat *folder);

/* The way to the folder of the file `path`, which was looked up below data_dir
 * over no link; `above` leads into data_dir. A folder that cannot be looked at
 * any more counts as open. */
struct way way_along(const struct way *above, int data_dir, const char *path);

/* True if nobody but root and the file's owner can get between. */
bool way_is_safe(const struct way *way, uid_t owner);

#endif
