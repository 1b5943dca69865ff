#include "fleet/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "database/swap.h"

#define FIRST_PAUSE_MS 1000
#define DOUBLINGS 5 /* no pause is longer than 32 s */

/* A database that takes as long by itself as a batch of others. */
#define BIG_BYTES (INT64_C(4) << 20)

#define BATCHES_MOST 4

/* How long it is believed how fast the disk was, and how slow. */
#define FAST_FOR_US INT64_C(1000000)
#define SLOW_FOR_US INT64_C(10000000)

/* Some databases, gone through once. */
struct round {
	const struct subject **subjects; /* owned */
	size_t count, next, pending;
	const struct subject **in_place; /* owned: given back by batches */
	size_t in_place_count, in_place_next, in_place_capacity;
	size_t in_flight;  /* batches of databases not seen before */
	bool is_first;	   /* what was not begun has never been */
	bool may_put_off;  /* busy ones come again in a later round */
	bool is_full;	   /* the disk: nothing may write any more */
	bool only_looks;   /* see work_without_room */
	bool was_pending;  /* the newest batch ended so: see batch.h */
};

static size_t in_place_left(const struct round *round)
{
	return round->in_place_count - round->in_place_next;
}

static bool has_room(struct sweep *sweep, const struct subject *subject)
{
	struct round *round = sweep->round;

	if (!sweep->operation->writes || sweep->plan->backup_dir < 0 ||
	    round->only_looks)
		return true;
	if (!round->is_full)
		round->is_full =
			reserve_take(sweep->reserve,
				     stamp_disk_bytes(&subject->stamp),
				     &sweep->no_room) != 0;
	return !round->is_full;
}

/* Where there is nothing to do and nothing to open, a worker would cost more
 * than the answer. */
static bool is_known(const struct sweep *sweep, const struct subject *subject)
{
	struct job job = { .plan = sweep->plan, .subject = subject };

	if (subject->known_version == NULL || sweep->operation->recall == NULL)
		return false;
	sweep->operation->recall(&job);
	if (job.result.outcome == OUTCOME_NONE)
		return false;
	sweep->conclude(sweep->self, subject, &job.result);
	return true;
}

/* The next one that has to be worked on; NULL: there is none. */
static const struct subject *next_subject(struct sweep *sweep)
{
	struct round *round = sweep->round;
	const struct subject *subject;

	for (; round->next < round->count; round->next++) {
		subject = round->subjects[round->next];
		if (!is_known(sweep, subject))
			return subject;
	}
	return NULL;
}

static void set_job(const struct sweep *sweep, struct job *job,
		    const struct subject *subject)
{
	job->plan = sweep->plan;
	job->subject = subject;
	job->stop_now = &sweep->signals->stop_now;
}

/* Many syncs of one disk are in each other's way, and what can be swapped waits
 * for little else; the other workers are for what is done in place. */
static size_t most_in_flight(const struct sweep *sweep)
{
	size_t most = queue_window(sweep->queue);

	if (sweep->operation->in_batches && most > BATCHES_MOST)
		most = BATCHES_MOST;
	return most;
}

/* How many databases the next batch is to have, at most: fewer towards the end,
 * but no big one waits for others to make a batch with. */
static size_t batch_size(const struct sweep *sweep)
{
	const struct round *round = sweep->round;
	size_t left = round->count - round->next;
	size_t size = left / (2 * most_in_flight(sweep));
	size_t most = queue_batch_jobs(sweep->queue);
	size_t least = round->subjects[round->next]->stamp.bytes < BIG_BYTES
			       ? BATCH_JOBS_LEAST
			       : 1;

	if (!sweep->operation->in_batches)
		return 1;
	size = size < least ? least : size;
	size = size > most ? most : size;
	return size < left ? size : left;
}

static void know_disk(const struct sweep *sweep, struct batch *batch)
{
	const struct disk_pace *pace = &sweep->pace;
	int64_t age_us = clock_now_us() - pace->measured_us;

	batch->may_swap = !pace->is_slow || age_us >= SLOW_FOR_US ||
			  sweep->plan->strategy == CHOOSE_SWAP;
	batch->knows_disk = pace->measured_us != 0 && !pace->is_slow &&
			    age_us < FAST_FOR_US;
}

static void learn_disk(struct sweep *sweep, const struct batch *batch)
{
	if (batch->wait_us == 0)
		return;
	sweep->pace.measured_us = clock_now_us();
	sweep->pace.is_slow = batch->wait_us > 1000 * BATCH_SYNC_MS_MOST;
}

/* One of those that batches have given back. */
static struct batch *next_in_place(struct sweep *sweep)
{
	struct round *round = sweep->round;
	struct batch *batch;

	if (!has_room(sweep, round->in_place[round->in_place_next]))
		return NULL;
	batch = batch_new(1);
	set_job(sweep, &batch->jobs[0], round->in_place[round->in_place_next]);
	round->in_place_next++;
	batch->jobs[0].phase = JOB_INPLACE;
	batch->is_again = true;
	return batch;
}

static struct batch *next_batch(void *self)
{
	struct sweep *sweep = self;
	struct round *round = sweep->round;
	const struct subject *subject;
	struct batch *batch;
	int64_t bytes = 0;
	size_t size, count = 0;

	if (sweep->signals->draining)
		return NULL;
	if (in_place_left(round) > 0 && !round->only_looks)
		return next_in_place(sweep);
	subject = next_subject(sweep);
	if (subject == NULL || round->in_flight >= most_in_flight(sweep) ||
	    !has_room(sweep, subject))
		return NULL;
	size = batch_size(sweep);
	batch = batch_new(size);
	do {
		set_job(sweep, &batch->jobs[count++], subject);
		bytes += subject->stamp.bytes;
		round->next++;
		subject = NULL;
		if (count < size && bytes < BATCH_BYTES)
			subject = next_subject(sweep);
	} while (subject != NULL && has_room(sweep, subject));
	batch->count = count;
	batch->was_pending = round->was_pending;
	know_disk(sweep, batch);
	round->in_flight++;
	return batch;
}

static void put_off(struct sweep *sweep, const struct subject *subject)
{
	sweep->waiting = array_grow(sweep->waiting, sweep->waiting_count,
				    &sweep->waiting_capacity,
				    sizeof(*sweep->waiting));
	sweep->waiting[sweep->waiting_count++] = subject;
}

static bool is_pending(enum outcome outcome)
{
	return outcome == OUTCOME_WOULD_UPGRADE ||
	       outcome == OUTCOME_WOULD_FAIL;
}

/* No outcome is what the second signal leaves; at any other time it would hide
 * a database that nothing was done with. */
static void check_outcome(const struct sweep *sweep, struct result *result)
{
	struct error defect = { 0 };

	if (result->outcome != OUTCOME_NONE ||
	    atomic_load(&sweep->signals->stop_now))
		return;
	error_set(&defect, ERROR_BUG, "it was given back without an outcome, "
		  "which is a defect of this program");
	result_fail(result, &defect);
}

static void come_again(struct sweep *sweep, const struct job *job)
{
	struct round *round = sweep->round;

	sweep->given_up += job->yielded == SWAP_GIVEN_UP;
	sweep->undone += job->yielded == SWAP_UNDONE;
	round->in_place = array_grow(round->in_place, round->in_place_count,
				     &round->in_place_capacity,
				     sizeof(*round->in_place));
	round->in_place[round->in_place_count++] = job->subject;
}

static void job_done(struct sweep *sweep, struct job *job)
{
	struct round *round = sweep->round;
	struct result *result = &job->result;

	check_outcome(sweep, result);
	if (result->outcome == OUTCOME_NONE) {
		sweep->left_out++;
	} else if (round->only_looks && is_pending(result->outcome)) {
		sweep->left_out++;
		round->pending++;
	} else if (result->outcome == OUTCOME_BUSY && round->may_put_off &&
		   !sweep->signals->draining) {
		put_off(sweep, job->subject);
	} else {
		sweep->conclude(sweep->self, job->subject, result);
	}
}

static void batch_done(void *self, struct batch *batch)
{
	struct sweep *sweep = self;

	learn_disk(sweep, batch);
	sweep->round->in_flight -= !batch->is_again;
	if (sweep->operation->in_batches)
		sweep->round->was_pending = batch->was_pending;
	for (size_t i = 0; i < batch->count; i++) {
		struct job *job = &batch->jobs[i];
		int retired = swap_take_retired(job);

		if (retired >= 0)
			retired_add(sweep->retired, retired);
		if (job->phase == JOB_INPLACE)
			come_again(sweep, job);
		else
			job_done(sweep, job);
	}
	batch_free(batch);
}

/* It was begun and found busy, so it is not left out, and what was found is
 * not kept: a fleet whose application holds every file would cost too much. */
static void give_up(struct sweep *sweep, const struct subject *subject)
{
	struct result *result = xcalloc(1, sizeof(*result));
	struct error err = { 0 };

	error_set(&err, ERROR_BUSY, "an application held it, and it was not "
		  "tried again because the run was stopped; it was left as it "
		  "was");
	result_fail(result, &err);
	sweep->conclude(sweep->self, subject, result);
	free(result);
}

static void end_round(struct sweep *sweep, struct round *round)
{
	size_t not_begun = round->count - round->next;

	/* Of those that were to be done in place, nothing was done so far. */
	sweep->left_out += in_place_left(round);
	if (round->is_first)
		sweep->left_out += not_begun;
	else
		for (size_t i = round->next; i < round->count; i++)
			give_up(sweep, round->subjects[i]);
	/* All that did not fit turned out to need nothing. */
	if (not_begun == 0 && round->pending == 0 && in_place_left(round) == 0)
		sweep->no_room.code = ERROR_NONE;
	free(round->subjects);
	free(round->in_place);
}

static void work_round(struct sweep *sweep, struct round *round)
{
	struct queue_source source = { next_batch, batch_done, sweep,
				       sweep->operation->in_batches };
	job_work *look = sweep->operation->work_without_room;

	sweep->round = round;
	queue_run(sweep->queue, sweep->operation->work, source);
	if (round->is_full && look != NULL) {
		round->only_looks = true;
		queue_run(sweep->queue, look, source);
	}
	sweep->round = NULL;
	end_round(sweep, round);
}

static void pause_over(uv_timer_t *timer)
{
	bool *is_over = timer->data;

	*is_over = true;
}

static void pause_before(struct sweep *sweep, int64_t retry)
{
	int shift = retry < DOUBLINGS ? (int)retry : DOUBLINGS;
	bool is_over = false;

	sweep->pause->data = &is_over;
	uv_timer_start(sweep->pause, pause_over,
		       (uint64_t)FIRST_PAUSE_MS << shift, 0);
	while (!is_over && !sweep->signals->draining)
		uv_run(sweep->loop, UV_RUN_ONCE);
	uv_timer_stop(sweep->pause);
}

static int by_size(const void *a, const void *b)
{
	const struct subject *one = *(const struct subject *const *)a;
	const struct subject *two = *(const struct subject *const *)b;

	if (one->stamp.bytes != two->stamp.bytes)
		return one->stamp.bytes > two->stamp.bytes ? -1 : 1;
	return one < two ? -1 : 1; /* as they stand in the fleet */
}

/* The big ones, biggest first, then all others in the order given. */
static const struct subject **in_order(const struct subject *subjects,
				       size_t count)
{
	const struct subject **order = xcalloc(count, sizeof(*order));
	size_t big = 0, next;

	for (size_t i = 0; i < count; i++)
		if (subjects[i].stamp.bytes >= BIG_BYTES)
			order[big++] = &subjects[i];
	next = big;
	for (size_t i = 0; i < count; i++)
		if (subjects[i].stamp.bytes < BIG_BYTES)
			order[next++] = &subjects[i];
	qsort(order, big, sizeof(*order), by_size);
	return order;
}

void sweep_run(struct sweep *sweep, const struct subject *subjects,
	       size_t count)
{
	int64_t retries = sweep->operation->retries_busy ? sweep->retries : 0;
	struct round round = {
		.count = count,
		.is_first = true,
		.may_put_off = retries > 0,
	};

	if (count == 0)
		return;
	round.subjects = in_order(subjects, count);
	work_round(sweep, &round);
	for (int64_t retry = 0; sweep->waiting_count > 0; retry++) {
		round = (struct round){
			.subjects = sweep->waiting,
			.count = sweep->waiting_count,
			.may_put_off = retry + 1 < retries,
		};
		sweep->waiting = NULL;
		sweep->waiting_count = sweep->waiting_capacity = 0;
		if (!sweep->signals->draining) {
			sweep->retry(sweep->self, round.count);
			pause_before(sweep, retry);
		}
		work_round(sweep, &round);
	}
	free(sweep->waiting);
	sweep->waiting = NULL;
}
