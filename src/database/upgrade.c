#include "database/work.h"

#include <string.h>

#include "base/clock.h"
#include "database/inplace.h"
#include "database/look.h"
#include "database/series.h"
#include "database/swap.h"
#include "sqlite/copy.h"
#include "database/walk.h"

/* A version that was detected hangs on the migrations as well as on the file,
 * so that only a ledger is worth remembering; and only where it says all. */
static struct sighting sighting_of(const struct look *look,
				   const struct standing *standing)
{
	struct sighting sighting = { 0 };

	if (standing->head.exists && standing->late.count == 0 &&
	    look_is_at_rest(look)) {
		sighting.stamp = look->stamps[0];
		memcpy(sighting.version, standing->version,
		       sizeof(sighting.version));
	}
	return sighting;
}

/* What a look learns. */
static int read_standing(struct job *job, struct look *look, void *self,
			 struct error *err)
{
	struct standing *standing = self;
	int rc = standing_learn(look->db, job, standing, err);

	job->result.sighting = sighting_of(look, standing);
	if (rc == 0 && standing_is_pending(standing))
		rc = copy_size(look->db, &job->result.backup_bytes, err);
	return rc;
}

/* Looks, and gives what is to be done: OUTCOME_WOULD_UPGRADE means pending. */
static void look(struct job *job, struct standing *standing)
{
	struct error error = { 0 };
	int rc = 0;

	memset(standing, 0, sizeof(*standing));
	if (!standing_recall(job, standing))
		rc = look_with(job, read_standing, standing, &error);
	else if (standing_is_pending(standing))
		job->result.backup_bytes = job->subject->stamp.bytes;
	if (rc == 0) {
		job->result.outcome = standing_is_pending(standing)
					      ? OUTCOME_WOULD_UPGRADE
					      : OUTCOME_CURRENT;
	} else {
		memset(&job->result.sighting, 0, sizeof(job->result.sighting));
		result_fail_unchanged(&job->result, &error);
	}
	if (rc == ERROR_UNVERSIONED)
		job->result.outcome = OUTCOME_WOULD_FAIL;
}

void work_recall(struct job *job)
{
	struct standing standing;

	if (standing_recall(job, &standing) && !standing_is_pending(&standing))
		job->result.outcome = OUTCOME_CURRENT;
}

void work_look(struct job *job)
{
	int64_t begin = clock_now_us();
	struct standing standing;

	look(job, &standing);
	job->result.duration_us = clock_now_us() - begin;
}

static int decide_upgrade(struct steps *steps, bool *needed, struct error *err)
{
	(void)err;
	*needed = standing_is_pending(steps->standing);
	standing_report(steps->standing, steps->job);
	return 0;
}

static int apply_upgrade(struct steps *steps, struct error *err)
{
	int rc = steps->is_apart ? series_run(steps, err)
				 : walk_run(steps, err);

	return rc != 0 ? rc : steps_check(steps, err);
}

static const struct change upgrade = {
	.read = standing_read,
	.decide = decide_upgrade,
	.is_apart = series_is_needed,
	.apply = apply_upgrade,
	.checks_steps = true,
	.signs_ledger = true,
};

static void look_for_steps(struct job *job)
{
	struct standing standing;
	const struct steps steps = { .job = job, .standing = &standing };

	look(job, &standing);
	switch (job->result.outcome) {
	case OUTCOME_WOULD_FAIL:
		job->result.outcome = OUTCOME_FAILED;
		break;
	case OUTCOME_BUSY: /* a look needs quiet; the lock does not */
		job->phase = JOB_INPLACE;
		break;
	case OUTCOME_WOULD_UPGRADE:
		job->phase = change_check_swap(&upgrade, &steps,
					       &job->result.failure.error) == 0
				     ? JOB_STAGE
				     : JOB_INPLACE;
		break;
	default:
		break;
	}
}

void work_upgrade(struct job *job)
{
	int64_t begin = clock_now_us();
	enum job_phase phase = job->phase;

	/* What came of the phase before is no part of this one's result. */
	memset(&job->result.failure, 0, sizeof(job->result.failure));
	job->phase = JOB_DONE;
	if (phase == JOB_LOOK)
		look_for_steps(job);
	else if (phase == JOB_STAGE)
		swap_stage(job, &upgrade);
	else
		inplace_change(job, &upgrade);
	if (job->phase != JOB_DONE)
		job->result.outcome = OUTCOME_NONE;
	job->result.duration_us += clock_now_us() - begin;
}
