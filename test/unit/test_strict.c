#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "cli/session.h"
#include "cli/strict.h"
#include "sandpit.h"

#define OWNER 54321

/* The fleet in the sandpit, as a session has it when it asks. */
static void begin(struct session *session, const struct sandpit *sandpit)
{
	struct pattern *users;
	struct selection selection = { .system_db = "system.db" };
	struct error err = { 0 };

	if (geteuid() != 0)
		skip(); /* who is not root is not asked, see strict.bats */
	assert_int_equal(pattern_new("**/{username}.db", true, &users, &err),
			 0);
	selection.user_db = users;
	*session = (struct session){
		.config = { .data_dir = sandpit->path,
			    .state_dir = (char *)".state",
			    .strict_modes = true },
		.data_path = sandpit->path,
	};
	assert_int_equal(fleet_discover(sandpit->fd, &selection,
					&session->fleet, &err),
			 0);
	pattern_free(users);
}

static int judge(const struct sandpit *sandpit, bool strict, struct error *err)
{
	struct session session;
	int rc;

	*err = (struct error){ 0 };
	begin(&session, sandpit);
	session.config.strict_modes = strict;
	rc = strict_fleet(&session, err);
	fleet_free(session.fleet);
	return rc;
}

static void a_closed_fleet_is_good(void **state)
{
	struct error err;

	sandpit_folder(*state, "users");
	sandpit_file(*state, "system.db", "x", 0666);
	sandpit_file(*state, "users/a.db", "x", 0666);
	assert_int_equal(judge(*state, true, &err), 0);
}

static void the_open_folder_is_named_and_what_mends_it(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;

	sandpit_folder(sandpit, "users");
	sandpit_folder(sandpit, "users/a");
	sandpit_file(sandpit, "users/a/a.db", "x", 0600);
	assert_int_equal(fchmodat(sandpit->fd, "users", 0777, 0), 0);
	assert_int_equal(judge(sandpit, true, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "/users may be written"));
	assert_non_null(strstr(err.message, "chmod go-w"));
	assert_non_null(strstr(err.message, "run.strict_modes = no"));
	assert_int_equal(judge(sandpit, false, &err), 0);

	/* Sticky, it may be passed, but hold nothing. */
	assert_int_equal(fchmodat(sandpit->fd, "users", 01777, 0), 0);
	assert_int_equal(judge(sandpit, true, &err), 0);
	sandpit_file(sandpit, "users/b.db", "x", 0600);
	assert_int_equal(judge(sandpit, true, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "/users may be written"));
}

static void somebody_elses_folder_is_named_with_its_owner(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;

	sandpit_folder(sandpit, "users");
	sandpit_file(sandpit, "users/a.db", "x", 0600);
	assert_int_equal(fchownat(sandpit->fd, "users", OWNER, OWNER, 0), 0);
	assert_int_equal(judge(sandpit, true, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "user id 54321"));
	assert_non_null(strstr(err.message, "chown 0 "));
	assert_int_equal(fchownat(sandpit->fd, "users/a.db", OWNER, OWNER, 0),
			 0);
	assert_int_equal(judge(sandpit, true, &err), 0);
}

static void the_way_to_the_state_directory_counts(void **state)
{
	const struct sandpit *sandpit = *state;
	struct session session;
	struct error err = { 0 };

	begin(&session, sandpit);
	assert_int_equal(strict_state(&session, 0, &err), 0);
	/* What is not there, state_open() tells of. */
	session.config.state_dir = (char *)"none/.state";
	assert_int_equal(strict_state(&session, 0, &err), 0);
	sandpit_folder(sandpit, "open");
	assert_int_equal(fchmodat(sandpit->fd, "open", 0777, 0), 0);
	session.config.state_dir = (char *)"open/.state//";
	assert_int_equal(strict_state(&session, 0, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "the state directory: "));
	session.config.state_dir = (char *)"/state";
	assert_int_equal(strict_state(&session, 0, &err), 0);
	fleet_free(session.fleet);
}

/* Outside of any fleet: what is made is worth what its folder is worth. */
static void a_folder_that_others_may_write_to_is_no_place(void **state)
{
	const struct sandpit *sandpit = *state;
	struct step step = { .file = xasprintf("%s/m.md", sandpit->path) };
	struct step *steps[] = { &step };
	struct migrations migrations = { .steps = steps, .step_count = 1 };
	struct session session = { .migrations = &migrations,
				   .config.strict_modes = true };
	char *folder = xasprintf("%s/open", sandpit->path);
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	sandpit_folder(sandpit, "open");
	sandpit_file(sandpit, "m.md", "x", 0644);
	assert_int_equal(strict_files(&session, folder, &err), 0);
	assert_int_equal(fchmodat(sandpit->fd, "open", 0777, 0), 0);
	assert_int_equal(strict_files(&session, folder, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "/open may be written"));
	session.config.strict_modes = false;
	assert_int_equal(strict_files(&session, folder, &err), 0);
	session.config.strict_modes = true;
	assert_int_equal(fchmodat(sandpit->fd, "open", 0755, 0), 0);
	assert_int_equal(fchmodat(sandpit->fd, "m.md", 0666, 0), 0);
	assert_int_equal(strict_files(&session, folder, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "m.md may be written"));
	free(step.file);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_closed_fleet_is_good,
						sandpit_open, sandpit_close),
		cmocka_unit_test_setup_teardown(
			the_open_folder_is_named_and_what_mends_it,
			sandpit_open, sandpit_close),
		cmocka_unit_test_setup_teardown(
			somebody_elses_folder_is_named_with_its_owner,
			sandpit_open, sandpit_close),
		cmocka_unit_test_setup_teardown(
			the_way_to_the_state_directory_counts, sandpit_open,
			sandpit_close),
		cmocka_unit_test_setup_teardown(
			a_folder_that_others_may_write_to_is_no_place,
			sandpit_open, sandpit_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
