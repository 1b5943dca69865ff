#include "sqlite/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

/* Fact (SQLite, vdbeaux.c): the name of the database, and behind it "-mj", six
 * digits, a 9 and two digits more, in hexadecimal. */
#define SUPER_MARK "-mj"
#define SUPER_DIGITS 9
#define DIGITS "0123456789ABCDEF"

/* Fact (SQLite, os.h): so temporary files begin. */
#define TEMPORARY "etilqs_"

/* Longer than the kernel lets anybody keep a lease that others wait for
 * (/proc/sys/fs/lease-break-time, 45 s). */
#define LEASE_MS_MOST INT64_C(60000)
#define LEASE_LOOK_MS 5

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *name_in(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* As open() does, with the errno for SQLite. EPERM is what old containers say
 * to calls that they do not know. */
static int open_linkless(const char *path, int flags, bool *is_known)
{
	struct open_how how = {
		.flags = (unsigned int)flags,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	*is_known = fd >= 0 || (errno != ENOSYS && errno != EPERM);
	return fd;
}

static int open_folder_of(const char *path)
{
	size_t bytes = (size_t)(name_in(path) - path);
	char folder[4096];
	bool is_known;
	int top, fd = -1, rc;

	if (path[0] != '/' || bytes >= sizeof(folder)) {
		errno = path[0] != '/' ? EINVAL : ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, bytes);
	folder[bytes] = '\0';
	fd = open_linkless(folder, O_PATH | O_DIRECTORY | O_CLOEXEC, &is_known);
	if (is_known)
		return fd;
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -1;
	rc = folder_enter(top, folder + 1, bytes > 1 ? bytes - 2 : 0, O_PATH,
			  &fd, NULL);
	close(top);
	if (rc == ERROR_SKIPPED)
		errno = ELOOP;
	return rc == 0 ? fd : -1;
}

static int open_beside(const char *path, int flags, int mode)
{
	bool is_known;
	int folder, fd;

	if ((flags & O_CREAT) == 0) {
		fd = open_linkless(path, flags, &is_known);
		if (is_known)
			return fd;
	}
	folder = open_folder_of(path);
	if (folder < 0)
		return -1;
	fd = openat(folder, name_in(path), flags, mode);
	close(folder);
	return fd;
}

/* What is no regular file has none of SQLite's locks that closing it would
 * drop. */
static int refuse_others(int fd)
{
	struct stat seen;

	if (fd < 0 || (fstat(fd, &seen) == 0 && S_ISREG(seen.st_mode)))
		return fd;
	close(fd);
	errno = ENXIO;
	return -1;
}

static int call_open(const char *path, int flags, int mode)
{
	int64_t until_us = 0;
	int fd;

	/* A pipe would wait for its other end. To a regular file that is open
	 * it is the same; one that is leased (base/lease.h) is not waited for
	 * either, so it is done here, and ends in time. */
	flags |= O_NONBLOCK;
	/* It asks for no link but where it opens a folder to sync it, or the
	 * source of random numbers; and only temporary files are new to it. */
	if ((flags & O_NOFOLLOW) == 0 || (flags & O_EXCL) != 0)
		return open(path, flags, mode);
	for (;;) {
		fd = open_beside(path, flags, mode);
		if (fd >= 0 || errno != EWOULDBLOCK)
			return refuse_others(fd);
		if (until_us == 0)
			until_us = clock_now_us() + 1000 * LEASE_MS_MOST;
		if (clock_now_us() > until_us)
			return -1;
		clock_sleep_ms(LEASE_LOOK_MS);
	}
}

static bool is_super_journal(const char *name)
{
	size_t bytes = strlen(name), tail = strlen(SUPER_MARK) + SUPER_DIGITS;

	return bytes > tail &&
	       strncmp(name + bytes - tail, SUPER_MARK, strlen(SUPER_MARK)) ==
		       0 &&
	       strspn(name + bytes - SUPER_DIGITS, DIGITS) == SUPER_DIGITS;
}

static bool is_sqlites(const char *name)
{
	return text_ends_with(name, "-journal") ||
	       text_ends_with(name, "-wal") || text_ends_with(name, "-shm") ||
	       is_super_journal(name);
}

static int call_unlink(const char *path)
{
	const char *name = name_in(path);
	int folder, rc;

	if (text_starts_with(name, TEMPORARY))
		return unlink(path);
	if (!is_sqlites(name)) {
		errno = EPERM;
		return -1;
	}
	folder = open_folder_of(path);
	if (folder < 0)
		return -1;
	rc = unlinkat(folder, name, 0);
	close(folder);
	return rc;
}

int calls_check(const char *path, struct error *err)
{
	static const char *const suffixes[] = { "-journal", "-wal",
						"-shm" };
	struct stat seen;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(suffixes); i++) {
		char *name = xasprintf("%s%s", path, suffixes[i]);

		if (lstat(name, &seen) == 0 && S_ISFIFO(seen.st_mode))
			rc = error_set(err, ERROR_IO, "%s is a pipe; it was "
				       "left untouched; remove the pipe", name);
		free(name);
	}
	return rc;
}

int calls_begin(struct error *err)
{
	static const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
		{ "open", (sqlite3_syscall_ptr)call_open },
		{ "unlink", (sqlite3_syscall_ptr)call_unlink },
	};
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	for (size_t i = 0; i < COUNT(calls); i++)
		if (vfs == NULL || vfs->iVersion < 3 ||
		    vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call) !=
			    SQLITE_OK)
			return error_set(err, ERROR_BUG,
					 "SQLite's way to %s files cannot be "
					 "made safe; nothing was touched",
					 calls[i].name);
	return 0;
}
