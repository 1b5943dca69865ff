/*
 * beside: what stands beside a step's way up, tried as far as that goes without
 * a database.
 *
 * Runs on: the main thread. No state; adds findings, all of them warnings,
 * since an upgrade does not hang on them:
 * - "part": a check or a look afterwards cannot be asked, or writes: every
 *   database would be left as it is;
 * - "way-down": a way down that fails, or does not lead back to the schema from
 *   which the step came.
 */
#ifndef FLEET_REPLAY_BESIDE_H
#define FLEET_REPLAY_BESIDE_H

#include "migration/source.h"
#include "replay/sandbox.h"
#include "sqlite/schema.h"

/* The check before the step has run, the look after it. Rows are no finding:
 * what they are about is not there. */
void beside_ask(struct migrations *migrations, const struct step *step,
		enum step_part part, struct sandbox *sandbox);

/* After the step has run, from `before`. The sandbox is left as it is. */
void beside_go_down(struct migrations *migrations, const struct step *step,
		    const struct schema *before, struct sandbox *sandbox);

#endif
