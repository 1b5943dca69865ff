#include "fleet/answer.h"

#include <string.h>

static bool is_text(const char *text, size_t room)
{
	return memchr(text, '\0', room) != NULL;
}

/* A byte that is neither 0 nor 1 is no bool, and must not be read as one. */
static bool is_bool(const bool *value)
{
	return *(const unsigned char *)value <= 1;
}

static bool are_steps_of(const struct late_steps *late, const struct job *job)
{
	const struct replay *replay = job->plan->replays[job->subject->kind];
	size_t count = replay != NULL ? replay->chain->count : 0;
	bool are = late->count <= LATE_STEPS_MOST;

	for (size_t i = 0; are && i < late->count; i++)
		are = late->at[i] < count;
	return are;
}

static bool is_phase_after(enum job_phase phase, const struct job *job,
			   bool may_come_back)
{
	return phase == JOB_DONE || (phase == JOB_INPLACE && may_come_back &&
				     job->phase == JOB_LOOK);
}

bool answer_makes_sense(const struct answer *answer, const struct job *job,
			bool may_come_back)
{
	const struct result *result = &answer->result;
	const struct failure *failure = &result->failure;

#define IS_TEXT(field) is_text(field, sizeof(field))
	return is_phase_after(answer->phase, job, may_come_back) &&
	       (unsigned)result->outcome < OUTCOME_COUNT &&
	       (unsigned)result->strategy < STRATEGY_COUNT &&
	       (unsigned)failure->error.code <= ERROR_BUG &&
	       result->steps >= 0 && result->duration_us >= 0 &&
	       result->backup_bytes >= 0 && failure->line >= 0 &&
	       are_steps_of(&result->late, job) &&
	       is_bool(&result->has_backup) && is_bool(&result->was_detected) &&
	       is_bool(&result->is_wal) &&
	       IS_TEXT(result->from) && IS_TEXT(result->to) &&
	       IS_TEXT(result->run_id) && IS_TEXT(result->notes) &&
	       IS_TEXT(result->sighting.version) &&
	       IS_TEXT(failure->error.message) && IS_TEXT(failure->migration) &&
	       IS_TEXT(failure->file) && IS_TEXT(failure->statement);
#undef IS_TEXT
}
