/*
 * puppets: a fleet of databases that do not exist, and work that does with each
 * of them as told.
 *
 * What a puppet does is set before a run and only read by the workers; how
 * often it was worked on is counted by them, and read after.
 */
#ifndef FLEET_TEST_UNIT_PUPPETS_H
#define FLEET_TEST_UNIT_PUPPETS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "fleet/discover.h"

struct puppet {
	enum outcome outcome;	/* what it comes to */
	enum outcome looks_like; /* what puppet_look() finds */
	int busy_times;		/* before that it is busy so many times */
	bool goes_in_place;	/* is given back by its first batch */
	enum job_swap yielded;	/* with that */
	int sleep_ms;
	int signal;		/* its work sends us this one; 0: none */
	bool waits_for_stop;	/* works until stop_now, then undoes */
	atomic_int worked, looked; /* how often */
	atomic_int turn;	/* when it was first worked on: 1, 2, 3... */
};

struct puppets {
	struct fleet fleet;
	atomic_int turns;
	struct puppet *all;	/* [0] is system.db, [i + 1] users[i] */
	size_t count;
};

/* `users` of them, all upgraded at once, 4096 bytes each; and a system.db. */
void puppets_open(struct puppets *puppets, size_t users, bool has_system);
void puppets_close(struct puppets *puppets);

struct puppet *puppet_of(const struct puppets *puppets, size_t user);

/* Work functions. They find their puppet by the subject's inode. Only one set
 * of puppets plays at a time. */
void puppet_work(struct job *job);
void puppet_look(struct job *job);

#endif
