#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/roster.h"
#include "sandpit.h"

static void open_roster(const struct sandpit *sandpit, struct roster *roster)
{
	struct error err = { 0 };

	if (roster_open(sandpit->fd, roster, &err) != 0)
		fail_msg("%s", err.message);
}

static off_t roster_bytes(const struct sandpit *sandpit)
{
	struct stat seen;

	assert_int_equal(fstatat(sandpit->fd, "workers", &seen, 0), 0);
	assert_int_equal(seen.st_mode & 0777, 0600);
	return seen.st_size;
}

/* A process that has written itself down, and sleeps. */
static pid_t begin_sleeper(struct roster *roster)
{
	struct error err = { 0 };
	char signed_well = 0;
	int ends[2];
	size_t place;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	assert_true(roster_take(roster, &place));
	pid = fork();
	if (pid == 0) {
		signed_well = roster_sign(roster, place, &err) == 0;
		(void)!write(ends[1], &signed_well, 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &signed_well, 1), 1);
	assert_int_equal(signed_well, 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static int signal_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void whoever_stands_there_is_gone_afterwards(void **state)
{
	struct sandpit *sandpit = *state;
	struct roster before, after;
	pid_t one, other;
	siginfo_t info;

	open_roster(sandpit, &before);
	assert_int_equal(roster_bytes(sandpit), 0);
	one = begin_sleeper(&before);
	other = begin_sleeper(&before);
	assert_true(roster_bytes(sandpit) > 0);
	roster_close(&before);
	open_roster(sandpit, &after);
	/* Not: will be. */
	info.si_pid = 0;
	assert_int_equal(waitid(P_PID, (id_t)one, &info,
				WEXITED | WNOHANG | WNOWAIT), 0);
	assert_int_equal(info.si_pid, one);
	assert_int_equal(signal_of(one), SIGKILL);
	assert_int_equal(signal_of(other), SIGKILL);
	assert_int_equal(roster_bytes(sandpit), 0);
	roster_close(&after);
}

/* An id that is somebody else's by now, one of another start of the machine,
 * and what is no line. */
static void nobody_else_is_killed(void **state)
{
	static const char *const changes[] = {
		"1s/^\\(.\\{11\\}\\).\\{20\\}/\\1                   1/",
		"1s/[0-9a-f]*-/00000000-/",
		"1s/.*/nonsense/",
		"1s/^ *[0-9]*/         1/",
		"1s/^ *[0-9]*/        -1/",
	};
	struct sandpit *sandpit = *state;
	struct roster roster;
	char command[300];
	pid_t pid;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		open_roster(sandpit, &roster);
		pid = begin_sleeper(&roster);
		roster_close(&roster);
		snprintf(command, sizeof(command), "sed -i \"%s\" %s/workers",
			 changes[i], sandpit->path);
		assert_int_equal(system(command), 0);
		open_roster(sandpit, &roster);
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
		roster_close(&roster);
		kill(pid, SIGTERM);
		assert_int_equal(signal_of(pid), SIGTERM);
	}
}

static void places_come_and_go(void **state)
{
	struct roster roster;
	size_t place;

	open_roster(*state, &roster);
	for (size_t i = 0; i < ROSTER_PLACES; i++) {
		assert_true(roster_take(&roster, &place));
		assert_int_equal(place, i);
	}
	assert_false(roster_take(&roster, &place));
	roster_give(&roster, 7);
	assert_true(roster_take(&roster, &place));
	assert_int_equal(place, 7);
	roster_close(&roster);
	roster_close(&roster);
}

/* Nobody waits for those that only look. */
static void without_a_file_nothing_is_written(void **state)
{
	struct roster roster = { .fd = -1 };
	struct error err = { 0 };

	assert_int_equal(roster_sign(&roster, 0, &err), 0);
	assert_false(sandpit_has(*state, "workers"));
}

static void what_cannot_be_written_is_told(void **state)
{
	const struct sandpit *sandpit = *state;
	struct roster roster;
	struct error err = { 0 };

	sandpit_link(sandpit, "elsewhere", "workers");
	assert_int_equal(roster_open(sandpit->fd, &roster, &err), ERROR_IO);
	assert_int_equal(roster.fd, -1);
	assert_false(sandpit_has(sandpit, "elsewhere"));
	roster.fd = open("/dev/full", O_RDWR);
	assert_int_not_equal(roster_sign(&roster, 0, &err), 0);
	roster_close(&roster);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(whoever_stands_there_is_gone_afterwards),
		TEST(nobody_else_is_killed),
		TEST(places_come_and_go),
		TEST(without_a_file_nothing_is_written),
		TEST(what_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
