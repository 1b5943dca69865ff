#include "cli/rewind.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "cli/execution.h"
#include "cli/preflight.h"
#include "fleet/hold.h"

int rewind_check_run(const struct session *session, struct error *err)
{
	const char *run = session->options->run;
	struct error missing = { 0 };
	int folder;

	if (!run)
		return 0;
	if (!clock_is_run_id(run))
		return error_set(err, ERROR_USAGE, "--run %s: that is no run, "
				 "which looks like 20261121T043100Z-9f3c; "
				 "'%s history' lists the runs", run,
				 session->again);
	if (session->state.backups < 0 ||
	    folder_enter(session->state.backups, run, strlen(run), O_PATH,
			 &folder, &missing) != 0)
		return error_set(err, ERROR_USAGE, "--run %s: there are no "
				 "backups of that run; '%s backups list' shows "
				 "which there are", run, session->again);
	close(folder);
	return 0;
}

static bool nothing_went_back(const struct run *run)
{
	const struct totals *totals = run_totals(run);

	return totals->outcomes[OUTCOME_RESTORED] == 0 && totals->in_doubt == 0;
}

int rewind_and_hold(struct session *session, const struct fleet *fleet,
		    const struct operation *operation, int *exit_status,
		    struct error *err)
{
	struct hold hold;
	bool was_held = hold_is_set(session->data_dir, &hold);
	int rc = preflight_space(session, fleet, false, err);

	if (rc == 0 && !hold.is_there)
		rc = hold_set(session->data_dir, session->plan.run_id, err);
	if (rc)
		return rc;
	rc = execution_run(session, fleet, operation, exit_status, err);
	if (rc == 0 && !was_held && nothing_went_back(session->last_run))
		rc = hold_lift(session->data_dir, err);
	return rc;
}
