#include "study.h"

#include <string.h>

#include "replay/replay.h"

struct trial {
	struct migrations *migrations;
	struct replay *replay;
};

static struct trial begin(const char *markdown)
{
	struct trial trial = { .migrations = study(markdown) };
	struct error err = { 0 };

	if (replay_new(&trial.migrations->chains[KIND_USER], &trial.replay,
		       &err) != 0)
		fail_msg("%s", err.message);
	return trial;
}

static void end(struct trial trial)
{
	replay_free(trial.replay);
	migrations_free(trial.migrations);
}

static const struct mark *find(const struct replay *replay, const char *what,
			       bool by_text)
{
	char text[100];
	size_t i;

	for (i = 0; i < replay->mark_count; i++) {
		const struct mark *mark = &replay->marks[i];

		mark_describe(mark, text, sizeof(text));
		if (strcmp(text, what) == 0 && mark->by_text == by_text)
			return mark;
	}
	return NULL;
}

static void expect(const struct replay *replay, const char *what, bool by_text,
		   size_t step)
{
	const struct mark *mark = find(replay, what, by_text);

	if (mark == NULL)
		fail_msg("%s is no mark", what);
	else
		assert_int_equal(mark->step, step);
}

#define BASE                                                    \
	STUDY_STEP("user:baseline→1",                           \
		   "CREATE TABLE t(a, b); CREATE TABLE old(a);" \
		   "CREATE INDEX i ON t(a);")

static void marks_tables_and_columns(void **state)
{
	struct trial trial =
		begin(BASE STUDY_STEP("user:1→2", "CREATE TABLE u(x);"
						  "ALTER TABLE t ADD COLUMN c;"
						  "ALTER TABLE t DROP COLUMN b;"
						  "DROP TABLE old;"
						  "CREATE INDEX j ON u(x);"));

	(void)state;
	assert_int_equal(trial.replay->mark_count, 4);
	expect(trial.replay, "table u", false, 2);
	expect(trial.replay, "table old", false, 2);
	expect(trial.replay, "column t.c", false, 2);
	expect(trial.replay, "column t.b", false, 2);
	assert_true(trial.replay->has_marks[2]);
	end(trial);
}

static void exempts_the_baseline(void **state)
{
	struct trial trial = begin(BASE);

	(void)state;
	assert_int_equal(trial.replay->mark_count, 0);
	assert_false(trial.replay->has_marks[1]);
	end(trial);
}

static void takes_texts_only_of_steps_with_nothing_else(void **state)
{
	struct trial trial = begin(BASE STUDY_STEP(
		"user:1→2", "CREATE INDEX j ON t(b); DROP INDEX i;"
			    "CREATE VIEW v AS SELECT 1;"
			    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN "
			    "SELECT 1; END;"));

	(void)state;
	assert_int_equal(trial.replay->mark_count, 4);
	expect(trial.replay, "index j", true, 2);
	expect(trial.replay, "index i", true, 2);
	expect(trial.replay, "view v", true, 2);
	expect(trial.replay, "trigger tr", true, 2);
	end(trial);
}

static void marks_a_changed_text(void **state)
{
	struct trial trial = begin(BASE STUDY_STEP(
		"user:1→2", "CREATE TABLE n(a, b DEFAULT 5);"
			    "DROP TABLE t; ALTER TABLE n RENAME TO t;"
			    "CREATE INDEX i ON t(a);"));
	const struct mark *mark;
	const char *before, *after;

	(void)state;
	assert_int_equal(trial.replay->mark_count, 1);
	expect(trial.replay, "table t", true, 2);
	mark = find(trial.replay, "table t", true);
	before = mark_state(mark, trial.replay->schemas[1]);
	after = mark_state(mark, trial.replay->schemas[2]);
	assert_null(strstr(before, "DEFAULT"));
	assert_non_null(strstr(after, "DEFAULT"));
	assert_null(mark_state(mark, trial.replay->schemas[0]));
	end(trial);
}

static void sees_no_mark_where_only_data_changes(void **state)
{
	struct trial trial = begin(
		BASE STUDY_STEP("user:1→2", "UPDATE t SET a = 1;")
			STUDY_STEP("user:2→3", "-- nothing")
				STUDY_STEP("user:3→4", "CREATE TABLE u(x);"));

	(void)state;
	assert_int_equal(trial.replay->mark_count, 1);
	assert_false(trial.replay->has_marks[2]);
	assert_false(trial.replay->has_marks[3]);
	assert_true(trial.replay->has_marks[4]);
	end(trial);
}

static void lists_a_mark_once_with_its_first_step(void **state)
{
	struct trial trial = begin(
		BASE STUDY_STEP("user:1→2", "CREATE TABLE u(x);")
			STUDY_STEP("user:2→3", "DROP TABLE U;")
				STUDY_STEP("user:3→4", "CREATE TABLE u(x);"));
	const struct mark *mark = find(trial.replay, "table u", false);

	(void)state;
	assert_int_equal(trial.replay->mark_count, 1);
	assert_int_equal(mark->step, 2);
	assert_null(mark_state(mark, trial.replay->schemas[1]));
	assert_string_equal(mark_state(mark, trial.replay->schemas[2]), "");
	assert_null(mark_state(mark, trial.replay->schemas[3]));
	assert_true(trial.replay->has_marks[3]);
	assert_true(trial.replay->has_marks[4]);
	end(trial);
}

/* The index of step 3 is the mark of step 4 alone; and yet step 3 changes
 * it. */
static void counts_marks_of_other_steps(void **state)
{
	struct trial trial =
		begin(BASE STUDY_STEP("user:1→2", "CREATE TABLE u(x);")
			      STUDY_STEP("user:2→3", "CREATE INDEX k ON u(x); "
						     "CREATE TABLE w(x);")
				      STUDY_STEP("user:3→4", "DROP INDEX k;"));

	(void)state;
	expect(trial.replay, "index k", true, 4);
	assert_null(find(trial.replay, "index k", false));
	assert_null(mark_state(find(trial.replay, "index k", true),
			       trial.replay->schemas[2]));
	assert_non_null(mark_state(find(trial.replay, "index k", true),
				   trial.replay->schemas[3]));
	assert_true(trial.replay->has_marks[4]);
	end(trial);
}

static void tells_the_state_of_a_column(void **state)
{
	struct trial trial = begin(
		BASE STUDY_STEP("user:1→2", "ALTER TABLE t ADD COLUMN c;"));
	const struct mark *mark = find(trial.replay, "column t.c", false);

	(void)state;
	assert_null(mark_state(mark, trial.replay->schemas[0]));
	assert_null(mark_state(mark, trial.replay->schemas[1]));
	assert_string_equal(mark_state(mark, trial.replay->schemas[2]), "");
	end(trial);
}

static void describes_in_the_room_there_is(void **state)
{
	const struct mark mark = { .type = SCHEMA_TABLE,
				   .name = "conversations",
				   .column = "state" };
	char out[16];

	(void)state;
	assert_string_equal(mark_describe(&mark, out, sizeof(out)),
			    "column conve...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_tables_and_columns),
		cmocka_unit_test(exempts_the_baseline),
		cmocka_unit_test(takes_texts_only_of_steps_with_nothing_else),
		cmocka_unit_test(marks_a_changed_text),
		cmocka_unit_test(sees_no_mark_where_only_data_changes),
		cmocka_unit_test(lists_a_mark_once_with_its_first_step),
		cmocka_unit_test(counts_marks_of_other_steps),
		cmocka_unit_test(tells_the_state_of_a_column),
		cmocka_unit_test(describes_in_the_room_there_is),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
