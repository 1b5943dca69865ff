/*
 * journal: runs and what became of each database, for people and reports.
 *
 * Runs on: the loop thread, one connection of its own. A record, never the
 * truth: no decision about a database is taken from it (nor from anything else
 * outside the database, but for one, which has a file of its own: seen.h).
 *
 * Rows are kept in memory (some hundred at most) and written about once a
 * second if there is news, and at the end, each time in one short transaction:
 * a reader is never in the way for long, and what a kill leaves is whole nearly
 * always.
 * If the process dies: up to a second's rows are missing; the run stays
 * without an end, which `history` shows as "interrupted".
 *
 * Tables: run(id, command, dry_run, data_dir, began, ended, target_system,
 * target_user, databases, not_begun, exit_status, signal), total(run, outcome,
 * databases), result(run, kind, username, path, from_version, to_version,
 * outcome, strategy, steps, duration_us, backup, error_code, message,
 * migration, file, line, statement, notes). `path` is below data_dir.
 * Databases that were current are counted in `total` and have no row in
 * `result`. Totals are written with the rows, so that they show how far a run
 * is that goes on.
 */
#ifndef FLEET_FLEET_JOURNAL_H
#define FLEET_FLEET_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fleet/event.h"

#define JOURNAL_NAME "journal.db"

struct journal;

/* Opens state_path/journal.db for writing, making it if needed. One that is
 * damaged is moved aside to journal.db.damaged-<run id> and begun anew; so is,
 * at the next journal_open(), one in which damage is found while writing. */
int journal_open(const char *state_path, struct journal **out,
		 struct error *err);
void journal_close(struct journal *journal); /* commits; NULL is fine */

/* The listener that writes it; owned by the journal. */
struct listener *journal_listener(struct journal *journal);

/* Why it could not be written, from which on nothing was; NULL: all is well.
 * To be asked after the run's end: the command then says so and exits with 74.
 * */
const struct error *journal_error(const struct journal *journal);

/* Reading, without a trace. All strings live for the call only; text that
 * there is none of is NULL. `state_path` NULL, or no journal there: no error
 * and no run. */
struct journal_run {
	const char *id, *command, *began, *ended; /* ended: NULL if interrupted,
						   * or still going on */
	bool dry_run;
	const char *target_system, *target_user;
	size_t databases;
	size_t outcomes[OUTCOME_COUNT];
	size_t not_begun;
	int exit_status, signal;
};
struct journal_result {
	const char *kind, *username, *path; /* path: absolute */
	const char *from, *to, *outcome, *strategy, *backup;
	const char *error_code, *message, *migration, *file, *statement, *notes;
	int line;
	long long duration_us;
	int steps;
};

/* Newest first, at most `limit` (0: all). */
int journal_each_run(const char *state_path, size_t limit,
		     void (*tell)(void *self, const struct journal_run *run),
		     void *self, struct error *err);

/* The rows of one run, in the order written; `username` NULL: all. */
int journal_each_result(const char *state_path, const char *run_id,
			const char *username,
			void (*tell)(void *self,
				     const struct journal_result *result),
			void *self, struct error *err);

/* The newest row that an upgrade wrote of each database, where its outcome was
 * not upgraded, current or newer: what `upgrade --failed` takes up. Tells the
 * user name (NULL for system.db) and the path below data_dir. Databases that a
 * stopped run never came to have no row; see not_begun of the newest run. */
int journal_each_unfinished(const char *state_path,
			    void (*tell)(void *self, const char *username,
					 const char *path),
			    void *self, struct error *err);

#endif
