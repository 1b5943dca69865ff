#include "cli/execution.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/message.h"
#include "fleet/queue.h"
#include "fleet/room.h"
#include "fleet/state.h"
#include "sqlite/library.h"

static bool wants_progress(const struct session *session)
{
	const struct options *options = session->options;

	return isatty(STDERR_FILENO) && !options->quiet && !options->json &&
	       !options->verbose;
}

/* The run before, kept until here, goes: its signal handlers with it. */
static int new_run(struct session *session, const struct fleet *fleet,
		   const struct operation *operation, struct run **out,
		   struct error *err)
{
	const struct config *config = &session->config;
	struct run_options options = {
		.fleet = fleet,
		.plan = &session->plan,
		.command = operation->name,
		.jobs = config->jobs ? (size_t)config->jobs
				     : queue_default_jobs(),
		.retries = config->retries,
		.min_free = config->min_free,
		.system_expected = session_expects_system(session),
		/* The journal as well: `status` reads from it how far a run
		 * is. */
		.wants_progress = wants_progress(session) || session->journal,
		.crew = session->crew,
	};

	run_free(session->last_run);
	session->last_run = NULL;
	return run_new(&options, out, err);
}

static struct progress *listen_progress(const struct session *session,
					struct run *run)
{
	struct progress *progress;

	if (!wants_progress(session))
		return NULL;
	progress = progress_new(stderr, session_has_colour(session, stderr));
	run_listen(run, progress_listener(progress));
	return progress;
}

/* The order counts: the progress line has to be gone when others print. */
static void listen_all(struct execution *execution)
{
	const struct session *session = execution->session;
	const struct options *options = session->options;
	bool quiet = options->quiet || options->json;
	struct summary_options summary = {
		.out = stdout,
		.bad = stderr,
		.quiet = quiet,
		.verbose = options->verbose && !options->json,
		.colour = session_has_colour(session, quiet ? stderr : stdout),
		.call = { options_compose, options },
	};

	/* First: if it cannot be written, the others tell the exit status. */
	if (session->journal)
		run_listen(execution->run,
			   journal_listener(session->journal));
	execution->progress = listen_progress(session, execution->run);
	execution->summary = summary_new(&summary);
	run_listen(execution->run, summary_listener(execution->summary));
	if (options->json) {
		execution->json = json_new(stdout);
		run_listen(execution->run, json_listener(execution->json));
	}
	if (session->seen)
		run_listen(execution->run, seen_listener(session->seen));
}

static void close_backups(struct session *session)
{
	if (session->plan.backup_dir < 0)
		return;
	close(session->plan.backup_dir);
	session->plan.backup_dir = -1;
	rooms_drop_empty_backups(&session->state, session->plan.run_id);
}

int execution_begin(struct session *session, const struct fleet *fleet,
		    const struct operation *operation, struct execution *out,
		    struct error *err)
{
	int rc = 0;

	*out = (struct execution){ .session = session,
				   .operation = operation };
	if (operation->writes)
		rc = state_begin_backups(&session->state, session->plan.run_id,
					 operation->name,
					 &session->plan.backup_dir, err);
	if (rc == 0)
		rc = new_run(session, fleet, operation, &out->run, err);
	if (rc) {
		close_backups(session);
		return rc;
	}
	listen_all(out);
	run_begin(out->run, operation);
	return 0;
}

/* The databases are well whatever the record of them is, so this ends nothing;
 * but whoever relies on the record has to know. */
static void tell_journal(const struct session *session)
{
	const struct error *error = NULL;

	if (session->journal)
		error = journal_error(session->journal);
	if (!error)
		return;
	message_warn("the journal of runs is not complete, the databases are "
		     "as reported: %s", error->message);
}

/* Once, and not by database: it is a matter of the machine's. */
static void tell_defect(struct run *run)
{
	size_t wal = run_totals(run)->wal;

	if (wal == 0 || !library_has_wal_reset_defect())
		return;
	run_notice(run, "SQLite %s has the WAL-reset defect, unless your "
		   "system has mended it under the same number: checkpoints "
		   "that overlap can damage a database in WAL mode, as %zu "
		   "of these %s; no checkpoint was made here while an "
		   "application had one open, but applications make them; "
		   "bring SQLite to 3.51.3 (or 3.50.7, 3.44.6) for all that "
		   "open them", library_version(), wal,
		   wal == 1 ? "is" : "are");
}

void execution_end(struct execution *execution, int *exit_status)
{
	tell_defect(execution->run);
	*exit_status = run_end(execution->run);
	tell_journal(execution->session);
	execution->session->last_run = execution->run;
	progress_free(execution->progress);
	summary_free(execution->summary);
	json_free(execution->json);
	close_backups(execution->session);
	memset(execution, 0, sizeof(*execution));
}

int execution_run(struct session *session, const struct fleet *fleet,
		  const struct operation *operation, int *exit_status,
		  struct error *err)
{
	struct execution execution;
	int rc = execution_begin(session, fleet, operation, &execution, err);

	if (rc)
		return rc;
	rc = run_pass(execution.run, operation, NULL, err);
	execution_end(&execution, exit_status);
	return rc;
}

int execution_look(struct session *session, const struct fleet *fleet,
		   struct listener *const *listeners, size_t count,
		   int *exit_status, struct error *err)
{
	struct progress *progress;
	struct run *run;
	int status, rc = new_run(session, fleet, &operation_look, &run,
				 err);

	if (rc)
		return rc;
	progress = listen_progress(session, run);
	for (size_t i = 0; i < count; i++)
		run_listen(run, listeners[i]);
	run_begin(run, &operation_look);
	rc = run_pass(run, &operation_look, NULL, err);
	status = run_end(run);
	if (exit_status)
		*exit_status = status;
	if (rc == 0 && run_is_draining(run))
		rc = error_set(err, ERROR_STOPPED, "stopped by a signal; "
			       "nothing was changed");
	progress_free(progress);
	session->last_run = run;
	return rc;
}
