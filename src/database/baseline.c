#include "database/work.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "database/inplace.h"

static int decide_baseline(struct steps *steps, bool *needed, struct error *err)
{
	const struct plan *plan = steps->job->plan;
	const struct ledger_head *head = &steps->standing->head;
	struct result *result = &steps->job->result;

	*needed = !head->exists;
	text_copy(result->from, sizeof(result->from), head->version);
	text_copy(result->to, sizeof(result->to), plan->baseline);
	if (head->exists && strcmp(head->version, plan->baseline) != 0)
		return error_set(err, ERROR_CHECK,
				 "it has a ledger already, at %s; a recorded "
				 "version is never overwritten; it was left "
				 "untouched",
				 head->version);
	return 0;
}

static int apply_baseline(struct steps *steps, struct error *err)
{
	const struct plan *plan = steps->job->plan;
	const struct ledger_row row = {
		.kind = "baseline",
		.to = plan->baseline,
		.description = "recorded by an administrator, no step run",
		.run_id = plan->run_id,
	};
	int rc = ledger_prepare(steps->db, err);

	return rc != 0 ? rc : ledger_add(steps->db, &row, err);
}

static const struct change baseline = {
	.read = standing_read_ledger,
	.decide = decide_baseline,
	.apply = apply_baseline,
	.signs_ledger = true,
};

static int decide_forget(struct steps *steps, bool *needed, struct error *err)
{
	const struct ledger_head *head = &steps->standing->head;

	(void)err;
	*needed = head->exists;
	text_copy(steps->job->result.from, sizeof(steps->job->result.from),
		  head->version);
	return 0;
}

static int apply_forget(struct steps *steps, struct error *err)
{
	return ledger_drop(steps->db, err);
}

static const struct change forget = {
	.read = standing_read_ledger,
	.decide = decide_forget,
	.apply = apply_forget,
	.signs_ledger = false,
};

static void work_change(struct job *job, const struct change *change)
{
	int64_t begin = clock_now_us();

	inplace_change(job, change);
	job->result.duration_us = clock_now_us() - begin;
}

void work_baseline(struct job *job)
{
	work_change(job, &baseline);
}

void work_forget(struct job *job)
{
	work_change(job, &forget);
}
