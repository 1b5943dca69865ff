#include "cli/command.h"

#include "cli/execution.h"

int cmd_verify(struct session *session, int *exit_status, struct error *err)
{
	return execution_run(session, session->fleet, &operation_verify,
			     exit_status, err);
}
