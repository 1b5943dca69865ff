#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/descent.h"
#include "cli/execution.h"
#include "cli/exit_status.h"
#include "cli/gone.h"
#include "cli/rewind.h"
#include "cli/subset.h"
#include "fleet/room.h"

/* Hears a look at the fleet: which run each database stands at, by the newest
 * row of its ledger, and the newest upgrade among these. What cannot be looked
 * at now, or is no database any more, is taken to stand where its newest backup
 * was made: then it is told as busy, failed or skipped, and system.db does not
 * go back under it. */
struct standings {
	struct listener listener;
	const struct session *session;
	char system[RUN_ID_BYTES];
	char (*users)[RUN_ID_BYTES]; /* as session->fleet->users */
	char newest[RUN_ID_BYTES];   /* an upgrade with backups; "": none */
	char refused[RUN_ID_BYTES];  /* looked at last, and none */
	struct error error;	     /* the backups could not be looked at */
};

/* An idle run has no backups, and what a rollback, a restore or a baseline did
 * is not taken back unasked. The id comes from a file that a user may write
 * to. */
static bool is_upgrade(struct standings *standings, const char *run_id)
{
	const struct state *state = &standings->session->state;
	char command[STATE_COMMAND_BYTES] = "";

	if (state->backups < 0 || !clock_is_run_id(run_id) ||
	    strcmp(run_id, standings->refused) == 0)
		return false;
	if (state_backups_command(state, run_id, command, &standings->error))
		return false;
	if (strcmp(command, "upgrade") == 0)
		return true;
	text_copy(standings->refused, sizeof(standings->refused), run_id);
	return false;
}

static bool has_told(enum outcome outcome)
{
	return outcome != OUTCOME_BUSY && outcome != OUTCOME_FAILED &&
	       outcome != OUTCOME_SKIPPED;
}

static void hear(struct listener *self, const struct event *event)
{
	struct standings *standings = (struct standings *)self;
	const struct fleet *fleet = standings->session->fleet;
	struct error error = { 0 };
	char *own;

	if (event->type != EVENT_DATABASE)
		return;
	own = event->subject == fleet->system
		? standings->system
		: standings->users[event->subject - fleet->users];
	text_copy(own, RUN_ID_BYTES, event->result->run_id);
	if (!has_told(event->result->outcome) && !*own &&
	    room_find_backup(&standings->session->state, event->subject, "",
			     own, &error) != 0) {
		*own = '\0';
		if (error.code != ERROR_MISSING)
			standings->error = error;
	}
	/* Run ids sort by time. */
	if (strcmp(own, standings->newest) > 0 && is_upgrade(standings, own))
		text_copy(standings->newest, sizeof(standings->newest), own);
}

static bool stands_there(void *self, const struct subject *subject)
{
	const struct standings *standings = self;
	const struct fleet *fleet = standings->session->fleet;
	const char *own = subject == fleet->system
		? standings->system
		: standings->users[subject - fleet->users];

	return *standings->newest && strcmp(own, standings->newest) == 0;
}

/* Users that stand at something later than what is taken back: system.db must
 * not go back under them. */
static size_t count_ahead(const struct standings *standings)
{
	size_t ahead = 0;

	for (size_t i = 0; i < standings->session->fleet->user_count; i++)
		if (strcmp(standings->users[i], standings->newest) > 0)
			ahead++;
	return ahead;
}

static void say_nothing(const struct session *session, const char *run_id)
{
	if (session->options->quiet || session->options->json)
		return;
	if (*run_id)
		printf("rollback: no database stands at run %s; nothing was "
		       "changed\n", run_id);
	else
		printf("rollback: no database stands at an upgrade that left "
		       "backups; nothing was changed\n");
}

/* --to runs ways down, the rest puts backups back. */
int cmd_rollback_check(const struct options *options, struct error *err)
{
	if (!options_say(options, "migrations.target") ||
	    (!options->run && !options->force))
		return 0;
	return error_set(err, ERROR_USAGE, "rollback: --to runs the ways down "
			 "of the migrations, and neither --run nor --force, "
			 "which are about backups, goes with it");
}

static int put_back(struct session *session, const struct fleet *subset,
		    const char *run_id, int *exit_status, struct error *err)
{
	text_copy(session->plan.source_run, sizeof(session->plan.source_run),
		  run_id);
	return rewind_and_hold(session, subset, &operation_rollback,
			       exit_status, err);
}

int cmd_rollback(struct session *session, int *exit_status, struct error *err)
{
	struct standings standings = { .listener = { .hear = hear },
				       .session = session };
	struct listener *listeners[] = { &standings.listener };
	struct fleet subset = { 0 };
	struct gone gone = { 0 };
	int rc = rewind_check_run(session, err);

	if (rc)
		return rc;
	if (options_say(session->options, "migrations.target"))
		return descent_run(session, exit_status, err);
	standings.users = xcalloc(session->fleet->user_count + 1,
				  sizeof(*standings.users));
	rc = execution_look(session, session->fleet, listeners, 1, NULL, err);
	/* Or else what is there would be taken for what is not. */
	if (rc == 0 && standings.error.code != ERROR_NONE) {
		*err = standings.error;
		rc = error_append(err, "nothing was changed");
	}
	if (rc == 0 && session->options->run)
		text_copy(standings.newest, sizeof(standings.newest),
			  session->options->run);
	if (rc == 0)
		subset_take(session->fleet, stands_there, &standings, &subset);
	subset.not_selected = count_ahead(&standings);
	/* Only now: what is gone stands nowhere, and says nothing about which
	 * run is to be taken back. */
	if (rc == 0 && *standings.newest)
		rc = gone_find(session, standings.newest, &gone, err);
	if (rc == 0)
		gone_join(&gone, &subset);
	if (rc == 0 && !subset.system && subset.user_count == 0) {
		say_nothing(session, standings.newest);
		*exit_status = EXIT_STATUS_GOOD;
	} else if (rc == 0) {
		rc = put_back(session, &subset, standings.newest, exit_status,
			      err);
	}
	subset_release(&subset);
	gone_release(&gone);
	free(standings.users);
	return rc;
}
