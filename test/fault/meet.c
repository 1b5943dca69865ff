/*
 * meet: stops a process at a chosen call, of the swap or of a look for links,
 * and lets somebody else come by at exactly that moment.
 *
 * Preloaded (LD_PRELOAD). A call is told as a line, with absolute paths:
 *
 *	link FROM TO		link, linkat
 *	rename FROM TO		rename, renameat, renameat2
 *	unlink PATH		unlink, unlinkat
 *	lstat PATH		lstat
 *	syncfs PATH		the path of the descriptor
 *	setlease TYPE PATH	fcntl(F_SETLEASE); TYPE is write, read or none
 *	getlease TYPE PATH	fcntl(F_GETLEASE); TYPE is what it gave, and so
 *				MEET_WHEN=before finds "getlease ? PATH"
 *
 * MEET_AT		the call: a shell pattern for its line
 * MEET_WHEN		"before" it or "after" it (the default)
 * MEET_NTH		which of those that fit; 1 by default, 0 is every one
 * MEET_PAUSE_US	so long it waits there, for whoever comes anyway
 * MEET_DO		a command for /bin/sh, run while the calling thread
 *			waits for it; its $1 is the line. It is another
 *			process, so what it opens somebody else has asked for
 * MEET_LOG		a file that gets the line of every such call behind it
 *			("!" at its end: it failed), and "met LINE" where
 *			MEET_DO was run: a test knows that it came to pass
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 2 * 4096 + 64 };

static const char *pattern;
static const char *command;
static const char *log_path;
static int is_before;
static long nth;
static long pause_us;
static atomic_long fitting;

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : value;
}

__attribute__((constructor)) static void begin(void)
{
	pattern = setting("MEET_AT", "");
	command = setting("MEET_DO", NULL);
	log_path = setting("MEET_LOG", "/dev/null");
	is_before = strcmp(setting("MEET_WHEN", "after"), "before") == 0;
	nth = atol(setting("MEET_NTH", "1"));
	pause_us = atol(setting("MEET_PAUSE_US", "0"));
	/* Whoever comes by is not to be stopped. */
	(void)unsetenv("LD_PRELOAD");
}

static void note(const char *before, const char *line, const char *behind)
{
	int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		      0600);
	char text[LINE + 16];
	int bytes = snprintf(text, sizeof(text), "%s%s%s\n", before, line,
			     behind);

	/* In one call: other threads write here too. */
	if (fd < 0 || write(fd, text, (size_t)bytes) != bytes)
		(void)fprintf(stderr, "meet: %s: %s\n", log_path,
			      strerror(errno));
	if (fd >= 0)
		(void)close(fd);
}

static void run_command(const char *line)
{
	char *args[] = { "sh", "-c", (char *)command, "meet", (char *)line,
			 NULL };
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int status = -1;

	(void)sigemptyset(&none);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (posix_spawn(&pid, "/bin/sh", NULL, &attributes, args, environ) == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	(void)posix_spawnattr_destroy(&attributes);
	note("met ", line, status == 0 ? "" : "!");
}

static void meet(const char *line)
{
	if (pause_us > 0)
		(void)usleep((useconds_t)pause_us);
	if (command != NULL)
		run_command(line);
}

static int is_the_one(const char *line)
{
	long n;

	if (fnmatch(pattern, line, 0) != 0)
		return 0;
	n = atomic_fetch_add(&fitting, 1) + 1;
	return nth == 0 || n == nth;
}

static void at_call(const char *line, int is_behind, int failed)
{
	int kept = errno;

	if (is_behind)
		note("", line, failed ? "!" : "");
	if (is_before != is_behind && is_the_one(line))
		meet(line);
	errno = kept;
}

/* The path behind a descriptor. Nothing is opened: that would count. */
static void path_of(char *path, size_t size, int fd)
{
	char link[64];
	ssize_t bytes;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	bytes = readlink(link, path, size - 1);
	path[bytes < 0 ? 0 : bytes] = '\0';
}

static void path_at(char *path, size_t size, int folder, const char *name)
{
	size_t bytes;

	if (name[0] == '/') {
		(void)snprintf(path, size, "%s", name);
		return;
	}
	if (folder != AT_FDCWD)
		path_of(path, size, folder);
	else if (getcwd(path, size) == NULL)
		path[0] = '\0';
	bytes = strlen(path);
	(void)snprintf(path + bytes, size - bytes, "/%s", name);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void line_of_two(char *line, const char *what, int from_fd,
			const char *from, int to_fd, const char *to)
{
	char from_path[4096], to_path[4096];

	path_at(from_path, sizeof(from_path), from_fd, from);
	path_at(to_path, sizeof(to_path), to_fd, to);
	(void)snprintf(line, LINE, "%s %s %s", what, from_path, to_path);
}

#define WRAP(name, parameters, arguments, ...)                                \
	int name parameters                                                   \
	{                                                                     \
		char line[LINE];                                              \
		__VA_ARGS__;                                                  \
		at_call(line, 0, 0);                                          \
		int result = REAL(name) arguments;                            \
		at_call(line, 1, result < 0);                                 \
		return result;                                                \
	}

WRAP(link, (const char *from, const char *to), (from, to),
	line_of_two(line, "link", AT_FDCWD, from, AT_FDCWD, to))
WRAP(linkat,
	(int from_fd, const char *from, int to_fd, const char *to, int flags),
	(from_fd, from, to_fd, to, flags),
	line_of_two(line, "link", from_fd, from, to_fd, to))
WRAP(rename, (const char *from, const char *to), (from, to),
	line_of_two(line, "rename", AT_FDCWD, from, AT_FDCWD, to))
WRAP(renameat, (int from_fd, const char *from, int to_fd, const char *to),
	(from_fd, from, to_fd, to),
	line_of_two(line, "rename", from_fd, from, to_fd, to))
WRAP(renameat2,
	(int from_fd, const char *from, int to_fd, const char *to,
		unsigned flags),
	(from_fd, from, to_fd, to, flags),
	line_of_two(line, "rename", from_fd, from, to_fd, to))

static void line_of_one(char *line, const char *what, int folder,
			const char *name)
{
	char path[4096];

	path_at(path, sizeof(path), folder, name);
	(void)snprintf(line, LINE, "%s %s", what, path);
}

static void line_of_fd(char *line, const char *what, int fd)
{
	char path[4096];

	path_of(path, sizeof(path), fd);
	(void)snprintf(line, LINE, "%s %s", what, path);
}

WRAP(unlink, (const char *name), (name),
	line_of_one(line, "unlink", AT_FDCWD, name))
WRAP(unlinkat, (int folder, const char *name, int flags),
	(folder, name, flags), line_of_one(line, "unlink", folder, name))
WRAP(lstat, (const char *name, struct stat *out), (name, out),
	line_of_one(line, "lstat", AT_FDCWD, name))
WRAP(lstat64, (const char *name, struct stat64 *out), (name, out),
	line_of_one(line, "lstat", AT_FDCWD, name))
WRAP(syncfs, (int fd), (fd), line_of_fd(line, "syncfs", fd))

static const char *type_of(long type)
{
	return type == F_WRLCK ? "write" : type == F_RDLCK ? "read" : "none";
}

/* An argument that is no pointer comes through as one, and back. */
static int call_fcntl(int (*real)(int, int, ...), int fd, int what, void *arg)
{
	char words[32], line[LINE];
	int result;

	if (what != F_SETLEASE && what != F_GETLEASE)
		return real(fd, what, arg);
	(void)snprintf(words, sizeof(words), "%s %s",
		       what == F_SETLEASE ? "setlease" : "getlease",
		       what == F_SETLEASE ? type_of((long)arg) : "?");
	line_of_fd(line, words, fd);
	at_call(line, 0, 0);
	result = real(fd, what, arg);
	if (what == F_GETLEASE) {
		(void)snprintf(words, sizeof(words), "getlease %s",
			       type_of(result));
		line_of_fd(line, words, fd);
	}
	at_call(line, 1, result < 0);
	return result;
}

#define WRAP_FCNTL(name)                                                      \
	int name(int fd, int what, ...)                                       \
	{                                                                     \
		va_list args;                                                 \
		va_start(args, what);                                         \
		void *arg = va_arg(args, void *);                             \
		va_end(args);                                                 \
		return call_fcntl(REAL(name), fd, what, arg);                 \
	}

WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)
