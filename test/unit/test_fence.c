#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fence.h"
#include "sandpit.h"

static int opening(const struct sandpit *sandpit, const char *name, int flags)
{
	int fd = openat(sandpit->fd, name, flags | O_CLOEXEC, 0600);
	int failure = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return failure;
}

static int failure_of(int rc)
{
	return rc == 0 ? 0 : errno;
}

/* Every attempt, and what it is to come to behind the fence (0 or errno); in
 * front of it all succeed. */
static const char *attack(const struct sandpit *pit, bool is_raised)
{
	char *const args[] = { (char *)"true", NULL };
	int shut = is_raised ? EACCES : 0;
	int fd = pit->fd;

	if (opening(pit, "data/a", O_RDWR) != 0 ||
	    opening(pit, "data/new", O_RDWR | O_CREAT | O_EXCL) != 0 ||
	    opening(pit, "data/new", O_RDWR | O_TRUNC) != 0)
		return "inside it cannot be worked";
	/* From staging to the place of the database, and the way back. */
	if (failure_of(renameat(fd, "data/new", fd, "state/new")) != 0 ||
	    failure_of(linkat(fd, "state/new", fd, "data/again", 0)) != 0 ||
	    failure_of(unlinkat(fd, "state/new", 0)) != 0 ||
	    failure_of(unlinkat(fd, "data/again", 0)) != 0 ||
	    failure_of(mkdirat(fd, "state/folder", 0700)) != 0 ||
	    failure_of(unlinkat(fd, "state/folder", AT_REMOVEDIR)) != 0)
		return "inside it cannot be moved";
	if (opening(pit, "read/a", O_RDONLY) != 0)
		return "what is to be read cannot be";
	if (opening(pit, "read/a", O_RDWR) != shut ||
	    opening(pit, "read/new", O_RDWR | O_CREAT) != shut ||
	    opening(pit, "outside/a", O_RDONLY) != shut ||
	    opening(pit, "outside/a", O_WRONLY) != shut ||
	    opening(pit, "outside/new", O_RDWR | O_CREAT) != shut ||
	    opening(pit, "outside", O_RDONLY | O_DIRECTORY) != shut)
		return "it is open to an open()";
	if (failure_of(unlinkat(fd, "outside/b", 0)) != shut ||
	    failure_of(mkdirat(fd, "outside/folder", 0700)) != shut ||
	    failure_of(mkfifoat(fd, "data/pipe", 0600)) != shut ||
	    failure_of(symlinkat("/etc/passwd", fd, "data/link")) != shut ||
	    failure_of(renameat(fd, "data/b", fd, "outside/moved")) != shut)
		return "it is open to something else";
	if (is_raised && (execv("/bin/true", args), errno != EACCES))
		return "it lets programs be started";
	return NULL;
}

static void make_folders(const struct sandpit *sandpit)
{
	static const char *const folders[] = { "data", "state", "read",
					       "outside" };
	char name[32];

	for (size_t i = 0; i < 4; i++) {
		sandpit_folder(sandpit, folders[i]);
		for (const char *file = "ab"; *file != '\0'; file++) {
			(void)snprintf(name, sizeof(name), "%s/%c", folders[i],
				       *file);
			sandpit_file(sandpit, name, "x", 0600);
		}
	}
}

static int raise_fence(const struct sandpit *sandpit, struct error *err)
{
	int data = openat(sandpit->fd, "data", O_PATH | O_CLOEXEC);
	int state = openat(sandpit->fd, "state", O_RDONLY | O_CLOEXEC);
	const struct fence_gate gates[] = {
		{ .fd = data, .is_written = true },
		{ .fd = state, .is_written = true },
		{ .path = "read", .fd = -1 },
		{ .path = "/nowhere", .fd = -1, .is_written = true },
		{ .fd = -1, .is_written = true },
		{ .path = "/dev/null", .fd = -1, .is_written = true },
	};

	return fchdir(sandpit->fd) != 0
		       ? -1
		       : fence_raise(gates, sizeof(gates) / sizeof(gates[0]),
				     err);
}

/* In a process of its own: there is no way back. */
static void try(const struct sandpit *sandpit, bool is_raised)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct error err = { 0 };
		const char *found = is_raised && raise_fence(sandpit, &err) != 0
					    ? err.message
					    : attack(sandpit, is_raised);

		if (found != NULL)
			(void)fprintf(stderr, "# %s\n", found);
		_exit(found != NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nobody_comes_through(void **state)
{
	make_folders(*state);
	if (!fence_is_there())
		skip();
	try(*state, true);
}

static void without_it_everything_works(void **state)
{
	make_folders(*state);
	try(*state, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_it_everything_works,
						sandpit_open, sandpit_close),
		cmocka_unit_test_setup_teardown(nobody_comes_through,
						sandpit_open, sandpit_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
