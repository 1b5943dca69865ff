#include "database/apart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "database/backup.h"
#include "database/evidence.h"
#include "database/look.h"
#include "database/program.h"
#include "database/replace.h"
#include "database/staged.h"
#include "database/truth.h"
#include "sqlite/connection.h"

/* One change under way. */
struct apart {
	struct job *job;
	const struct change *change;
	int64_t begin_us;
	struct place place;
	struct stamp stamp;
	bool is_wal;
	struct sqlite3 *live;	/* L */
	struct staged staged;	/* S */
	struct sqlite3 *source; /* to be read from S */
	struct sqlite3 *work;	/* W */
	struct steps steps;
	struct standing standing;
	bool needed;
	bool is_unknown; /* nobody could say whether the copy happened */
};

/* What is left of the time for one database, which is never none. */
static int64_t time_left_ms(const struct apart *run)
{
	int64_t limit_ms = run->job->plan->limit_ms;
	int64_t left_ms =
		limit_ms - (clock_now_us() - run->begin_us) / 1000;

	if (limit_ms == 0)
		return 0;
	return left_ms > 0 ? left_ms : 1;
}

/* A program's own time is, like that of other steps, not taken off what the
 * database has. */
static int run_program(struct steps *steps, const struct step *step,
		       struct error *err)
{
	struct apart *run = steps->self;
	bool is_own = step->directives.limit_ms > 0;
	int64_t begin_us = clock_now_us();
	char *folder = xasprintf("%s.d", run->staged.name);
	const struct program program = {
		.job = run->job,
		.step = step,
		.db = run->work,
		.staged = folder,
		.limit_ms = is_own ? step->directives.limit_ms
				   : time_left_ms(run),
		.limit_name = is_own ? "its own timeout"
				     : "run.database_timeout",
	};
	struct connection_limit none = { 0 }, limit;
	int rc;

	limit = is_own ? connection_set_limit(run->work, none) : none;
	rc = program_run(&program, err);
	if (limit.until_us > 0) {
		limit.until_us += clock_now_us() - begin_us;
		run->begin_us += clock_now_us() - begin_us;
		(void)connection_set_limit(run->work, limit);
	}
	steps->is_unwatched = true;
	free(folder);
	return rc;
}

static int open_all(struct apart *run, struct error *err)
{
	struct job *job = run->job;
	const struct plan *plan = job->plan;
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = plan->busy_timeout_ms,
		.cache_bytes = plan->cache_bytes,
		.spill = true,
		.stop_now = job->stop_now,
	};
	int64_t page_bytes = 0;
	int rc = job_check_stop(job, err);

	if (rc == 0)
		rc = place_open(plan->data_dir, plan->data_path,
				job->subject->path, &run->place, err);
	if (rc == 0)
		rc = place_stamp(&run->place, "", &run->stamp, err);
	if (rc == 0)
		rc = look_fits(&run->stamp, err);
	if (rc == 0)
		rc = connection_open(run->place.path, &options, &run->live,
				     err);
	if (rc == 0)
		rc = evidence_is_wal(run->live, &run->is_wal, err);
	if (rc == 0)
		rc = connection_number(run->live, "PRAGMA page_size",
				       &page_bytes, err);
	job->result.is_wal = run->is_wal;
	if (rc == 0)
		rc = staged_make(job, &run->stamp, page_bytes, &run->staged,
				 err);
	if (rc == 0)
		rc = staged_open_source(&run->staged, &run->source, err);
	return rc;
}

/* Fills S, from the backup, and opens it to be worked on. */
static int begin_work(struct apart *run, struct error *err)
{
	struct sqlite3 *backup = NULL;
	int rc = backup_open(run->job, &backup, err);

	if (rc == 0)
		rc = staged_fill(&run->staged, backup, err);
	connection_close(backup);
	if (rc == 0)
		rc = staged_open(&run->staged, time_left_ms(run), &run->work,
				 err);
	if (rc != 0)
		return rc;
	run->steps.open_before = backup_open;
	steps_move(&run->steps, run->work);
	return 0;
}

static void end_work(struct apart *run)
{
	steps_end(&run->steps);
	connection_close(run->work);
	run->work = NULL;
}

static int under_lock(void *self, struct sqlite3 *reader, bool *goes_on,
		      struct error *err)
{
	struct apart *run = self;
	const struct change *change = run->change;
	struct job *job = run->job;
	int rc = change->read(reader, job, &run->standing, err);

	if (rc == 0)
		rc = change->decide(&run->steps, &run->needed, err);
	if (rc != 0 || !run->needed)
		return rc;
	rc = backup_make(job, reader, &run->stamp, err);
	job->result.has_backup = rc == 0;
	if (rc == 0)
		rc = begin_work(run, err);
	if (rc == 0)
		rc = change_apply(run->change, &run->steps, reader, err);
	end_work(run);
	if (rc == 0 && connection_has_moved(run->live))
		rc = error_set(err, ERROR_BUSY,
			       "another file has taken its place meanwhile; "
			       "nothing was changed");
	if (rc == 0)
		rc = job_check_stop(job, err);
	*goes_on = rc == 0;
	return rc;
}

/* The live file is closed by then. */
static int learn_truth(struct apart *run, int rc, struct error *err)
{
	enum truth truth;

	if (rc == ERROR_BUSY)
		return error_set(err, ERROR_BUSY,
				 "readers of the application held up the "
				 "writing of it for over a second; it is as it "
				 "was");
	truth = truth_ask(run->job, &run->place, run->change->signs_ledger,
			  err);
	run->is_unknown = truth == TRUTH_UNKNOWN;
	return truth == TRUTH_NEW ? 0 : rc;
}

static int transact(struct apart *run, struct error *err)
{
	struct replace replace = {
		.job = run->job,
		.path = run->place.path,
		.live = run->live,
		.source = run->source,
		.under_lock = under_lock,
		.self = run,
	};
	const struct replace_end end = {
		.is_wal = run->is_wal,
		.renews = run->change->signs_ledger,
	};
	int rc = replace_begin(&replace, run->is_wal, err);

	connection_close(run->live);
	run->live = NULL;
	if (rc != 0 && replace.has_begun)
		rc = learn_truth(run, rc, err);
	if (rc == 0 && replace.has_begun)
		replace_settle(&replace, &end);
	return rc;
}

/* The backup of what stayed as it was is no use to anybody. */
static void conclude(struct apart *run, int rc, const struct error *err)
{
	struct result *result = &run->job->result;

	result->strategy = run->needed ? STRATEGY_IN_PLACE : STRATEGY_NONE;
	if (rc == 0) {
		result->outcome =
			run->needed ? OUTCOME_UPGRADED : OUTCOME_CURRENT;
		return;
	}
	if (result->has_backup && !run->is_unknown) {
		result->has_backup = false;
		backup_discard(run->job);
	}
	result_fail_unchanged(result, err);
	if (run->is_unknown)
		result->to[0] = '\0';
}

void apart_change(struct job *job, const struct change *change)
{
	struct apart run = {
		.job = job,
		.change = change,
		.begin_us = clock_now_us(),
		.place = { .folder = -1 },
	};
	struct error error = { 0 };
	int rc;

	steps_begin(&run.steps, job, NULL);
	run.steps.standing = &run.standing;
	run.steps.is_apart = true;
	run.steps.run_program = run_program;
	run.steps.self = &run;
	rc = open_all(&run, &error);
	if (rc == 0)
		rc = transact(&run, &error);
	end_work(&run);
	connection_close(run.live);
	connection_close(run.source);
	staged_remove(&run.staged);
	place_close(&run.place);
	conclude(&run, rc, &error);
}
