#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/execution.h"
#include "cli/exit_status.h"
#include "cli/message.h"
#include "cli/preflight.h"
#include "cli/subset.h"
#include "fleet/backups.h"
#include "fleet/hold.h"
#include "fleet/room.h"

/* The paths of the databases that did not get there last time, sorted. */
struct unfinished {
	char **paths;
	size_t count, capacity;
	bool is_everything;
};

static void tell_unfinished(void *self, const char *username, const char *path)
{
	struct unfinished *list = self;

	(void)username;
	list->paths = array_grow(list->paths, list->count, &list->capacity,
				 sizeof(*list->paths));
	list->paths[list->count++] = xstrdup(path);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* system.db comes first in every upgrade, whatever became of it last time. */
static bool is_unfinished(void *self, const struct subject *subject)
{
	const struct unfinished *list = self;

	return subject->kind == KIND_SYSTEM || list->is_everything ||
	       (list->count > 0 &&
		bsearch(&subject->path, list->paths, list->count,
			sizeof(*list->paths), compare_paths));
}

/* The newest upgrade for real, as the journal has it. */
struct last_time {
	bool is_known, was_stopped;
};

static void tell_run(void *self, const struct journal_run *run)
{
	struct last_time *last = self;

	if (last->is_known || run->dry_run ||
	    strcmp(run->command, operation_upgrade.name) != 0)
		return;
	last->is_known = true;
	last->was_stopped = run->not_begun > 0 || !run->ended;
}

/* What a stopped run never came to has no row: then everything is taken up, and
 * what is current costs a look. */
static int take_unfinished(const struct session *session, struct fleet *out,
			   struct error *err)
{
	struct unfinished list = { 0 };
	struct last_time last = { 0 };
	int rc = journal_each_run(session->state.path, 0, tell_run, &last,
				  err);

	if (rc == 0)
		rc = journal_each_unfinished(session->state.path,
					     tell_unfinished, &list, err);
	list.is_everything = last.was_stopped;
	if (list.count > 0)
		qsort(list.paths, list.count, sizeof(*list.paths),
		      compare_paths);
	if (rc == 0)
		subset_take(session->fleet, is_unfinished, &list, out);
	for (size_t i = 0; i < list.count; i++)
		free(list.paths[i]);
	free(list.paths);
	return rc;
}

static void say_held(const struct session *session, const struct hold *hold,
		     struct error *err)
{
	char *release = options_compose(session->options, "upgrade --release",
					CALL_GIVEN, NULL);
	char *text = hold_text(hold);

	error_set(err, ERROR_HELD, "%s is %s; nothing was touched; when "
		  "upgrades may go on: %s", session->data_path, text, release);
	free(text);
	free(release);
}

static int mind_hold(const struct session *session, struct error *err)
{
	struct hold hold;

	if (session->options->release)
		return hold_lift(session->data_dir, err);
	if (!hold_is_set(session->data_dir, &hold))
		return 0;
	say_held(session, &hold, err);
	return ERROR_HELD;
}

/* What an upgrade would say before it began. */
static int mind_space(const struct session *session, struct run *run,
		      struct error *err)
{
	const struct totals *totals = run_totals(run);
	const struct preflight_need need = {
		.backups = (uint64_t)totals->bytes_backed_up,
		.biggest = (uint64_t)totals->bytes_biggest,
	};
	struct error no_room = { 0 };
	int rc = preflight_rehearsed(session, &need, &no_room);

	if (rc == ERROR_HELD) {
		run_stop(run, EXIT_STATUS_STOPPED, "%s", no_room.message);
		return 0;
	}
	if (rc)
		*err = no_room;
	return rc;
}

/* A dry run lifts no hold and is not kept from trying by one: whoever repairs
 * what was taken back wants to see it work. It only tells. */
static int rehearse(struct session *session, const struct fleet *fleet,
		    int *exit_status, struct error *err)
{
	struct execution execution;
	struct error held = { 0 };
	struct hold hold;
	int rc = execution_begin(session, fleet, &operation_rehearse,
				 &execution, err);

	if (rc)
		return rc;
	rc = run_pass(execution.run, &operation_rehearse, NULL, err);
	/* In the upgrade's order: what is said first stays. */
	if (!session->options->release &&
	    hold_is_set(session->data_dir, &hold)) {
		say_held(session, &hold, &held);
		run_stop(execution.run, EXIT_STATUS_STOPPED, "%s",
			 held.message);
	}
	if (rc == 0)
		rc = mind_space(session, execution.run, err);
	execution_end(&execution, exit_status);
	return rc;
}

/* What is old and beyond backup.keep goes now that there is something newer. */
static int prune(void *self, const struct state *place, struct error *err)
{
	const struct config *config = self;

	return backups_prune(place, config->keep, config->max_age_ms, false,
			     NULL, NULL, NULL, err);
}

/* Backups that cannot be gone through are told, and do not hide that the run
 * itself has come to something worse. */
static int prune_all(struct session *session, int exit_status,
		     struct error *err)
{
	int rc = rooms_each(&session->state, prune, &session->config, err);

	rooms_drop_runs(&session->state);
	if (rc == 0 ||
	    tally_worse(exit_status, EXIT_STATUS_DISK) == EXIT_STATUS_DISK)
		return rc;
	message_warn("%s", err->message);
	memset(err, 0, sizeof(*err));
	return 0;
}

static int upgrade(struct session *session, const struct fleet *fleet,
		   int *exit_status, struct error *err)
{
	int rc;

	if (session->options->dry_run)
		return rehearse(session, fleet, exit_status, err);
	rc = mind_hold(session, err);
	if (rc == 0)
		rc = preflight_space(session, fleet, true, err);
	if (rc == 0)
		rc = execution_run(session, fleet, &operation_upgrade,
				   exit_status, err);
	if (rc == 0 && *exit_status != EXIT_STATUS_DISK)
		rc = prune_all(session, *exit_status, err);
	return rc;
}

int cmd_upgrade(struct session *session, int *exit_status, struct error *err)
{
	struct fleet subset = { 0 };
	int rc;

	if (!session->options->failed)
		return upgrade(session, session->fleet, exit_status, err);
	rc = take_unfinished(session, &subset, err);
	if (rc == 0)
		rc = upgrade(session, &subset, exit_status, err);
	subset_release(&subset);
	return rc;
}
