/*
 * stride: one step of the migrations, up or down, and its row in the ledger.
 *
 * Runs on: a worker thread, inside a transaction that the caller owns; or
 * without one, where the step asks for that or is a program (series.h).
 *
 * Up: the step's check, each query of which gives no row; its SQL, statement by
 * statement; its look afterwards, the same way as the check; the row. Down: the
 * SQL of its way back, and a row of kind "undo".
 *
 * A step with a time limit of its own has that, and its time is not taken off
 * what the database has.
 *
 * On failure job->result.failure says in which file, line and statement; what
 * has been done so far is for the caller to undo.
 */
#ifndef FLEET_DATABASE_STRIDE_H
#define FLEET_DATABASE_STRIDE_H

#include <stdbool.h>

#include "base/error.h"
#include "database/steps.h"
#include "migration/step.h"

/* ERROR_CHECK: a query gave rows, the first of which are in the message. Else
 * as script_run() and ledger_add(). `is_late`: see applied.h. */
int stride_up(struct steps *steps, const struct step *step, bool is_late,
	      struct error *err);

/* `to` is the version at which that leaves the database. */
int stride_down(struct steps *steps, const struct step *step, const char *to,
		struct error *err);

#endif
