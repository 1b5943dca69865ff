#include "fleet/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FIRST_PAUSE_MS 1000
#define DOUBLINGS 5 /* no pause is longer than 32 s */

/* Some databases, gone through once: all of an array, or those of it that are
 * tried again. */
struct round {
	const struct subject *first; /* NULL: `again` */
	const struct subject **again;
	size_t count, next, pending;
	bool may_put_off;  /* busy ones come again in a later round */
	bool is_full;	   /* the disk: nothing may write any more */
	bool only_looks;   /* see work_without_room */
};

static bool has_room(struct sweep *sweep, const struct subject *subject)
{
	struct round *round = sweep->round;

	if (!sweep->operation->writes || sweep->plan->backup_dir < 0 ||
	    round->only_looks)
		return true;
	if (!round->is_full)
		round->is_full =
			reserve_take(sweep->reserve,
				     (uint64_t)subject->stamp.bytes,
				     &sweep->no_room) != 0;
	return !round->is_full;
}

static struct job *next_job(void *self)
{
	struct sweep *sweep = self;
	struct round *round = sweep->round;
	const struct subject *subject;
	struct job *job;

	if (sweep->signals->draining || round->next == round->count)
		return NULL;
	subject = round->first != NULL ? &round->first[round->next]
				       : round->again[round->next];
	if (!has_room(sweep, subject))
		return NULL;
	round->next++;
	job = xcalloc(1, sizeof(*job));
	job->plan = sweep->plan;
	job->subject = subject;
	job->stop_now = &sweep->signals->stop_now;
	return job;
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

static void job_done(void *self, struct job *job)
{
	struct sweep *sweep = self;
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
	free(job);
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

static void end_round(struct sweep *sweep, const struct round *round)
{
	if (round->first != NULL)
		sweep->left_out += round->count - round->next;
	else
		for (size_t i = round->next; i < round->count; i++)
			give_up(sweep, round->again[i]);
	/* All that did not fit turned out to need nothing. */
	if (round->next == round->count && round->pending == 0)
		sweep->no_room.code = ERROR_NONE;
}

static void work_round(struct sweep *sweep, struct round *round)
{
	struct queue_source source = { next_job, job_done, sweep };
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

void sweep_run(struct sweep *sweep, const struct subject *subjects,
	       size_t count)
{
	int64_t retries = sweep->operation->retries_busy ? sweep->retries : 0;
	struct round round = {
		.first = subjects,
		.count = count,
		.may_put_off = retries > 0,
	};

	if (count == 0)
		return;
	work_round(sweep, &round);
	for (int64_t retry = 0; sweep->waiting_count > 0; retry++) {
		round = (struct round){
			.again = sweep->waiting,
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
		free(round.again);
	}
	free(sweep->waiting);
	sweep->waiting = NULL;
}
