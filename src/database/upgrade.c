#include "database/work.h"

#include <string.h>

#include "base/clock.h"
#include "database/inplace.h"
#include "database/look.h"
#include "sqlite/copy.h"

/* What a look learns. */
static int read_standing(struct job *job, struct look *look, void *self,
			 struct error *err)
{
	struct standing *standing = self;
	int rc = standing_learn(look->db, job, standing, err);

	if (rc == 0 && standing_is_pending(standing))
		rc = copy_size(look->db, &job->result.backup_bytes, err);
	return rc;
}

/* Looks, and gives what is to be done: OUTCOME_WOULD_UPGRADE means pending. */
static void look(struct job *job)
{
	struct standing standing = { 0 };
	struct error error = { 0 };
	int rc = look_with(job, read_standing, &standing, &error);

	if (rc == 0)
		job->result.outcome = standing_is_pending(&standing)
					      ? OUTCOME_WOULD_UPGRADE
					      : OUTCOME_CURRENT;
	else
		result_fail(&job->result, &error);
	if (rc == ERROR_UNVERSIONED)
		job->result.outcome = OUTCOME_WOULD_FAIL;
}

void work_look(struct job *job)
{
	int64_t begin = clock_now_us();

	look(job);
	job->result.duration_us = clock_now_us() - begin;
}

static int decide_upgrade(struct steps *steps, bool *needed, struct error *err)
{
	(void)err;
	*needed = standing_is_pending(steps->standing);
	standing_report(steps->standing, steps->job);
	return 0;
}

static int apply_upgrade(struct steps *steps, struct sqlite3 *before,
			 struct error *err)
{
	int rc = steps_run(steps, err);

	return rc != 0 ? rc : steps_check(steps, before, err);
}

static const struct change upgrade = {
	.read = standing_read,
	.decide = decide_upgrade,
	.apply = apply_upgrade,
	.signs_ledger = true,
};

void work_upgrade(struct job *job)
{
	int64_t begin = clock_now_us();

	look(job);
	switch (job->result.outcome) {
	case OUTCOME_WOULD_FAIL:
		job->result.outcome = OUTCOME_FAILED;
		break;
	case OUTCOME_BUSY: /* a look needs quiet; the lock does not */
	case OUTCOME_WOULD_UPGRADE:
		memset(&job->result.failure, 0, sizeof(job->result.failure));
		inplace_change(job, &upgrade);
		break;
	default:
		break;
	}
	job->result.duration_us = clock_now_us() - begin;
}
