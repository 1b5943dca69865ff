/*
 * descent: rollback --to VERSION: down the steps above it, by their ways down.
 *
 * Runs on: the loop thread.
 *
 * Other than putting backups back it keeps what users wrote since. Before
 * anything starts all databases are looked at, so that a step without a way
 * down is named first. Users go before system.db, and that only if every user
 * went; a hold is left, as by every rollback.
 */
#ifndef FLEET_CLI_DESCENT_H
#define FLEET_CLI_DESCENT_H

#include "base/error.h"
#include "cli/session.h"

/* ERROR_MIGRATION: a step that has run somewhere has no way down, or the
 * migrations cannot be read. ERROR_USAGE: the version is below the first step
 * of a kind. In both cases nothing was touched. */
int descent_run(struct session *session, int *exit_status, struct error *err);

#endif
