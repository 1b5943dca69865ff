#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/answer.h"

/* The databases of a plan that knows no migrations. */
static const struct plan plan = { .data_dir = -1 };
static const struct subject subject = { .kind = KIND_USER, .path = "a.db" };

static struct job job_in(enum job_phase phase)
{
	return (struct job){ .plan = &plan, .subject = &subject,
			     .phase = phase };
}

static struct answer good_answer(void)
{
	return (struct answer){
		.phase = JOB_DONE,
		.result = { .outcome = OUTCOME_UPGRADED,
			    .strategy = STRATEGY_IN_PLACE,
			    .from = "1", .to = "2", .steps = 1,
			    .duration_us = 5, .has_backup = true,
			    .backup_bytes = 4096 },
	};
}

static bool is_taken(const struct answer *answer)
{
	const struct job job = job_in(JOB_LOOK);

	return answer_makes_sense(answer, &job, true);
}

static void what_is_in_range_makes_sense(void **state)
{
	struct answer answer = good_answer();

	(void)state;
	assert_true(is_taken(&answer));
	answer = (struct answer){ .phase = JOB_DONE };
	assert_true(is_taken(&answer));
}

/* Only a look sends a job back, and only once. */
static void a_job_comes_back_from_a_look_alone(void **state)
{
	static const struct {
		enum job_phase before, after;
		bool may_come_back, makes_sense;
	} cases[] = {
		{ JOB_LOOK, JOB_DONE, true, true },
		{ JOB_LOOK, JOB_DONE, false, true },
		{ JOB_LOOK, JOB_INPLACE, true, true },
		{ JOB_LOOK, JOB_INPLACE, false, false },
		{ JOB_INPLACE, JOB_DONE, true, true },
		{ JOB_INPLACE, JOB_INPLACE, true, false },
		{ JOB_LOOK, JOB_LOOK, true, false },
		{ JOB_LOOK, JOB_STAGE, true, false },
		{ JOB_LOOK, JOB_STAGED, true, false },
		{ JOB_LOOK, JOB_DONE + 1, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct job job = job_in(cases[i].before);
		struct answer answer = good_answer();

		answer.phase = cases[i].after;
		assert_int_equal(answer_makes_sense(&answer, &job,
						    cases[i].may_come_back),
				 cases[i].makes_sense);
	}
}

/* Each byte of it by itself: nothing is read that is not checked, which a
 * sanitizer sees. */
static void no_byte_does_harm(void **state)
{
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(answer); i++) {
		answer = good_answer();
		memset((unsigned char *)&answer + i, 0xff, 1);
		(void)is_taken(&answer);
	}
	memset(&answer, 0xff, sizeof(answer));
	assert_false(is_taken(&answer));
}

#define REFUSED(change)                                                       \
	do {                                                                  \
		struct answer answer = good_answer();                         \
		struct result *result = &answer.result;                       \
		change;                                                       \
		assert_false(is_taken(&answer));                              \
	} while (0)
#define FULL(field) memset(field, 'x', sizeof(field))

static void what_is_out_of_range_does_not(void **state)
{
	(void)state;
	REFUSED(result->outcome = OUTCOME_COUNT);
	REFUSED(result->strategy = STRATEGY_COUNT);
	REFUSED(result->failure.error.code = ERROR_BUG + 1);
	REFUSED(result->steps = -1);
	REFUSED(result->duration_us = -1);
	REFUSED(result->backup_bytes = INT64_MIN);
	REFUSED(result->failure.line = -1);
	REFUSED(memset(&result->has_backup, 2, 1));
	REFUSED(memset(&result->was_detected, 2, 1));
	REFUSED(memset(&result->is_wal, 2, 1));
	/* There are no migrations, and so none that came late. */
	REFUSED(result->late.count = 1);
	REFUSED(result->late.count = LATE_STEPS_MOST + 1);
}

static void a_text_without_an_end_does_not(void **state)
{
	(void)state;
	REFUSED(FULL(result->from));
	REFUSED(FULL(result->to));
	REFUSED(FULL(result->run_id));
	REFUSED(FULL(result->notes));
	REFUSED(FULL(result->sighting.version));
	REFUSED(FULL(result->failure.error.message));
	REFUSED(FULL(result->failure.migration));
	REFUSED(FULL(result->failure.file));
	REFUSED(FULL(result->failure.statement));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_range_makes_sense),
		cmocka_unit_test(a_job_comes_back_from_a_look_alone),
		cmocka_unit_test(no_byte_does_harm),
		cmocka_unit_test(what_is_out_of_range_does_not),
		cmocka_unit_test(a_text_without_an_end_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
