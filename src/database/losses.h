/*
 * losses: nothing that was there is gone, unless the migrations took it away.
 *
 * Runs on: a worker thread. Only reads.
 * A rebuild silently drops what it does not know: triggers and indexes of the
 * table, triggers of the view, a column that the application added, rows that
 * its SELECT missed; and every check of SQLite's stays green. So the schema
 * before and after is compared, and for each table that was rebuilt the number
 * of rows; for all tables, where a step runs with foreign keys enforced.
 *
 * Gone on purpose is what the replay of these steps removes as well, or what
 * their SQL drops by name; rows, where the SQL deletes from that table.
 */
#ifndef FLEET_DATABASE_LOSSES_H
#define FLEET_DATABASE_LOSSES_H

#include "base/error.h"
#include "database/steps.h"
#include "sqlite/schema.h"

struct losses {
	struct steps *steps;		/* which were run, where, and how it
					 * was before */
	const struct schema *old, *new; /* of before and after */
};

/* ERROR_CHECK names the first thing that would be lost. */
int losses_check(const struct losses *losses, struct error *err);

#endif
