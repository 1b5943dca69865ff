#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

/* How soon a stop, or the end of one who has closed its output, is seen. */
#define LOOK_MS 20

/* More than a pipe holds. */
#define READS_MOST 32

struct child {
	const struct child_errand *errand;
	struct child_end *end;
	pid_t pid;
	int output; /* to be read; -1: it was closed */
	size_t said;
	int64_t limit_us; /* by clock_now_us(); 0: none */
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int set_actions(const struct child_errand *errand, int output,
		       posix_spawn_file_actions_t *actions)
{
	int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
						  "/dev/null", O_RDONLY, 0);

	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, output,
						      STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, output,
						      STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addchdir_np(actions,
							  errand->folder);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			actions, STDERR_FILENO + 1);
#endif
	return rc;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	/* A group in the background would still have the terminal. */
	const short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
			    POSIX_SPAWN_SETSIGMASK;
	sigset_t all, none;
	int rc;

	sigfillset(&all);
	sigemptyset(&none);
	rc = posix_spawnattr_setflags(attributes, flags);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attributes, &all);
	return rc != 0 ? rc : posix_spawnattr_setsigmask(attributes, &none);
}

/* 0 or what went wrong (errno). */
static int start(const struct child_errand *errand, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc == 0) {
		rc = set_actions(errand, output, &actions);
		if (rc == 0)
			rc = set_attributes(&attributes);
		if (rc == 0)
			rc = posix_spawn(pid, errand->arguments[0], &actions,
					 &attributes, errand->arguments,
					 errand->environment);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Keeps the end of what was said. */
static void hear(struct child *child, const char *words, size_t bytes)
{
	char *said = child->end->said;
	size_t gone;

	if (bytes > CHILD_SAID_BYTES) {
		words += bytes - CHILD_SAID_BYTES;
		bytes = CHILD_SAID_BYTES;
	}
	gone = child->said + bytes > CHILD_SAID_BYTES
		       ? child->said + bytes - CHILD_SAID_BYTES
		       : 0;
	memmove(said, said + gone, child->said - gone);
	said += child->said - gone;
	for (size_t i = 0; i < bytes; i++)
		said[i] = words[i] == '\0' ? ' ' : words[i];
	said[bytes] = '\0';
	child->said += bytes - gone;
}

/* Reads what is there, or a part of it, since there may be no end; at that,
 * closes. */
static void listen_on(struct child *child)
{
	char words[CHILD_SAID_BYTES];
	ssize_t bytes = 1;

	for (int i = 0; bytes > 0 && i < READS_MOST; i++) {
		bytes = read(child->output, words, sizeof(words));
		if (bytes > 0)
			hear(child, words, (size_t)bytes);
	}
	if (bytes > 0)
		return;
	if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	(void)close(child->output);
	child->output = -1;
}

/* It stays a zombie, so that its group's number is nobody else's. */
static bool has_ended(const struct child *child)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)child->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == child->pid;
}

/* Whether it is to be killed. */
static bool is_enough(struct child *child)
{
	const atomic_bool *stop_now = child->errand->stop_now;

	child->end->is_stopped = stop_now != NULL && atomic_load(stop_now);
	child->end->is_over = !child->end->is_stopped &&
			      child->limit_us > 0 &&
			      clock_now_us() > child->limit_us;
	return child->end->is_stopped || child->end->is_over;
}

static void wait_for_it(struct child *child)
{
	struct pollfd output = { .events = POLLIN };

	while (!has_ended(child) && !is_enough(child)) {
		output.fd = child->output;
		if (poll(&output, 1, LOOK_MS) > 0)
			listen_on(child);
	}
}

static void bury(struct child *child)
{
	struct child_end *end = child->end;
	int status = 0;

	(void)kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		end->signal = WTERMSIG(status);
	else
		end->status = WEXITSTATUS(status);
	if (child->output >= 0)
		listen_on(child);
	if (child->output >= 0)
		(void)close(child->output);
}

int child_run(const struct child_errand *errand, struct child_end *out,
	      struct error *err)
{
	struct child child = { .errand = errand, .end = out };
	int ends[2], failure;

	memset(out, 0, sizeof(*out));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "%s cannot be started",
				       errand->arguments[0]);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (errand->limit_ms > 0)
		child.limit_us = clock_now_us() + 1000 * errand->limit_ms;
	failure = start(errand, ends[1], &child.pid);
	(void)close(ends[1]);
	if (failure != 0) {
		(void)close(ends[0]);
		return error_set_errno(err, ERROR_IO, failure,
				       "%s cannot be started",
				       errand->arguments[0]);
	}
	child.output = ends[0];
	wait_for_it(&child);
	bury(&child);
	return 0;
}

/* One blank for each run of white space, none at either end. */
static char *fold(const char *said)
{
	char *folded = xmalloc(strlen(said) + 1);
	size_t used = 0;

	for (; *said != '\0'; said++) {
		if (!is_blank(*said))
			folded[used++] = *said;
		else if (used > 0 && folded[used - 1] != ' ')
			folded[used++] = ' ';
	}
	while (used > 0 && folded[used - 1] == ' ')
		used--;
	folded[used] = '\0';
	return folded;
}

static char *make_words(const char *said, size_t most)
{
	char *folded = fold(said), *shown, *words;
	const char *tail = folded;
	size_t bytes = strlen(folded);

	if (bytes > most) {
		tail += bytes - most;
		/* Not in the middle of a letter. */
		while ((*tail & 0xc0) == 0x80)
			tail++;
	}
	shown = text_escape(tail);
	words = xasprintf("%s%s", tail > folded ? "..." : "", shown);
	free(shown);
	free(folded);
	return words;
}

char *child_last_words(const struct child_end *end, size_t most)
{
	return make_words(end->said, most);
}

char *child_last_line(const struct child_end *end, size_t most)
{
	const char *line = end->said;

	for (const char *at = line; *at != '\0'; at++)
		if (*at == '\n' && at[1 + strspn(at + 1, " \t\r\n")] != '\0')
			line = at + 1;
	return make_words(line, most);
}
