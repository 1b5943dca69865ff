#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "cli/execution.h"
#include "cli/preflight.h"
#include "database/tracker.h"

/* Whatever table of a migration tool a database has. */
#define ANY_TOOL "auto"

static int check_tool(const char *name, struct error *err)
{
	char *names;
	int rc;

	if (strcmp(name, ANY_TOOL) == 0 || tracker_find(name))
		return 0;
	names = tracker_names(false);
	rc = error_set(err, ERROR_USAGE, "baseline: --from %s: no tool of that "
		       "name is known; write " ANY_TOOL " or one of %s", name,
		       names);
	free(names);
	return rc;
}

int cmd_baseline_check(const struct options *options, struct error *err)
{
	/* A target that stands in some file must not be recorded in a fleet by
	 * somebody who did not think of it. */
	int said = options_say(options, "migrations.target") +
		   options->forget + (options->from != NULL);

	if (said > 1)
		return error_set(err, ERROR_USAGE, "baseline: --to, --from and "
				 "--forget exclude each other");
	if (said == 0)
		return error_set(err, ERROR_USAGE, "baseline: say which "
				 "version the databases are at: --to VERSION; "
				 "or whose table says it: --from TOOL; or "
				 "--forget to remove our ledger");
	return options->from ? check_tool(options->from, err) : 0;
}

static const struct operation *choose(struct session *session)
{
	const struct options *options = session->options;

	if (options->forget)
		return &operation_forget;
	if (options->from) {
		session->plan.source_tool = tracker_find(options->from);
		return &operation_adopt;
	}
	session->plan.baseline = session->config.target;
	if (strcmp(session->plan.baseline, "latest") == 0)
		session->plan.baseline = migrations_newest(session->migrations);
	return &operation_baseline;
}

int cmd_baseline(struct session *session, int *exit_status, struct error *err)
{
	int rc = preflight_space(session, session->fleet, false, err);

	return rc ? rc : execution_run(session, session->fleet, choose(session),
				       exit_status, err);
}
