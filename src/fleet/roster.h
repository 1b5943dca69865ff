/*
 * roster: the worker processes of a run, written down for the next run.
 *
 * Runs on: the loop thread, under the lock, but for roster_sign(), which a
 * worker process calls while it is root still. Owns: its descriptor, from
 * roster_open() to roster_close().
 *
 * When a run is killed, the kernel lets go of its lock first and kills its
 * workers then, and one in the middle of a call ends with that. A next run that
 * began meanwhile would clear away what they write, and judge databases by what
 * is not so any more. Nothing that a worker holds tells when it has ended: what
 * it holds it can let go of, or leave to a process of its own that never ends.
 * So the next run asks for the processes themselves:
 *
 *     <state_dir>/workers	a line for each place, root's, 0600: process id,
 *				when it began, and since which start of the
 *				machine that counts
 *
 * A worker writes its line before it gives up root's rights, and so before it
 * touches anything of an owner's. Lines are not taken back: an id that is
 * somebody else's by now began at another time.
 *
 * If the process dies: the lines stay, and are what this is for.
 */
#ifndef FLEET_FLEET_ROSTER_H
#define FLEET_FLEET_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

/* More than there are workers at a time. */
#define ROSTER_PLACES 2048

struct roster {
	int fd; /* -1: no lock is held, and nothing is written */
	char boot[BOOT_ID_BYTES];
	bool taken[ROSTER_PLACES];
};

/* Opens the roster in the open state directory, kills whoever stands in it and
 * is there still, and waits until they are gone, or ten seconds: one that even
 * that does not end is in one call of the system's, and ends with it. Then it
 * is empty. ERROR_IO. */
int roster_open(int state_dir, struct roster *out, struct error *err);
void roster_close(struct roster *roster); /* closed is fine */

/* A place for one more worker, until it is given back. False, with errno: there
 * is none. */
bool roster_take(struct roster *roster, size_t *place);
void roster_give(struct roster *roster, size_t place);

/* In the worker: writes it down. Who cannot must not work. */
int roster_sign(const struct roster *roster, size_t place, struct error *err);

#endif
