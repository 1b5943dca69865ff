/*
 * operation: in what upgrade, dry run, status, verify, rollback and restore
 * differ. The run is the same for all of them.
 *
 * Runs on: const data, any thread. One row each; see operation.c for the
 * table. An operation of one's own is another row (the tests of the run make
 * some).
 */
#ifndef FLEET_FLEET_OPERATION_H
#define FLEET_FLEET_OPERATION_H

#include <stdbool.h>

#include "database/job.h"

enum operation_order {
	ORDER_SYSTEM_GATES, /* system.db first and alone; if it does not get
			     * there, no user database is touched */
	ORDER_SYSTEM_FIRST, /* first, but the users follow whatever it says */
	ORDER_SYSTEM_LAST,  /* users first; system.db only if every user went
			     * back */
};

struct operation {
	const char *name;	/* as in the journal and in JSON */
	bool writes;		/* needs the lock and the state directory */
	bool is_dry_run;
	enum operation_order order;
	bool retries_busy;	/* busy ones come again in later rounds */
	bool in_batches;	/* many databases to a worker at a time: where
				 * each takes little, or they are swapped */
	job_work *recall;	/* quick, on the loop thread, before `work`:
				 * leaves an outcome where what is known is
				 * enough, and none where the database has to
				 * be worked on; NULL: nothing is believed */
	job_work *work;
	job_work *work_without_room; /* where the disk reserve leaves no room
			     * for a backup: writes nothing, and tells those
			     * that need nothing from those that have to wait;
			     * NULL: all of them wait */
};

extern const struct operation operation_upgrade;
extern const struct operation operation_rehearse; /* upgrade --dry-run */
extern const struct operation operation_look;	/* status, list, planning */
extern const struct operation operation_verify;
extern const struct operation operation_rollback;
extern const struct operation operation_descend; /* rollback --to */
extern const struct operation operation_restore;
extern const struct operation operation_baseline;
extern const struct operation operation_adopt;	/* baseline --from */
extern const struct operation operation_forget;	/* baseline --forget */

#endif
