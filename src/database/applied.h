/*
 * applied: which steps of a set the ledger of a database has.
 *
 * Runs on: the thread of the connection. No state.
 *
 * To a folder of files an older one may come later (from a branch that was
 * merged late), so that the version alone does not say which of them ran. The
 * ledger's rows do, from the lowest rank to the highest:
 * - a row with a checksum is about one step, that of its to_version
 *   ("migrate", "late", and a "baseline" that was taken over from another
 *   tool's table);
 * - one without is about all steps up to its to_version ("detect", and a
 *   "baseline" that an administrator gave a version for);
 * - an "undo" takes back the step to its from_version.
 *
 * A "late" row leaves the version where it is: see ledger.h.
 */
#ifndef FLEET_DATABASE_APPLIED_H
#define FLEET_DATABASE_APPLIED_H

#include <stdbool.h>

#include "base/error.h"
#include "migration/source.h"

struct sqlite3;

#define APPLIED_UNDO "undo"
#define APPLIED_LATE "late"

/* Fills has[p] for each of chain->count steps. Errors as ledger_each(). */
int applied_read(struct sqlite3 *db, const struct chain *chain, bool *has,
		 struct error *err);

#endif
