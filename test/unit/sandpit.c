#include "sandpit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
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

int sandpit_open(void **state)
{
	struct sandpit *sandpit = xcalloc(1, sizeof(*sandpit));
	const char *parent = getenv("TMPDIR");
	char *template = xasprintf("%s/fleet-test-XXXXXX",
				   parent ? parent : "/tmp");

	*state = sandpit;
	if (mkdtemp(template))
		sandpit->path = realpath(template, NULL);
	free(template);
	sandpit->fd = sandpit->path ? open(sandpit->path,
					   O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				    : -1;
	return sandpit->fd < 0 ? -1 : 0;
}

static int make_removable(const char *path, const struct stat *seen, int flag,
			  struct FTW *where)
{
	(void)seen;
	(void)where;
	if (flag == FTW_D || flag == FTW_DNR)
		chmod(path, 0700);
	return 0;
}

static int remove_one(const char *path, const struct stat *seen, int flag,
		      struct FTW *where)
{
	(void)seen;
	(void)flag;
	(void)where;
	return remove(path);
}

int sandpit_close(void **state)
{
	struct sandpit *sandpit = *state;
	int rc;

	nftw(sandpit->path, make_removable, 16, FTW_PHYS);
	rc = nftw(sandpit->path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
	close(sandpit->fd);
	free(sandpit->path);
	free(sandpit);
	return rc;
}

void sandpit_folder(const struct sandpit *sandpit, const char *name)
{
	assert_int_equal(mkdirat(sandpit->fd, name, 0755), 0);
}

void sandpit_file(const struct sandpit *sandpit, const char *name,
		  const char *content, mode_t mode)
{
	ssize_t bytes = (ssize_t)strlen(content);
	int fd = openat(sandpit->fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, content, (size_t)bytes) == bytes);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void sandpit_link(const struct sandpit *sandpit, const char *target,
		  const char *name)
{
	assert_int_equal(symlinkat(target, sandpit->fd, name), 0);
}

bool sandpit_has(const struct sandpit *sandpit, const char *name)
{
	struct stat seen;

	return fstatat(sandpit->fd, name, &seen, AT_SYMLINK_NOFOLLOW) == 0;
}

int sandpit_descriptors(void)
{
	DIR *stream = opendir("/proc/self/fd");
	const struct dirent *entry;
	struct rlimit limit;
	int count = 0;

	assert_non_null(stream);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	/* Valgrind keeps its own where the program may have none. */
	while ((entry = readdir(stream)) != NULL)
		if (strtoul(entry->d_name, NULL, 10) < limit.rlim_cur)
			count++;
	closedir(stream);
	return count;
}

bool sandpit_is_emulated(void)
{
	const char *under = getenv("TEST_UNDER");

	return under != NULL && under[0] != '\0';
}

bool sandpit_is_watched(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#else
	return sandpit_is_emulated();
#endif
}

bool sandpit_has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != ENXIO;
}

int sandpit_at_terminal(int (*work)(void *self), void *self)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status = 0;
	pid_t child;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	child = fork();
	if (child == 0) {
		(void)setsid();
		/* The first one that a session opens is its own. */
		if (open(ptsname(master), O_RDWR) < 0 ||
		    !sandpit_has_terminal())
			_exit(99);
		_exit(work(self));
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(master);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 99);
	return WEXITSTATUS(status);
}
