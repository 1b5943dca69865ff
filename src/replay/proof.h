/*
 * proof: what a step that has run in the sandbox has to prove besides.
 *
 * Runs on: the main thread. No state.
 * Both the replay, for which it is an error of the migrations, and lint ask
 * it, so that what lint calls an error is what a run refuses.
 *
 * - "own-function": no object that the step has made or changed calls a
 *   function that only the program has (sqlite/functions.h): the application
 *   could not use it. A step with "-- fleet-upgrade: application-functions"
 *   says that the application has functions of these names.
 * - "not-repeatable": a step with "-- fleet-upgrade: repeatable" is run a
 *   second time, which must not fail, and change neither schema nor rows.
 */
#ifndef FLEET_REPLAY_PROOF_H
#define FLEET_REPLAY_PROOF_H

#include "base/error.h"
#include "migration/step.h"
#include "replay/sandbox.h"
#include "sqlite/schema.h"

/* `before` and `after` are the schemas around the step, which is the last one
 * that ran in the sandbox. ERROR_MIGRATION: *rule and *line say what it owes
 * and where; what a second run has changed is still in the sandbox. */
int proof_check(struct sandbox *sandbox, const struct step *step,
		const struct schema *before, const struct schema *after,
		const char **rule, int *line, struct error *err);

#endif
