/*
 * detect: which version a database without a ledger has, by evidence.
 *
 * Runs on: any thread; reads only its arguments.
 *
 * Real databases are never quite what their migrations say, so this asks for
 * marks and not for likeness. Every mark (a table or column that some step
 * after the first adds or removes) has a state at every version, known from the
 * replay. The database's version is one at which *every* mark is in the state
 * that it really has. What no step after the baseline ever changes is no mark:
 * it may differ, and is drift; so is a text (of an index, a constraint) that no
 * version has. The baseline itself has happened once one of its tables is
 * there.
 *
 * Where several versions fit (the steps between them leave no mark, or the
 * later ones take back what the earlier did), the lowest is proven. The steps
 * from there to the highest may have happened or not: one of comments only runs
 * again and does nothing, as does one declared repeatable; any other is refused
 * by name, since to try it twice would double every price.
 */
#ifndef FLEET_DATABASE_DETECT_H
#define FLEET_DATABASE_DETECT_H

#include <stddef.h>

#include "base/error.h"
#include "replay/replay.h"
#include "sqlite/schema.h"

/* Gives the position in the chain. ERROR_UNVERSIONED: no version fits; the text
 * names every mark that speaks against the one that fits best, or the step that
 * cannot be decided, and says what to do. */
int detect_version(const struct replay *replay, const struct schema *actual,
		   size_t *out_position, struct error *err);

#endif
