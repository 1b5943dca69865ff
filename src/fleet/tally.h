/*
 * tally: what the outcomes of single databases come to for the whole run: the
 * totals, and the exit status of DESIGN section 5.
 *
 * Runs on: the loop thread. No state of its own: one table, outcome by
 * outcome, of what it means for the exit status, for the users behind
 * system.db and for a rollback of system.db.
 */
#ifndef FLEET_FLEET_TALLY_H
#define FLEET_FLEET_TALLY_H

#include <stdbool.h>

#include "fleet/event.h"

/* The exit statuses that a run can come to; where several hold, the first one
 * in this list that is not GOOD. */
enum exit_status {
	EXIT_STATUS_SYSTEM = 2,	   /* in an upgrade: system.db did not get
				    * there: no user database was touched */
	EXIT_STATUS_DISK = 74,	   /* folder, disk, state or log failed */
	EXIT_STATUS_STOPPED = 6,   /* stopped on purpose */
	EXIT_STATUS_DATABASES = 1, /* some databases failed */
	EXIT_STATUS_AGAIN = 5,	   /* some were busy or skipped, or may not have
				    * been seen: run again */
	EXIT_STATUS_GOOD = 0,
};

/* Of two statuses the one that the run ends with. */
int tally_worse(int a, int b);

/* How much there is to do: databases and work. `system` may be NULL. */
void tally_expect(struct totals *totals, const struct subject *system,
		  const struct subject *users, size_t count);

/* What the backup will take that a look says is needed: no more than the file
 * takes now. One user's file may be 200 GiB long and hold nothing, and is no
 * reason to find no room for all. */
int64_t tally_backup_bytes(const struct subject *subject,
			   const struct result *result);

/* Counts one database that is done for good. `for_real`: bytes count only
 * where a backup was made, not where one would be. */
void tally_add(struct totals *totals, const struct subject *subject,
	       const struct result *result, bool for_real);

/* What the totals come to. `system_gates`: an operation in which system.db
 * goes first and everything depends on it. */
int tally_status(const struct totals *totals, bool system_gates);

/* May the user databases follow, seeing what became of system.db? */
bool tally_opens_gate(enum outcome system);

/* Is the database back where it was before the run that is taken back? */
bool tally_went_back(enum outcome outcome);

#endif
