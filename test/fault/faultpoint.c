/*
 * faultpoint: what may happen to a process at its n-th call to the system.
 *
 * Preloaded (LD_PRELOAD).
 *
 * FAULTPOINT_AT	n; 0, the default: nothing happens
 * FAULTPOINT_DO	what happens there:
 *	kill-before	SIGKILL before the call, so that nothing is cleaned up
 *	kill-after	SIGKILL after it
 *	fail		the call does nothing and fails
 *	fail-on		and so does every later one
 *	short		half of what was to be written is written
 *	short-on	and every later call fails: the disk is full
 * FAULTPOINT_ERRNO	how calls fail: EIO, ENOSPC...
 * FAULTPOINT_CALLS	the calls that count, by kind, with "," between
 * FAULTPOINT_COUNT	a file: when the process ends by itself, the number of
 *			calls is written there
 *
 * A process that hangs gets SIGALRM after a minute.
 *
 * The kinds, under every name that a C library gives to a call:
 *
 *	write	write, pwrite, ftruncate, copy_file_range
 *	sync	fsync, fdatasync, syncfs
 *	name	rename*, link*, unlink*, mkdir*
 *	dress	fchmod*, fchown*, utimensat, fsetxattr
 *	create	open* with O_CREAT
 *	lock	fcntl for locks and leases, flock
 *	open	other open*, openat2 through syscall(), fdopendir
 *	read	read, pread, readdir
 *	stat	stat*, fstat*, lstat*, fstatat*, faccessat, statfs*, statvfs*
 *	map	mmap
 *
 * What is written to, and read from, pipes, terminals and the descriptors that
 * wake a loop does not count, nor does what a C library calls within itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SECONDS_MOST 60

enum kind {
	NOTHING = 0,
	WRITE = 1 << 0,
	SYNC = 1 << 1,
	NAME = 1 << 2,
	DRESS = 1 << 3,
	CREATE = 1 << 4,
	LOCK = 1 << 5,
	OPEN = 1 << 6,
	READ = 1 << 7,
	STAT = 1 << 8,
	MAP = 1 << 9,
};

enum deed { GO_ON, KILL_BEFORE, KILL_AFTER, FAIL, SHORTEN };

struct word {
	const char *word;
	int value, sticky; /* what, and at every later call */
};

static const struct word deeds[] = {
	{ "kill-before", KILL_BEFORE, KILL_BEFORE },
	{ "kill-after", KILL_AFTER, KILL_AFTER },
	{ "fail", FAIL, GO_ON },
	{ "fail-on", FAIL, FAIL },
	{ "short", SHORTEN, GO_ON },
	{ "short-on", SHORTEN, FAIL },
	{ NULL, GO_ON, GO_ON },
};

static const struct word kinds[] = {
	{ "write", WRITE, 0 }, { "sync", SYNC, 0 },   { "name", NAME, 0 },
	{ "dress", DRESS, 0 }, { "create", CREATE, 0 }, { "lock", LOCK, 0 },
	{ "open", OPEN, 0 },   { "read", READ, 0 },   { "stat", STAT, 0 },
	{ "map", MAP, 0 },     { NULL, 0, 0 },
};

static const struct word failures[] = {
	{ "EIO", EIO, 0 },	 { "ENOSPC", ENOSPC, 0 },
	{ "EDQUOT", EDQUOT, 0 }, { "EMFILE", EMFILE, 0 },
	{ "EACCES", EACCES, 0 }, { "EINTR", EINTR, 0 },
	{ "ENOMEM", ENOMEM, 0 }, { NULL, 0, 0 },
};

static atomic_long calls;
static long point;
static int counted_kinds, failure;
static struct word deed;

static struct word look_up(const struct word *table, const char *word,
			   size_t bytes)
{
	for (; table->word != NULL; table++)
		if (strlen(table->word) == bytes &&
		    strncmp(table->word, word, bytes) == 0)
			return *table;
	fprintf(stderr, "faultpoint: there is no %.*s\n", (int)bytes, word);
	_exit(127);
}

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? otherwise : value;
}

__attribute__((constructor)) static void begin(void)
{
	const char *what = setting("FAULTPOINT_DO", "kill-before");
	const char *error = setting("FAULTPOINT_ERRNO", "EIO");
	const char *list = setting("FAULTPOINT_CALLS", "");

	deed = look_up(deeds, what, strlen(what));
	failure = look_up(failures, error, strlen(error)).value;
	while (*list != '\0') {
		size_t bytes = strcspn(list, ",");

		counted_kinds |= look_up(kinds, list, bytes).value;
		list += bytes + (list[bytes] == ',');
	}
	point = atol(setting("FAULTPOINT_AT", "0"));
	(void)alarm(SECONDS_MOST);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = setting("FAULTPOINT_COUNT", NULL);
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

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static enum kind on_file(enum kind kind, int fd)
{
	struct stat stat;

	return fd > 2 && REAL(fstat)(fd, &stat) == 0 && S_ISREG(stat.st_mode)
		       ? kind
		       : NOTHING;
}

/* Counts a call, and says what is to become of it. */
static enum deed at_call(enum kind kind)
{
	long n;
	int what;

	if ((counted_kinds & (int)kind) == 0)
		return GO_ON;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (point == 0 || n < point)
		return GO_ON;
	what = n == point ? deed.value : deed.sticky;
	if (what == KILL_BEFORE)
		die();
	if (what == FAIL)
		errno = failure;
	return (enum deed)what;
}

#define WRAP(kind, type, failed, name, parameters, arguments)                 \
	type name parameters                                                  \
	{                                                                     \
		enum deed fate = at_call(kind);                               \
		if (fate == FAIL)                                             \
			return failed;                                        \
		type result = REAL(name) arguments;                           \
		if (fate == KILL_AFTER)                                       \
			die();                                                \
		return result;                                                \
	}

/* One that may do half of its work. */
#define WRAP_WRITE(kind, name, parameters, arguments)                         \
	ssize_t name parameters                                               \
	{                                                                     \
		enum deed fate = at_call(kind);                               \
		if (fate == FAIL)                                             \
			return -1;                                            \
		if (fate == SHORTEN)                                          \
			bytes = (bytes + 1) / 2;                              \
		ssize_t result = REAL(name) arguments;                        \
		if (fate == KILL_AFTER)                                       \
			die();                                                \
		return result;                                                \
	}

WRAP_WRITE(on_file(WRITE, fd), write, (int fd, const void *data, size_t bytes),
	   (fd, data, bytes))
WRAP_WRITE(WRITE, pwrite, (int fd, const void *data, size_t bytes, off_t at),
	   (fd, data, bytes, at))
WRAP_WRITE(WRITE, pwrite64,
	   (int fd, const void *data, size_t bytes, off64_t at),
	   (fd, data, bytes, at))
WRAP_WRITE(WRITE, copy_file_range,
	   (int from, off64_t *in, int to, off64_t *out, size_t bytes,
		   unsigned int flags),
	   (from, in, to, out, bytes, flags))
WRAP(WRITE, int, -1, ftruncate, (int fd, off_t bytes), (fd, bytes))
WRAP(WRITE, int, -1, ftruncate64, (int fd, off64_t bytes), (fd, bytes))

WRAP(SYNC, int, -1, fsync, (int fd), (fd))
WRAP(SYNC, int, -1, fdatasync, (int fd), (fd))
WRAP(SYNC, int, -1, syncfs, (int fd), (fd))

WRAP(NAME, int, -1, rename, (const char *from, const char *to), (from, to))
WRAP(NAME, int, -1, renameat,
	(int from_fd, const char *from, int to_fd, const char *to),
	(from_fd, from, to_fd, to))
WRAP(NAME, int, -1, renameat2,
	(int from_fd, const char *from, int to_fd, const char *to,
	 unsigned flags),
	(from_fd, from, to_fd, to, flags))
WRAP(NAME, int, -1, link, (const char *from, const char *to), (from, to))
WRAP(NAME, int, -1, linkat,
	(int from_fd, const char *from, int to_fd, const char *to, int flags),
	(from_fd, from, to_fd, to, flags))
WRAP(NAME, int, -1, unlink, (const char *path), (path))
WRAP(NAME, int, -1, unlinkat, (int fd, const char *path, int flags),
	(fd, path, flags))
WRAP(NAME, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(NAME, int, -1, mkdirat, (int fd, const char *path, mode_t mode),
	(fd, path, mode))

WRAP(DRESS, int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(DRESS, int, -1, fchmodat,
	(int fd, const char *path, mode_t mode, int flags),
	(fd, path, mode, flags))
WRAP(DRESS, int, -1, fchown, (int fd, uid_t owner, gid_t group),
	(fd, owner, group))
WRAP(DRESS, int, -1, fchownat,
	(int fd, const char *path, uid_t owner, gid_t group, int flags),
	(fd, path, owner, group, flags))
WRAP(DRESS, int, -1, utimensat,
	(int fd, const char *path, const struct timespec times[2], int flags),
	(fd, path, times, flags))
WRAP(DRESS, int, -1, fsetxattr,
	(int fd, const char *name, const void *value, size_t bytes, int flags),
	(fd, name, value, bytes, flags))

WRAP(LOCK, int, -1, flock, (int fd, int what), (fd, what))
WRAP(OPEN, DIR *, NULL, fdopendir, (int fd), (fd))
WRAP(READ, struct dirent *, NULL, readdir, (DIR *folder), (folder))
WRAP(READ, struct dirent64 *, NULL, readdir64, (DIR *folder), (folder))
WRAP(on_file(READ, fd), ssize_t, -1, read, (int fd, void *data, size_t bytes),
	(fd, data, bytes))
WRAP(READ, ssize_t, -1, pread, (int fd, void *data, size_t bytes, off_t at),
	(fd, data, bytes, at))
WRAP(READ, ssize_t, -1, pread64,
	(int fd, void *data, size_t bytes, off64_t at), (fd, data, bytes, at))
WRAP(MAP, void *, MAP_FAILED, mmap,
	(void *at, size_t bytes, int protection, int flags, int fd,
		off_t offset),
	(at, bytes, protection, flags, fd, offset))
WRAP(MAP, void *, MAP_FAILED, mmap64,
	(void *at, size_t bytes, int protection, int flags, int fd,
		off64_t offset),
	(at, bytes, protection, flags, fd, offset))

#define WRAP_STAT(name, first, type)                                          \
	WRAP(STAT, int, -1, name, (first what, type *out), (what, out))

WRAP_STAT(stat, const char *, struct stat)
WRAP_STAT(stat64, const char *, struct stat64)
WRAP_STAT(lstat, const char *, struct stat)
WRAP_STAT(lstat64, const char *, struct stat64)
WRAP_STAT(fstat, int, struct stat)
WRAP_STAT(fstat64, int, struct stat64)
WRAP_STAT(fstatfs, int, struct statfs)
WRAP_STAT(fstatfs64, int, struct statfs64)
WRAP_STAT(fstatvfs, int, struct statvfs)
WRAP_STAT(fstatvfs64, int, struct statvfs64)
WRAP(STAT, int, -1, fstatat,
	(int fd, const char *path, struct stat *out, int flags),
	(fd, path, out, flags))
WRAP(STAT, int, -1, fstatat64,
	(int fd, const char *path, struct stat64 *out, int flags),
	(fd, path, out, flags))
WRAP(STAT, int, -1, faccessat, (int fd, const char *path, int mode, int flags),
	(fd, path, mode, flags))

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
		enum deed fate =                                              \
			at_call((flags & O_CREAT) != 0 ? CREATE : OPEN);      \
		if (fate == FAIL)                                             \
			return -1;                                            \
		int result = REAL(name) arguments;                            \
		if (fate == KILL_AFTER)                                       \
			die();                                                \
		return result;                                                \
	}

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat, (int fd, const char *path, int flags, ...),
	  (fd, path, flags, mode))
WRAP_OPEN(openat64, (int fd, const char *path, int flags, ...),
	  (fd, path, flags, mode))

/* The C library has no name for an open that follows no link. */
long syscall(long number, ...)
{
	long argument[6];
	va_list args;
	enum deed fate = at_call(number == SYS_openat2 ? OPEN : NOTHING);

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(args, long);
	va_end(args);
	if (fate == FAIL)
		return -1;
	long result = REAL(syscall)(number, argument[0], argument[1],
				    argument[2], argument[3], argument[4],
				    argument[5]);
	if (fate == KILL_AFTER)
		die();
	return result;
}

static enum kind kind_of(int command)
{
	static const int locks[] = { F_SETLK,	  F_SETLKW,   F_GETLK,
				     F_OFD_SETLK, F_SETLEASE, F_GETLEASE };

	for (size_t i = 0; i < sizeof(locks) / sizeof(*locks); i++)
		if (locks[i] == command)
			return LOCK;
	return NOTHING;
}

/* An argument that is no pointer comes through as one, and back. */
#define WRAP_FCNTL(name)                                                      \
	int name(int fd, int command, ...)                                    \
	{                                                                     \
		va_list args;                                                 \
		va_start(args, command);                                      \
		void *argument = va_arg(args, void *);                        \
		va_end(args);                                                 \
		enum deed fate = at_call(kind_of(command));                   \
		if (fate == FAIL)                                             \
			return -1;                                            \
		int result = REAL(name)(fd, command, argument);               \
		if (fate == KILL_AFTER)                                       \
			die();                                                \
		return result;                                                \
	}

WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)
