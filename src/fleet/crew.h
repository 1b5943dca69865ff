/*
 * crew: batches lent to processes instead of threads, each with the rights of
 * the owner of the databases in it.
 *
 * Runs on: the loop thread; the jobs' work runs in worker processes
 * (fleet/worker.h), forked one after the other for the databases of one owner
 * that stand together in a batch. Owns: what it knows of the owners. Lifetime:
 * the run; borrows the state directory.
 *
 * A process that dies (a user who cuts off the -shm of his database while it is
 * at work kills it) costs one database, the one it was at: that one has failed,
 * says so, and what stood behind it in the batch goes to a new process. Nobody
 * believes what a process answers further than its own databases: an answer
 * that makes no sense counts as a death, and what is known for next time
 * (struct sighting) has to be of the very file.
 *
 * One that does not end costs one database too, crew_time_ms() later. The work
 * itself keeps to run.database_timeout, and then says what it was at; but where
 * SQLite does not ask the clock (inside one function, in a read from a disk
 * that the owner has made), nothing in that process does.
 *
 * Databases are done in place here: a swap keeps descriptors and locks for a
 * while after it, which would end with the process. Backups and staged files
 * lie in the owner's room (fleet/room.h), which is made before the first
 * process that may write.
 *
 * If the process dies: its workers die with it, each database whole old or
 * whole new.
 */
#ifndef FLEET_FLEET_CREW_H
#define FLEET_FLEET_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "database/batch.h"
#include "fleet/state.h"
#include "fleet/worker.h"

struct crew;

/* A batch that is being worked on. */
struct shift {
	struct batch *batch;
	job_work *work;
	bool looks_first; /* jobs that are JOB_LOOK write nothing: what needs
			   * to be written comes back as JOB_INPLACE */
	size_t done;	  /* jobs that have their result */
	size_t end;	  /* the process at work has those before it */
	bool is_undoing;  /* it was told to */
	struct worker worker;
};

/* `roster`: where the workers are written down, so that after a death nobody
 * else begins before the last of them is gone. They do not have the lock
 * itself: whoever gets the better of one could let go of it in the middle of
 * the run, or leave it to a process that never ends. */
struct crew *crew_new(const struct state *state, struct roster *roster);
void crew_free(struct crew *crew); /* NULL is fine */

/* How long a process may work on one database before it is killed; 0: without
 * end, which is what run.database_timeout = 0s asks for. It is twice that key's
 * time, as a look comes before the change, and busy_timeout twice; the time
 * that steps have of their own; and some seconds. */
int64_t crew_time_ms(const struct plan *plan);

/* Begins to work on a batch. */
void crew_lend(struct crew *crew, struct shift *shift, struct batch *batch,
	       job_work *work, bool looks_first);

/* After a process may have ended (SIGCHLD), several times a second, and after
 * crew_lend(): takes what has been answered and sends the next process, if
 * there is something left to do; kills one whose time is over. True: all jobs
 * of the batch have their result. */
bool crew_collect(struct crew *crew, struct shift *shift);

/* Passes on that what is in flight is to be undone, where that was asked. */
void crew_pass_on(struct shift *shift);

#endif
