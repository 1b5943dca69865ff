/*
 * strict: started as root, nothing is worked with that others could change.
 *
 * Runs on: the main thread, after discovery, while we may still be root. Looks;
 * opens and writes nothing. Not root, or run.strict_modes = no: all is well.
 * A caller who is not root has nothing to lose but what is his own, and to keep
 * that from others is his business: so it is with logrotate.
 *
 * The configuration itself is looked at where it is read (config.h), whatever
 * it says: it cannot vouch for itself.
 */
#ifndef FLEET_CLI_STRICT_H
#define FLEET_CLI_STRICT_H

#include <sys/types.h>

#include "base/error.h"

struct session;

/* The folders from / down to each database, and to each file of migrations and
 * that file: nobody but root and the databases' owner may write to them, who is
 * whoever has most of them: a database that is another's is what is wrong then,
 * and not the folders. Where these have several owners, and each is worked on
 * as his, data_dir and what is above it is root's alone; below it each looks
 * after his own, and those that others could come at fail by themselves.
 * ERROR_CONFIG names one that is open, and the command that mends it. Changes
 * nothing in the session: it has the form of what session.c calls in turn. */
int strict_fleet(struct session *session, struct error *err);

/* The same for the folders above the state directory, which is to be `user`'s;
 * itself it is state_open()'s to judge. */
int strict_state(const struct session *session, uid_t user, struct error *err);

/* For what is made outside of any fleet: the files of migrations, and the
 * folder that it is made in. Nobody but root and one user may write to them. */
int strict_files(const struct session *session, const char *folder,
		 struct error *err);

#endif
