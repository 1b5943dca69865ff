#include "cli/command.h"

#include <stdio.h>

#include "cli/execution.h"
#include "cli/exit_status.h"
#include "report/catalogue.h"
#include "report/list.h"

int cmd_list_check(const struct options *options, struct error *err)
{
	if (options->markdown && (options->json || options->sql))
		return error_set(err, ERROR_USAGE, "list: --markdown writes a "
				 "table, and goes with neither --json nor "
				 "--sql");
	return 0;
}

int cmd_list(struct session *session, int *exit_status, struct error *err)
{
	const struct options *options = session->options;
	struct list_options list = {
		.out = stdout,
		.colour = session_has_colour(session, stdout),
		.sql = options->sql,
	};
	struct needs *needs = NULL;
	int rc = 0;

	if (session->fleet) {
		struct listener *listener;

		needs = needs_new(session->migrations);
		listener = needs_listener(needs);
		list.needs = needs;
		rc = execution_look(session, session->fleet, &listener, 1,
				    NULL, err);
	}
	if (rc == 0 && options->json)
		json_print_list(stdout, session->migrations, needs,
				options->sql);
	else if (rc == 0 && options->markdown)
		catalogue_print(stdout, session->migrations,
				(const struct replay *const *)session->replays,
				needs);
	else if (rc == 0)
		list_print(session->migrations, &list);
	needs_free(needs);
	*exit_status = EXIT_STATUS_GOOD;
	return rc;
}
