#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "migration/sheets.h"
#include "sandpit.h"

static void file(void **state, const char *name)
{
	sandpit_file(*state, name, "", 0644);
}

/* "m/1_a.sql 1 bare|..." of all sheets, with the shape in front. */
static char *tell(void **state, struct migrations *migrations)
{
	static const char *const ways[] = {
		[FILENAME_UP] = "up",		[FILENAME_BARE] = "bare",
		[FILENAME_PROGRAM] = "program", [FILENAME_DOWN] = "down",
		[FILENAME_CHECK] = "check",	[FILENAME_VERIFY] = "verify",
	};
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/m", sandpit->path);
	struct sheets sheets;
	struct error err = { 0 };
	char *told;

	if (sheets_find(path, &sheets, migrations, &err) != 0)
		fail_msg("%s", err.message);
	told = xstrdup(sheets.shape);
	for (size_t i = 0; i < sheets.count; i++) {
		const struct sheet *sheet = &sheets.list[i];
		char *more = xasprintf("%s|%s %s %s", told,
				       sheet->path + strlen(path) + 1,
				       sheet->name.number,
				       ways[sheet->name.way]);

		free(told);
		told = more;
	}
	sheets_release(&sheets);
	assert_null(sheets.list);
	free(path);
	return told;
}

static void expect(void **state, const char *expected, size_t findings)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *told = tell(state, migrations);

	assert_string_equal(told, expected);
	assert_int_equal(migrations->finding_count, findings);
	free(told);
	migrations_free(migrations);
}

static void ways_of_one_number_follow_each_other(void **state)
{
	sandpit_folder(*state, "m");
	file(state, "m/2_b.verify.sql");
	file(state, "m/2_b.down.sql");
	file(state, "m/2_b.check.sql");
	file(state, "m/2_b.up.sql");
	file(state, "m/10_c.sql");
	file(state, "m/1_a.sql");
	expect(state,
	       "pairs|1_a.sql 1 bare|2_b.up.sql 2 up|2_b.down.sql 2 down|"
	       "2_b.check.sql 2 check|2_b.verify.sql 2 verify|10_c.sql 10 bare",
	       0);
}

static void what_has_no_number_is_left_alone(void **state)
{
	sandpit_folder(*state, "m");
	file(state, "m/README.md");
	file(state, "m/.1_hidden.sql");
	file(state, "m/a1.sql");
	file(state, "m/1_notes.txt");
	sandpit_folder(*state, "m/meta");
	expect(state, "numbered", 0);
}

static void what_can_be_executed_is_a_program(void **state)
{
	sandpit_folder(*state, "m");
	sandpit_file(*state, "m/5-populate", "", 0755);
	sandpit_file(*state, "m/6-mail.py", "", 0700);
	sandpit_file(*state, "m/7-notes.py", "", 0644);
	file(state, "m/5-populate.verify.sql");
	expect(state,
	       "numbered|5-populate 5 program|5-populate.verify.sql 5 verify|"
	       "6-mail.py 6 program",
	       0);
}

static void folders_are_steps_or_versions(void **state)
{
	sandpit_folder(*state, "m");
	sandpit_folder(*state, "m/1_a");
	file(state, "m/1_a/up.sql");
	file(state, "m/1_a/down.sql");
	sandpit_folder(*state, "m/0.10");
	file(state, "m/0.10/00__x.sql");
	sandpit_folder(*state, "m/3_pictures");
	file(state, "m/3_pictures/a.png");
	expect(state,
	       "folders|0.10/00__x.sql 0.10.00 bare|1_a/up.sql 1 up|"
	       "1_a/down.sql 1 down",
	       1);
}

#define IN_SANDPIT(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDPIT(ways_of_one_number_follow_each_other),
		IN_SANDPIT(what_has_no_number_is_left_alone),
		IN_SANDPIT(what_can_be_executed_is_a_program),
		IN_SANDPIT(folders_are_steps_or_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
