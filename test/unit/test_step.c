#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"
#include "migration/sql.h"
#include "migration/step.h"

static struct step *make(const char *from, const char *sql)
{
	struct step *step = xcalloc(1, sizeof(*step));

	step->kind = KIND_USER;
	step->from = from == NULL ? NULL : xstrdup(from);
	step->to = xstrdup("0.2");
	step->file = xstrdup("t.md");
	step->line = 10;
	step->sql = xstrdup(sql);
	step_derive(step);
	return step;
}

static void names_the_kinds(void **state)
{
	enum kind kind;

	(void)state;
	assert_string_equal(kind_name(KIND_SYSTEM), "system");
	assert_string_equal(kind_name(KIND_USER), "user");
	assert_true(kind_find("system", &kind));
	assert_int_equal(kind, KIND_SYSTEM);
	assert_true(kind_find("user", &kind));
	assert_int_equal(kind, KIND_USER);
	assert_false(kind_find("users", &kind));
	assert_false(kind_find("", &kind));
}

/* Whatever the format: `new` writes files so. */
static void is_planned_if_its_first_lines_say_so(void **state)
{
	static const struct {
		const char *sql;
		bool is_planned;
	} cases[] = {
		{ "-- fleet-upgrade: planned\n-- later\n", true },
		{ "-- +goose Up\n-- fleet-upgrade: planned\nSELECT 1;", true },
		{ "-- planned\n", false },
		{ "SELECT 1; -- fleet-upgrade: planned\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct step *step = make("0.1", cases[i].sql);

		assert_int_equal(step->is_planned, cases[i].is_planned);
		step->is_planned = true;
		step_derive(step);
		assert_true(step->is_planned);
		step_free(step);
	}
}

/* What `new` leaves to be written must not be taken for a way back. */
static void comments_are_no_way_down(void **state)
{
	struct step *step = make("0.1", "CREATE TABLE t(a);");
	struct step *blank = make("0.1", "-- nothing");

	(void)state;
	assert_null(step_way_down(step));
	step->parts[STEP_DOWN].sql = xstrdup("-- write it here\n");
	assert_null(step_way_down(step));
	free(step->parts[STEP_DOWN].sql);
	step->parts[STEP_DOWN].sql = xstrdup("SELECT 1;");
	assert_ptr_equal(step_way_down(step), &step->parts[STEP_DOWN]);
	blank->parts[STEP_DOWN].sql = xstrdup("-- nothing either");
	assert_ptr_equal(step_way_down(blank), &blank->parts[STEP_DOWN]);
	step_free(step);
	step_free(blank);
}

static void derives_what_follows(void **state)
{
	struct step *step = make("0.1", "CREATE TABLE t(a);\nSELECT 1;\n");
	char sum[CHECKSUM_HEX_BYTES];

	(void)state;
	sql_checksum("CREATE TABLE t(a); SELECT 1;", sum);
	assert_string_equal(step->name, "user:0.1→0.2");
	assert_string_equal(step->checksum, sum);
	assert_int_equal(step->statements, 2);
	assert_false(step->is_blank);
	assert_false(step->directives.is_repeatable);
	assert_false(step_is_apart(step));
	assert_int_equal(step->removals.count, 0);
	step_free(step);
}

static void knows_what_its_sql_takes_away(void **state)
{
	struct step *step = make("0.1", "DROP TABLE t; DELETE FROM u");

	(void)state;
	step_derive(step); /* again: nothing is in it twice, or lost */
	assert_true(removals_drop(&step->removals, "TABLE", "t"));
	assert_true(removals_delete_from(&step->removals, "u"));
	step_free(step);
}

static void knows_the_first_step(void **state)
{
	struct step *step = make(NULL, "SELECT 1");

	(void)state;
	assert_string_equal(step->name, "user:baseline→0.2");
	step_free(step);
}

static void knows_a_step_of_comments_only(void **state)
{
	struct step *step = make("0.1", "\n-- DROP TABLE t;\n");

	(void)state;
	assert_true(step->is_blank);
	assert_int_equal(step->statements, 0);
	step_free(step);
}

static void knows_a_repeatable_step(void **state)
{
	struct step *step = make("0.1", "-- fleet-upgrade: repeatable\n"
					"UPDATE t SET a = 1");

	(void)state;
	assert_true(step->directives.is_repeatable);
	assert_false(step->is_blank);
	step_free(step);
}

static void finds_the_line_of_a_statement(void **state)
{
	struct step *step = make("0.1", "\n-- first\na;\n\n/* x\n */ b;\n");
	size_t behind_a = (size_t)(strchr(step->sql, ';') + 1 - step->sql);

	(void)state;
	assert_int_equal(step_line_at(step, 0), 12);
	assert_int_equal(step_line_at(step, behind_a), 15);
	assert_int_equal(step_line_at(step, strlen(step->sql)), 16);
	step_free(step);
}

static void frees_nothing(void **state)
{
	(void)state;
	step_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_kinds),
		cmocka_unit_test(is_planned_if_its_first_lines_say_so),
		cmocka_unit_test(comments_are_no_way_down),
		cmocka_unit_test(derives_what_follows),
		cmocka_unit_test(knows_what_its_sql_takes_away),
		cmocka_unit_test(knows_the_first_step),
		cmocka_unit_test(knows_a_step_of_comments_only),
		cmocka_unit_test(knows_a_repeatable_step),
		cmocka_unit_test(finds_the_line_of_a_statement),
		cmocka_unit_test(frees_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
