#include "cli/execution.h"

#include <signal.h>
#include <unistd.h>

#include "base/memory.h"
#include "desk.h"
#include "fleet/journal.h"

/* Counts what it hears. */
struct ear {
	struct listener listener;
	size_t databases;
	int begun, ended, last_status;
};

static void hear(struct listener *self, const struct event *event)
{
	struct ear *ear = (struct ear *)self;

	ear->databases += event->type == EVENT_DATABASE;
	ear->begun += event->type == EVENT_RUN_BEGIN;
	if (event->type != EVENT_RUN_END)
		return;
	ear->ended++;
	ear->last_status = event->run->exit_status;
}

/* alice at 1, bob at 2, both pending; and a session for the command line. */
static struct session *open_fleet(struct desk *desk, const char *line)
{
	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 2);
	if (desk_open(desk, line) != 0)
		fail_msg("%s", desk->error.message);
	return &desk->session;
}

static char *backups_of(const struct session *session)
{
	return xasprintf("%s/backups/%s", session->state.path,
			 session->plan.run_id);
}

static void test_a_look_is_heard_and_leaves_no_trace(void **state)
{
	struct desk *desk = *state;
	struct session *session = open_fleet(desk, "status");
	struct ear one = { .listener = { .hear = hear } }, two = one;
	struct listener *listeners[] = { &one.listener, &two.listener };
	char *before = workshop_print(desk->shop);
	struct error err = { 0 };
	int status = -1;

	assert_int_equal(execution_look(session, session->fleet, listeners, 2,
					&status, &err), 0);
	assert_int_equal(status, 0);
	assert_int_equal(one.databases, 2);
	assert_int_equal(one.begun, 1);
	assert_int_equal(one.ended, 1);
	assert_int_equal(two.databases, 2);
	workshop_untouched(desk->shop, before);
	/* Twice is fine: a rollback looks, and its run follows. */
	assert_int_equal(execution_look(session, session->fleet, listeners, 1,
					NULL, &err), 0);
	assert_int_equal(one.databases, 4);
	assert_int_equal(two.databases, 2);
	desk_close(desk);
}

static void test_a_run_backs_up_and_is_in_the_journal(void **state)
{
	struct desk *desk = *state;
	struct session *session = open_fleet(desk, "upgrade -q");
	struct error err = { 0 };
	char *backups = backups_of(session), *alice;
	int status = -1;

	assert_int_equal(execution_run(session, session->fleet,
				       &operation_upgrade, &status, &err), 0);
	assert_int_equal(status, 0);
	assert_int_equal(session->plan.backup_dir, -1);
	alice = xasprintf("%s/alice.db", backups);
	assert_int_equal(access(alice, F_OK), 0);
	assert_non_null(session->last_run);
	assert_int_equal(run_totals(session->last_run)
				 ->outcomes[OUTCOME_UPGRADED], 2);
	workshop_expect(desk->shop, "alice.db", "SELECT to_version FROM "
			"fleet_schema_history ORDER BY rank DESC LIMIT 1", "3");
	desk_close(desk);
	desk_expect(desk, "history", 0);
	desk_says(desk, "2 upgraded");
	free(alice);
	free(backups);
}

static void test_an_idle_run_leaves_no_backups(void **state)
{
	struct desk *desk = *state;
	struct session *session = open_fleet(desk, "upgrade -q");
	struct error err = { 0 };
	char *backups;
	int status = -1;

	assert_int_equal(execution_run(session, session->fleet,
				       &operation_upgrade, &status, &err), 0);
	desk_close(desk);
	assert_int_equal(desk_open(desk, "upgrade -q"), 0);
	backups = backups_of(session);
	assert_int_equal(execution_run(session, session->fleet,
				       &operation_upgrade, &status, &err), 0);
	assert_int_equal(status, 0);
	assert_int_not_equal(access(backups, F_OK), 0);
	free(backups);
	desk_close(desk);
}

static void test_what_does_not_write_makes_no_folder(void **state)
{
	struct desk *desk = *state;
	struct session *session = open_fleet(desk, "-n -q");
	struct execution execution;
	struct error err = { 0 };
	int status = -1;

	assert_int_equal(execution_begin(session, session->fleet,
					 &operation_rehearse, &execution,
					 &err), 0);
	assert_int_equal(session->plan.backup_dir, -1);
	assert_null(execution.json);
	assert_null(execution.progress);
	assert_non_null(execution.summary);
	execution_end(&execution, &status);
	assert_int_equal(status, 0);
	assert_false(desk_has(desk, ".fleet-upgrade"));
	desk_close(desk);
}

/* What stopped before its pass has a status all the same. */
static void test_a_stopped_run_says_so(void **state)
{
	struct desk *desk = *state;
	struct session *session = open_fleet(desk, "-n -q");
	struct execution execution;
	struct error err = { 0 };
	int status = -1;

	assert_int_equal(execution_begin(session, session->fleet,
					 &operation_rehearse, &execution,
					 &err), 0);
	run_stop(execution.run, EXIT_STATUS_STOPPED, "because");
	assert_int_equal(run_pass(execution.run, &operation_rehearse, NULL,
				  &err), 0);
	execution_end(&execution, &status);
	assert_int_equal(status, EXIT_STATUS_STOPPED);
	desk_close(desk);
}

/* Raises the signal while the look goes on, on the loop thread. */
static void raise_term(struct listener *self, const struct event *event)
{
	(void)self;
	if (event->type == EVENT_DATABASE)
		assert_int_equal(kill(getpid(), SIGTERM), 0);
}

static void test_a_signal_ends_a_look_with_an_error(void **state)
{
	struct listener listener = { .hear = raise_term };
	struct listener *listeners[] = { &listener };
	struct desk *desk = *state;
	struct session *session;
	struct error err = { 0 };

	for (char name[] = "c0.db"; name[1] <= '9'; name[1]++)
		workshop_make(desk->shop, name, 1);
	session = open_fleet(desk, "status -j 1");
	assert_int_equal(execution_look(session, session->fleet, listeners, 1,
					NULL, &err), ERROR_STOPPED);
	assert_true(run_is_draining(session->last_run));
	desk_close(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_a_look_is_heard_and_leaves_no_trace),
		DESK_TEST(test_a_run_backs_up_and_is_in_the_journal),
		DESK_TEST(test_an_idle_run_leaves_no_backups),
		DESK_TEST(test_what_does_not_write_makes_no_folder),
		DESK_TEST(test_a_stopped_run_says_so),
		DESK_TEST(test_a_signal_ends_a_look_with_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
