#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/state.h"
#include "sandpit.h"

#define RUN_ID "20261121T043100Z-9f3c"
#define STRANGER 54321 /* a user id that nobody has */

static int open_it(const struct sandpit *sandpit, const char *path, bool make,
		   struct state *out, struct error *err)
{
	return state_open(sandpit->fd, sandpit->path, path, make, geteuid(),
			  getegid(), out, err);
}

static void must_open(const struct sandpit *sandpit, const char *path,
		      bool make, struct state *out)
{
	struct error err = { 0 };

	if (open_it(sandpit, path, make, out, &err) != 0)
		fail_msg("%s", err.message);
}

static mode_t mode_of(const struct sandpit *sandpit, const char *name)
{
	struct stat seen;

	assert_int_equal(fstatat(sandpit->fd, name, &seen, 0), 0);
	return seen.st_mode & 07777;
}

static void makes_what_belongs_in_it(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	char *path = xasprintf("%s/.fleet-upgrade", sandpit->path);

	must_open(sandpit, ".fleet-upgrade", true, &made);
	assert_true(made.folder >= 0);
	assert_true(made.backups >= 0);
	assert_true(made.staging >= 0);
	assert_string_equal(made.path, path);
	assert_true(sandpit_has(sandpit, ".fleet-upgrade/" STATE_MARKER));
	assert_int_equal(mode_of(sandpit, ".fleet-upgrade"), 0700);
	assert_int_equal(mode_of(sandpit, ".fleet-upgrade/backups"), 0700);
	assert_int_equal(mode_of(sandpit, ".fleet-upgrade/staging"), 0700);
	state_close(&made);
	assert_int_equal(made.folder, -1);
	state_close(&made);
	free(path);
}

static void opens_it_again(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	int before = sandpit_descriptors();

	must_open(sandpit, ".fleet-upgrade", true, &made);
	state_close(&made);
	must_open(sandpit, ".fleet-upgrade/", true, &made);
	state_close(&made);
	must_open(sandpit, ".fleet-upgrade", false, &made);
	assert_true(made.backups >= 0);
	state_close(&made);
	assert_int_equal(sandpit_descriptors(), before);
}

static void an_absolute_path_may_be_anywhere_and_a_link(void **state)
{
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/elsewhere", sandpit->path);
	char *link = xasprintf("%s/link//", sandpit->path);
	struct state made;

	must_open(sandpit, path, true, &made);
	assert_string_equal(made.path, path);
	state_close(&made);
	sandpit_link(sandpit, "elsewhere", "link");
	must_open(sandpit, link, true, &made);
	assert_string_equal(made.path, path);
	state_close(&made);
	free(link);
	free(path);
}

static void without_make_nothing_is_written(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state none;

	must_open(sandpit, ".fleet-upgrade", false, &none);
	assert_int_equal(none.folder, -1);
	assert_int_equal(none.backups, -1);
	assert_null(none.path);
	assert_false(sandpit_has(sandpit, ".fleet-upgrade"));
	state_close(&none);

	/* What a run that died at once left: not ours to finish. */
	sandpit_folder(sandpit, "begun");
	must_open(sandpit, "begun", false, &none);
	assert_int_equal(none.folder, -1);
	assert_false(sandpit_has(sandpit, "begun/" STATE_MARKER));
	state_close(&none);
}

static void goes_on_where_a_run_died(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;

	sandpit_folder(sandpit, "empty");
	must_open(sandpit, "empty", true, &made);
	state_close(&made);
	assert_true(sandpit_has(sandpit, "empty/backups"));

	sandpit_folder(sandpit, "marked");
	sandpit_file(sandpit, "marked/" STATE_MARKER, "", 0600);
	must_open(sandpit, "marked", false, &made);
	assert_true(made.folder >= 0);
	assert_int_equal(made.staging, -1);
	state_close(&made);
	must_open(sandpit, "marked", true, &made);
	assert_true(made.staging >= 0);
	state_close(&made);
}

/* staging/ is cleared at the start of a run: of a folder of somebody else's
 * that would be somebody's files. */
static void a_folder_with_other_things_is_refused(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state none;
	struct error err = { 0 };

	sandpit_folder(sandpit, "home");
	sandpit_folder(sandpit, "home/staging");
	assert_int_equal(open_it(sandpit, "home", true, &none, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "home"));
	assert_non_null(strstr(err.message, STATE_MARKER));
	assert_int_equal(none.folder, -1);
	assert_int_equal(open_it(sandpit, "home", false, &none, &err),
			 ERROR_CONFIG);
	assert_false(sandpit_has(sandpit, "home/backups"));
}

static void one_that_others_may_write_is_refused(void **state)
{
	static const mode_t modes[] = { 0770, 0702, 0777 };
	const struct sandpit *sandpit = *state;
	struct state none;
	struct error err = { 0 };

	sandpit_folder(sandpit, "open");
	for (size_t i = 0; i < 3; i++) {
		fchmodat(sandpit->fd, "open", modes[i], 0);
		assert_int_equal(open_it(sandpit, "open", true, &none, &err),
				 ERROR_CONFIG);
		assert_non_null(strstr(err.message, "write"));
	}
	fchmodat(sandpit->fd, "open", 0755, 0);
	must_open(sandpit, "open", true, &none);
	state_close(&none);
}

static void one_of_somebody_else_is_refused(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state none;
	struct error err = { 0 };

	sandpit_folder(sandpit, "his");
	assert_int_equal(state_open(sandpit->fd, sandpit->path, "his", true,
				    geteuid() + 1, getegid(), &none, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "belongs to"));
	assert_int_equal(none.folder, -1);
}

static void no_link_below_data_dir_is_followed(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state none;
	struct error err = { 0 };

	sandpit_folder(sandpit, "real");
	sandpit_link(sandpit, "real", "link");
	assert_int_equal(open_it(sandpit, "link", true, &none, &err),
			 ERROR_CONFIG);
	assert_int_equal(open_it(sandpit, "link/in", true, &none, &err),
			 ERROR_CONFIG);
	assert_int_equal(open_it(sandpit, "link", false, &none, &err),
			 ERROR_CONFIG);
	assert_false(sandpit_has(sandpit, "real/in"));
	assert_int_not_equal(open_it(sandpit, "../x", true, &none, &err), 0);
}

static void the_folder_above_has_to_be_there(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state none;
	struct error err = { 0 };

	assert_int_equal(open_it(sandpit, "a/b", true, &none, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "a/b"));
	assert_false(sandpit_has(sandpit, "a"));
}

static void begins_a_runs_backups(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	struct error err = { 0 };
	char command[STATE_COMMAND_BYTES];
	int folder = -1;

	must_open(sandpit, "state", true, &made);
	assert_int_equal(state_begin_backups(&made, RUN_ID, "upgrade", &folder,
					     &err), 0);
	assert_true(folder >= 0);
	close(folder);
	assert_true(sandpit_has(sandpit, "state/backups/" RUN_ID "/.run"));
	assert_int_equal(state_backups_command(&made, RUN_ID, command, &err),
			 0);
	assert_string_equal(command, "upgrade");
	assert_int_equal(state_backups_command(&made, "20200101T000000Z-0000",
					       command, &err), 0);
	assert_string_equal(command, "");
	assert_int_equal(err.code, ERROR_NONE);
	/* What is there and cannot be read is no run without a command. */
	assert_int_equal(unlinkat(sandpit->fd, "state/backups/" RUN_ID "/.run",
				  0), 0);
	sandpit_folder(sandpit, "state/backups/" RUN_ID "/.run");
	assert_int_equal(state_backups_command(&made, RUN_ID, command, &err),
			 ERROR_IO);
	assert_non_null(strstr(err.message, "backups/" RUN_ID));
	state_close(&made);
}

/* A run that has nowhere to put its backups leaves no folder of them. */
static void leaves_no_folder_where_it_cannot_begin(void **state)
{
	const struct rlimit nothing = { .rlim_cur = 0,
					.rlim_max = RLIM_INFINITY };
	const struct rlimit all = { .rlim_cur = RLIM_INFINITY,
				    .rlim_max = RLIM_INFINITY };
	const struct sandpit *sandpit = *state;
	struct state made;
	struct error err = { 0 };
	int folder = -1, rc;

	must_open(sandpit, "state", true, &made);
	assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &nothing), 0);
	rc = state_begin_backups(&made, RUN_ID, "upgrade", &folder, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_int_equal(rc, ERROR_IO);
	assert_int_equal(folder, -1);
	assert_false(sandpit_has(sandpit, "state/backups/" RUN_ID));
	state_close(&made);
}

static void drops_what_holds_no_backup(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	struct error err = { 0 };
	int folder;

	must_open(sandpit, "state", true, &made);
	assert_int_equal(state_begin_backups(&made, RUN_ID, "upgrade", &folder,
					     &err), 0);
	mkdirat(folder, "users", 0700);
	close(folder);
	/* A run that is killed may leave its file half-written. */
	sandpit_file(sandpit, "state/backups/" RUN_ID "/.run.new", "co", 0600);
	state_drop_empty_backups(&made, RUN_ID);
	assert_false(sandpit_has(sandpit, "state/backups/" RUN_ID));
	assert_true(sandpit_has(sandpit, "state/backups"));
	state_drop_empty_backups(&made, RUN_ID);
	state_close(&made);
}

static void keeps_what_holds_one(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	struct error err = { 0 };
	int folder;

	must_open(sandpit, "state", true, &made);
	assert_int_equal(state_begin_backups(&made, RUN_ID, "upgrade", &folder,
					     &err), 0);
	mkdirat(folder, "users", 0700);
	close(folder);
	sandpit_file(sandpit, "state/backups/" RUN_ID "/users/a.db", "x", 0600);
	state_drop_empty_backups(&made, RUN_ID);
	assert_true(sandpit_has(sandpit,
				"state/backups/" RUN_ID "/users/a.db"));
	assert_true(sandpit_has(sandpit, "state/backups/" RUN_ID "/.run"));
	state_close(&made);
}

static void keeps_a_hidden_one(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	struct error err = { 0 };
	int folder;

	must_open(sandpit, "state", true, &made);
	assert_int_equal(state_begin_backups(&made, RUN_ID, "upgrade", &folder,
					     &err), 0);
	close(folder);
	sandpit_file(sandpit, "state/backups/" RUN_ID "/.system.db", "x", 0600);
	assert_true(state_is_run_file(".run"));
	assert_false(state_is_run_file(".system.db"));
	state_drop_empty_backups(&made, RUN_ID);
	assert_true(sandpit_has(sandpit, "state/backups/" RUN_ID
				"/.system.db"));
	state_close(&made);
}

/* As a run leaves it that is killed between making it and giving it away. */
static void root_gives_away_what_it_left_half_made(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state made;
	struct stat seen;
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	fchmod(sandpit->fd, 0711);
	mkdirat(sandpit->fd, "state", 0700);
	assert_int_equal(state_open(sandpit->fd, sandpit->path, "state", true,
				    STRANGER, STRANGER, &made, &err), 0);
	state_close(&made);
	assert_int_equal(fstatat(sandpit->fd, "state", &seen, 0), 0);
	assert_int_equal(seen.st_uid, STRANGER);
	/* One that is not as we make them is not ours to give. */
	mkdirat(sandpit->fd, "other", 0755);
	assert_int_equal(state_open(sandpit->fd, sandpit->path, "other", true,
				    STRANGER, STRANGER, &made, &err),
			 ERROR_CONFIG);
}

static void root_gives_it_to_the_owner(void **state)
{
	const struct sandpit *sandpit = *state;
	static const char marker[] = "state/" STATE_MARKER;
	const char *const names[] = {
		"state", "state/backups", "state/staging", marker,
	};
	struct state made;
	struct stat seen;
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	fchmod(sandpit->fd, 0711);
	assert_int_equal(state_open(sandpit->fd, sandpit->path, "state", true,
				    STRANGER, STRANGER, &made, &err), 0);
	state_close(&made);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(fstatat(sandpit->fd, names[i], &seen, 0), 0);
		assert_int_equal(seen.st_uid, STRANGER);
		assert_int_equal(seen.st_gid, STRANGER);
	}
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
	/* And the other way round: what is that user's is not root's. */
	assert_int_equal(open_it(sandpit, "state", true, &made, &err),
			 ERROR_CONFIG);
}

/* Somebody else who looks at the fleet: the folder is closed to him, and that
 * is no error. */
static void closed_to_us_is_as_good_as_missing(void **state)
{
	const struct sandpit *sandpit = *state;
	struct state none;
	struct error err = { 0 };
	int status;
	pid_t child;

	if (geteuid() != 0)
		skip();
	must_open(sandpit, "state", true, &none);
	state_close(&none);
	fchmod(sandpit->fd, 0755);
	child = fork();
	if (child == 0) {
		if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0)
			_exit(1);
		if (open_it(sandpit, "state", false, &none, &err) != 0 ||
		    none.folder != -1)
			_exit(2);
		_exit(open_it(sandpit, "state", true, &none, &err) == ERROR_IO
			      ? 0
			      : 3);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(makes_what_belongs_in_it),
		TEST(opens_it_again),
		TEST(an_absolute_path_may_be_anywhere_and_a_link),
		TEST(without_make_nothing_is_written),
		TEST(goes_on_where_a_run_died),
		TEST(a_folder_with_other_things_is_refused),
		TEST(one_that_others_may_write_is_refused),
		TEST(one_of_somebody_else_is_refused),
		TEST(no_link_below_data_dir_is_followed),
		TEST(the_folder_above_has_to_be_there),
		TEST(begins_a_runs_backups),
		TEST(leaves_no_folder_where_it_cannot_begin),
		TEST(drops_what_holds_no_backup),
		TEST(keeps_what_holds_one),
		TEST(keeps_a_hidden_one),
		TEST(root_gives_away_what_it_left_half_made),
		TEST(root_gives_it_to_the_owner),
		TEST(closed_to_us_is_as_good_as_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
