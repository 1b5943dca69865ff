#include "database/work.h"

#include "base/clock.h"
#include "database/inplace.h"
#include "database/walk.h"

static int decide_descend(struct steps *steps, bool *needed, struct error *err)
{
	(void)err;
	*needed = steps->standing->goes_down;
	standing_report(steps->standing, steps->job);
	return 0;
}

static int apply_descend(struct steps *steps, struct error *err)
{
	int rc = walk_run(steps, err);

	return rc != 0 ? rc : steps_check(steps, err);
}

static const struct change descend = {
	.read = standing_read_down,
	.decide = decide_descend,
	.apply = apply_descend,
	.checks_steps = true,
	.signs_ledger = true,
};

void work_descend(struct job *job)
{
	int64_t begin = clock_now_us();

	inplace_change(job, &descend);
	if (job->result.outcome == OUTCOME_UPGRADED)
		job->result.outcome = OUTCOME_RESTORED;
	job->result.duration_us = clock_now_us() - begin;
}
