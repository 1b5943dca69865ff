/*
 * mistakes: directives (directive.h) that are none, or where they mean nothing.
 *
 * Runs on: the main thread, before the run. Adds findings, rule "directive",
 * with the line of the comment: errors, in a planned step warnings.
 */
#ifndef FLEET_MIGRATION_MISTAKES_H
#define FLEET_MIGRATION_MISTAKES_H

#include "migration/source.h"

/* Looks at every step and what stands beside it; once all is read. */
void mistakes_find(struct migrations *migrations);

#endif
