#include "database/series.h"

#include "base/text.h"
#include "sqlite/connection.h"
#include "database/walk.h"

static bool vacuums(const struct step *step)
{
	return step->directives.vacuums;
}

bool series_is_needed(const struct steps *steps)
{
	return walk_any(steps, step_is_apart);
}

/* SQLite has undone it already where it ended the transaction itself. */
static int in_transaction(struct steps *steps,
			  int (*work)(struct steps *steps, size_t i,
				      struct error *err),
			  size_t i, struct error *err)
{
	struct error undo = { 0 };
	int rc = connection_run(steps->db, "BEGIN IMMEDIATE", err);

	if (rc == 0)
		rc = work(steps, i, err);
	if (rc == 0)
		rc = connection_run(steps->db, "COMMIT", err);
	if (rc != 0 && connection_in_transaction(steps->db) &&
	    connection_run(steps->db, "ROLLBACK", &undo) != 0)
		error_append(err, "%s", undo.message);
	return rc;
}

static int prepare(struct steps *steps, size_t i, struct error *err)
{
	(void)i;
	return walk_prepare(steps, err);
}

/* Its own transactions may be rolled back, which takes a journal. */
static int run_alone(struct steps *steps, size_t i, struct error *err)
{
	int rc = connection_run(steps->db, "PRAGMA journal_mode = DELETE", err);

	if (rc != 0)
		return rc;
	connection_allow_vacuum(steps->db, true);
	rc = walk_one(steps, i, err);
	connection_allow_vacuum(steps->db, false);
	return rc;
}

static int run_one(struct steps *steps, size_t i, struct error *err)
{
	const struct step *step = walk_step(steps, i);
	struct failure *failure = &steps->job->result.failure;
	int rc = connection_enforce_keys(
		steps->db, step->directives.has_foreign_keys, err);

	if (rc == 0 && step->is_program)
		rc = walk_one(steps, i, err);
	else if (rc == 0 && step->directives.is_outside_transaction)
		rc = run_alone(steps, i, err);
	else if (rc == 0)
		rc = in_transaction(steps, walk_one, i, err);
	/* Deferred foreign keys fail as it is committed. */
	if (rc != 0 && failure->migration[0] == '\0') {
		text_copy(failure->migration, sizeof(failure->migration),
			  step->name);
		text_copy(failure->file, sizeof(failure->file), step->file);
	}
	return rc;
}

int series_run(struct steps *steps, struct error *err)
{
	size_t i, count = standing_step_count(steps->standing);
	int rc = in_transaction(steps, prepare, 0, err);

	for (i = 0; rc == 0 && i < count; i++)
		rc = run_one(steps, i, err);
	if (rc == 0)
		rc = connection_enforce_keys(steps->db, false, err);
	return rc != 0 ? rc : walk_finish(steps, err);
}

int series_vacuum(struct steps *steps, struct error *err)
{
	return walk_any(steps, vacuums) ? connection_vacuum(steps->db, err)
					 : 0;
}
