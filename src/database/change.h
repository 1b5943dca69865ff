/*
 * change: what is done to one database inside one transaction, apart from how
 * it gets there: in place (inplace.h), on a copy that takes its place (swap.h),
 * or step by step on a copy that is written over it (apart.h).
 *
 * Runs on: const data; its functions on a worker thread, on the connection of
 * that transaction. None of them commits.
 */
#ifndef FLEET_DATABASE_CHANGE_H
#define FLEET_DATABASE_CHANGE_H

#include <stdbool.h>

#include "base/error.h"
#include "database/standing.h"
#include "database/steps.h"

struct sqlite3;

struct change {
	/* Where does it stand? Nobody else can write it meanwhile. */
	int (*read)(struct sqlite3 *db, const struct job *job,
		    struct standing *out, struct error *err);
	/* Is there anything to do? *needed false ends it as
	 * OUTCOME_CURRENT. May fail to refuse the database. */
	int (*decide)(struct steps *steps, bool *needed, struct error *err);
	/* Can it not be done inside one transaction? Asked when it is needed.
	 * NULL: it can. Where it says so, apply() begins without one, on a
	 * copy, and sees that steps->is_apart. */
	bool (*is_apart)(const struct steps *steps);
	/* Does it, and checks it. How it was before: steps_before(). */
	int (*apply)(struct steps *steps, struct error *err);
	/* apply() ends with steps_check(): what was damaged before is found
	 * after, or looked for then. */
	bool checks_steps;
	/* The ledger is expected to name this run after the commit: the way to
	 * learn the truth behind a COMMIT that failed. */
	bool signs_ledger;
};

/* ERROR_SKIPPED if it is not to be swapped, since it cannot be done inside one
 * transaction. */
int change_check_swap(const struct change *change, const struct steps *steps,
		      struct error *err);

/* Does it on steps->db, where it is needed, and signs the ledger. `live` reads
 * the database as it was, which nobody else can write meanwhile: steps->db
 * itself, or what that is going to be written over. */
int change_apply(const struct change *change, struct steps *steps,
		 struct sqlite3 *live, struct error *err);

#endif
