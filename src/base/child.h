/*
 * child: another program, run to its end, with a time limit and its last words.
 *
 * Runs on: any thread; waits for that one process, by its id, and has nothing
 * to do with SIGCHLD. Owns: the process and its group, until child_run()
 * returns.
 *
 * It gets what it is given and nothing else: its arguments, its environment, a
 * working directory; /dev/null to read from; a pipe for standard output and
 * standard error; no other descriptor (all are opened with O_CLOEXEC, and where
 * the C library can do it, all others are closed as well); default signal
 * handling; no terminal, since it leads a session of its own, so that ^C does
 * not reach it either: the flag does. Whoever it has begun and left behind in
 * its process group is killed when it ends.
 *
 * If the process dies: the program goes on until it ends by itself.
 */
#ifndef FLEET_BASE_CHILD_H
#define FLEET_BASE_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CHILD_SAID_BYTES 4096

struct child_errand {
	char *const *arguments;	  /* [0] is the path of what is run; NULL ends
				   * them */
	char *const *environment; /* "NAME=value", NULL ends them */
	const char *folder;	  /* its working directory */
	int64_t limit_ms;	  /* then it is killed; 0: never */
	const atomic_bool *stop_now; /* then too; may be NULL */
};

struct child_end {
	int status;    /* its exit status, if `signal` is 0 */
	int signal;    /* that ended it; 0: none */
	bool is_over;  /* it was killed, because its time was */
	bool is_stopped; /* or because of the flag */
	char said[CHILD_SAID_BYTES + 1]; /* the end of its output, as it is */
};

/* Runs it. ERROR_IO if it could not be started. */
int child_run(const struct child_errand *errand, struct child_end *out,
	      struct error *err);

/* The end of what it said, as one line for people, which the caller frees:
 * white space folded, what is no text escaped, at most about `most` bytes with
 * "..." in front. "" if it said nothing. */
char *child_last_words(const struct child_end *end, size_t most);

/* The same of its last line with something on it. */
char *child_last_line(const struct child_end *end, size_t most);

#endif
