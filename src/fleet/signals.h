/*
 * signals: SIGINT and SIGTERM, twice.
 *
 * Runs on: the loop thread, through libuv; nothing runs in a signal handler.
 * First signal: `draining`: stop pulling, finish what is in flight, report.
 * Second: `stop_now`: workers roll back at the next statement or some thousand
 * steps of SQLite's machine. After the run signals_close() puts the default
 * action back, and signals_raise() dies of the signal, so that the caller sees
 * the true cause. A signal that was ignored when the program began (nohup, a
 * job in a shell's background) stays ignored. SIGPIPE is ignored from
 * signals_open() on: writing tells.
 *
 * Calling order: signals_open(), the loop any number of times,
 * signals_close(), signals_raise(). Signals are heard of while the loop runs.
 */
#ifndef FLEET_FLEET_SIGNALS_H
#define FLEET_FLEET_SIGNALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

struct signals {
	uv_signal_t handles[2];	/* SIGINT, SIGTERM; they keep no loop alive */
	bool draining;
	int signal;		/* the first one; 0: none */
	atomic_bool stop_now;	/* the one word shared with the workers */
};

/* The struct must not move while it is open. On failure it is closed. */
int signals_open(struct signals *signals, uv_loop_t *loop, struct error *err);

/* Hears of what came while the loop stood still. */
void signals_hear(struct signals *signals, uv_loop_t *loop);

/* Runs the loop until the handles are gone: nothing else may be active on it.
 * Zeroed or closed is fine. */
void signals_close(struct signals *signals, uv_loop_t *loop);

/* Raises the signal that came, if one did; then does not return. */
void signals_raise(const struct signals *signals);

#endif
