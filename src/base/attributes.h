/*
 * attributes: what a file has beside its content, carried over to another one.
 *
 * Runs on: any thread. No state. Works on open descriptors; what takes a folder
 * and a name opens nothing.
 *
 * Owner, group, all mode bits, extended attributes (access control lists are
 * among them) and the flags of chattr(1). All or nothing: a file that is to
 * take another one's place has to be just like it, so what cannot be carried
 * over whole is refused. Times are not carried over: the content is new, and
 * whoever copies by time and size (rsync, backup programs) has to see that.
 *
 * If the process dies: the file has some of them; the callers' files lie in
 * staging/ then.
 */
#ifndef FLEET_BASE_ATTRIBUTES_H
#define FLEET_BASE_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/place.h"

/* Makes the file open at `to` like the one open at `from`, whose stamp is
 * `like`. ERROR_SKIPPED, saying which, if one of them cannot be carried over;
 * `to` then has some of them. */
int attributes_carry(int from, const struct stamp *like, int to,
		     struct error *err);

/* The permission bits that a copy may have which gets no access control list.
 * Where the file has one, the group bits of its mode are only the most that the
 * list lets anybody do: then those of the owner. The same where it cannot be
 * told. */
mode_t attributes_plain_mode(int folder, const char *name, mode_t mode);

/* Takes away the list that a new file has from its folder: a later chmod()
 * would let its people in. False if that cannot be done. */
bool attributes_drop_list(int folder, const char *name);

#endif
