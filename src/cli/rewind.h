/*
 * rewind: what rollback and restore have in common: the run whose backups are
 * put back, if one was named.
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

#endif
