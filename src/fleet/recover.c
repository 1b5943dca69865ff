#include "fleet/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "database/work.h"

struct recovery {
	const struct state *state;
	const struct plan *plan;
	const char *system_db;
	int backups; /* backups/<run that died> */
	bool may_remove; /* the ledgers tell what the run has changed */
	struct recover_totals *totals;
};

/* Outcomes of a look that has read the ledger, or seen that there is none. */
static bool has_told(enum outcome outcome)
{
	return outcome == OUTCOME_CURRENT || outcome == OUTCOME_WOULD_UPGRADE ||
	       outcome == OUTCOME_WOULD_FAIL || outcome == OUTCOME_NEWER;
}

/* Brings the database to rest. True if it is certain that the run that died did
 * not change it, so that the backup is of no use. */
static bool settle(const struct recovery *recovery, const char *path,
		   const struct stamp *backup)
{
	struct subject subject = {
		.kind = strcmp(path, recovery->system_db) == 0 ? KIND_SYSTEM
							       : KIND_USER,
		.path = path,
	};
	struct job job = { .plan = recovery->plan, .subject = &subject };
	struct place place = { .folder = -1 };
	struct error ignored = { 0 };
	int rc = place_open(recovery->plan->data_dir,
			    recovery->plan->data_path, path, &place, &ignored);

	if (rc == 0)
		rc = place_stamp(&place, "", &subject.stamp, &ignored);
	place_close(&place);
	/* A database that is gone needs its backup most of all. */
	if (rc)
		return false;
	/* Between link and rename of a swap: it is the live file itself. */
	if (subject.stamp.device == backup->device &&
	    subject.stamp.inode == backup->inode)
		return true;
	/* Whoever looked at it each night would have to copy it first. */
	work_settle(&job);
	work_look(&job);
	return recovery->may_remove && has_told(job.result.outcome) &&
	       strcmp(job.result.run_id, recovery->totals->died.run_id) != 0;
}

static int visit(void *self, const char *relative, const struct stamp *stamp,
		 struct error *err)
{
	struct recovery *recovery = self;
	struct place place = { .folder = -1 };
	int rc;

	if (state_is_run_file(relative))
		return 0;
	if (!settle(recovery, relative, stamp)) {
		recovery->totals->kept++;
		return 0;
	}
	rc = place_open(recovery->backups, "", relative, &place, err);
	if (rc == 0 && unlinkat(place.folder, place.name, 0) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "backup %s of the run that died cannot be "
				     "removed", relative);
	place_close(&place);
	if (rc == 0)
		recovery->totals->removed++;
	return rc;
}

static int go_through_backups(struct recovery *recovery, struct error *err)
{
	const char *run_id = recovery->totals->died.run_id;
	struct error missing = { 0 };
	int rc = folder_enter(recovery->state->backups, run_id, strlen(run_id),
			      O_RDONLY, &recovery->backups, &missing);

	if (rc == ERROR_MISSING)
		return 0;
	if (rc) {
		*err = missing;
		return rc;
	}
	rc = folder_walk(recovery->backups, visit, recovery, err);
	close(recovery->backups);
	return rc;
}

int recover(const struct state *state, const struct plan *plan,
	    const char *system_db, struct recover_totals *out,
	    struct error *err)
{
	struct recovery recovery = {
		.state = state, .plan = plan, .system_db = system_db,
		.backups = -1, .totals = out,
	};
	int rc;

	memset(out, 0, sizeof(*out));
	rc = folder_clear(state->staging, err);
	if (rc == 0 && lock_read_holder(state, &out->died) &&
	    clock_is_run_id(out->died.run_id)) {
		recovery.may_remove =
			strcmp(out->died.command, "upgrade") == 0;
		rc = go_through_backups(&recovery, err);
		if (rc == 0)
			state_drop_empty_backups(state, out->died.run_id);
	}
	return rc ? error_prefix(err, "%s", state->path) : 0;
}
