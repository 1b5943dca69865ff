#include "database/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "database/adoption.h"
#include "database/inplace.h"
#include "database/mirror.h"

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
				 "untouched; where it is wrong, drop the "
				 "ledger first: %s baseline --forget USER",
				 head->version, plan_again(plan));
	return 0;
}

/* Lets the table that is kept current say the same. */
static int write_mirror(struct steps *steps, struct error *err)
{
	const struct mirror *mirror = steps->job->plan->mirror;
	const enum kind kind = steps->job->subject->kind;
	int rc = 0;

	if (mirror != NULL)
		rc = mirror_check(mirror, kind, steps->db, err);
	if (rc == 0 && mirror != NULL)
		rc = mirror_write(mirror, kind, steps->db, err);
	return rc;
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

	if (rc == 0)
		rc = ledger_add(steps->db, &row, err);
	return rc != 0 ? rc : write_mirror(steps, err);
}

static const struct change baseline = {
	.read = standing_read_ledger,
	.decide = decide_baseline,
	.apply = apply_baseline,
	.signs_ledger = true,
};

/* No table of the tool: a new database is none to go on from. */
static int refuse_without_tool(const struct tracker *wanted, size_t tables,
			       struct error *err)
{
	if (tables == 0)
		return error_set(err, ERROR_SKIPPED,
				 "nothing is in it yet; the next upgrade makes "
				 "it new");
	if (wanted == NULL)
		return error_set(err, ERROR_UNVERSIONED,
				 "it has the table of no migration tool that "
				 "is known here; it was left untouched; record "
				 "its version with fleet-upgrade baseline --to "
				 "VERSION USER, or let upgrade detect it");
	if (wanted->table == NULL)
		return error_set(err, ERROR_UNVERSIONED,
				 "its user_version is 0, which says nothing; "
				 "it was left untouched; record its version "
				 "with fleet-upgrade baseline --to VERSION "
				 "USER");
	return error_set(err, ERROR_UNVERSIONED,
			 "it has no table %s of %s; it was left untouched; "
			 "record its version with fleet-upgrade baseline --to "
			 "VERSION USER, or let upgrade detect it",
			 wanted->table, wanted->name);
}

/* What the tool's table says. *out is to be released whatever comes. */
static int read_tool(struct steps *steps, struct adoption *out,
		     struct error *err)
{
	const struct plan *plan = steps->job->plan;
	const struct chain *chain =
		&plan->migrations->chains[steps->job->subject->kind];
	const struct tracker *tool;
	size_t tables = 0;
	int rc = adoption_choose(steps->db, plan->source_tool, &tool, &tables,
				 err);

	if (rc == 0 && tool != NULL)
		rc = adoption_read(steps->db, tool, chain, out, err);
	if (rc == 0 && (tool == NULL ||
			(tool->table == NULL && out->newest == 0)))
		rc = refuse_without_tool(plan->source_tool, tables, err);
	return rc;
}

static int decide_adopt(struct steps *steps, bool *needed, struct error *err)
{
	struct job *job = steps->job;
	const struct chain *chain =
		&job->plan->migrations->chains[job->subject->kind];
	const char *version = steps->standing->head.version;
	struct adoption adoption = { 0 };
	int rc = 0;

	*needed = false;
	job->result.notes[0] = '\0';
	text_copy(job->result.from, sizeof(job->result.from), version);
	text_copy(job->result.to, sizeof(job->result.to), version);
	/* A recorded version is never overwritten; and where there are no
	 * migrations there is nothing to record. */
	if (steps->standing->head.exists || chain->count == 0)
		return 0;
	rc = read_tool(steps, &adoption, err);
	if (rc == 0) {
		char *words = adoption_describe(&adoption);

		result_note(&job->result, "%s", words);
		free(words);
		*needed = adoption.count > 0;
	}
	if (*needed)
		text_copy(job->result.to, sizeof(job->result.to),
			  chain_version(chain, adoption.newest));
	adoption_release(&adoption);
	return rc;
}

static int apply_adopt(struct steps *steps, struct error *err)
{
	struct adoption adoption = { 0 };
	int rc = ledger_prepare(steps->db, err);

	if (rc == 0)
		rc = read_tool(steps, &adoption, err);
	if (rc == 0)
		rc = adoption_record(steps->db, &adoption,
				     steps->job->plan->run_id, err);
	adoption_release(&adoption);
	return rc != 0 ? rc : write_mirror(steps, err);
}

static const struct change adopt = {
	.read = standing_read_ledger,
	.decide = decide_adopt,
	.apply = apply_adopt,
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

void work_adopt(struct job *job)
{
	work_change(job, &adopt);
}

void work_forget(struct job *job)
{
	work_change(job, &forget);
}
