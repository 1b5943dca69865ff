#include "database/work.h"

#include <string.h>

#include "base/clock.h"
#include "database/look.h"
#include "database/scratch.h"
#include "database/series.h"
#include "database/steps.h"
#include "database/walk.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

/* What a program does outside its copy, nobody could throw away. */
static int pass_program(struct steps *steps, const struct step *step,
			struct error *err)
{
	const char *slash = strrchr(step->file, '/');

	(void)err;
	result_note(&steps->job->result,
		    "%s is a program, which was not tried",
		    slash != NULL ? slash + 1 : step->file);
	return 0;
}

static int run_all(struct steps *steps, struct error *err)
{
	int rc;

	steps->is_apart = series_is_needed(steps);
	steps->run_program = pass_program;
	if (steps->is_apart)
		return series_run(steps, err);
	rc = connection_run(steps->db, "BEGIN IMMEDIATE", err);
	return rc != 0 ? rc : walk_run(steps, err);
}

/* Everything that an upgrade would do up to COMMIT, on a copy that nobody
 * sees. */
static int rehearse_on(struct job *job, struct sqlite3 *copy,
		       struct sqlite3 *before, struct standing *standing,
		       struct error *err)
{
	struct steps steps;
	int rc;

	steps_begin(&steps, job, copy);
	steps.standing = standing;
	steps.before = before;
	rc = steps_check_before(&steps, err);
	if (rc == 0)
		rc = run_all(&steps, err);
	if (rc == 0)
		rc = steps_check(&steps, err);
	steps_end(&steps);
	return rc;
}

static int rehearse(struct job *job, struct look *look, void *self,
		    struct error *err)
{
	struct standing *standing = self;
	struct sqlite3 *copy = NULL;
	int rc = standing_learn(look->db, job, standing, err);

	if (rc != 0 || !standing_is_pending(standing))
		return rc;
	rc = copy_size(look->db, &job->result.backup_bytes, err);
	if (rc == 0)
		rc = scratch_open(job, look->db, &copy, err);
	/* It would get no backup either. */
	if (rc == ERROR_NOSPACE)
		job->result.backup_bytes = 0;
	if (rc == 0)
		rc = rehearse_on(job, copy, look->db, standing, err);
	connection_close(copy);
	return rc;
}

void work_rehearse(struct job *job)
{
	int64_t begin = clock_now_us();
	struct standing standing = { 0 };
	struct error error = { 0 };
	int rc = look_with(job, rehearse, &standing, &error);

	if (rc == 0)
		job->result.outcome = standing_is_pending(&standing)
					      ? OUTCOME_WOULD_UPGRADE
					      : OUTCOME_CURRENT;
	else
		result_fail(&job->result, &error);
	/* A file that SQLite cannot read has failed already; what its
	 * migrations would do to it is foreseen. */
	if (job->result.outcome == OUTCOME_FAILED && rc != ERROR_CORRUPT &&
	    rc != ERROR_IO)
		job->result.outcome = OUTCOME_WOULD_FAIL;
	job->result.duration_us = clock_now_us() - begin;
}
