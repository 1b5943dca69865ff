/*
 * execution: one run of an operation on the session's fleet, with those who
 * report it.
 *
 * Runs on: the loop thread. Owns: run and reporters, from execution_begin() to
 * execution_end(); the run itself is then handed to the session, because the
 * process may have to die of the signal that ended it. Borrows session and
 * fleet.
 *
 * Who listens: the progress line (a terminal, neither --quiet nor --json nor
 * --verbose); the summary, quiet beside JSON so that a bad run is told on
 * standard error; JSON; the journal, if the session writes.
 */
#ifndef FLEET_CLI_EXECUTION_H
#define FLEET_CLI_EXECUTION_H

#include "base/error.h"
#include "cli/session.h"
#include "fleet/operation.h"
#include "fleet/run.h"
#include "report/json.h"
#include "report/progress.h"
#include "report/summary.h"

struct execution {
	struct session *session;
	const struct operation *operation;
	struct run *run;
	struct progress *progress; /* NULL: no such reporter */
	struct summary *summary;
	struct json *json;
};

/* Makes the run's folder of backups if the operation writes, and begins the
 * run. Nothing is worked on yet. `fleet` is the session's or a subset of it. On
 * failure nothing is owned. */
int execution_begin(struct session *session, const struct fleet *fleet,
		    const struct operation *operation, struct execution *out,
		    struct error *err);

/* Ends the run, reports it, and gives the exit status; a journal that could not
 * be written makes it 74, and is told. Where databases in WAL mode were opened
 * with a SQLite that may damage such, that is a notice of the run, one. */
void execution_end(struct execution *execution, int *exit_status);

/* All of it: begin, one pass, end. */
int execution_run(struct session *session, const struct fleet *fleet,
		  const struct operation *operation, int *exit_status,
		  struct error *err);

/* Looks at every database of the fleet, for the `count` listeners, with a
 * progress line and no report. *exit_status (may be NULL) is what the looks
 * amount to. ERROR_STOPPED: a signal came. */
int execution_look(struct session *session, const struct fleet *fleet,
		   struct listener *const *listeners, size_t count,
		   int *exit_status, struct error *err);

#endif
