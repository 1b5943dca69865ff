#include "database/inplace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "database/apart.h"
#include "database/backup.h"
#include "database/evidence.h"
#include "database/look.h"
#include "database/truth.h"
#include "sqlite/connection.h"

/* One change under way. */
struct inplace {
	struct job *job;
	const struct change *change;
	struct place place;
	struct stamp stamp;
	int file;	    /* F, or -1: it could not be opened to read */
	struct sqlite3 *db; /* A */
	struct steps steps;
	struct standing standing;
	bool is_unknown; /* nobody could say whether COMMIT happened */
	bool is_apart;	 /* it cannot be done here: nothing was written */
};

static int open_live(struct inplace *run, struct error *err)
{
	struct job *job = run->job;
	const struct plan *plan = job->plan;
	struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = plan->busy_timeout_ms,
		.limit_ms = plan->limit_ms,
		.cache_bytes = plan->cache_bytes,
		.stop_now = job->stop_now,
	};
	int rc = job_check_stop(job, err);

	if (rc == 0)
		rc = place_open(plan->data_dir, plan->data_path,
				job->subject->path, &run->place, err);
	if (rc == 0)
		rc = place_stamp(&run->place, "", &run->stamp, err);
	if (rc == 0)
		rc = look_fits(&run->stamp, err);
	if (rc != 0)
		return rc;
	run->file = openat(run->place.folder, run->place.name,
			   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	options.spill =
		plan->cache_bytes > 0 && run->stamp.bytes > plan->cache_bytes;
	rc = connection_open(run->place.path, &options, &run->db, err);
	if (rc != 0)
		return rc;
	(void)evidence_is_wal(run->db, &job->result.is_wal, NULL);
	steps_begin(&run->steps, job, run->db);
	return 0;
}

/* Whether F is all of the database, and the very file that A has locked. */
static bool is_all_there(const struct inplace *run, struct stamp *now)
{
	struct stamp named;
	bool is_wal = true;

	return run->file >= 0 && stamp_take(run->file, "", now, NULL) == 0 &&
	       evidence_is_wal(run->db, &is_wal, NULL) == 0 && !is_wal &&
	       place_stamp(&run->place, "", &named, NULL) == 0 &&
	       named.device == now->device && named.inode == now->inode &&
	       !connection_has_moved(run->db);
}

/* From a second connection that reads beside our lock. */
static int read_backup(struct inplace *run, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_COPY,
		.busy_timeout_ms = run->job->plan->busy_timeout_ms,
		.stop_now = run->job->stop_now,
	};
	struct sqlite3 *reader = NULL;
	int rc = connection_open(run->place.path, &options, &reader, err);

	if (rc == 0)
		rc = backup_make(run->job, reader, &run->stamp, err);
	connection_close(reader);
	return rc;
}

static int take_backup(struct inplace *run, struct error *err)
{
	struct stamp now;
	int rc = is_all_there(run, &now)
			 ? backup_copy(run->job, run->file, &now, err)
			 : read_backup(run, err);

	run->job->result.has_backup = rc == 0;
	return rc;
}

static int apply(struct inplace *run, struct error *err)
{
	int rc;

	run->steps.open_before = backup_open;
	rc = change_apply(run->change, &run->steps, run->db, err);
	if (rc == 0 && connection_has_moved(run->db))
		rc = error_set(err, ERROR_BUSY,
			       "another file has taken its place meanwhile; "
			       "nothing was changed");
	return rc != 0 ? rc : job_check_stop(run->job, err);
}

/* After a COMMIT that failed and left no transaction. */
static int learn_truth(struct inplace *run, struct error *err)
{
	enum truth truth;

	steps_end(&run->steps);
	connection_close(run->db);
	run->db = NULL;
	truth = truth_ask(run->job, &run->place, run->change->signs_ledger,
			  err);
	run->is_unknown = truth == TRUTH_UNKNOWN;
	return truth == TRUTH_NEW ? 0 : (int)err->code;
}

static int commit(struct inplace *run, struct error *err)
{
	int rc;

	connection_set_busy_timeout(run->db,
				    plan_commit_timeout_ms(run->job->plan));
	rc = connection_run(run->db, "COMMIT", err);
	if (rc == ERROR_BUSY)
		error_set(err, ERROR_BUSY,
			  "readers of the application held up its commit for "
			  "over a second; it was rolled back");
	if (rc == 0 || connection_in_transaction(run->db))
		return rc;
	return learn_truth(run, err);
}

/* Undoes what did not get as far as COMMIT; the backup of what stayed as it was
 * is no use to anybody. */
static void undo(struct inplace *run, int rc, struct error *err)
{
	struct result *result = &run->job->result;
	struct error failed = { 0 };

	if (run->db != NULL && connection_in_transaction(run->db) &&
	    connection_run(run->db, "ROLLBACK", &failed) != 0 && rc != 0)
		error_append(err, "%s", failed.message);
	if (rc != 0 && result->has_backup && !run->is_unknown) {
		result->has_backup = false;
		backup_discard(run->job);
	}
}

/* From BEGIN to COMMIT. */
static int transact(struct inplace *run, bool *needed, struct error *err)
{
	int rc = connection_run(run->db, "BEGIN IMMEDIATE", err);

	if (rc == 0)
		rc = run->change->read(run->db, run->job, &run->standing, err);
	run->steps.standing = &run->standing;
	if (rc == 0)
		rc = run->change->decide(&run->steps, needed, err);
	run->is_apart = rc == 0 && *needed && run->change->is_apart != NULL &&
			run->change->is_apart(&run->steps);
	if (rc == 0 && *needed && !run->is_apart) {
		rc = take_backup(run, err);
		if (rc == 0)
			rc = apply(run, err);
		if (rc == 0)
			rc = commit(run, err);
	}
	undo(run, rc, err);
	return rc;
}

void inplace_change(struct job *job, const struct change *change)
{
	struct inplace run = {
		.job = job,
		.change = change,
		.place = { .folder = -1 },
		.file = -1,
	};
	struct error error = { 0 };
	bool needed = false;
	int rc = open_live(&run, &error);

	if (rc == 0)
		rc = transact(&run, &needed, &error);
	steps_end(&run.steps);
	connection_close(run.db);
	if (run.file >= 0)
		(void)close(run.file);
	place_close(&run.place);
	if (rc == 0 && run.is_apart) {
		apart_change(job, change);
		return;
	}
	job->result.strategy = needed ? STRATEGY_IN_PLACE : STRATEGY_NONE;
	if (rc != 0) {
		result_fail_unchanged(&job->result, &error);
		if (run.is_unknown)
			job->result.to[0] = '\0';
	} else {
		job->result.outcome =
			needed ? OUTCOME_UPGRADED : OUTCOME_CURRENT;
	}
}
