/*
 * answer: what a worker process says of one database, and whether that can be.
 *
 * Runs on: written in the worker process, read on the loop thread of the one
 * that began it. A plain value, which owns nothing.
 *
 * Whoever has got the better of a worker may have written anything. Nothing of
 * an answer is used before answer_makes_sense() has said yes: then every number
 * is in its range, every text ends, and the phase is one that the job may be in
 * after it. Whether what it says is true nobody can tell; it is about a
 * database of the worker's owner, and about no other.
 *
 * On disk is nothing of it: it lies in memory, and ends with either process.
 */
#ifndef FLEET_FLEET_ANSWER_H
#define FLEET_FLEET_ANSWER_H

#include <stdbool.h>

#include "database/job.h"

struct answer {
	enum job_phase phase;
	struct result result;
};

/* `job` is the one that it answers for, as it was given. JOB_INPLACE is an
 * answer only where `may_come_back` and the job was JOB_LOOK: else one worker
 * could have its job come back for ever. */
bool answer_makes_sense(const struct answer *answer, const struct job *job,
			bool may_come_back);

#endif
