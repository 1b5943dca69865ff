#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sandpit.h"
#include "sqlite/calls.h"
#include "sqlite/library.h"

/* The calls as SQLite makes them. */
static int call_open(const char *path, int flags)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
	int (*call)(const char *, int, int) =
		(int (*)(const char *, int, int))vfs->xGetSystemCall(vfs,
								     "open");

	return call(path, flags, 0600);
}

static int call_unlink(const char *path)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
	int (*call)(const char *) =
		(int (*)(const char *))vfs->xGetSystemCall(vfs, "unlink");

	return call(path);
}

/* What becomes of a call with the path of a name in the sandpit: 0, or errno;
 * what it opened is closed again. */
static int opening(const struct sandpit *sandpit, const char *name, int flags)
{
	char *path = xasprintf("%s/%s", sandpit->path, name);
	int fd = call_open(path, flags | O_CLOEXEC);
	int failure = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return failure;
}

static int unlinking(const struct sandpit *sandpit, const char *name)
{
	char *path = xasprintf("%s/%s", sandpit->path, name);
	int failure = call_unlink(path) == 0 ? 0 : errno;

	free(path);
	return failure;
}

/* A link is ELOOP to one way of looking a path up, ENOTDIR to the other. */
static bool is_refused(int failure)
{
	return failure == ELOOP || failure == ENOTDIR;
}

static void make_ways(const struct sandpit *sandpit)
{
	sandpit_folder(sandpit, "real");
	sandpit_folder(sandpit, "real/deep");
	sandpit_file(sandpit, "real/deep/a.db", "x", 0600);
	sandpit_file(sandpit, "real/deep/a.db-journal", "x", 0600);
	sandpit_link(sandpit, "real", "link");
	sandpit_link(sandpit, "deep/a.db", "real/a-link");
}

static bool opens_without_links(const struct sandpit *sandpit)
{
	static const int nofollow = O_RDWR | O_NOFOLLOW;
	int before = sandpit_descriptors();

	return opening(sandpit, "real/deep/a.db", nofollow) == 0 &&
	       is_refused(opening(sandpit, "link/deep/a.db", nofollow)) &&
	       is_refused(opening(sandpit, "real/a-link", nofollow)) &&
	       opening(sandpit, "real/none", nofollow) == ENOENT &&
	       opening(sandpit, "none/a.db", nofollow) == ENOENT &&
	       /* A journal is made in the right folder, or not at all. */
	       opening(sandpit, "real/deep/b-wal", nofollow | O_CREAT) == 0 &&
	       sandpit_has(sandpit, "real/deep/b-wal") &&
	       is_refused(opening(sandpit, "link/deep/c-wal",
				  nofollow | O_CREAT)) &&
	       !sandpit_has(sandpit, "real/deep/c-wal") &&
	       /* Where the administrator wants temporary files. */
	       opening(sandpit, "link/deep/etilqs_1",
		       nofollow | O_CREAT | O_EXCL) == 0 &&
	       sandpit_descriptors() == before;
}

static bool unlinks_without_links(const struct sandpit *sandpit)
{
	int before = sandpit_descriptors();

	return is_refused(unlinking(sandpit, "link/deep/a.db-journal")) &&
	       sandpit_has(sandpit, "real/deep/a.db-journal") &&
	       unlinking(sandpit, "real/deep/a.db-journal") == 0 &&
	       !sandpit_has(sandpit, "real/deep/a.db-journal") &&
	       unlinking(sandpit, "real/deep/a.db-journal") == ENOENT &&
	       unlinking(sandpit, "link/deep/etilqs_1") == 0 &&
	       sandpit_descriptors() == before;
}

static void no_link_is_followed(void **state)
{
	make_ways(*state);
	assert_true(opens_without_links(*state));
	assert_true(unlinks_without_links(*state));
}

/* From here on the kernel is an old one. */
static bool forget_openat2(int failure)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
			 SECCOMP_RET_ERRNO | (unsigned int)failure),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
				      filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
	       syscall(SYS_openat2, 0, NULL, NULL, 0) < 0 && errno == failure;
}

static void no_link_is_followed_by_an_old_kernel(void **state)
{
	static const int failures[] = { ENOSYS, EPERM };

	make_ways(*state);
	for (size_t i = 0; i < 2; i++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0)
			_exit(!forget_openat2(failures[i]) ? 77
			      : !opens_without_links(*state) ? 1 : 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip(); /* in a container that lets nobody filter */
		assert_int_equal(status, 0);
		assert_int_equal(unlinking(*state, "real/deep/b-wal"), 0);
		assert_int_equal(unlinking(*state, "link/deep/etilqs_1"), 0);
	}
}

static void only_what_is_sqlites_own_is_deleted(void **state)
{
	static const struct {
		const char *name;
		bool is_own;
	} cases[] = {
		{ "a.db", false },
		{ "secret", false },
		{ "journal", false },
		{ "-mj0A1B2C9D3", false },
		{ "a.db-mj0a1b2c9d3", false },
		{ "a.db-mj0A1B2C9D", false },
		{ "a.db-mj0A1B2C9D3E", false },
		{ "a.db-mj0A1B2C9D3", true },
		{ "a.db-journal", true },
		{ "a.db-wal", true },
		{ "a.db-shm", true },
		{ "etilqs_8f0a", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sandpit_file(*state, cases[i].name, "x", 0600);
		assert_int_equal(unlinking(*state, cases[i].name),
				 cases[i].is_own ? 0 : EPERM);
		assert_int_equal(sandpit_has(*state, cases[i].name),
				 !cases[i].is_own);
	}
}

static void folders_and_devices_are_opened_as_ever(void **state)
{
	make_ways(*state);
	assert_int_equal(opening(*state, "real/deep", O_RDONLY), 0);
	assert_int_equal(opening(*state, "link/deep", O_RDONLY), 0);
	assert_int_equal(call_open("relative", O_RDWR | O_NOFOLLOW | O_CREAT),
			 -1);
}

static void pipe_at(const struct sandpit *sandpit, const char *name)
{
	assert_int_equal(mkfifoat(sandpit->fd, name, 0600), 0);
}

/* Under an alarm: a wait for the other end would have none. */
static void a_pipe_is_neither_waited_for_nor_opened(void **state)
{
	static const int ways[] = { O_RDONLY | O_NOFOLLOW,
				    O_WRONLY | O_NOFOLLOW,
				    O_RDWR | O_NOFOLLOW,
				    O_RDWR | O_NOFOLLOW | O_CREAT };
	int before = sandpit_descriptors();

	pipe_at(*state, "pipe");
	alarm(20);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		assert_int_equal(opening(*state, "pipe", ways[i]), ENXIO);
	/* In place of a folder that is synced. */
	assert_int_equal(opening(*state, "pipe", O_RDONLY), 0);
	alarm(0);
	assert_int_equal(sandpit_descriptors(), before);
}

static void a_pipe_beside_a_database_is_named(void **state)
{
	static const char *const names[] = { "a.db-journal", "a.db-wal",
					     "a.db-shm" };
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/a.db", sandpit->path);
	struct error err = { 0 };

	assert_int_equal(calls_check(path, &err), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		pipe_at(sandpit, names[i]);
		assert_int_equal(calls_check(path, &err), ERROR_IO);
		assert_non_null(strstr(err.message, names[i]));
		assert_int_equal(unlinkat(sandpit->fd, names[i], 0), 0);
	}
	free(path);
}

/* As it would be without us: whoever has the lease is asked to give it up. */
static void a_leased_file_is_waited_for(void **state)
{
	const struct sandpit *sandpit = *state;
	bool is_leased = false;
	int ends[2];
	pid_t child;

	sandpit_file(sandpit, "a.db", "x", 0600);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		int fd = openat(sandpit->fd, "a.db", O_RDONLY);

		(void)signal(SIGIO, SIG_IGN);
		is_leased = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
		(void)!write(ends[1], &is_leased, sizeof(is_leased));
		clock_sleep_ms(500);
		_exit(0);
	}
	assert_int_equal(read(ends[0], &is_leased, sizeof(is_leased)),
			 sizeof(is_leased));
	assert_int_equal(opening(sandpit, "a.db", O_RDWR | O_NOFOLLOW), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
	if (!is_leased)
		skip();
}

static int begin(void **state)
{
	struct error err;

	(void)state;
	return library_begin(&err);
}

#define TEST(name)                                                            \
	cmocka_unit_test_setup_teardown(name, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_link_is_followed),
		TEST(no_link_is_followed_by_an_old_kernel),
		TEST(only_what_is_sqlites_own_is_deleted),
		TEST(folders_and_devices_are_opened_as_ever),
		TEST(a_pipe_is_neither_waited_for_nor_opened),
		TEST(a_pipe_beside_a_database_is_named),
		TEST(a_leased_file_is_waited_for),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
