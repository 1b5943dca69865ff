/*
 * worker: a process that has the rights of one owner, does one piece of work
 * and ends.
 *
 * Runs on: the loop thread of a process that has no other thread; what the
 * errand does runs in the new process. Owns: the process and the file that it
 * answers in, from worker_begin() until it has ended.
 *
 * It is forked and runs no new program: plan, migrations and fleet are there as
 * they were, even what its owner may not read himself. And as the kernel lets
 * nobody trace a process that has given up rights (until it runs a program),
 * the owner can neither look into it nor steer it. He may end it, which costs
 * him his own database.
 *
 * What it has: its owner's user and groups for good; descriptors only of the
 * folder that the errand names, and of the file for its answers; a session of
 * its own, and so no terminal, not by the name /dev/tty either. It dies with
 * the one that began it. SIGINT, SIGTERM and SIGTSTP are ignored: a service
 * manager sends them to all processes, and what they mean the first one
 * decides. The flag that asks it to undo lies in a page that it shares with the
 * first one, and with no other worker.
 *
 * Nobody waits without end. What a worker works on is its owner's, who can make
 * it wait inside one call of SQLite's or the system's, so its time is kept
 * here, from outside: for each answer that it owes it has the time that the
 * errand names, and once it is asked to undo some seconds for all. Then it is
 * killed; so is one that is stopped (SIGSTOP, which its owner may send). What
 * it had begun in a database SQLite undoes when that is opened next. One that
 * even that does not end is left after some seconds.
 *
 * If the process dies: the worker is killed, by the kernel, and what stands in
 * the roster (roster.h) is waited for by the next run.
 */
#ifndef FLEET_FLEET_WORKER_H
#define FLEET_FLEET_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "fleet/roster.h"

/* What the errand sees in the new process. */
struct worker_call {
	int answers;		     /* open to be written; nobody waits for
				      * more than it holds at the end */
	const atomic_bool *undo;     /* true: undo at once */
	const struct error *refused; /* NULL, or why the owner's rights could
				      * not be had: then nothing may be done but
				      * to say so */
};

struct worker_errand {
	uid_t uid;
	gid_t gid;
	int folder;		/* an open one, or -1. In the worker names can
				 * be looked up in it, and no more: not even a
				 * lock can be had on it */
	struct roster *roster;	/* borrowed: where it is written down; NULL:
				 * nobody is to wait for it */
	void (*work)(void *self, const struct worker_call *call);
	void *self;
	int64_t time_ms;	/* for each answer; 0: as long as it likes,
				 * until it is asked to undo */
	size_t owed;		/* how many answers begin the time anew */
	size_t answer_bytes;	/* of each of those */
};

struct worker {
	pid_t pid;	/* 0: none is at work */
	int answers;	/* to be read once it has ended */
	atomic_bool *undo; /* shared with it; NULL: there is none */
	int64_t time_ms, until_us; /* by clock_now_us(); 0: without end */
	size_t owed, given, answer_bytes;
	struct error killed; /* ERROR_NONE, or why it was killed here */
	struct roster *roster;
	size_t place;	     /* there */
};

/* On failure (ERROR_IO) none is at work. */
int worker_begin(const struct worker_errand *errand, struct worker *out,
		 struct error *err);

void worker_undo(struct worker *worker);

/* Looks whether it has ended, and does not wait. Then `how` is ERROR_NONE if it
 * ended by itself, or ERROR_IO: "it was killed by signal 7 (Bus error)". To be
 * asked several times a second, since it also looks at the time. */
bool worker_has_ended(struct worker *worker, struct error *how);

/* Waits until it has ended, which it does when its time is over. */
void worker_wait(struct worker *worker, struct error *how);

/* The `index`-th answer, each of `bytes`. False if there are not so many. */
bool worker_answer(const struct worker *worker, size_t index, void *out,
		   size_t bytes);

/* In the new process: gives the next answer. */
void worker_say(const struct worker_call *call, const void *answer,
		size_t bytes);

/* Closes what is left of one that has ended. */
void worker_release(struct worker *worker);

#endif
