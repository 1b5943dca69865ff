#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/execution.h"
#include "cli/exit_status.h"
#include "fleet/hold.h"
#include "report/say.h"
#include "report/status.h"

/* What the journal has of the run that is at work now. */
struct at_work {
	const struct lock_holder *holder;
	size_t done, databases;
	bool is_known;
};

static void tell_run(void *self, const struct journal_run *run)
{
	struct at_work *work = self;

	if (strcmp(run->id, work->holder->run_id) != 0)
		return;
	work->is_known = true;
	work->databases = run->databases;
	for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
		work->done += run->outcomes[outcome];
}

/* A run begins a journal entry only once it has looked around, so that the
 * newest entries need not be its own. */
#define RUNS_READ 5

static void print_run_at_work(const struct session *session)
{
	struct lock_holder holder = { 0 };
	struct at_work work = { .holder = &holder };
	struct error ignored = { 0 };

	if (!lock_is_held(session->data_dir, &session->state, &holder))
		return;
	if (holder.pid == 0) {
		fputs("a run is at work, of which nothing more is known\n\n",
		      stdout);
		return;
	}
	/* How far it is, is a courtesy: a journal that cannot be read must not
	 * keep the fleet from being looked at. */
	journal_each_run(session->state.path, RUNS_READ, tell_run, &work,
			 &ignored);
	fputs("a run is at work: ", stdout);
	say_escaped(stdout, *holder.command ? holder.command : NULL);
	printf(" %s, process %ld, since %s", holder.run_id, holder.pid,
	       holder.since);
	if (work.is_known)
		printf(", %zu of %zu done", work.done, work.databases);
	fputs("\n\n", stdout);
}

static void print_hold(const struct hold *hold, const struct call *call)
{
	char *text = hold_text(hold);

	fputs("the fleet is ", stdout);
	say_escaped(stdout, text);
	fputs("; when upgrades may go on: ", stdout);
	call_print(stdout, call, "upgrade --release", CALL_GIVEN, NULL);
	fputs("\n\n", stdout);
	free(text);
}

static void print(const struct session *session, const struct status *status)
{
	struct status_options options = {
		.out = stdout,
		.colour = session_has_colour(session, stdout),
		.call = { options_compose, session->options },
	};

	if (session->options->json) {
		json_print_status(stdout, status);
	} else if (!session->options->quiet) {
		print_run_at_work(session);
		if (status->hold)
			print_hold(status->hold, &options.call);
		status_print(status, &options);
	}
}

int cmd_status(struct session *session, int *exit_status, struct error *err)
{
	const struct options *options = session->options;
	struct status *status = status_new(session_expects_system(session),
					   options->verbose);
	struct json *json = NULL;
	struct listener *listeners[2] = { status_listener(status) };
	size_t count = 1;
	struct hold hold;
	int rc, looked = EXIT_STATUS_GOOD;

	if (hold_is_set(session->data_dir, &hold))
		status->hold = &hold;
	if (options->json && options->verbose) {
		json = json_new(stdout);
		listeners[count++] = json_database_listener(json);
	}
	rc = execution_look(session, session->fleet, listeners, count, &looked,
			    err);
	if (rc == 0)
		print(session, status);
	*exit_status = EXIT_STATUS_GOOD;
	if (options->check)
		*exit_status = status_is_pending(status) ? EXIT_STATUS_PENDING
							 : looked;
	json_free(json);
	status_free(status);
	return rc;
}
