#include "migration/mistakes.h"

#include "study.h"

static void tells_of_them_with_their_line(void **state)
{
	struct migrations *read =
		study(STUDY_STEP("user:baseline→0.1",
				 "-- why\n-- fleet-upgrade: vaccum\n"
				 "SELECT 1;"));

	(void)state;
	study_expect(read, "directive", SEVERITY_ERROR, 4,
		     "user:baseline→0.1: \"vaccum\" is no directive");
	migrations_free(read);
}

static void only_warns_in_what_is_planned(void **state)
{
	struct migrations *read = study(
		STUDY_STEP("user:baseline→0.1", "SELECT 1;")
		"# Later (Planned)\n"
		STUDY_STEP("user:0.1→0.2", "-- fleet-upgrade: later"));

	(void)state;
	study_expect(read, "directive", SEVERITY_WARNING, 9, "\"later\"");
	migrations_free(read);
}

static void looks_at_ways_back(void **state)
{
	struct migrations *read = study(
		STUDY_STEP("user:baseline→0.1", "SELECT 1;")
		STUDY_STEP("user:0.1→0.2", "SELECT 2;")
		"```sql\n-- [user:0.1→0.2:down]\n-- fleet-upgrade: x\nSELECT 3;"
		"\n-- [user:0.1→0.2:end]\n```\n");

	(void)state;
	study_expect(read, "directive", SEVERITY_ERROR, 13, "\"x\"");
	migrations_free(read);
}

static void nothing_is_asked_for_in_vain(void **state)
{
	struct migrations *read = study(
		STUDY_STEP("user:baseline→0.1", "SELECT 1;")
		STUDY_STEP("user:0.1→0.2", "SELECT 2;")
		"```sql\n-- [user:0.1→0.2:down]\n"
		"-- fleet-upgrade: foreign_keys=on\nSELECT 3;"
		"\n-- [user:0.1→0.2:end]\n```\n");

	(void)state;
	study_expect(read, "directive", SEVERITY_ERROR, 13,
		     "would be passed over in this down");
	migrations_free(read);
}

static void says_nothing_of_right_ones(void **state)
{
	struct migrations *read = study(STUDY_STEP(
		"user:baseline→0.1", "-- fleet-upgrade: vacuum\nSELECT 1;"));

	(void)state;
	study_expect_nothing(read);
	assert_true(read->steps[0]->directives.vacuums);
	assert_true(step_is_apart(read->steps[0]));
	migrations_free(read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_them_with_their_line),
		cmocka_unit_test(only_warns_in_what_is_planned),
		cmocka_unit_test(looks_at_ways_back),
		cmocka_unit_test(nothing_is_asked_for_in_vain),
		cmocka_unit_test(says_nothing_of_right_ones),
	};

	return cmocka_run_group_tests(tests, study_begin, NULL);
}
