#include "fleet/run.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "database/backup.h"
#include "fleet/flaws.h"
#include "fleet/sweep.h"

#define TICK_MS 200

enum phase { PHASE_READY, PHASE_SYSTEM, PHASE_USERS, PHASE_RETRY, PHASE_ENDED };

#define TO(phase) (1u << (phase))
static const unsigned moves[] = {
	[PHASE_READY] = TO(PHASE_SYSTEM) | TO(PHASE_USERS) | TO(PHASE_ENDED),
	[PHASE_SYSTEM] = TO(PHASE_RETRY) | TO(PHASE_USERS) | TO(PHASE_READY),
	[PHASE_USERS] = TO(PHASE_RETRY) | TO(PHASE_SYSTEM) | TO(PHASE_READY),
	[PHASE_RETRY] = TO(PHASE_RETRY) | TO(PHASE_SYSTEM) | TO(PHASE_USERS) |
			TO(PHASE_READY),
	[PHASE_ENDED] = 0,
};

struct run {
	struct run_options options;
	uv_loop_t loop;
	uv_timer_t tick, pause;
	struct signals signals;
	struct queue *queue;
	struct reserve reserve;
	struct retired retired;
	struct audience audience;

	const struct operation *purpose; /* run_begin()'s; NULL before */
	struct run_summary summary;
	int64_t began_us;
	int status;		/* the worst that was said in so many words */
	char *stopped;		/* why nothing more is pulled; NULL: go on */

	enum phase phase;
	const struct operation *operation; /* of the pass going on */
	struct listener *only;
	enum outcome system;	/* of system.db, in this pass */
	size_t not_back;	/* users that did not go back, in this pass */
};

static void move(struct run *run, enum phase phase)
{
	assert((moves[run->phase] & TO(phase)) != 0);
	run->phase = phase;
}

static bool is_stopping(const struct run *run)
{
	return run->stopped != NULL || run->signals.draining;
}

static void tell(struct run *run, struct event *event)
{
	run->summary.duration_us = clock_now_us() - run->began_us;
	run->summary.signal = run->signals.signal;
	run->summary.stopped = run->stopped;
	event->run = &run->summary;
	audience_tell(&run->audience, event, &run->summary.exit_status);
}

static void tell_tick(uv_timer_t *timer)
{
	struct event event = { .type = EVENT_PROGRESS };

	tell(timer->data, &event);
}

static void tell_retry(void *self, size_t waiting)
{
	struct run *run = self;
	struct event event = { .type = EVENT_ROUND, .waiting = waiting };

	move(run, PHASE_RETRY);
	if (run->only == NULL)
		tell(run, &event);
}

static void conclude(void *self, const struct subject *subject,
		     const struct result *result)
{
	struct run *run = self;
	const struct plan *plan = run->options.plan;
	char *path = xasprintf("%s/%s", plan->data_path, subject->path);
	char *backup = NULL;
	struct event event = {
		.type = EVENT_DATABASE,
		.run = &run->summary,
		.subject = subject,
		.result = result,
		.path = path,
	};

	if (subject->kind == KIND_SYSTEM)
		run->system = result->outcome;
	else if (!tally_went_back(result->outcome))
		run->not_back++;
	if (result->has_backup)
		event.backup = backup = backup_path(plan, subject);
	if (run->only == NULL) {
		tally_add(&run->summary.totals, subject, result,
			  run->operation->writes);
		tell(run, &event);
	} else {
		run->only->hear(run->only, &event);
	}
	free(backup);
	free(path);
}

static void count_sweep(struct run *run, const struct sweep *sweep)
{
	struct totals *totals = &run->summary.totals;

	if (run->only != NULL)
		return;
	totals->not_begun += sweep->left_out;
	totals->given_up += sweep->given_up;
	totals->undone += sweep->undone;
}

void run_notice(struct run *run, const char *fmt, ...)
{
	struct event event = { .type = EVENT_NOTICE };
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	event.text = text;
	tell(run, &event);
}

void run_stop(struct run *run, int exit_status, const char *fmt, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	run->status = tally_worse(run->status, exit_status);
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (run->stopped == NULL)
		run->stopped = xstrdup(text);
}

static void work_through(struct run *run, enum phase phase,
			 const struct subject *subjects, size_t count)
{
	struct sweep sweep = {
		.loop = &run->loop,
		.pause = &run->pause,
		.queue = run->queue,
		.signals = &run->signals,
		.reserve = &run->reserve,
		.retired = &run->retired,
		.plan = run->options.plan,
		.operation = run->operation,
		.retries = run->options.retries,
		.conclude = conclude,
		.retry = tell_retry,
		.self = run,
	};

	if (count == 0)
		return;
	move(run, phase);
	if (is_stopping(run))
		sweep.left_out = count;
	else
		sweep_run(&sweep, subjects, count);
	count_sweep(run, &sweep);
	if (sweep.no_room.code != ERROR_NONE)
		run_stop(run, sweep.no_room.code == ERROR_HELD
				      ? EXIT_STATUS_STOPPED
				      : EXIT_STATUS_DISK,
			 "%s", sweep.no_room.message);
}

static void work_system(struct run *run)
{
	const struct subject *system = run->options.fleet->system;

	work_through(run, PHASE_SYSTEM, system, system != NULL ? 1 : 0);
}

static void work_system_last(struct run *run)
{
	const struct fleet *fleet = run->options.fleet;
	size_t ahead = run->not_back + fleet->not_selected;

	if (fleet->system == NULL)
		return;
	/* Users that were left out are in the way no less, but then something
	 * has stopped the run, and nothing is begun any more. */
	if (ahead == 0) {
		work_system(run);
		return;
	}
	count_sweep(run, &(struct sweep){ .left_out = 1 });
	run_notice(run, "system.db was left at its version, because %zu user "
		   "database%s did not go back: it follows when all of them "
		   "have", ahead, ahead == 1 ? "" : "s");
}

/* Why no user database may be touched; NULL: they may. */
static const char *gate_closed(const struct run *run)
{
	if (run->options.fleet->system == NULL)
		return run->options.system_expected
			       ? "system.db is missing, though there are "
				 "migrations for it: no user database is "
				 "touched without it; put it back, or leave "
				 "fleet.system_db empty if the fleet has none"
			       : NULL;
	return tally_opens_gate(run->system)
		       ? NULL
		       : "system.db did not get to its target: no user "
			 "database is touched before it has";
}

/* In a dry run the users follow all the same, so that everything there is to
 * say is said at once. */
static void pass_gate(struct run *run)
{
	const char *closed = gate_closed(run);

	if (run->operation->order != ORDER_SYSTEM_GATES || run->only != NULL ||
	    is_stopping(run) || closed == NULL)
		return;
	run->status = tally_worse(run->status, EXIT_STATUS_SYSTEM);
	if (run->operation->is_dry_run)
		run_notice(run, "%s", closed);
	else
		run_stop(run, EXIT_STATUS_SYSTEM, "%s", closed);
}

static int start_ticking(struct run *run, struct error *err)
{
	int rc = 0;

	if (run->options.wants_progress && run->only == NULL)
		rc = uv_timer_start(&run->tick, tell_tick, TICK_MS, TICK_MS);
	return rc == 0 ? 0
		       : error_set(err, ERROR_IO, "the event loop failed: %s",
				   uv_strerror(rc));
}

int run_pass(struct run *run, const struct operation *operation,
	     struct listener *only, struct error *err)
{
	const struct fleet *fleet = run->options.fleet;
	int rc;

	assert(only != NULL || run->purpose != NULL);
	run->operation = operation;
	run->only = only;
	run->system = OUTCOME_NONE;
	run->not_back = 0;
	signals_hear(&run->signals, &run->loop);
	rc = start_ticking(run, err);
	if (rc != 0)
		return rc;
	if (operation->order == ORDER_SYSTEM_LAST) {
		work_through(run, PHASE_USERS, fleet->users, fleet->user_count);
		work_system_last(run);
	} else {
		work_system(run);
		pass_gate(run);
		work_through(run, PHASE_USERS, fleet->users, fleet->user_count);
	}
	uv_timer_stop(&run->tick);
	if (run->phase != PHASE_READY)
		move(run, PHASE_READY);
	run->only = NULL;
	return 0;
}

void run_listen(struct run *run, struct listener *listener)
{
	audience_add(&run->audience, listener);
}

/* Not in run_new(): the plan may change until the run begins. */
static void fill_summary(struct run *run)
{
	const struct plan *plan = run->options.plan;

	run->summary.run_id = plan->run_id;
	run->summary.command = run->options.command;
	run->summary.data_path = plan->data_path;
	run->summary.jobs = run->options.jobs;
	for (int kind = 0; plan->migrations != NULL && kind < KIND_COUNT;
	     kind++)
		run->summary.targets[kind] =
			chain_version(&plan->migrations->chains[kind],
				      plan->targets[kind]);
}

void run_begin(struct run *run, const struct operation *operation)
{
	const struct fleet *fleet = run->options.fleet;
	struct event event = { .type = EVENT_RUN_BEGIN };

	run->purpose = operation;
	run->began_us = clock_now_us();
	fill_summary(run);
	run->summary.dry_run = operation->is_dry_run;
	tally_expect(&run->summary.totals, fleet->system, fleet->users,
		     fleet->user_count);
	run->summary.totals.unseen = flaws_unseen(fleet);
	tell(run, &event);
}

int run_end(struct run *run)
{
	const struct totals *totals = &run->summary.totals;
	bool gates = run->purpose->order == ORDER_SYSTEM_GATES;
	struct event event = { .type = EVENT_RUN_END };

	signals_hear(&run->signals, &run->loop);
	move(run, PHASE_ENDED);
	run->summary.exit_status =
		tally_worse(run->status, tally_status(totals, gates));
	tell(run, &event);
	return run->summary.exit_status;
}

const struct totals *run_totals(const struct run *run)
{
	return &run->summary.totals;
}

bool run_is_draining(const struct run *run)
{
	return run->signals.draining;
}

void run_raise_signal(const struct run *run)
{
	signals_raise(&run->signals);
}

int run_new(const struct run_options *options, struct run **out,
	    struct error *err)
{
	struct run *run = xcalloc(1, sizeof(*run));
	int rc;

	*out = NULL;
	run->options = *options;
	reserve_init(&run->reserve, options->plan->state_dir,
		     options->plan->state_path, &options->min_free);
	rc = queue_open_loop(&run->loop, err);
	if (rc != 0) {
		free(run);
		return rc;
	}
	uv_timer_init(&run->loop, &run->tick);
	uv_timer_init(&run->loop, &run->pause);
	uv_unref((uv_handle_t *)&run->tick);
	run->tick.data = run;
	rc = signals_open(&run->signals, &run->loop, err);
	if (rc == 0)
		rc = queue_open(&run->loop, options->jobs, &run->queue, err);
	if (rc == 0 && options->crew != NULL)
		rc = queue_hire(run->queue, options->crew, err);
	if (rc == 0)
		*out = run;
	else
		run_free(run);
	return rc;
}

void run_free(struct run *run)
{
	if (run == NULL)
		return;
	queue_close(run->queue);
	uv_close((uv_handle_t *)&run->tick, NULL);
	uv_close((uv_handle_t *)&run->pause, NULL);
	signals_close(&run->signals, &run->loop);
	if (uv_loop_close(&run->loop) != 0)
		abort();
	audience_release(&run->audience);
	retired_close(&run->retired);
	free(run->stopped);
	free(run);
}
