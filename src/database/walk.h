/*
 * walk: the steps that one database needs, one after the other, up or down.
 *
 * Runs on: a worker thread, on the connection of `steps`.
 *
 * Calling order: walk_run(), inside one transaction of the caller's, does all
 * of it. Who gives each step a transaction of its own (series.h) calls its
 * parts: walk_prepare(), walk_one() for each, walk_finish().
 *
 * If the process dies: the caller's transaction, or his copy, is gone, and with
 * it what the steps did.
 */
#ifndef FLEET_DATABASE_WALK_H
#define FLEET_DATABASE_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "database/steps.h"
#include "migration/step.h"

/* True if one of the pending steps has that; the i-th of them. */
bool walk_any(const struct steps *steps, bool (*has)(const struct step *step));
const struct step *walk_step(const struct steps *steps, size_t i);

/* What comes before the first: the schema as it was is taken; a version that
 * was detected, or another tool's, is recorded; the table of a tool that is to
 * be kept is looked at. */
int walk_prepare(struct steps *steps, struct error *err);

/* The i-th step up, and its ledger row (stride.h). */
int walk_one(struct steps *steps, size_t i, struct error *err);

/* What comes behind the last: a tool's table, ANALYZE. */
int walk_finish(struct steps *steps, struct error *err);

/* All of them. On failure result.failure says where. */
int walk_run(struct steps *steps, struct error *err);

#endif
