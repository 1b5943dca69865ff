/*
 * users: which users a command is for, as the command line says.
 *
 * Runs on: the main thread. Owns: the list, the names and the globs, until
 * users_release(). Lifetime: the run.
 * Read before anything else is opened and before root's rights are given up:
 * the list may be a file that only the caller can read.
 */
#ifndef FLEET_CLI_USERS_H
#define FLEET_CLI_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/pattern.h"
#include "cli/options.h"

struct users {
	bool is_narrowed; /* some were named; otherwise all are meant */
	char **names;	  /* as given, perhaps one twice */
	size_t count, capacity;
	struct pattern *include, *exclude; /* NULL: not given */
};

/* Takes the command's words and the lines of --users-from as names (a line is a
 * name, whatever it has in it; empty ones are passed over). A list with nobody
 * in it is an error and does not mean everybody. ERROR_USAGE: that, a glob that
 * is none, a file that cannot be read or is no text. On failure nothing is
 * owned. */
int users_read(const struct options *options, struct users *out,
	       struct error *err);
void users_release(struct users *users); /* zeroed is fine */

#endif
