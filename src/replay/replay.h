/*
 * replay: the migrations of one kind, run against an empty database in memory,
 * and the schema that each version has.
 *
 * Runs on: made on the main thread before the run, const from then on: workers
 * read it. Owns: the schemas. Lifetime: the run.
 *
 * A statement that fails here fails in every new database, so it is an error
 * of the migrations (ERROR_MIGRATION, exit 65) and nothing is touched. So is
 * what a step leaves unproved (proof.h).
 */
#ifndef FLEET_REPLAY_REPLAY_H
#define FLEET_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "migration/source.h"
#include "replay/marks.h"
#include "sqlite/check.h"
#include "sqlite/schema.h"

/* The table in each database that records the steps applied. */
#define LEDGER_TABLE "fleet_schema_history"

struct replay {
	const struct chain *chain; /* borrowed */
	struct schema **schemas;   /* chain->count + 1; [0] is the empty one;
				    * what is a shadow table is marked */
	struct complaints sins;    /* foreign keys that the first step itself
				    * declares wrongly: every database of the
				    * fleet has them, a new one too */
	struct mark *marks;        /* of all steps but the first (the baseline
				    * is exempt), each (object, column,
				    * by_text) once; see marks.h */
	size_t mark_count;
	bool *has_marks; /* chain->count + 1; [p]: step p changes the
			  * state of at least one mark */
};

/* Fails with ERROR_MIGRATION: "FILE:LINE: user:0.1→0.2: message: statement". */
int replay_new(const struct chain *chain, struct replay **out,
	       struct error *err);
void replay_free(struct replay *replay);

/* Its schemas, for a database's to borrow from. */
static inline struct schema_known replay_known(const struct replay *replay)
{
	return (struct schema_known){ .schemas = replay->schemas,
				      .count = replay->chain->count + 1 };
}

#endif
