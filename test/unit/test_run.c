#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/run.h"
#include "puppets.h"
#include "sandpit.h"

#define RUN_ID "20261121T043100Z-9f3c"
#define WINDOW 4

static const struct operation upgrade = {
	.name = "upgrade",
	.writes = true,
	.order = ORDER_SYSTEM_GATES,
	.retries_busy = true,
	.work = puppet_work,
	.work_without_room = puppet_look,
};
static const struct operation rehearse = {
	.name = "upgrade",
	.is_dry_run = true,
	.order = ORDER_SYSTEM_GATES,
	.work = puppet_work,
};
static const struct operation verify = {
	.name = "verify",
	.order = ORDER_SYSTEM_FIRST,
	.work = puppet_work,
};
static const struct operation rollback = {
	.name = "rollback",
	.writes = true,
	.order = ORDER_SYSTEM_LAST,
	.work = puppet_work,
};

/* A run, and one listener that remembers what it heard. */
struct stage {
	struct listener listener; /* first */
	struct sandpit *sandpit;
	struct puppets puppets;
	struct plan plan;
	struct run_options options;
	struct run *run;

	size_t events[EVENT_TYPE_COUNT];
	size_t outcomes[OUTCOME_COUNT];
	size_t system_at;	/* after how many users system.db came */
	size_t users_heard;
	char notice[512], stopped[512], path[256], backup[256];
	struct run_summary summary; /* of the last event */
	bool signal_at_round;
};

static void hear_database(struct stage *stage, const struct event *event)
{
	stage->outcomes[event->result->outcome]++;
	if (event->subject->kind == KIND_SYSTEM)
		stage->system_at = stage->users_heard;
	else
		stage->users_heard++;
	snprintf(stage->path, sizeof(stage->path), "%s", event->path);
	snprintf(stage->backup, sizeof(stage->backup), "%s",
		 event->backup != NULL ? event->backup : "");
}

static void hear(struct listener *listener, const struct event *event)
{
	struct stage *stage = (struct stage *)listener;

	stage->events[event->type]++;
	stage->summary = *event->run;
	if (event->type == EVENT_DATABASE)
		hear_database(stage, event);
	if (event->type == EVENT_NOTICE)
		snprintf(stage->notice, sizeof(stage->notice), "%s",
			 event->text);
	if (event->type == EVENT_RUN_END && event->run->stopped != NULL)
		snprintf(stage->stopped, sizeof(stage->stopped), "%s",
			 event->run->stopped);
	if (event->type == EVENT_ROUND && stage->signal_at_round)
		raise(SIGTERM);
}

static void stage_open(struct stage *stage, void **state, size_t users,
		       bool has_system)
{
	memset(stage, 0, sizeof(*stage));
	stage->listener.hear = hear;
	stage->sandpit = *state;
	stage->system_at = SIZE_MAX;
	puppets_open(&stage->puppets, users, has_system);
	stage->plan = (struct plan){
		.data_path = "/srv",
		.state_path = "/srv/.fleet-upgrade",
		.state_dir = stage->sandpit->fd,
		.backup_dir = stage->sandpit->fd,
		.run_id = RUN_ID,
	};
	stage->options = (struct run_options){
		.fleet = &stage->puppets.fleet,
		.plan = &stage->plan,
		.command = "upgrade",
		.jobs = WINDOW,
		.min_free = { .percent = 0 },
		.system_expected = has_system,
	};
}

static void stage_begin(struct stage *stage, const struct operation *operation)
{
	struct error err = { 0 };

	assert_int_equal(run_new(&stage->options, &stage->run, &err), 0);
	run_listen(stage->run, &stage->listener);
	run_begin(stage->run, operation);
}

static void stage_pass(struct stage *stage, const struct operation *operation,
		       struct listener *only)
{
	struct error err = { 0 };

	assert_int_equal(run_pass(stage->run, operation, only, &err), 0);
}

/* The whole run with one pass; its exit status. */
static int stage_play(struct stage *stage, const struct operation *operation)
{
	stage_begin(stage, operation);
	stage_pass(stage, operation, NULL);
	return run_end(stage->run);
}

static void stage_close(struct stage *stage)
{
	run_free(stage->run);
	puppets_close(&stage->puppets);
}

/* Plays a run in which system.db and user 3 come to these outcomes. */
static int status_of(void **state, const struct operation *operation,
		     enum outcome system, enum outcome user)
{
	struct stage stage;
	int status;

	stage_open(&stage, state, 10, true);
	stage.puppets.all[0].outcome = system;
	puppet_of(&stage.puppets, 3)->outcome = user;
	status = stage_play(&stage, operation);
	assert_int_equal(status, stage.summary.exit_status);
	stage_close(&stage);
	return status;
}

/* ---- a run that goes well ---- */

static void all_goes_well(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 200, true);
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_int_equal(stage.events[EVENT_RUN_BEGIN], 1);
	assert_int_equal(stage.events[EVENT_DATABASE], 201);
	assert_int_equal(stage.events[EVENT_RUN_END], 1);
	assert_int_equal(stage.events[EVENT_PROGRESS], 0);
	assert_int_equal(stage.system_at, 0); /* first and alone */
	assert_int_equal(stage.summary.totals.databases, 201);
	assert_int_equal(stage.summary.totals.done, 201);
	assert_int_equal(stage.summary.totals.bytes_backed_up, 201000);
	assert_int_equal(run_totals(stage.run)->outcomes[OUTCOME_UPGRADED],
			 201);
	assert_int_equal(stage.summary.totals.system, OUTCOME_UPGRADED);
	assert_string_equal(stage.summary.run_id, RUN_ID);
	assert_string_equal(stage.summary.data_path, "/srv");
	assert_true(stage.summary.duration_us > 0);
	assert_null(stage.summary.stopped);
	assert_false(run_is_draining(stage.run));
	run_raise_signal(stage.run); /* returns */
	stage_close(&stage);
}

static void paths_are_absolute(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 1, false);
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_string_equal(stage.path, "/srv/u0000001/u0000001.db");
	assert_string_equal(stage.backup, "/srv/.fleet-upgrade/backups/"
			    RUN_ID "/u0000001/u0000001.db");
	stage_close(&stage);

	stage_open(&stage, state, 1, false);
	puppet_of(&stage.puppets, 0)->outcome = OUTCOME_CURRENT;
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_string_equal(stage.backup, "");
	stage_close(&stage);
}

static void an_empty_fleet_is_fine(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 0, false);
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_int_equal(stage.events[EVENT_DATABASE], 0);
	stage_close(&stage);
}

/* ---- exit statuses ---- */

static void a_user_that_fails_stops_nobody(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 100, true);
	puppet_of(&stage.puppets, 0)->outcome = OUTCOME_FAILED;
	puppet_of(&stage.puppets, 50)->outcome = OUTCOME_BUSY;
	assert_int_equal(stage_play(&stage, &upgrade), 1);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 99);
	assert_int_equal(stage.summary.totals.not_begun, 0);
	stage_close(&stage);
}

static void users_decide_the_status(void **state)
{
	static const struct {
		enum outcome outcome;
		int status;
	} rows[] = {
		{ OUTCOME_CURRENT, 0 }, { OUTCOME_FAILED, 1 },
		{ OUTCOME_NEWER, 1 },	{ OUTCOME_WOULD_FAIL, 1 },
		{ OUTCOME_KEPT, 1 },	{ OUTCOME_BUSY, 5 },
		{ OUTCOME_SKIPPED, 5 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(status_of(state, &upgrade, OUTCOME_CURRENT,
					   rows[i].outcome), rows[i].status);
		assert_int_equal(status_of(state, &verify, OUTCOME_CURRENT,
					   rows[i].outcome), rows[i].status);
	}
}

static void system_db_gates_an_upgrade(void **state)
{
	static const enum outcome closing[] = {
		OUTCOME_FAILED, OUTCOME_BUSY, OUTCOME_NEWER, OUTCOME_SKIPPED,
	};

	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++) {
		struct stage stage;

		stage_open(&stage, state, 50, true);
		stage.puppets.all[0].outcome = closing[i];
		assert_int_equal(stage_play(&stage, &upgrade), 2);
		assert_int_equal(stage.events[EVENT_DATABASE], 1);
		assert_int_equal(stage.summary.totals.not_begun, 50);
		for (size_t user = 0; user < 50; user++)
			assert_int_equal(puppet_of(&stage.puppets,
						   user)->worked, 0);
		assert_non_null(strstr(stage.stopped, "system.db"));
		stage_close(&stage);
	}
}

static void a_missing_system_db_gates_if_it_has_steps(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, false);
	stage.options.system_expected = true;
	assert_int_equal(stage_play(&stage, &upgrade), 2);
	assert_int_equal(stage.events[EVENT_DATABASE], 0);
	assert_int_equal(stage.summary.totals.not_begun, 5);
	assert_non_null(strstr(stage.stopped, "missing"));
	stage_close(&stage);

	stage_open(&stage, state, 5, false);
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_int_equal(stage.events[EVENT_DATABASE], 5);
	stage_close(&stage);
}

/* A dry run says all there is to say, and its status is the same. */
static void a_dry_run_goes_on_behind_the_gate(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, true);
	stage.puppets.all[0].outcome = OUTCOME_WOULD_FAIL;
	assert_int_equal(stage_play(&stage, &rehearse), 2);
	assert_int_equal(stage.events[EVENT_DATABASE], 6);
	assert_int_equal(stage.events[EVENT_NOTICE], 1);
	assert_true(stage.summary.dry_run);
	stage_close(&stage);

	stage_open(&stage, state, 5, false);
	stage.options.system_expected = true;
	assert_int_equal(stage_play(&stage, &rehearse), 2);
	assert_int_equal(stage.events[EVENT_DATABASE], 5);
	assert_non_null(strstr(stage.notice, "missing"));
	stage_close(&stage);
}

static void elsewhere_system_db_is_one_of_many(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, true);
	stage.puppets.all[0].outcome = OUTCOME_FAILED;
	assert_int_equal(stage_play(&stage, &verify), 1);
	assert_int_equal(stage.events[EVENT_DATABASE], 6);
	assert_int_equal(stage.system_at, 0);
	stage_close(&stage);
	assert_int_equal(status_of(state, &verify, OUTCOME_BUSY,
				   OUTCOME_CURRENT), 5);
}

static void a_system_db_that_is_kept_counts_like_a_user(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, true);
	for (size_t i = 0; i < stage.puppets.count; i++)
		stage.puppets.all[i].outcome = OUTCOME_RESTORED;
	stage.puppets.all[0].outcome = OUTCOME_KEPT;
	assert_int_equal(stage_play(&stage, &rollback), 1);
	assert_int_equal(stage.summary.totals.system, OUTCOME_KEPT);
	stage_close(&stage);
}

static void the_caller_can_stop_the_run(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, true);
	stage_begin(&stage, &upgrade);
	run_stop(stage.run, EXIT_STATUS_STOPPED, "the fleet is held by %s",
		 "carol");
	run_stop(stage.run, EXIT_STATUS_AGAIN, "something else");
	stage_pass(&stage, &upgrade, NULL);
	assert_int_equal(run_end(stage.run), 6);
	assert_string_equal(stage.stopped, "the fleet is held by carol");
	assert_int_equal(stage.events[EVENT_DATABASE], 0);
	assert_int_equal(stage.summary.totals.not_begun, 6);
	stage_close(&stage);
}

static void the_first_of_the_order_counts(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, true);
	puppet_of(&stage.puppets, 2)->outcome = OUTCOME_FAILED;
	stage_begin(&stage, &upgrade);
	stage_pass(&stage, &upgrade, NULL);
	run_stop(stage.run, EXIT_STATUS_STOPPED, "stopped");
	run_stop(stage.run, EXIT_STATUS_DISK, "the disk");
	assert_int_equal(run_end(stage.run), 74);
	stage_close(&stage);
}

/* ---- rollback: system.db last ---- */

static void system_db_goes_back_last(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 50, true);
	for (size_t i = 0; i < stage.puppets.count; i++)
		stage.puppets.all[i].outcome = OUTCOME_RESTORED;
	puppet_of(&stage.puppets, 7)->outcome = OUTCOME_CURRENT;
	assert_int_equal(stage_play(&stage, &rollback), 0);
	assert_int_equal(stage.system_at, 50);
	assert_int_equal(stage.events[EVENT_NOTICE], 0);
	stage_close(&stage);
}

static void it_stays_if_one_user_stays(void **state)
{
	static const enum outcome staying[] = {
		OUTCOME_KEPT, OUTCOME_FAILED, OUTCOME_BUSY, OUTCOME_SKIPPED,
	};

	for (size_t i = 0; i < sizeof(staying) / sizeof(staying[0]); i++) {
		struct stage stage;

		stage_open(&stage, state, 20, true);
		for (size_t j = 0; j < stage.puppets.count; j++)
			stage.puppets.all[j].outcome = OUTCOME_RESTORED;
		puppet_of(&stage.puppets, 7)->outcome = staying[i];
		assert_int_not_equal(stage_play(&stage, &rollback), 0);
		assert_int_equal(stage.puppets.all[0].worked, 0);
		assert_int_equal(stage.summary.totals.not_begun, 1);
		assert_non_null(strstr(stage.notice, "1 user database did"));
		stage_close(&stage);
	}
}

/* A rollback of some users leaves the others where system.db is. */
static void it_stays_if_not_all_users_were_asked_for(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 5, true);
	for (size_t i = 0; i < stage.puppets.count; i++)
		stage.puppets.all[i].outcome = OUTCOME_RESTORED;
	stage.puppets.fleet.not_selected = 3;
	assert_int_equal(stage_play(&stage, &rollback), 0);
	assert_int_equal(stage.puppets.all[0].worked, 0);
	assert_non_null(strstr(stage.notice, "3 user databases did not"));
	stage_close(&stage);
}

static void it_stays_if_a_user_was_never_begun(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 500, true);
	for (size_t i = 0; i < stage.puppets.count; i++) {
		stage.puppets.all[i].outcome = OUTCOME_RESTORED;
		stage.puppets.all[i].sleep_ms = 1;
	}
	puppet_of(&stage.puppets, 3)->signal = SIGINT;
	assert_int_equal(stage_play(&stage, &rollback), 0);
	assert_int_equal(stage.puppets.all[0].worked, 0);
	assert_int_equal(stage.summary.totals.not_begun,
			 501 - stage.summary.totals.done);
	assert_true(run_is_draining(stage.run));
	stage_close(&stage);
}

/* ---- planning ---- */

struct planner {
	struct listener listener; /* first */
	size_t heard, others;
};

static void plan_database(struct listener *listener, const struct event *event)
{
	struct planner *planner = (struct planner *)listener;

	assert_string_equal(event->run->run_id, RUN_ID);
	if (event->type == EVENT_DATABASE)
		planner->heard++;
	else
		planner->others++;
}

static void a_planning_pass_is_between_two(void **state)
{
	struct planner planner = { { .hear = plan_database }, 0, 0 };
	struct stage stage;

	stage_open(&stage, state, 20, true);
	stage.puppets.all[0].outcome = OUTCOME_FAILED;
	stage_begin(&stage, &upgrade);
	stage_pass(&stage, &upgrade, &planner.listener);
	assert_int_equal(planner.heard, 21);
	assert_int_equal(planner.others, 0);
	assert_int_equal(stage.events[EVENT_DATABASE], 0);
	assert_int_equal(run_totals(stage.run)->done, 0);
	assert_int_equal(run_totals(stage.run)->not_begun, 0);

	/* Then the real one, on less of a fleet. */
	stage.puppets.all[0].outcome = OUTCOME_UPGRADED;
	stage.puppets.fleet.user_count = 5;
	stage_pass(&stage, &upgrade, NULL);
	assert_int_equal(run_end(stage.run), 0);
	assert_int_equal(stage.events[EVENT_DATABASE], 6);
	assert_int_equal(planner.heard, 21);
	stage.puppets.fleet.user_count = 20;
	stage_close(&stage);
}

static void planning_may_come_before_the_run_begins(void **state)
{
	struct stage stage;
	struct error err = { 0 };

	stage_open(&stage, state, 8, true);
	assert_int_equal(run_new(&stage.options, &stage.run, &err), 0);
	run_listen(stage.run, &stage.listener);
	stage_pass(&stage, &verify, &stage.listener);
	assert_int_equal(stage.events[EVENT_DATABASE], 9);
	assert_int_equal(stage.events[EVENT_RUN_BEGIN], 0);
	stage.puppets.fleet.user_count = 2;
	run_begin(stage.run, &upgrade);
	assert_int_equal(stage.summary.totals.databases, 3);
	stage_pass(&stage, &upgrade, NULL);
	assert_int_equal(run_end(stage.run), 0);
	stage.puppets.fleet.user_count = 8;
	stage_close(&stage);
}

/* ---- rounds, ticks, notices ---- */

static void busy_ones_are_told_once(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 20, true);
	stage.options.retries = 1;
	stage.puppets.all[0].busy_times = 1; /* delays the users, no more */
	puppet_of(&stage.puppets, 4)->busy_times = 1;
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_int_equal(stage.events[EVENT_ROUND], 2);
	assert_int_equal(stage.events[EVENT_DATABASE], 21);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 0);
	assert_int_equal(stage.system_at, 0);
	stage_close(&stage);
}

static void ticks_while_it_works(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 8, false);
	stage.options.wants_progress = true;
	for (size_t i = 0; i < 8; i++)
		puppet_of(&stage.puppets, i)->sleep_ms = 350;
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_in_range(stage.events[EVENT_PROGRESS], 2, 8);
	stage_close(&stage);
}

static void notices_are_told(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 0, false);
	stage_begin(&stage, &upgrade);
	run_notice(stage.run, "%d folders were passed over", 3);
	assert_string_equal(stage.notice, "3 folders were passed over");
	assert_int_equal(run_end(stage.run), 0);
	stage_close(&stage);
}

/* ---- stopping ---- */

static void a_signal_drains(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 1000, true);
	for (size_t i = 0; i < 1000; i++)
		puppet_of(&stage.puppets, i)->sleep_ms = 1;
	puppet_of(&stage.puppets, 20)->signal = SIGTERM;
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_int_equal(stage.summary.signal, SIGTERM);
	assert_true(run_is_draining(stage.run));
	assert_in_range(stage.summary.totals.done, 10, 200);
	assert_int_equal(stage.summary.totals.done +
				 stage.summary.totals.not_begun, 1001);
	assert_int_equal(stage.events[EVENT_RUN_END], 1);
	stage_close(&stage);
}

static void a_signal_between_two_passes_is_heard(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 10, true);
	stage_begin(&stage, &upgrade);
	raise(SIGINT);
	stage_pass(&stage, &upgrade, NULL);
	assert_int_equal(run_end(stage.run), 0);
	assert_int_equal(stage.events[EVENT_DATABASE], 0);
	assert_int_equal(stage.summary.totals.not_begun, 11);
	assert_int_equal(stage.summary.signal, SIGINT);
	stage_close(&stage);
}

static void a_signal_ends_the_wait_for_busy_ones(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 10, true);
	stage.options.retries = 3;
	puppet_of(&stage.puppets, 4)->busy_times = 99;
	stage.signal_at_round = true;
	assert_int_equal(stage_play(&stage, &upgrade), 5);
	assert_int_equal(stage.outcomes[OUTCOME_BUSY], 1);
	assert_int_equal(stage.summary.totals.not_begun, 0);
	assert_true(stage.summary.duration_us < 900000);
	stage_close(&stage);
}

/* In a child: the whole way of a command that is stopped. */
static void be_stopped(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 100, true);
	puppet_of(&stage.puppets, 5)->signal = SIGTERM;
	stage_play(&stage, &upgrade);
	run_raise_signal(stage.run);
}

static void the_process_dies_of_the_signal(void **state)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		be_stopped(state);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void the_disk_reserve_stops_the_run(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 20, true);
	stage.options.min_free.percent = 100;
	for (size_t i = 0; i < stage.puppets.count; i++)
		stage.puppets.all[i].looks_like =
			i < 10 ? OUTCOME_CURRENT : OUTCOME_WOULD_UPGRADE;
	assert_int_equal(stage_play(&stage, &upgrade), 6);
	assert_non_null(strstr(stage.stopped, "/srv/.fleet-upgrade"));
	assert_non_null(strstr(stage.stopped, "backup.min_free"));
	assert_int_equal(stage.outcomes[OUTCOME_CURRENT], 10);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 0);
	assert_int_equal(stage.summary.totals.not_begun, 11);
	stage_close(&stage);
}

static void with_nothing_to_do_the_disk_may_be_full(void **state)
{
	struct stage stage;

	stage_open(&stage, state, 20, true);
	stage.options.min_free.percent = 100;
	for (size_t i = 0; i < stage.puppets.count; i++)
		stage.puppets.all[i].looks_like = OUTCOME_CURRENT;
	assert_int_equal(stage_play(&stage, &upgrade), 0);
	assert_int_equal(stage.outcomes[OUTCOME_CURRENT], 21);
	stage_close(&stage);
}

static void jobs_that_cannot_be_had_are_refused(void **state)
{
	struct stage stage;
	struct error err = { 0 };

	stage_open(&stage, state, 1, false);
	stage.options.jobs = 0;
	assert_int_equal(run_new(&stage.options, &stage.run, &err),
			 ERROR_CONFIG);
	assert_null(stage.run);
	stage_close(&stage);
}

/* ---- memory ---- */

static long most_memory_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void a_hundred_thousand_take_no_more_memory(void **state)
{
	struct stage stage;
	long before;

	stage_open(&stage, state, 100000, true);
	stage_begin(&stage, &upgrade);
	before = most_memory_kib();
	stage_pass(&stage, &upgrade, NULL);
	if (!sandpit_is_watched())
		assert_in_range(most_memory_kib() - before, 0, 2048);
	assert_int_equal(run_end(stage.run), 0);
	assert_int_equal(stage.summary.totals.done, 100001);
	stage_close(&stage);
}

/* An application that holds all of them: a pointer each, not a result. */
static void as_many_busy_ones_take_little(void **state)
{
	struct stage stage;
	long before;

	stage_open(&stage, state, 100000, false);
	stage.options.retries = 1;
	for (size_t i = 0; i < 100000; i++)
		puppet_of(&stage.puppets, i)->busy_times = 1;
	stage_begin(&stage, &upgrade);
	before = most_memory_kib();
	stage_pass(&stage, &upgrade, NULL);
	if (!sandpit_is_watched())
		assert_in_range(most_memory_kib() - before, 0, 4096);
	assert_int_equal(run_end(stage.run), 0);
	assert_int_equal(stage.outcomes[OUTCOME_UPGRADED], 100000);
	stage_close(&stage);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		/* Forks, so it comes before there are worker threads. */
		TEST(the_process_dies_of_the_signal),
		TEST(all_goes_well),
		TEST(paths_are_absolute),
		TEST(an_empty_fleet_is_fine),
		TEST(a_user_that_fails_stops_nobody),
		TEST(users_decide_the_status),
		TEST(system_db_gates_an_upgrade),
		TEST(a_missing_system_db_gates_if_it_has_steps),
		TEST(a_dry_run_goes_on_behind_the_gate),
		TEST(elsewhere_system_db_is_one_of_many),
		TEST(a_system_db_that_is_kept_counts_like_a_user),
		TEST(the_caller_can_stop_the_run),
		TEST(the_first_of_the_order_counts),
		TEST(system_db_goes_back_last),
		TEST(it_stays_if_one_user_stays),
		TEST(it_stays_if_not_all_users_were_asked_for),
		TEST(it_stays_if_a_user_was_never_begun),
		TEST(a_planning_pass_is_between_two),
		TEST(planning_may_come_before_the_run_begins),
		TEST(busy_ones_are_told_once),
		TEST(ticks_while_it_works),
		TEST(notices_are_told),
		TEST(a_signal_drains),
		TEST(a_signal_between_two_passes_is_heard),
		TEST(a_signal_ends_the_wait_for_busy_ones),
		TEST(the_disk_reserve_stops_the_run),
		TEST(with_nothing_to_do_the_disk_may_be_full),
		TEST(jobs_that_cannot_be_had_are_refused),
		TEST(a_hundred_thousand_take_no_more_memory),
		TEST(as_many_busy_ones_take_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
