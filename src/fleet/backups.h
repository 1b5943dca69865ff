/*
 * backups: what backups there are, and which may go.
 *
 * Runs on: the loop thread; prune under the lock. Opens no database. A backup
 * is the file backups/<run id>/<path below data_dir>. One goes when it is
 * beyond `keep` (counted per database over upgrades, newest first) *and* older
 * than `max_age`; a database's newest never goes, nor does the newest that an
 * upgrade made. Copies that a rollback or restore made of what it overwrote
 * use up no place of `keep`; they go by age.
 * If the process dies while pruning: fewer backups, each one whole.
 */
#ifndef FLEET_FLEET_BACKUPS_H
#define FLEET_FLEET_BACKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/state.h"

struct backup {
	char run_id[RUN_ID_BYTES];
	char command[STATE_COMMAND_BYTES]; /* the run's: "upgrade" */
	const char *path;	/* below data_dir */
	int64_t bytes;
	int64_t age_s;		/* since its run began */
};

/* Calls `tell` for each backup, newest run first, paths in order. `backup`
 * lives for the call only. A non-zero return ends it and is returned. No state
 * directory is no backup. */
int backups_each(const struct state *state,
		 int (*tell)(void *self, const struct backup *backup,
			     struct error *err),
		 void *self, struct error *err);

/* The same for one run; one that left none has none. */
int backups_of_run(const struct state *state, const char *run_id,
		   int (*tell)(void *self, const struct backup *backup,
			       struct error *err),
		   void *self, struct error *err);

/* The newest run (or `run_id`, if not "") that has a backup of `path`; writes
 * its id to `out`. Without `run_id` copies that a rollback or restore made do
 * not count: putting one back would undo just that. ERROR_MISSING if there is
 * none. */
int backups_find(const struct state *state, const char *path,
		 const char *run_id, char out[RUN_ID_BYTES], struct error *err);

struct prune_totals {
	size_t removed, kept;
	int64_t bytes_freed;
};

/* `pretend`: only counts. `out` NULL: nobody counts, so that runs of which
 * nothing can go are not even read. `tell` (may be NULL) hears each one that
 * goes. Runs that have no backup left go as a whole. */
int backups_prune(const struct state *state, int64_t keep, int64_t max_age_ms,
		  bool pretend, struct prune_totals *out,
		  void (*tell)(void *self, const struct backup *backup),
		  void *self, struct error *err);

#endif
