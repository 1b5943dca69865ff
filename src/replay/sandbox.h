/*
 * sandbox: an empty database in memory on which steps are tried.
 *
 * Runs on: the thread that opened it, from open to close. Owns: its connection.
 * Calling order: open, any number of the others, close. What is in it is what
 * the steps that worked have made; a step that failed has left nothing, unless
 * it asked to run without a transaction.
 *
 * If the process dies: nothing is on disk.
 */
#ifndef FLEET_REPLAY_SANDBOX_H
#define FLEET_REPLAY_SANDBOX_H

#include <stdbool.h>

#include "base/error.h"
#include "migration/step.h"
#include "sqlite/authorizer.h"

struct sqlite3;

struct sandbox {
	struct sqlite3 *db; /* NULL: closed */
	struct authorizer authorizer;
	const char *rule; /* what lint calls the last failure of a step:
			   * "forbidden", "own-function", "dialect", "replay" */
};

int sandbox_open(struct sandbox *sandbox, struct error *err);
void sandbox_close(struct sandbox *sandbox); /* zeroed or closed is fine */

/* Runs a step in a transaction of its own, or without one if it asks for that,
 * with the rights of a step, and with foreign keys if it asks for them. A
 * program changes no schema and is not run. On failure the error
 * (ERROR_MIGRATION if a statement is to blame) reads "message: beginning of the
 * statement", and *line is where that stands in the file. */
int sandbox_run(struct sandbox *sandbox, const struct step *step, int *line,
		struct error *err);

/* True if what failed last is forbidden to steps; else SQLite could not do
 * it. */
bool sandbox_has_refused(const struct sandbox *sandbox);

/* Runs one statement alone, with the rights of a step, and undoes it: 0 if
 * steps may use it. */
int sandbox_try(struct sandbox *sandbox, const char *sql, struct error *err);

#endif
