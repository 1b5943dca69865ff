#include "database/walk.h"

#include <stdlib.h>

#include "base/memory.h"
#include "database/adoption.h"
#include "database/applied.h"
#include "database/mirror.h"
#include "database/stride.h"
#include "sqlite/connection.h"
#include "sqlite/schema.h"

/* To ask now takes less than to open an untouched copy afterwards. */
static int take_keys(struct steps *steps, struct error *err)
{
	const struct job *job = steps->job;

	steps->has_keys =
		job->plan->foreign_keys == CHECK_FOREIGN_KEYS_NEW &&
		job->plan->replays[job->subject->kind]->sins.count > 0;
	return steps->has_keys ? check_foreign_keys_of(steps->db, steps->old,
						       &steps->keys, err)
			       : 0;
}

/* What a set lacks has not to be taken back. */
static int run_down(struct steps *steps, struct error *err)
{
	const struct standing *standing = steps->standing;
	const struct job *job = steps->job;
	const struct chain *chain =
		job->plan->replays[job->subject->kind]->chain;
	bool *has = xcalloc(chain->count, sizeof(bool));
	int rc = applied_read(steps->db, chain, has, err);

	for (size_t i = 0; rc == 0 && i < standing_step_count(standing); i++) {
		size_t p = standing_step(standing, i);

		if (has[p] || !chain->is_set)
			rc = stride_down(steps, chain->steps[p],
					 chain_version(chain, p), err);
	}
	free(has);
	return rc;
}

/* Writes down where it was found to be, before any step. */
static int record_found(struct steps *steps, struct error *err)
{
	const struct job *job = steps->job;
	const struct standing *standing = steps->standing;
	const struct ledger_row detected = {
		.kind = "detect",
		.to = standing->version,
		.description = "told from the schema, no step run",
		.run_id = job->plan->run_id,
	};
	struct adoption adoption = { 0 };
	int rc;

	if (standing->tool == NULL)
		return ledger_add(steps->db, &detected, err);
	rc = adoption_read(steps->db, standing->tool,
			   job->plan->replays[job->subject->kind]->chain,
			   &adoption, err);
	if (rc == 0)
		rc = adoption_record(steps->db, &adoption, job->plan->run_id,
				     err);
	adoption_release(&adoption);
	return rc;
}

const struct step *walk_step(const struct steps *steps, size_t i)
{
	const struct job *job = steps->job;
	const struct chain *chain =
		job->plan->replays[job->subject->kind]->chain;

	return chain->steps[standing_step(steps->standing, i)];
}

bool walk_any(const struct steps *steps,
	       bool (*has)(const struct step *step))
{
	for (size_t i = 0; i < standing_step_count(steps->standing); i++)
		if (has(walk_step(steps, i)))
			return true;
	return false;
}

int walk_prepare(struct steps *steps, struct error *err)
{
	const struct mirror *mirror = steps->job->plan->mirror;
	const struct schema_known known = steps_known(steps);
	int rc = schema_take(steps->db, LEDGER_TABLE, &known, &steps->old,
			     err);

	if (rc == 0)
		rc = take_keys(steps, err);
	if (rc == 0)
		rc = ledger_prepare(steps->db, err);
	if (rc == 0 && steps->standing->was_detected)
		rc = record_found(steps, err);
	if (rc == 0 && mirror != NULL)
		rc = mirror_check(mirror, steps->job->subject->kind, steps->db,
				  err);
	return rc;
}

int walk_one(struct steps *steps, size_t i, struct error *err)
{
	return stride_up(steps, walk_step(steps, i),
			 i < steps->standing->late.count, err);
}

static bool analyzes(const struct step *step)
{
	return step->directives.analyzes;
}

int walk_finish(struct steps *steps, struct error *err)
{
	const struct mirror *mirror = steps->job->plan->mirror;
	int rc = 0;

	if (mirror != NULL)
		rc = mirror_write(mirror, steps->job->subject->kind, steps->db,
				  err);
	if (rc == 0 && !steps->standing->goes_down &&
	    walk_any(steps, analyzes))
		rc = connection_run(steps->db, "ANALYZE", err);
	return rc;
}

int walk_run(struct steps *steps, struct error *err)
{
	size_t i, count = standing_step_count(steps->standing);
	int rc = walk_prepare(steps, err);

	if (rc == 0 && steps->standing->goes_down)
		rc = run_down(steps, err);
	for (i = 0; rc == 0 && !steps->standing->goes_down && i < count; i++)
		rc = walk_one(steps, i, err);
	return rc != 0 ? rc : walk_finish(steps, err);
}
