/*
 * application: another process that has a database open, as the application of
 * the fleet would, and does what it is told.
 *
 * Runs on: the test's only thread; the application itself is a child process.
 * Start it before the test has a connection of its own to the file: a child
 * inherits SQLite's notes about locks, and would take its parent's for its own.
 *
 * Calling order: start, do..., then stop (closes its connection) or kill (dies
 * in the middle of what it does). One that is forgotten ends with the test.
 */
#ifndef FLEET_TEST_APPLICATION_H
#define FLEET_TEST_APPLICATION_H

#include <sys/types.h>

struct application {
	pid_t pid;
	int to, from;	/* pipes */
	char said[256];	/* first column of the last row of the last SQL */
};

/* Starts one that has `path` open, made if missing; no waiting for locks. */
void application_start(struct application *app, const char *path);

/* Runs SQL on its connection, which stays open; gives SQLite's primary result
 * code. */
int application_do(struct application *app, const char *sql);

/* Tells it to do so after `delay_us`, and does not wait; the answer is taken
 * later. */
void application_begin(struct application *app, int delay_us, const char *sql);
int application_end(struct application *app);

void application_stop(struct application *app);
void application_kill(struct application *app);

#endif
