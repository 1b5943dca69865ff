#include "database/result.h"

#include "workshop.h"

static void test_every_outcome_has_a_name_of_its_own(void **state)
{
	int i, k;

	(void)state;
	for (i = 0; i < OUTCOME_COUNT; i++) {
		assert_non_null(outcome_name((enum outcome)i));
		for (k = 0; k < i; k++)
			assert_string_not_equal(outcome_name((enum outcome)i),
						outcome_name((enum outcome)k));
	}
	assert_string_equal(outcome_name(OUTCOME_WOULD_UPGRADE),
			    "would-upgrade");
	assert_string_equal(outcome_name(OUTCOME_KEPT), "kept");
}

static void test_strategies(void **state)
{
	(void)state;
	assert_null(strategy_name(STRATEGY_NONE));
	assert_string_equal(strategy_name(STRATEGY_IN_PLACE), "in-place");
	assert_string_equal(strategy_name(STRATEGY_SWAP), "swap");
}

static void test_notes_are_told_apart_and_cut_with_a_mark(void **state)
{
	struct result result = { 0 };
	char dull[400];
	int i;

	(void)state;
	result_note(&result, "%d differences", 3);
	assert_string_equal(result.notes, "3 differences");
	result_note(&result, "index %s differs", "i");
	assert_string_equal(result.notes, "3 differences; index i differs");

	memset(dull, 'x', sizeof(dull));
	dull[sizeof(dull) - 1] = '\0';
	for (i = 0; i < 5; i++)
		result_note(&result, "%s", dull);
	assert_int_equal(strlen(result.notes), sizeof(result.notes) - 1);
	assert_string_equal(result.notes + sizeof(result.notes) - 4, "...");
}

static void test_errors_become_outcomes(void **state)
{
	static const struct {
		enum error_code code;
		enum outcome outcome;
	} cases[] = {
		{ ERROR_BUSY, OUTCOME_BUSY },
		{ ERROR_SKIPPED, OUTCOME_SKIPPED },
		{ ERROR_MISSING, OUTCOME_SKIPPED },
		{ ERROR_NEWER, OUTCOME_NEWER },
		{ ERROR_WRITTEN, OUTCOME_KEPT },
		{ ERROR_STOPPED, OUTCOME_NONE },
		{ ERROR_SQL, OUTCOME_FAILED },
		{ ERROR_CHECK, OUTCOME_FAILED },
		{ ERROR_CORRUPT, OUTCOME_FAILED },
		{ ERROR_NOSPACE, OUTCOME_FAILED },
		{ ERROR_IO, OUTCOME_FAILED },
		{ ERROR_UNVERSIONED, OUTCOME_FAILED },
		{ ERROR_BUG, OUTCOME_FAILED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result = { .outcome = OUTCOME_CURRENT };
		struct error error = { 0 };

		error_set(&error, cases[i].code, "why %zu", i);
		result_fail(&result, &error);
		assert_int_equal(result.outcome, cases[i].outcome);
		assert_int_equal(result.failure.error.code, cases[i].code);
		assert_string_equal(result.failure.error.message,
				    error.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_outcome_has_a_name_of_its_own),
		cmocka_unit_test(test_strategies),
		cmocka_unit_test(test_notes_are_told_apart_and_cut_with_a_mark),
		cmocka_unit_test(test_errors_become_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
