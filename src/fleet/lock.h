/*
 * lock: one run at a time on one fleet.
 *
 * Runs on: the loop thread. The lock is a flock() on the data directory
 * itself, so that a run with another state directory cannot overlap; where a
 * folder cannot be locked, on state_dir/lock. The kernel releases it when the
 * process ends, however it ends. `state_dir/lock` says who holds it, in text:
 * "pid 4711\nrun ID\nsince TIME\ncommand upgrade\n", and empty lines up to
 * 512 bytes; at the end it is all empty lines, so that a name without a lock
 * tells of a run that died. It never gets shorter, so that once it is there it
 * can be signed on a full disk.
 *
 * Calling order: lock_take(); lock_read_holder(), which now tells of a run
 * that died, to clean up after it; lock_sign(), from which on the file is
 * ours; lock_release(). Dying before lock_sign() leaves the dead run's name
 * for the next one.
 */
#ifndef FLEET_FLEET_LOCK_H
#define FLEET_FLEET_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/state.h"

struct lock {
	int fd;			/* -1: not held */
	int state;		/* borrowed: the state directory */
	bool is_signed;		/* the name in the lock file is ours */
};

struct lock_holder {
	long pid;		/* 0: unknown */
	char run_id[RUN_ID_BYTES];
	char since[TIMESTAMP_BYTES];
	char command[32];
};

/* Takes the lock, waiting up to `wait_ms` (before any signal handler is there,
 * so that ^C ends the wait). ERROR_LOCKED names the holder. Somebody who only
 * looks whether it is free has it for an instant, so it is tried for a tenth
 * of a second at least. */
int lock_take(int data_dir, const char *data_path, const struct state *state,
	      int64_t wait_ms, struct lock *out, struct error *err);

/* Writes who holds it, durably. */
int lock_sign(struct lock *lock, const char *run_id, const char *command,
	      struct error *err);

/* Takes the name out of the lock file, if it was signed, and lets go. Not held
 * is fine. */
void lock_release(struct lock *lock);

/* Looks whether a run holds it, holding nothing afterwards. `holder` (may be
 * NULL) is filled from the lock file. */
bool lock_is_held(int data_dir, const struct state *state,
		  struct lock_holder *holder);

/* The ERROR_LOCKED of lock_take(), for whoever only looked; returns it. */
int lock_refuse(const char *data_path, const struct state *state,
		struct error *err);

/* What the lock file says, whether or not anybody holds the lock: no run_id if
 * there is none in it, it is missing, or makes no sense. ERROR_IO if it cannot
 * be read, so that a run which died is not taken for none. */
int lock_read_holder(const struct state *state, struct lock_holder *out,
		     struct error *err);

#endif
