/*
 * killpoint: ends a process at its n-th call that changes the disk.
 *
 * Preloaded (LD_PRELOAD). KILLPOINT_AT=n kills before (KILLPOINT_WHEN=before)
 * or after (=after) the n-th such call, with SIGKILL, so that nothing is
 * cleaned up. KILLPOINT_COUNT=FILE: when the process ends by itself, the number
 * of calls is written there. What is written to pipes, terminals and the
 * descriptors that wake a loop does not count.
 *
 * Counted: write, pwrite, fsync, fdatasync, syncfs, ftruncate, rename*, link*,
 * unlink*, mkdir*, and open* with O_CREAT, under every name that a C library
 * gives them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;
static long kill_at;
static int kill_after;

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("KILLPOINT_AT");
	const char *when = getenv("KILLPOINT_WHEN");

	kill_at = at == NULL ? 0 : atol(at);
	kill_after = when != NULL && strcmp(when, "after") == 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("KILLPOINT_COUNT");
	long count = atomic_load(&calls);
	FILE *out = path == NULL ? NULL : fopen(path, "w");

	if (out != NULL) {
		fprintf(out, "%ld\n", count);
		fclose(out);
	}
}

static void die(void)
{
	raise(SIGKILL);
}

static int is_file(int fd)
{
	struct stat stat;

	return fd > 2 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
}

/* Counts a call; true if the process is to end behind it. */
static int counted(void)
{
	long n = atomic_fetch_add(&calls, 1) + 1;

	if (kill_at == 0 || n < kill_at)
		return 0;
	if (!kill_after)
		die();
	return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP(type, name, parameters, arguments, is_counted)                   \
	type name parameters                                                  \
	{                                                                     \
		int last = (is_counted) && counted();                         \
		type result = REAL(name) arguments;                           \
		if (last)                                                     \
			die();                                                \
		return result;                                                \
	}

WRAP(ssize_t, write, (int fd, const void *data, size_t bytes),
	(fd, data, bytes), is_file(fd))
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t bytes, off_t at),
	(fd, data, bytes, at), 1)
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t bytes, off64_t at),
	(fd, data, bytes, at), 1)
WRAP(int, fsync, (int fd), (fd), 1)
WRAP(int, fdatasync, (int fd), (fd), 1)
WRAP(int, syncfs, (int fd), (fd), 1)
WRAP(int, ftruncate, (int fd, off_t bytes), (fd, bytes), 1)
WRAP(int, ftruncate64, (int fd, off64_t bytes), (fd, bytes), 1)
WRAP(ssize_t, copy_file_range,
	(int from, off64_t *in, int to, off64_t *out, size_t bytes,
		unsigned int flags),
	(from, in, to, out, bytes, flags), 1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), 1)
WRAP(int, rename, (const char *from, const char *to), (from, to), 1)
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
	(from_fd, from, to_fd, to), 1)
WRAP(int, link, (const char *from, const char *to), (from, to), 1)
WRAP(int, linkat,
	(int from_fd, const char *from, int to_fd, const char *to, int flags),
	(from_fd, from, to_fd, to, flags), 1)
WRAP(int, unlink, (const char *path), (path), 1)
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags), 1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), 1)
WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode), 1)

/* The mode argument is there only with O_CREAT. */
static mode_t mode_of(int flags, va_list *args)
{
	return (flags & O_CREAT) != 0 ? va_arg(*args, mode_t) : 0;
}

#define WRAP_OPEN(name, parameters, arguments)                                \
	int name parameters                                                   \
	{                                                                     \
		va_list args;                                                 \
		va_start(args, flags);                                        \
		mode_t mode = mode_of(flags, &args);                          \
		va_end(args);                                                 \
		int last = (flags & O_CREAT) != 0 && counted();               \
		int result = REAL(name) arguments;                            \
		if (last)                                                     \
			die();                                                \
		return result;                                                \
	}

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int fd, const char *path, int flags, ...),
	  (fd, path, flags, mode))
WRAP_OPEN(openat64, (int fd, const char *path, int flags, ...),
	  (fd, path, flags, mode))
