#include "cli/command.h"

#include <string.h>

#include "cli/execution.h"
#include "cli/preflight.h"

int cmd_baseline_check(const struct options *options, struct error *err)
{
	/* A target that stands in some file must not be recorded in a fleet by
	 * somebody who did not think of it. */
	bool is_said = options_say(options, "migrations.target");

	if (options->forget && is_said)
		return error_set(err, ERROR_USAGE, "baseline: --to and "
				 "--forget exclude each other");
	if (!options->forget && !is_said)
		return error_set(err, ERROR_USAGE, "baseline: say which "
				 "version the databases are at: --to VERSION; "
				 "or --forget to remove our ledger");
	return 0;
}

int cmd_baseline(struct session *session, int *exit_status, struct error *err)
{
	const char *target = session->config.target;
	int rc = preflight_space(session, session->fleet, false, err);

	if (!session->options->forget)
		session->plan.baseline =
			strcmp(target, "latest") == 0
				? migrations_newest(session->migrations)
				: target;
	return rc ? rc : execution_run(session, session->fleet,
				       session->options->forget
					       ? &operation_forget
					       : &operation_baseline,
				       exit_status, err);
}
