/*
 * series: the pending steps of one database, each in a transaction of its own,
 * or in none; on a copy, so that all of it can still be thrown away.
 *
 * Runs on: a worker thread, on the connection of the copy: a file in staging/
 * (apart.h), or a scratch database in a rehearsal.
 *
 * Some steps cannot share a transaction with others: foreign keys are switched
 * outside of one, a step may ask to have none, VACUUM needs that, and a program
 * opens its copy by itself. If a database has one of them pending, all that is
 * pending runs so.
 *
 * Calling order: as in steps.h, with steps->is_apart and steps->run_program set
 * before series_run(), and no transaction open.
 *
 * If the process dies: the copy is as far as it was, and nobody's.
 */
#ifndef FLEET_DATABASE_SERIES_H
#define FLEET_DATABASE_SERIES_H

#include <stdbool.h>

#include "base/error.h"
#include "database/steps.h"

/* True if steps->standing has such a step pending. */
bool series_is_needed(const struct steps *steps);

/* walk_run() in this way. On failure result.failure says where. */
int series_run(struct steps *steps, struct error *err);

/* VACUUM, if a pending step asks for that; after the checks, which know tables
 * by the page that they begin on. */
int series_vacuum(struct steps *steps, struct error *err);

#endif
