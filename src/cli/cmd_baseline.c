#include "cli/command.h"

#include <string.h>

#include "cli/execution.h"
#include "cli/preflight.h"

/* The version has to be said where it is meant: a target that stands in some
 * file must not be recorded in a fleet by somebody who did not think of it. */
static bool says_version(const struct options *options)
{
	for (size_t i = 0; i < options->setting_count; i++)
		if (strcmp(options->settings[i].key, "migrations.target") == 0)
			return true;
	return false;
}

int cmd_baseline_check(const struct options *options, struct error *err)
{
	bool is_said = says_version(options);

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
