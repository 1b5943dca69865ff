/*
 * progress: one line on a terminal, rewritten while a run goes on.
 *
 *     1,204 of 2,000 (60 %), 412/s, 2 s left, 1 failed
 *
 * Runs on: the loop thread, as a listener. Owns: itself; borrows the stream.
 * Only for a terminal: whoever makes one has looked at isatty(). Not together
 * with a line for each database (--verbose): those lines show how far it is.
 *
 * Calling order: progress_new(); run_listen() with progress_listener() *before*
 * the other listeners, so that the line is gone when they print;
 * progress_free() after the run. The line is drawn at EVENT_PROGRESS and
 * cleared at every notice and round, and before the end; it never ends in a
 * newline, so nothing of it stays.
 * If the process dies: half a line stands on the terminal.
 */
#ifndef FLEET_REPORT_PROGRESS_H
#define FLEET_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "fleet/event.h"

struct progress;

/* `out`: the terminal, standard error as a rule, so that standard output can be
 * piped on. */
struct progress *progress_new(FILE *out, bool colour);
void progress_free(struct progress *progress); /* NULL is fine */

/* Owned by `progress`. */
struct listener *progress_listener(struct progress *progress);

#endif
