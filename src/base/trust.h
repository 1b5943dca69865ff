/*
 * trust: who may write what root is going to rely on.
 *
 * Runs on: any thread. No state; looks, opens nothing.
 *
 * Whoever may write to a folder can put another file in the place of each one
 * in it, and a folder in the place of each folder. So what a path leads to is
 * worth what the most open folder on the way is worth. Trusted are root and, at
 * most, one user besides: the one whose files they are, and whose rights the
 * program is going to have.
 *
 * Precedents: logrotate ("parent directory has insecure permissions"),
 * systemd-tmpfiles ("unsafe path transition"), StrictModes of sshd. As in
 * logrotate, the group root counts as root.
 */
#ifndef FLEET_BASE_TRUST_H
#define FLEET_BASE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

/* True if by its mode nobody but its owner and root may write to it. An access
 * list shows in the mode: its mask stands where the group's bits do. */
bool trust_is_closed(const struct stat *seen);

/* The same for a folder on the way: others may make files in one that is
 * sticky, but move or remove nobody else's. */
bool trust_may_pass(const struct stat *seen);

/* True if `owner` is root or *writer; where that is TRUST_NOBODY, he becomes
 * it. So it finds the one user beside root who owns all that was asked
 * about. */
#define TRUST_NOBODY ((uid_t)-1)
bool trust_owner(uid_t *writer, uid_t owner);

/* Looks at every component of an absolute or relative path, as it is written
 * and as it is without links, the last one too: each is a folder that may be
 * passed, or closed, and of root's or *writer's, as above. ERROR_CONFIG names
 * the first that is not and the command that mends it; ERROR_MISSING and
 * ERROR_IO, if there is no such path. */
int trust_path(const char *path, uid_t *writer, struct error *err);

/* ERROR_CONFIG, for `path` as it was `seen`: others may write to it; or it
 * belongs to somebody else than root and `user`. */
int trust_refuse(const char *path, const struct stat *seen, uid_t user,
		 struct error *err);

#endif
