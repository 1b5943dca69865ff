/*
 * flaws: what is wrong with a fleet as it was found, though no database has
 * been opened yet.
 *
 * Runs on: the loop thread, in discovery and after it; flaws_check() in the
 * worker processes. Owns nothing.
 *
 * Each of these one user can bring about with nothing but his own folder: a
 * hard link beside his database, a folder that root cannot read, folders nested
 * by the thousand. Where all databases have one owner it ends the command,
 * because a fleet of which a part is not seen must not be called upgraded, and
 * nobody but him is kept waiting. Where they have several it costs what is his,
 * and shows in the exit status.
 */
#ifndef FLEET_FLEET_FLAWS_H
#define FLEET_FLEET_FLAWS_H

#include "base/error.h"
#include "fleet/discover.h"

/* Notes at each database that was found under two names what the other one is.
 * Two workers on one file would drop each other's locks by closing it. A bind
 * mount can show a file twice as well, so that its link count says nothing. */
void flaws_find_twins(struct fleet *fleet);

/* For the databases of one owner: ERROR_USAGE names a database with a twin,
 * ERROR_IO a folder that could not be read. */
int flaws_refuse(const struct fleet *fleet, struct error *err);

/* Of several owners, in the process that has the rights of this one's, just
 * before it is opened: ERROR_CONFIG where somebody else could put a journal
 * beside it (asked of root's own, and of those that discovery found to be
 * exposed), ERROR_USAGE where it has a twin. It fails alone by that. */
int flaws_check(const char *data_path, const struct subject *subject,
		struct error *err);

/* How many folders may hold databases that were looked for in vain: nested too
 * deep, or closed. (A link or a mount point says that somebody meant them to
 * lie outside.) */
size_t flaws_unseen(const struct fleet *fleet);

#endif
