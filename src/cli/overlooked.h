/*
 * overlooked: what discovery did not find, though whoever asked may think that
 * it did.
 *
 * Runs on: any thread. No state; only puts it in words.
 *
 * A run over nothing is a good run, with status 0: an empty mount point, or a
 * glob with a slip in it, would pass for a fleet that is up to date.
 */
#ifndef FLEET_CLI_OVERLOOKED_H
#define FLEET_CLI_OVERLOOKED_H

#include "fleet/discover.h"

/* A warning: folders that were not entered; or no database at all, where
 * `user_db` says how they are called; or nobody that `include` (NULL: not
 * given) fits. NULL: there is nothing to warn of. The caller frees it. */
char *overlooked_text(const struct fleet *fleet, const char *data_path,
		      const char *user_db, const char *include);

#endif
