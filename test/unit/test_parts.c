#include "study.h"

#include <string.h>

#include "migration/parts.h"

#define TAG(way, part) "-- [" way ":" part "]\n"

static const struct step_text *part_of(const struct migrations *migrations,
				       size_t index, enum step_part part)
{
	return &migrations->chains[KIND_USER].steps[index]->parts[part];
}

static void assert_part(const struct migrations *migrations, size_t index,
			enum step_part part, const char *sql, int line)
{
	const struct step_text *text = part_of(migrations, index, part);

	assert_non_null(text->sql);
	assert_string_equal(text->sql, sql);
	assert_string_equal(text->file, "t.md");
	assert_int_equal(text->line, line);
}

static void parts_between_start_and_end(void **state)
{
	struct migrations *migrations = study(
		"```sql\n"
		TAG("user:baseline→0.1", "start") "a;\n"
		TAG("user:baseline→0.1", "down") "b;\n"
		TAG("user:baseline->0.1", "check") "SELECT 1;\n"
		TAG("user:baseline→0.1", "verify") "SELECT 2;\n"
		TAG("user:baseline→0.1", "end")
		"```\n");

	(void)state;
	study_expect_nothing(migrations);
	assert_string_equal(migrations->chains[KIND_USER].steps[0]->sql,
			    "a;\n");
	assert_part(migrations, 0, STEP_DOWN, "b;\n", 5);
	assert_part(migrations, 0, STEP_CHECK, "SELECT 1;\n", 7);
	assert_part(migrations, 0, STEP_VERIFY, "SELECT 2;\n", 9);
	migrations_free(migrations);
}

static void a_part_in_a_block_of_its_own_before_its_step(void **state)
{
	struct migrations *migrations = study(
		"```sql\n" TAG("user:baseline→0.1", "check") "SELECT 1;\n"
		TAG("user:baseline→0.1", "end") "```\n"
		STUDY_STEP("user:baseline→0.1", "a;"));

	(void)state;
	study_expect_nothing(migrations);
	assert_part(migrations, 0, STEP_CHECK, "SELECT 1;\n", 3);
	assert_null(part_of(migrations, 0, STEP_DOWN)->sql);
	migrations_free(migrations);
}

static void a_step_that_leads_back_is_the_way_back(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.1", "a;")
		STUDY_STEP("user:0.2→0.1", "c;")
		STUDY_STEP("user:0.1→0.2", "b;"));

	(void)state;
	study_expect_nothing(migrations);
	assert_int_equal(migrations->step_count, 2);
	assert_part(migrations, 1, STEP_DOWN, "c;\n", 8);
	migrations_free(migrations);
}

static void a_comment_is_the_last_to_be_asked(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.1",
			   "a;\n-- rollback:\n-- DROP TABLE a;")
		STUDY_STEP("user:0.1→0.2", "b;\n-- rollback: DROP TABLE b;")
		STUDY_STEP("user:0.2→0.1", "c;"));

	(void)state;
	study_expect_nothing(migrations);
	assert_part(migrations, 0, STEP_DOWN, "\nDROP TABLE a;\n", 4);
	assert_part(migrations, 1, STEP_DOWN, "c;\n", 16);
	migrations_free(migrations);
}

static void what_fits_no_step_is_told(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.1", "a;")
		"```sql\n" TAG("user:0.1→0.2", "down") "b;\n"
		TAG("user:0.1→0.2", "end") "```\n");

	(void)state;
	study_expect(migrations, "no-step", SEVERITY_ERROR, 8,
		     "a down of user:0.1→0.2, and there is no such step");
	migrations_free(migrations);
}

static void two_of_one_kind_are_told(void **state)
{
	struct migrations *migrations = study(
		"```sql\n"
		TAG("user:baseline→0.1", "start") "a;\n"
		TAG("user:baseline→0.1", "down") "b;\n"
		TAG("user:baseline→0.1", "down") "c;\n"
		TAG("user:baseline→0.1", "end")
		"```\n");

	(void)state;
	study_expect(migrations, "same-part", SEVERITY_ERROR, 7,
		     "has a down already, at t.md:5");
	migrations_free(migrations);
}

static void a_part_of_another_step_inside_one_is_told(void **state)
{
	struct migrations *migrations = study(
		"```sql\n"
		TAG("user:baseline→0.1", "start") "a;\n"
		TAG("user:0.1→0.2", "down") "b;\n"
		TAG("user:0.1→0.2", "end")
		"```\n");

	(void)state;
	study_expect(migrations, "nested", SEVERITY_ERROR, 4,
		     "inside user:baseline→0.1");
	migrations_free(migrations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_between_start_and_end),
		cmocka_unit_test(a_part_in_a_block_of_its_own_before_its_step),
		cmocka_unit_test(a_step_that_leads_back_is_the_way_back),
		cmocka_unit_test(a_comment_is_the_last_to_be_asked),
		cmocka_unit_test(what_fits_no_step_is_told),
		cmocka_unit_test(two_of_one_kind_are_told),
		cmocka_unit_test(a_part_of_another_step_inside_one_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
