#include "database/batch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "database/swap.h"

/* Without a look, nothing bigger is copied on the guess that there is something
 * to do with it. */
#define GUESS_BYTES_MOST (INT64_C(4) << 20)

/* A batch under way. */
struct work {
	struct batch *batch;
	job_work *work;
	int disk;	    /* to sync with: opened before the first write */
	bool is_tried;	    /* may_swap is the last word */
	int64_t staging_us; /* when the newest began to be staged */
	int64_t staged;	    /* bytes, of those not yet published */
	int64_t staged_us;  /* since when the first of them keeps others
			     * waiting; 0: none is staged */
};

struct batch *batch_new(size_t count)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));

	batch->jobs = xcalloc(count, sizeof(*batch->jobs));
	batch->count = count;
	return batch;
}

void batch_free(struct batch *batch)
{
	int fd;

	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		fd = swap_take_retired(&batch->jobs[i]);
		if (fd >= 0)
			(void)close(fd);
	}
	free(batch->jobs);
	free(batch);
}

static void note_wait(struct batch *batch, int64_t took_us)
{
	if (took_us > batch->wait_us)
		batch->wait_us = took_us;
}

/* One by one, where the kernel does not tell of errors otherwise. */
static int sync_each(const struct work *work, struct error *err)
{
	const struct batch *batch = work->batch;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->count; i++) {
		const struct job *job = &batch->jobs[i];

		if (job->phase == JOB_STAGED)
			rc = swap_sync(job, err);
	}
	return rc;
}

static int sync_staged(const struct work *work, struct error *err)
{
	struct batch *batch = work->batch;
	int64_t begin_us = clock_now_us();
	int rc = batch->jobs[0].plan->syncs_each
			 ? sync_each(work, err)
			 : disk_sync(work->disk, err);

	note_wait(batch, clock_now_us() - begin_us);
	return rc;
}

/* Opens what is needed to swap, and sees how long a sync takes while nobody
 * waits for it. */
static bool may_swap(struct work *work)
{
	struct batch *batch = work->batch;
	const struct plan *plan = batch->jobs[0].plan;
	struct error ignored = { 0 };

	if (work->is_tried)
		return batch->may_swap;
	work->is_tried = true;
	if (plan->strategy == CHOOSE_IN_PLACE || plan->staging_dir < 0)
		batch->may_swap = false;
	if (batch->may_swap) {
		work->disk = openat(plan->staging_dir, ".",
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		batch->may_swap = work->disk >= 0;
	}
	if (batch->may_swap && !batch->knows_disk && !plan->syncs_each)
		batch->may_swap =
			sync_staged(work, &ignored) == 0 &&
			batch->wait_us <= 1000 * BATCH_SYNC_MS_MOST;
	return batch->may_swap;
}

/* Does `what` with each job that is staged; how many are so afterwards. */
static size_t each_staged(struct work *work, void (*what)(struct job *job))
{
	struct batch *batch = work->batch;
	size_t left = 0;

	for (size_t i = 0; i < batch->count; i++) {
		struct job *job = &batch->jobs[i];

		if (job->phase == JOB_STAGED)
			what(job);
		left += job->phase == JOB_STAGED;
	}
	return left;
}

/* What has been done with them has to last; if it may not, `otherwise` is. */
static bool lasts(struct work *work, void (*otherwise)(struct job *job,
						       const struct error *why))
{
	struct batch *batch = work->batch;
	struct error error = { 0 };
	int rc = sync_staged(work, &error);

	for (size_t i = 0; rc != 0 && i < batch->count; i++) {
		struct job *job = &batch->jobs[i];

		if (job->phase == JOB_STAGED)
			otherwise(job, &error);
	}
	return rc == 0;
}

static void link_one(struct job *job)
{
	struct error ignored = { 0 };

	(void)swap_link(job, &ignored);
}

/* Lets all that are staged take the places of their live files. */
static void publish(struct work *work)
{
	if (work->staged_us == 0)
		return;
	work->staged = work->staged_us = 0;
	if (each_staged(work, link_one) == 0 || !lasts(work, swap_give_up))
		return;
	if (each_staged(work, swap_rename) == 0 || !lasts(work, swap_doubt))
		return;
	/* What is staged still has been undone: back under its name, which has
	 * to last before anybody may write to it. */
	if (each_staged(work, swap_keep) > 0 && lasts(work, swap_doubt))
		each_staged(work, swap_release);
}

static void look_at(struct work *work, struct job *job)
{
	job->phase = JOB_LOOK;
	work->work(job);
	if (job->phase == JOB_LOOK)
		job->phase = JOB_DONE;
}

/* Takes one job as far as it goes here. */
static void advance(struct work *work, struct job *job)
{
	const struct subject *subject = job->subject;
	bool is_guess = work->batch->was_pending && work->batch->may_swap &&
			subject->known_version == NULL &&
			subject->stamp.bytes <= GUESS_BYTES_MOST;
	struct error why;

	if (job->phase == JOB_LOOK && is_guess)
		job->phase = JOB_STAGE;
	else if (job->phase == JOB_LOOK)
		look_at(work, job);
	if (job->phase == JOB_STAGE && may_swap(work)) {
		work->staging_us = clock_now_us();
		work->work(job);
		note_wait(work->batch, clock_now_us() - work->staging_us);
	}
	/* A guess that did not come as far as to be found right or wrong. */
	if (is_guess &&
	    (job->phase == JOB_STAGE || job->phase == JOB_INPLACE)) {
		why = job->result.failure.error;
		look_at(work, job);
		if (job->phase == JOB_STAGE)
			job->result.failure.error = why;
	}
	if (job->phase == JOB_STAGE)
		job->phase = JOB_INPLACE;
	work->batch->was_pending = job->phase != JOB_DONE;
}

static bool is_full(const struct work *work)
{
	return work->staged >= BATCH_BYTES ||
	       (work->staged_us != 0 &&
		clock_now_us() - work->staged_us >= 1000 * BATCH_MS);
}

static void count_staged(struct work *work, const struct job *job)
{
	work->staged += job->subject->stamp.bytes;
	if (work->staged_us == 0)
		work->staged_us = work->staging_us;
}

/* For what cannot be swapped, and must not be done otherwise. */
static void refuse_in_place(struct job *job)
{
	struct error why = job->result.failure.error;

	if (why.code == ERROR_NONE)
		error_set(&why, ERROR_IO, "nothing can be staged");
	error_append(&why, "it was left untouched, because run.strategy is "
			   "swap; with auto it is done in place");
	job->phase = JOB_DONE;
	result_fail_unchanged(&job->result, &why);
	if (why.code == ERROR_SKIPPED)
		job->result.outcome = OUTCOME_FAILED;
}

void batch_work(struct batch *batch, job_work *what)
{
	struct work work = { .batch = batch, .work = what, .disk = -1 };

	for (size_t i = 0; i < batch->count; i++) {
		struct job *job = &batch->jobs[i];

		if (job->phase != JOB_INPLACE)
			advance(&work, job);
		if (job->phase == JOB_STAGED)
			count_staged(&work, job);
		if (is_full(&work))
			publish(&work);
	}
	publish(&work);
	if (work.disk >= 0)
		(void)close(work.disk);
	for (size_t i = 0; i < batch->count; i++) {
		struct job *job = &batch->jobs[i];

		if (job->phase != JOB_INPLACE)
			continue;
		if (job->plan->strategy == CHOOSE_SWAP)
			refuse_in_place(job);
		else if (batch->count == 1)
			what(job);
	}
}
