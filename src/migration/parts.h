/*
 * parts: what stands beside the ways up, given to the steps that it belongs to.
 *
 * Runs on: the main thread, before the run.
 *
 * A way back, a check or a look afterwards may stand anywhere in a source, also
 * before its step or in another file. So readers hand it in by the step's name,
 * and once all is read each is attached to its step. A way back may come
 *
 *     from a part of its own		-- [user:0.1→0.2:down]
 *     from a step that leads back	-- [user:0.2→0.1:start]
 *     from a comment in the way up	-- rollback:
 *					-- DROP TABLE inbox;
 *
 * the first of these that is there. Of a comment, "-- rollback:" has a line for
 * itself, and the SQL is what the comment lines right behind it say; or each
 * line begins with "--rollback " (Liquibase). What there is no SQL (words for
 * people) is none: whoever ends no statement with ";" has written none.
 *
 * Errors (findings): a part without its step ("no-step"), a second one of the
 * same kind ("same-part").
 */
#ifndef FLEET_MIGRATION_PARTS_H
#define FLEET_MIGRATION_PARTS_H

#include "migration/source.h"

struct loose_part {
	enum kind kind;
	char *from, *to; /* the step's; from may be NULL */
	enum step_part part;
	struct step_text text;
};

/* For readers: takes over what `text` owns. */
void parts_add(struct migrations *migrations, enum kind kind, const char *from,
	       const char *to, enum step_part part,
	       const struct step_text *text);

/* Gives each to its step, once all steps are there. Steps that lead back, and
 * belong to one, are no steps any more. */
void parts_attach(struct migrations *migrations);

/* Of what was not attached. */
void parts_release(struct migrations *migrations);

#endif
