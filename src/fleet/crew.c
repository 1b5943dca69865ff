#include "fleet/crew.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "database/backup.h"
#include "fleet/answer.h"
#include "fleet/flaws.h"
#include "fleet/owner.h"
#include "fleet/room.h"

/* For what is no one's work: to begin, and to write down how it ended. */
#define SLACK_MS 5000

struct member {
	uid_t uid;
	gid_t gid;
	char run_id[RUN_ID_BYTES]; /* for which it has a folder of backups */
};

struct crew {
	const struct state *state;
	struct roster *roster;
	struct member *members;
	size_t count, capacity;
};

/* What a worker process works on. */
struct errand {
	const struct crew *crew;
	const struct member *member;
	struct shift *shift;
};

struct crew *crew_new(const struct state *state, struct roster *roster)
{
	struct crew *crew = xcalloc(1, sizeof(*crew));

	crew->state = state;
	crew->roster = roster;
	return crew;
}

void crew_free(struct crew *crew)
{
	if (crew != NULL)
		free(crew->members);
	free(crew);
}

/* Asking for somebody's groups may take long, so it is asked once. */
static struct member *find_member(struct crew *crew, const struct stamp *file)
{
	struct member *member;

	for (size_t i = 0; i < crew->count; i++)
		if (crew->members[i].uid == file->owner)
			return &crew->members[i];
	crew->members = array_grow(crew->members, crew->count, &crew->capacity,
				   sizeof(*crew->members));
	member = &crew->members[crew->count++];
	*member = (struct member){
		.uid = file->owner,
		.gid = owner_group(file->owner, file->group),
	};
	return member;
}

/* ---- in the worker process ---- */

/* The plan as it is for one owner: what it makes lies in his room. */
static int enter_room(const struct errand *errand, struct plan *plan,
		      struct state *room, struct error *err)
{
	const struct member *member = errand->member;
	bool writes = plan->backup_dir >= 0;
	int rc = 0;

	*room = (struct state){ .folder = -1, .backups = -1, .staging = -1 };
	plan->backup_dir = -1;
	if (errand->crew->state->folder >= 0)
		rc = room_open(errand->crew->state, member->uid, member->gid,
			       false, room, err);
	plan->has_rooms = false;
	plan->state_dir = room->folder;
	plan->state_path = room->path;
	plan->source_dir = room->backups;
	plan->staging_dir = room->staging;
	/* Whatever is wrong with the room says nothing of the database. */
	if (rc != 0)
		rc = err->code = ERROR_IO;
	if (rc == 0 && writes && room->backups >= 0)
		plan->backup_dir = openat(room->backups, plan->run_id,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
						  O_CLOEXEC);
	return rc;
}

static void do_job(struct job *job, job_work *work)
{
	bool is_look = job->phase == JOB_LOOK;

	work(job);
	job->phase = is_look && job->phase != JOB_LOOK && job->phase != JOB_DONE
			     ? JOB_INPLACE
			     : JOB_DONE;
}

static void work_through(void *self, const struct worker_call *call)
{
	const struct errand *errand = self;
	struct shift *shift = errand->shift;
	struct plan plan = *shift->batch->jobs[0].plan;
	struct error why = { 0 };
	struct answer answer = { 0 };
	struct state room;
	int rc;

	if (call->refused != NULL)
		why = *call->refused;
	rc = call->refused != NULL ? (int)why.code
				   : enter_room(errand, &plan, &room, &why);
	for (size_t i = shift->done; i < shift->end; i++) {
		struct job job = shift->batch->jobs[i];

		job.plan = &plan;
		job.stop_now = call->undo;
		if (rc != 0 ||
		    flaws_check(plan.data_path, job.subject, &why) != 0) {
			result_fail(&job.result, &why);
			job.phase = JOB_DONE;
		} else if (job_check_stop(&job, NULL) != 0) {
			job.phase = JOB_DONE; /* as if it was never begun */
		} else {
			do_job(&job, shift->work);
		}
		answer.phase = job.phase;
		answer.result = job.result;
		worker_say(call, &answer, sizeof(answer));
	}
}

/* ---- in the process that lends ---- */

/* Makes what is needed before anything is written, once for each owner. */
static int prepare(struct crew *crew, struct member *member,
		   const struct shift *shift, struct error *err)
{
	const struct job *job = &shift->batch->jobs[shift->done];
	const struct plan *plan = job->plan;
	char command[STATE_COMMAND_BYTES];
	int rc;

	if (plan->backup_dir < 0 || strcmp(member->run_id, plan->run_id) == 0 ||
	    (job->phase == JOB_LOOK && shift->looks_first))
		return 0;
	rc = state_backups_command(crew->state, plan->run_id, command, err);
	if (rc == 0)
		rc = room_begin_backups(crew->state, member->uid, member->gid,
					plan->run_id, command, err);
	if (rc == 0)
		memcpy(member->run_id, plan->run_id, sizeof(member->run_id));
	return rc;
}

static void fail(struct shift *shift, const struct error *why)
{
	struct job *job = &shift->batch->jobs[shift->done++];

	memset(&job->result, 0, sizeof(job->result));
	job->phase = JOB_DONE;
	result_fail(&job->result, why);
}

/* Where a step names a time of its own, that is not taken off what the database
 * has. */
static int64_t own_times_ms(const struct migrations *migrations)
{
	int64_t sum_ms = 0;

	for (int kind = 0; migrations != NULL && kind < KIND_COUNT; kind++) {
		const struct chain *chain = &migrations->chains[kind];

		for (size_t i = 0; i < chain->count; i++)
			sum_ms += chain->steps[i]->directives.limit_ms;
	}
	return sum_ms;
}

int64_t crew_time_ms(const struct plan *plan)
{
	if (plan->limit_ms == 0)
		return 0;
	return 2 * (plan->limit_ms + plan->busy_timeout_ms) +
	       own_times_ms(plan->migrations) + SLACK_MS;
}

/* Sends a process for the next databases that have one owner. */
static int send_worker(struct crew *crew, struct shift *shift,
		       struct error *err)
{
	const struct job *jobs = shift->batch->jobs;
	const struct job *first = &jobs[shift->done];
	struct member *member = find_member(crew, &first->subject->stamp);
	struct errand errand = { crew, member, shift };
	struct worker_errand order = {
		.uid = member->uid,
		.gid = member->gid,
		.folder = first->plan->data_dir,
		.roster = crew->roster,
		.work = work_through,
		.self = &errand,
		.time_ms = crew_time_ms(first->plan),
		.answer_bytes = sizeof(struct answer),
	};
	int rc;

	shift->is_undoing = false;
	for (shift->end = shift->done + 1; shift->end < shift->batch->count &&
	     jobs[shift->end].subject->stamp.owner == member->uid; shift->end++)
		;
	order.owed = shift->end - shift->done;
	rc = prepare(crew, member, shift, err);
	if (rc == 0)
		rc = worker_begin(&order, &shift->worker, err);
	return rc == 0 ? 0 : (int)(err->code = ERROR_IO);
}

/* The second signal came: what has not been begun is not begun any more. */
static bool is_to_undo(const struct shift *shift)
{
	const atomic_bool *stop_now = shift->batch->jobs[0].stop_now;

	return stop_now != NULL && atomic_load(stop_now);
}

static void go_on(struct crew *crew, struct shift *shift)
{
	struct error err = { 0 };

	while (shift->done < shift->batch->count) {
		if (is_to_undo(shift)) {
			shift->batch->jobs[shift->done++].phase = JOB_DONE;
			continue;
		}
		if (send_worker(crew, shift, &err) == 0)
			return;
		while (shift->done < shift->end)
			fail(shift, &err);
	}
}

void crew_lend(struct crew *crew, struct shift *shift, struct batch *batch,
	       job_work *work, bool looks_first)
{
	*shift = (struct shift){
		.batch = batch,
		.work = work,
		.looks_first = looks_first,
		.worker = { .answers = -1 },
	};
	go_on(crew, shift);
}

static bool is_of(const struct sighting *sighting,
		  const struct subject *subject)
{
	return stamp_compare_file(&sighting->stamp, &subject->stamp) == 0;
}

static void take_answers(struct shift *shift)
{
	size_t first = shift->done;
	struct answer answer;

	for (; shift->done < shift->end; shift->done++) {
		struct job *job = &shift->batch->jobs[shift->done];

		if (!worker_answer(&shift->worker, shift->done - first, &answer,
				   sizeof(answer)) ||
		    !answer_makes_sense(&answer, job, shift->looks_first))
			return;
		if (!is_of(&answer.result.sighting, job->subject))
			memset(&answer.result.sighting, 0,
			       sizeof(answer.result.sighting));
		job->phase = answer.phase;
		job->result = answer.result;
	}
}

static bool has_backup(const struct job *job)
{
	char *path = backup_path(job->plan, job->subject);
	struct stat seen;
	bool has = lstat(path, &seen) == 0 && S_ISREG(seen.st_mode);

	free(path);
	return has;
}

/* The first one that there is no answer for is the one it was at. */
static void blame(struct shift *shift, const struct error *how)
{
	struct job *job = &shift->batch->jobs[shift->done];
	bool wrote = job->plan->backup_dir >= 0 &&
		     !(job->phase == JOB_LOOK && shift->looks_first);
	const char *user = job->subject->username;
	char *operand = user != NULL ? text_operand(user) : xstrdup("");
	struct error why = { 0 };

	error_set(&why, ERROR_IO, "the process that worked on it gave no answer"
		  " (%s); %s; look at it, and at who else writes to it, before "
		  "it is tried again: %s verify%s%s",
		  how->code != ERROR_NONE ? how->message : "it ended early",
		  wrote ? "what that had begun and not finished is undone when "
			  "the file is opened next"
			: "it was left untouched",
		  plan_again(job->plan), user != NULL ? " " : "", operand);
	free(operand);
	fail(shift, &why);
	job->result.has_backup = wrote && has_backup(job);
}

bool crew_collect(struct crew *crew, struct shift *shift)
{
	struct error how;

	if (shift->done == shift->batch->count)
		return true;
	if (!worker_has_ended(&shift->worker, &how))
		return false;
	take_answers(shift);
	worker_release(&shift->worker);
	if (shift->done < shift->end)
		blame(shift, &how);
	go_on(crew, shift);
	return shift->done == shift->batch->count;
}

void crew_pass_on(struct shift *shift)
{
	if (shift->is_undoing || !is_to_undo(shift))
		return;
	shift->is_undoing = true;
	worker_undo(&shift->worker);
}
