#include "database/change.h"

#include "database/evidence.h"
#include "database/series.h"

int change_check_swap(const struct change *change, const struct steps *steps,
		      struct error *err)
{
	return change->is_apart != NULL && change->is_apart(steps)
		       ? error_set(err, ERROR_SKIPPED,
				   "a step of it (a program, or one that asks "
				   "for foreign keys, no transaction or "
				   "VACUUM) needs a copy of its own")
		       : 0;
}

static int sign(const struct steps *steps, struct sqlite3 *live,
		bool is_unbroken, struct error *err)
{
	struct error failed = { 0 };
	bool is_signed = false;
	int rc = evidence_sign(steps->db, live, steps->job->subject->path,
			       is_unbroken, &is_signed, &failed);

	if (rc != 0)
		*err = failed;
	else if (!is_signed)
		result_note(&steps->job->result,
			    "whether it will be written from now on cannot be "
			    "told (%s), so that a rollback will need --force",
			    failed.message);
	return rc;
}

int change_apply(const struct change *change, struct steps *steps,
		 struct sqlite3 *live, struct error *err)
{
	bool is_unbroken = false;
	int rc = 0;

	if (change->signs_ledger)
		rc = evidence_was_unbroken(live, &steps->standing->head,
					   &is_unbroken, err);
	if (rc == 0 && !change->checks_steps)
		rc = steps_check_before(steps, err);
	if (rc == 0) {
		rc = change->apply(steps, err);
		rc = steps_blame(steps, rc, err);
	}
	if (rc == 0 && steps->is_apart)
		rc = series_vacuum(steps, err);
	if (rc == 0 && change->signs_ledger)
		rc = sign(steps, live, is_unbroken, err);
	return rc;
}
