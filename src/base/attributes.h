/*
 * attributes: what a file has beside its content, carried over to another one.
 *
 * Runs on: any thread. No state. Works on open descriptors only.
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

#include "base/error.h"
#include "base/place.h"

/* Makes the file open at `to` like the one open at `from`, whose stamp is
 * `like`. ERROR_SKIPPED, saying which, if one of them cannot be carried over;
 * `to` then has some of them. */
int attributes_carry(int from, const struct stamp *like, int to,
		     struct error *err);

#endif
