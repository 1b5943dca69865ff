#include "study.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The names of the chain's steps, in order. */
static void assert_chain(const struct migrations *migrations, enum kind kind,
			 const char *const *names, size_t count)
{
	const struct chain *chain = &migrations->chains[kind];
	size_t i;

	assert_int_equal(chain->kind, kind);
	assert_int_equal(chain->count, count);
	for (i = 0; i < count; i++)
		assert_string_equal(chain->steps[i]->name, names[i]);
}

static void puts_steps_in_order(void **state)
{
	static const char *const user[] = { "user:baseline→0.2",
					    "user:0.2→0.9", "user:0.9→0.10" };
	static const char *const system[] = { "system:baseline→0.2" };
	struct migrations *migrations = study(
		STUDY_STEP("user:0.9→0.10", "a;")
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("system:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.9", "a;"));

	(void)state;
	study_expect_nothing(migrations);
	assert_chain(migrations, KIND_USER, user, COUNT(user));
	assert_chain(migrations, KIND_SYSTEM, system, COUNT(system));
	migrations_free(migrations);
}

static void lists_every_version_once(void **state)
{
	static const char *const versions[] = { "0.2", "0.9", "0.10" };
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.10", "a;")
		STUDY_STEP("system:baseline→0.2", "a;")
		STUDY_STEP("system:0.2→0.9", "a;")
		STUDY_STEP("system:0.9→0.10", "a;")
		"## Future Migrations\n"
		STUDY_STEP("user:0.10→0.11", "a;"));
	size_t i;

	(void)state;
	study_expect_nothing(migrations);
	assert_int_equal(migrations->version_count, COUNT(versions));
	for (i = 0; i < COUNT(versions); i++)
		assert_string_equal(migrations->versions[i], versions[i]);
	assert_string_equal(migrations_newest(migrations), "0.10");
	assert_true(migrations_know(migrations, "0.9"));
	assert_true(migrations_know(migrations, "0.09"));
	assert_false(migrations_know(migrations, "0.11"));
	assert_false(migrations_know(migrations, "0.1"));
	migrations_free(migrations);
}

static void tells_positions_and_versions(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.9", "a;")
		STUDY_STEP("user:0.9→0.10", "a;"));
	const struct chain *chain = &migrations->chains[KIND_USER];

	(void)state;
	assert_int_equal(chain_position(chain, NULL), 3);
	assert_int_equal(chain_position(chain, "latest"), 3);
	assert_int_equal(chain_position(chain, "0.10"), 3);
	assert_int_equal(chain_position(chain, "7"), 3);
	assert_int_equal(chain_position(chain, "0.9.5"), 2);
	assert_int_equal(chain_position(chain, "0.9"), 2);
	assert_int_equal(chain_position(chain, "0.1"), 0);
	assert_null(chain_version(chain, 0));
	assert_string_equal(chain_version(chain, 2), "0.9");
	migrations_free(migrations);
}

static void has_no_version_without_steps(void **state)
{
	struct migrations *migrations = study("# Nothing yet\n");

	(void)state;
	study_expect_nothing(migrations);
	assert_null(migrations_newest(migrations));
	assert_false(migrations_know(migrations, "0.1"));
	assert_int_equal(chain_position(&migrations->chains[KIND_USER], NULL),
			 0);
	migrations_free(migrations);
}

static void keeps_planned_steps_apart(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		"## Future Migrations\n"
		STUDY_STEP("user:0.3→0.4", "a;")
		STUDY_STEP("user:0.2→0.3", "a;"));
	const struct chain *chain = &migrations->chains[KIND_USER];

	(void)state;
	study_expect_nothing(migrations);
	assert_int_equal(chain->count, 1);
	assert_int_equal(chain->planned_count, 2);
	assert_string_equal(chain->planned[0]->name, "user:0.2→0.3");
	assert_string_equal(chain->planned[1]->name, "user:0.3→0.4");
	assert_int_equal(chain_position(chain, "0.4"), 1);
	migrations_free(migrations);
}

static void refuses_the_same_step_twice(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.3", "a;")
		STUDY_STEP("user:0.2→0.03", "b;"));

	(void)state;
	study_expect(migrations, "same-step", SEVERITY_ERROR, 13,
		     "user:0.2→0.03 is there twice, first at t.md:8");
	migrations_free(migrations);
}

static void refuses_two_ways_from_one_version(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.3", "a;")
		STUDY_STEP("user:0.2→0.4", "b;"));

	(void)state;
	study_expect(migrations, "fork", SEVERITY_ERROR, 13,
		     "two ways lead from 0.2: user:0.2→0.3 at t.md:8 and "
		     "user:0.2→0.4");
	migrations_free(migrations);
}

static void refuses_two_baselines(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:baseline→0.3", "a;"));

	(void)state;
	study_expect(migrations, "fork", SEVERITY_ERROR, 8,
		     "two ways lead from baseline");
	migrations_free(migrations);
}

static void refuses_a_step_inside_another(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("system:baseline→0.2", "a;")
		STUDY_STEP("user:baseline→0.3", "a;")
		STUDY_STEP("user:0.2→0.4", "a;"));

	(void)state;
	study_expect(migrations, "fork", SEVERITY_ERROR, 13,
		     "user:0.2→0.4 begins inside user:baseline→0.3 at t.md:8");
	migrations_free(migrations);
}

static void refuses_two_ways_to_one_version(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("system:baseline→0.2", "a;")
		STUDY_STEP("user:baseline→0.3", "a;")
		STUDY_STEP("user:0.2→0.3", "a;"));

	(void)state;
	study_expect(migrations, "fork", SEVERITY_ERROR, 13, "two ways");
	migrations_free(migrations);
}

static void refuses_a_gap(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.3→0.4", "a;"));

	(void)state;
	study_expect(migrations, "gap", SEVERITY_ERROR, 8,
		     "user: no step leads to 0.3, from which user:0.3→0.4 goes "
		     "on");
	migrations_free(migrations);
}

static void refuses_a_chain_without_a_baseline(void **state)
{
	struct migrations *migrations = study(STUDY_STEP("user:0.3→0.4", "a;"));

	(void)state;
	study_expect(migrations, "gap", SEVERITY_ERROR, 3,
		     "no step leads to 0.3");
	migrations_free(migrations);
}

static void names_the_planned_step_in_a_gap(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		"## Next (Planned)\n"
		STUDY_STEP("user:0.2→0.3", "a;")
		"## Then\n"
		STUDY_STEP("user:0.3→0.4", "a;"));

	(void)state;
	study_expect(migrations, "gap", SEVERITY_ERROR, 15,
		     "user:0.2→0.3 at t.md:9 is only planned");
	migrations_free(migrations);
}

static void bridges_versions_of_the_other_kind(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("system:baseline→0.2", "a;")
		STUDY_STEP("system:0.2→0.3", "a;")
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.3→0.4", "a;"));

	(void)state;
	study_expect_nothing(migrations);
	assert_int_equal(migrations->chains[KIND_USER].count, 2);
	migrations_free(migrations);
}

static void lets_a_kind_begin_later(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("system:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.3", "a;"));

	(void)state;
	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void refuses_a_step_back(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.20", "a;")
		STUDY_STEP("user:0.20→0.9", "a;"));

	(void)state;
	study_expect(migrations, "step-back", SEVERITY_ERROR, 8,
		     "user:0.20→0.9 does not lead to a newer version");
	migrations_free(migrations);
}

static void refuses_a_step_to_itself(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.2", "a;"));

	(void)state;
	study_expect(migrations, "step-back", SEVERITY_ERROR, 8,
		     "user:0.2→0.2");
	migrations_free(migrations);
}

static void refuses_a_cycle(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		STUDY_STEP("user:0.2→0.3", "a;")
		STUDY_STEP("user:0.3→0.4", "a;")
		STUDY_STEP("user:0.4→0.2", "a;"));

	(void)state;
	study_expect(migrations, "cycle", SEVERITY_ERROR, 18,
		     "user:0.4→0.2 leads back to 0.2");
	migrations_free(migrations);
}

static void looks_for_no_gap_behind_a_block_it_could_not_read(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.2", "a;")
		"```sql\n-- [user:0.2→0.3:start]\na;\n```\n"
		STUDY_STEP("user:0.3→0.4", "a;"));

	(void)state;
	(void)study_finding(migrations, "no-end");
	assert_int_equal(study_count(migrations, "gap"), 0);
	migrations_free(migrations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_steps_in_order),
		cmocka_unit_test(lists_every_version_once),
		cmocka_unit_test(tells_positions_and_versions),
		cmocka_unit_test(has_no_version_without_steps),
		cmocka_unit_test(keeps_planned_steps_apart),
		cmocka_unit_test(refuses_the_same_step_twice),
		cmocka_unit_test(refuses_two_ways_from_one_version),
		cmocka_unit_test(refuses_two_baselines),
		cmocka_unit_test(refuses_a_step_inside_another),
		cmocka_unit_test(refuses_two_ways_to_one_version),
		cmocka_unit_test(refuses_a_gap),
		cmocka_unit_test(refuses_a_chain_without_a_baseline),
		cmocka_unit_test(names_the_planned_step_in_a_gap),
		cmocka_unit_test(bridges_versions_of_the_other_kind),
		cmocka_unit_test(lets_a_kind_begin_later),
		cmocka_unit_test(refuses_a_step_back),
		cmocka_unit_test(refuses_a_step_to_itself),
		cmocka_unit_test(refuses_a_cycle),
		cmocka_unit_test(
			looks_for_no_gap_behind_a_block_it_could_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
