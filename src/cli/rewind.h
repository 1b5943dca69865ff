/*
 * rewind: what the commands that go back have in common: the run whose backups
 * are put back, if one was named; and the hold.
 *
 * Runs on: the loop thread.
 */
#ifndef FLEET_CLI_REWIND_H
#define FLEET_CLI_REWIND_H

#include "base/error.h"
#include "cli/session.h"

/* Looks at --run: ERROR_USAGE if it is no run id, or a run that left no
 * backups. Not given is fine. */
int rewind_check_run(const struct session *session, struct error *err);

/* Runs it on these databases behind a hold. That stands before the first of
 * them is put back, so that a rollback that is killed half-way is not undone by
 * the next night's run. One that put nothing back leaves none, unless there was
 * one, or may have been. */
int rewind_and_hold(struct session *session, const struct fleet *fleet,
		    const struct operation *operation, int *exit_status,
		    struct error *err);

#endif
