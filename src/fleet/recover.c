#include "fleet/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "database/work.h"
#include "fleet/crew.h"
#include "fleet/owner.h"
#include "fleet/room.h"
#include "fleet/worker.h"

/* What a room may take. To undo what is left takes no longer; what its owner
 * has made to take longer is undone when his database is opened next. */
#define ROOM_MS (10 * 60 * 1000)

struct recovery {
	const struct state *state;
	struct plan plan;
	const char *system_db;
	int backups; /* backups/<run that died> */
	bool may_remove; /* the ledgers tell what the run has changed */
	struct recover_totals *totals;
};

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
	struct job job = { .plan = &recovery->plan, .subject = &subject };
	struct place place = { .folder = -1 };
	struct error ignored = { 0 };
	int rc = place_open(recovery->plan.data_dir, recovery->plan.data_path,
			    path, &place, &ignored);

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
	work_compare(&job);
	return recovery->may_remove && job.result.outcome == OUTCOME_CURRENT;
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

/* What the run that died left in one place: the state directory, or a room. */
static int recover_place(const struct state *place, const struct plan *plan,
			 const char *system_db, struct recover_totals *totals,
			 struct error *err)
{
	struct recovery recovery = {
		.state = place, .plan = *plan, .system_db = system_db,
		.backups = -1, .totals = totals,
		.may_remove = strcmp(totals->died.command, "upgrade") == 0,
	};
	int rc;

	recovery.plan.state_path = place->path;
	recovery.plan.source_dir = place->backups;
	text_copy(recovery.plan.source_run, sizeof(recovery.plan.source_run),
		  totals->died.run_id);
	rc = go_through_backups(&recovery, err);
	if (rc == 0)
		state_drop_empty_backups(place, totals->died.run_id);
	return rc;
}

/* A room, for the process that has its owner's rights. */
struct visit {
	const struct state *state;
	const struct plan *plan;
	const char *system_db;
	struct room_owner owner;
	struct recover_totals totals;
};

struct account {
	struct error error;
	size_t removed, kept;
};

static void visit_room(void *self, const struct worker_call *call)
{
	struct visit *visit = self;
	struct plan plan = *visit->plan;
	struct account account = { 0 };
	struct state room;
	int rc = 0;

	if (call->refused != NULL) {
		account.error = *call->refused;
		worker_say(call, &account, sizeof(account));
		return;
	}
	rc = room_open(visit->state, visit->owner.uid, visit->owner.gid, false,
		       &room, &account.error);
	plan.has_rooms = false;
	plan.state_dir = room.folder;
	plan.state_path = room.path;
	plan.staging_dir = room.staging;
	plan.source_dir = room.backups;
	if (rc == 0 && room.backups >= 0)
		(void)recover_place(&room, &plan, visit->system_db,
				    &visit->totals, &account.error);
	account.removed = visit->totals.removed;
	account.kept = visit->totals.kept;
	worker_say(call, &account, sizeof(account));
}

static int64_t time_for_room(const struct plan *plan)
{
	int64_t one_ms = crew_time_ms(plan);

	return one_ms > 0 && one_ms < ROOM_MS ? one_ms : ROOM_MS;
}

/* One whose process dies (fleet/crew.h says what of) has spoilt his own. */
static int send_to_room(struct visit *visit, struct roster *roster,
			struct recover_totals *out, struct error *err)
{
	const struct worker_errand errand = {
		.uid = visit->owner.uid,
		.gid = owner_group(visit->owner.uid, visit->owner.gid),
		.folder = visit->plan->data_dir,
		.roster = roster,
		.work = visit_room,
		.self = visit,
		.time_ms = time_for_room(visit->plan),
	};
	struct account account = { 0 };
	struct worker worker;
	struct error how;
	int rc = worker_begin(&errand, &worker, err);

	if (rc != 0)
		return rc;
	worker_wait(&worker, &how);
	if (worker_answer(&worker, 0, &account, sizeof(account))) {
		out->removed += account.removed;
		out->kept += account.kept;
	}
	worker_release(&worker);
	return 0;
}

/* What cannot be cleared is in the way of nobody but its owner. */
static int clear_staging(void *self, const struct state *place,
			 struct error *err)
{
	(void)self;
	return place->staging >= 0 ? folder_clear(place->staging, err) : 0;
}

static int recover_rooms(const struct state *state, const struct plan *plan,
			 const char *system_db, struct roster *roster,
			 struct recover_totals *out, struct error *err)
{
	struct room_owner *owners;
	struct visit visit = { state, plan, system_db, { 0 }, *out };
	size_t count;
	int rc = rooms_list(state, &owners, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		visit.owner = owners[i];
		rc = send_to_room(&visit, roster, out, err);
	}
	free(owners);
	if (rc == 0)
		rooms_drop_empty_backups(state, out->died.run_id);
	return rc;
}

static int read_died(const struct state *state, struct recover_totals *out,
		     struct error *err)
{
	int rc = lock_read_holder(state, &out->died, err);

	return rc ? error_append(err, "so whether the run before died cannot "
				 "be told; nothing was touched; run it again, "
				 "and if that stays so, look at the disk") : 0;
}

int recover(const struct state *state, const struct plan *plan,
	    const char *system_db, struct roster *roster,
	    struct recover_totals *out, struct error *err)
{
	struct error ignored = { 0 };
	int rc;

	memset(out, 0, sizeof(*out));
	/* Before all else: they may be writing still. */
	rc = state->has_rooms ? roster_open(state->folder, roster, err) : 0;
	if (rc == 0)
		rc = folder_clear(state->staging, err);
	if (rc == 0 && state->has_rooms)
		(void)rooms_each(state, clear_staging, NULL, &ignored);
	if (rc == 0)
		rc = read_died(state, out, err);
	if (rc == 0 && clock_is_run_id(out->died.run_id))
		rc = state->has_rooms
			     ? recover_rooms(state, plan, system_db, roster,
					     out, err)
			     : recover_place(state, plan, system_db, out, err);
	return rc ? error_prefix(err, "%s", state->path) : 0;
}
