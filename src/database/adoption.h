/*
 * adoption: which of our steps a database has, as another tool's table says.
 *
 * Runs on: the thread of the connection. Owns: `has`, until adoption_release(),
 * which does no harm to a zeroed one. Writes only what adoption_record() does.
 *
 * Calling order: adoption_read() under the lock that what follows needs; then
 * adoption_record() in the caller's transaction, after ledger_prepare();
 * adoption_release(), always.
 *
 * Nothing is guessed: each of their versions has to be one step of ours. To
 * lose sight of one would mean to run it again, or never, so that one which no
 * step fits refuses the database, by name. There are two exceptions. What
 * stands before the first step of ours is history that was folded into it
 * since, where that step itself is there. And a baseline before the first step
 * says that nothing of ours is there yet. In migrations that are no set (see
 * struct chain) a step that is missing between others refuses the database too:
 * a version of theirs implies all before it.
 *
 * If the process dies: the rows are in the ledger with the caller's commit, all
 * or none.
 */
#ifndef FLEET_DATABASE_ADOPTION_H
#define FLEET_DATABASE_ADOPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "database/tracker.h"
#include "migration/source.h"

struct sqlite3;

struct adoption {
	const struct tracker *tracker;
	const struct chain *chain; /* borrowed */
	bool *has;	/* one for each step of the chain */
	size_t count;	/* how many of them are true */
	size_t newest;	/* the position of the last that is; 0: none */
	size_t older;	/* how many of theirs stand before our first step */
	int64_t passed; /* how many rows of theirs are no steps */
};

/* Reads their table and matches it. ERROR_UNVERSIONED: what is in it is dirty,
 * foreign or of no step here; the text says what, and what to do. */
int adoption_read(struct sqlite3 *db, const struct tracker *tracker,
		  const struct chain *chain, struct adoption *out,
		  struct error *err);
void adoption_release(struct adoption *adoption);

/* Which tool's table is it that this database goes by? `wanted` NULL: whichever
 * is there; *out is NULL if none is. The schema is read for it. *tables is how
 * many tables there are besides. */
int adoption_choose(struct sqlite3 *db, const struct tracker *wanted,
		    const struct tracker **out, size_t *tables,
		    struct error *err);

/* Writes a row for each step that is there, oldest first: of kind "baseline",
 * with the step's from, to and checksum, which says that it is about that step
 * alone (applied.h). */
int adoption_record(struct sqlite3 *db, const struct adoption *adoption,
		    const char *run_id, struct error *err);

/* What to know about it for people: "adopted from dbmate: 12 steps"; also what
 * was passed over. The caller frees it. */
char *adoption_describe(const struct adoption *adoption);

#endif
