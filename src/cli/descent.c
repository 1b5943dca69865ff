#include "cli/descent.h"

#include "cli/execution.h"
#include "cli/rewind.h"

/* Hears a look at the fleet: how far up each kind stands. */
struct heights {
	struct listener listener;
	const struct session *session;
	size_t highest[KIND_COUNT];
};

static void hear(struct listener *self, const struct event *event)
{
	struct heights *heights = (struct heights *)self;
	const struct migrations *migrations = heights->session->migrations;
	size_t position;
	enum kind kind;

	if (event->type != EVENT_DATABASE || !event->result->from[0])
		return;
	kind = event->subject->kind;
	position = chain_position(&migrations->chains[kind],
				  event->result->from);
	if (position > heights->highest[kind])
		heights->highest[kind] = position;
}

/* The first step that would have to be taken back and cannot be. */
static int check_kind(const struct session *session, enum kind kind,
		      size_t highest, struct error *err)
{
	const struct chain *chain = &session->migrations->chains[kind];
	size_t target = session->targets[kind];

	if (highest > 0 && target == 0)
		return error_set(err, ERROR_USAGE, "rollback --to %s: the %s "
				 "migrations begin at %s, and what their first "
				 "step made is not taken back; nothing was "
				 "touched", session->config.target,
				 kind_name(kind), chain->steps[0]->to);
	for (size_t p = highest; p-- > target;) {
		const struct step *step = chain->steps[p];

		if (step_way_down(step))
			continue;
		return error_set(err, ERROR_MIGRATION, "%s:%d: %s has no way "
				 "down, so that no database can go below %s; "
				 "nothing was touched; write one (a part "
				 "\":down\", a file NAME.down.sql), or put "
				 "backups back with rollback --run ID",
				 step->file, step->line, step->name, step->to);
	}
	return 0;
}

int descent_run(struct session *session, int *exit_status, struct error *err)
{
	struct heights heights = { .listener = { .hear = hear },
				   .session = session };
	struct listener *listeners[] = { &heights.listener };
	int rc;

	if (!session->migrations)
		return error_set(err, ERROR_MIGRATION, "rollback --to needs "
				 "the migrations, which cannot be used; "
				 "nothing was touched; why: %s lint",
				 session->again);
	rc = execution_look(session, session->fleet, listeners, 1, NULL, err);
	for (int kind = 0; rc == 0 && kind < KIND_COUNT; kind++)
		rc = check_kind(session, (enum kind)kind,
				heights.highest[kind], err);
	return rc ? rc : rewind_and_hold(session, session->fleet,
					 &operation_descend, exit_status, err);
}
