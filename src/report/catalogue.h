/*
 * catalogue: the migrations as the Markdown tables that people otherwise keep
 * by hand: when, what for, how far applied, and what each one makes.
 *
 * Runs on: the main thread. No state; writes to the stream it is given.
 *
 * What a step makes is no reading of its SQL: the schema before it is compared
 * with the one after it, both from the replay. So a table that is rebuilt under
 * its name is none that was created, and what a step makes only to drop it is
 * not told at all. Shadow tables of virtual ones are left out.
 *
 * A table for each kind that has steps, below a heading, as GitHub reads it (a
 * row is a line, "|" parts the cells). A name stands between backticks; where
 * it has a character that would end its cell or its backticks, that one is
 * written as an entity, and there are no backticks. Nothing in it hangs on the
 * time or on the folder in which the migrations lie: two outputs differ where
 * the migrations or the fleet do.
 *
 * Errors: none are returned; see say.h.
 */
#ifndef FLEET_REPORT_CATALOGUE_H
#define FLEET_REPORT_CATALOGUE_H

#include <stdio.h>

#include "migration/source.h"
#include "replay/replay.h"
#include "report/list.h"

/* `needs` NULL: no fleet is known, and "Applied" says so. Else it says "yes (20
 * of 20)", "partly (3 of 20)" or "no (0 of 20)", counting all databases of the
 * kind, also those whose version could not be read. */
void catalogue_print(FILE *out, const struct migrations *migrations,
		     const struct replay *const replays[KIND_COUNT],
		     const struct needs *needs);

#endif
