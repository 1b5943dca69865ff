#include "database/stride.h"

#include "base/clock.h"
#include "base/text.h"
#include "database/applied.h"
#include "database/ledger.h"
#include "migration/sql.h"
#include "sqlite/connection.h"
#include "sqlite/script.h"

/* Notes where in which migration the statement stands that failed. */
static void locate_failure(struct failure *failure, const struct step *step,
			   const struct step_text *text,
			   const struct script *script)
{
	text_copy(failure->migration, sizeof(failure->migration), step->name);
	text_copy(failure->file, sizeof(failure->file), text->file);
	failure->line = step_text_line_at(text, script->begin);
	sql_excerpt(text->sql + script->begin, script->end - script->begin,
		    failure->statement, sizeof(failure->statement));
}

static int run_text(struct steps *steps, const struct step *step,
		    const struct step_text *text, bool only_asks,
		    struct error *err)
{
	struct script script = {
		.text = text->sql,
		.only_asks = only_asks,
		.in_transaction = connection_in_transaction(steps->db),
		.authorizer = &steps->authorizer,
	};
	int rc;

	steps->authorizer.mode = script.in_transaction ? AUTHORIZE_STEPS
						       : AUTHORIZE_ALONE;
	rc = script_run(steps->db, &script, err);
	steps->authorizer.mode = AUTHORIZE_OURS;
	if (rc == 0 && !script.in_transaction &&
	    connection_in_transaction(steps->db))
		rc = error_set(err, ERROR_SQL, SCRIPT_LEFT_OPEN);
	if (rc != 0)
		locate_failure(&steps->job->result.failure, step, text,
			       &script);
	return rc;
}

/* The way up, in the time that it has. */
static int run_up(struct steps *steps, const struct step *step,
		  struct error *err)
{
	const struct step_text up = { .sql = step->sql,
				      .file = step->file,
				      .line = step->line };
	const int64_t begin_us = clock_now_us();
	const struct connection_limit own = {
		.until_us = begin_us + 1000 * step->directives.limit_ms,
		.name = "its own timeout",
	};
	struct connection_limit limit;
	int rc;

	if (step->is_program)
		return steps->run_program(steps, step, err);
	if (step->directives.limit_ms == 0)
		return run_text(steps, step, &up, false, err);
	limit = connection_set_limit(steps->db, own);
	rc = run_text(steps, step, &up, false, err);
	if (limit.until_us > 0)
		limit.until_us += clock_now_us() - begin_us;
	(void)connection_set_limit(steps->db, limit);
	return rc;
}

static int ask(struct steps *steps, const struct step *step,
	       enum step_part part, struct error *err)
{
	int rc;

	if (step->parts[part].sql == NULL)
		return 0;
	rc = run_text(steps, step, &step->parts[part], true, err);
	return rc != 0 ? error_prefix(err, "its %s", step_part_name(part)) : 0;
}

int stride_up(struct steps *steps, const struct step *step, bool is_late,
	      struct error *err)
{
	int64_t begin = clock_now_us();
	struct ledger_row row = {
		.kind = is_late ? APPLIED_LATE : "migrate",
		.from = step->from,
		.to = step->to,
		.description = step->description,
		.checksum = step->checksum,
		.run_id = steps->job->plan->run_id,
	};
	int rc = job_check_stop(steps->job, err);

	if (rc == 0)
		rc = ask(steps, step, STEP_CHECK, err);
	if (rc == 0)
		rc = run_up(steps, step, err);
	if (rc == 0)
		rc = ask(steps, step, STEP_VERIFY, err);
	if (rc != 0)
		return rc;
	row.duration_us = clock_now_us() - begin;
	return ledger_add(steps->db, &row, err);
}

int stride_down(struct steps *steps, const struct step *step, const char *to,
		struct error *err)
{
	const struct step_text *down = step_way_down(step);
	int64_t begin = clock_now_us();
	struct ledger_row row = {
		.kind = APPLIED_UNDO,
		.from = step->to,
		.to = to,
		.description = step->description,
		.checksum = step->checksum,
		.run_id = steps->job->plan->run_id,
	};
	int rc = job_check_stop(steps->job, err);

	if (rc == 0 && down == NULL)
		rc = error_set(err, ERROR_CHECK,
			       "%s (%s:%d) has no way down", step->name,
			       step->file, step->line);
	if (rc == 0)
		rc = run_text(steps, step, down, false, err);
	if (rc != 0)
		return rc;
	row.duration_us = clock_now_us() - begin;
	return ledger_add(steps->db, &row, err);
}
