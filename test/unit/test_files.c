#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/files.h"
#include "migration/sheets.h"
#include "sandpit.h"

static void folder(void **state, const char *name)
{
	sandpit_folder(*state, name);
}

static void file(void **state, const char *name, const char *content)
{
	sandpit_file(*state, name, content, 0644);
}

/* Reads a folder of the sandpit folder for users. */
static struct migrations *read_folder(void **state, const char *name)
{
	const struct sandpit *sandpit = *state;
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *path = xasprintf("%s/%s", sandpit->path, name);
	int descriptors = sandpit_descriptors();
	struct error err = { 0 };

	assert_true(sheets_are_in(path));
	if (files_read(path, KIND_USER, NULL, migrations, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(sandpit_descriptors(), descriptors);
	migrations_chain(migrations);
	free(path);
	return migrations;
}

/* The steps in order: "name: SQL" each, with "|" between. */
static void assert_steps(const struct migrations *migrations,
			 const char *expected)
{
	const struct chain *chain = &migrations->chains[KIND_USER];
	char *told = xstrdup("");
	size_t i;

	for (i = 0; i < chain->count; i++) {
		const struct step *step = chain->steps[i];
		char *more = xasprintf("%s%s%s→%s %s", told, i > 0 ? "|" : "",
				       step->from == NULL ? "" : step->from,
				       step->to, step->sql);

		assert_int_equal(step->kind, KIND_USER);
		free(told);
		told = more;
	}
	assert_string_equal(told, expected);
	free(told);
}

static void assert_part(const struct migrations *migrations, size_t index,
			enum step_part part, const char *sql, const char *file,
			int line)
{
	const struct step_text *text =
		&migrations->chains[KIND_USER].steps[index]->parts[part];

	assert_non_null(text->sql);
	assert_string_equal(text->sql, sql);
	assert_non_null(strstr(text->file, file));
	assert_int_equal(text->line, line);
}

static void assert_format(const struct migrations *migrations,
			  const char *format)
{
	assert_string_equal(migrations->format, format);
	assert_true(migrations->chains[KIND_USER].is_set);
	assert_false(migrations->chains[KIND_SYSTEM].is_set);
}

static void numbered_files_in_order_of_their_numbers(void **state)
{
	struct migrations *migrations;
	const struct step *step;

	folder(state, "m");
	file(state, "m/10_c.sql", "c;");
	file(state, "m/2_create_users.sql", "\n-- why\nb;");
	file(state, "m/0001_a.sql", "a;");
	file(state, "m/README.md", "# nothing");
	file(state, "m/.3_hidden.sql", "no;");
	file(state, "m/3_notes.txt", "no");
	folder(state, "m/meta");
	migrations = read_folder(state, "m");
	study_expect_nothing(migrations);
	assert_steps(migrations,
		     "→0001 a;|0001→2 \n-- why\nb;|2→10 c;");
	assert_format(migrations, "numbered");
	step = migrations->chains[KIND_USER].steps[1];
	assert_string_equal(step->name, "user:0001→2");
	assert_string_equal(step->description, "create users");
	assert_string_equal(step->date, "");
	assert_non_null(strstr(step->file, "/m/2_create_users.sql"));
	assert_int_equal(step_line_at(step, 0), 3);
	migrations_free(migrations);
}

static void times_in_order(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/20240131120000_b.sql", "b;");
	file(state, "m/20231231235959_a.sql", "a;");
	migrations = read_folder(state, "m");
	study_expect_nothing(migrations);
	assert_steps(migrations, "→20231231235959 a;|"
				 "20231231235959→20240131120000 b;");
	assert_string_equal(migrations->chains[KIND_USER].steps[0]->date,
			    "2023-12-31");
	migrations_free(migrations);
}

static void pairs(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/1_a.up.sql", "a;");
	file(state, "m/1_a.down.sql", "x;");
	file(state, "m/2_b.up.sql", "b;");
	file(state, "m/3_c.sql", "c;");
	migrations = read_folder(state, "m");
	assert_steps(migrations, "→1 a;|1→2 b;|2→3 c;");
	assert_format(migrations, "pairs");
	study_expect_nothing(migrations);
	assert_part(migrations, 0, STEP_DOWN, "x;", "/m/1_a.down.sql", 1);
	assert_null(migrations->chains[KIND_USER].steps[1]->parts[0].sql);
	migrations_free(migrations);
}

static void parts_beside_a_step(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/1_a.sql", "a;");
	file(state, "m/1_a.check.sql", "\xef\xbb\xbf" "SELECT 1;\r\n");
	file(state, "m/1_a.verify.sql", "SELECT 2;");
	folder(state, "m/2_b");
	file(state, "m/2_b/up.sql", "b;");
	file(state, "m/2_b/check.sql", "SELECT 3;");
	migrations = read_folder(state, "m");
	study_expect_nothing(migrations);
	assert_steps(migrations, "→1 a;|1→2 b;");
	assert_part(migrations, 0, STEP_CHECK, "SELECT 1;\n",
		    "/m/1_a.check.sql", 1);
	assert_part(migrations, 0, STEP_VERIFY, "SELECT 2;",
		    "/m/1_a.verify.sql", 1);
	assert_part(migrations, 1, STEP_CHECK, "SELECT 3;", "/m/2_b/check.sql",
		    1);
	migrations_free(migrations);
}

static void two_parts_of_one_kind(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/1_a.sql", "-- migrate:up\na;\n-- migrate:down\nb;\n");
	file(state, "m/1_a.down.sql", "c;");
	migrations = read_folder(state, "m");
	study_expect_in(migrations, "/m/1_a.down.sql", "same-part",
			SEVERITY_ERROR, 0, "has a down already, at");
	migrations_free(migrations);
}

static void programs_are_steps(void **state)
{
	struct migrations *migrations;
	const struct step *step;

	folder(state, "m");
	file(state, "m/1_a.sql", "a;");
	sandpit_file(*state, "m/2-populate.py", "#!/bin/sh\n", 0755);
	file(state, "m/2-populate.verify.sql", "SELECT 1;");
	file(state, "m/3_c.sql", "c;");
	migrations = read_folder(state, "m");
	study_expect_nothing(migrations);
	assert_steps(migrations, "→1 a;|1→2 \n|2→3 c;");
	step = migrations->chains[KIND_USER].steps[1];
	assert_true(step->is_program);
	assert_false(step->is_blank);
	assert_string_equal(step->description, "populate py");
	/* sha256sum of its bytes */
	assert_string_equal(step->checksum, "a8076d3d28d21e02012b20eaf7dbf754"
				     "09a6277134439025f282e368e3305abf");
	assert_part(migrations, 1, STEP_VERIFY, "SELECT 1;", ".verify.sql", 1);
	migrations_free(migrations);
}

static void programs_have_directives_at_their_head(void **state)
{
	struct migrations *migrations;
	const struct step *step;

	folder(state, "m");
	file(state, "m/3_c.sql", "c;");
	sandpit_file(*state, "m/1-a", "#!/bin/sh\n"
				      "# fleet-upgrade: timeout=5m, vacuum\n"
				      "echo a\n# fleet-upgrade: analyze\n",
		     0755);
	sandpit_file(*state, "m/2-b", "# fleet-upgrade: foreign_keys=on", 0755);
	migrations = read_folder(state, "m");
	step = migrations->chains[KIND_USER].steps[0];
	assert_int_equal(step->directives.limit_ms, 300000);
	assert_true(step->directives.vacuums);
	assert_false(step->directives.analyzes);
	study_expect_in(migrations, "/m/2-b", "directive", SEVERITY_ERROR, 1,
			"mean nothing to a program");
	migrations_free(migrations);
	folder(state, "n");
	file(state, "n/1_a.sql", "a;");
	sandpit_file(*state, "n/3-c", "#!/bin/sh\n# fleet-upgrade: x\n", 0755);
	migrations = read_folder(state, "n");
	study_expect_in(migrations, "/n/3-c", "directive", SEVERITY_ERROR, 2,
			"\"x\"");
	migrations_free(migrations);
}

static void folders_of_one_step(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	folder(state, "m/2024-01-31-120000_users");
	file(state, "m/2024-01-31-120000_users/up.sql", "b;");
	file(state, "m/2024-01-31-120000_users/down.sql", "x;");
	folder(state, "m/20240101000000_start");
	file(state, "m/20240101000000_start/migration.sql", "a;");
	migrations = read_folder(state, "m");
	study_expect_no_error(migrations);
	assert_steps(migrations, "→20240101000000 a;|"
				 "20240101000000→20240131120000 b;");
	assert_format(migrations, "folders");
	assert_string_equal(migrations->chains[KIND_USER].steps[1]->description,
			    "users");
	migrations_free(migrations);
}

static void folders_of_versions(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	folder(state, "m/0.10");
	file(state, "m/0.10/00__c.sql", "c;");
	folder(state, "m/0.2");
	file(state, "m/0.2/01__b.sql", "b;");
	file(state, "m/0.2/00__a.sql", "a;");
	migrations = read_folder(state, "m");
	study_expect_nothing(migrations);
	assert_steps(migrations,
		     "→0.2.00 a;|0.2.00→0.2.01 b;|0.2.01→0.10.00 c;");
	assert_format(migrations, "folders");
	migrations_free(migrations);
}

static void marks_in_the_files(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/1_a.sql", "-- migrate:up\na;\n-- migrate:down\nx;\n");
	file(state, "m/2_b.sql", "-- +goose Up\nb;\n");
	file(state, "m/3_c.sql", "c;\n");
	migrations = read_folder(state, "m");
	assert_steps(migrations, "→1 a;\n|1→2 b;\n|2→3 c;\n");
	assert_format(migrations, "dbmate");
	study_expect_in(migrations, "2_b.sql", "two-formats", SEVERITY_ERROR, 0,
		     "marks of goose");
	study_expect_in(migrations, "3_c.sql", "no-mark", SEVERITY_WARNING, 0,
		     "all of it is run");
	assert_part(migrations, 0, STEP_DOWN, "x;\n", "/m/1_a.sql", 4);
	migrations_free(migrations);
}

static void the_same_number_twice_names_both(void **state)
{
	struct migrations *migrations;
	const struct finding *finding;

	folder(state, "m");
	file(state, "m/0003_a.sql", "a;");
	file(state, "m/003_b.sql", "b;");
	file(state, "m/0005_c.sql", "c;");
	migrations = read_folder(state, "m");
	study_expect_in(migrations, "003_b.sql", "same-number",
			SEVERITY_ERROR, 0,
		     "/m/0003_a.sql has the same number; give the newer of the "
		     "two the next free one, 0006");
	finding = study_finding(migrations, "same-number");
	assert_non_null(strstr(finding->file, "/m/003_b.sql"));
	migrations_free(migrations);
}

static void the_same_time_twice(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/20240101000000_a.sql", "a;");
	file(state, "m/20240101000000_b.sql", "b;");
	migrations = read_folder(state, "m");
	study_expect_in(migrations, "_b.sql", "same-number", SEVERITY_ERROR, 0,
		     "give the newer of the two a later one");
	migrations_free(migrations);
}

static void what_would_be_passed_over_is_told(void **state)
{
	struct migrations *migrations;

	folder(state, "m");
	file(state, "m/1_a.sql", "a;");
	file(state, "m/2_b.down.sql", "b;");
	folder(state, "m/4_images");
	file(state, "m/4_images/a.png", "");
	folder(state, "m/0.2");
	file(state, "m/0.2/01_b.sql", "b;");
	folder(state, "m/0.2/02_deeper");
	file(state, "m/0.2/02_deeper/03_c.sql", "c;");
	migrations = read_folder(state, "m");
	study_expect_in(migrations, "2_b.down.sql", "no-up", SEVERITY_ERROR, 0,
		     "without its way up");
	assert_int_equal(study_count(migrations, "not-read"), 2);
	assert_steps(migrations, "→0.2.01 b;|0.2.01→1 a;");
	migrations_free(migrations);
}

static void a_file_that_cannot_be_read_ends_it(void **state)
{
	const struct sandpit *sandpit = *state;
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *path = xasprintf("%s/m", sandpit->path);
	struct error err = { 0 };

	folder(state, "m");
	sandpit_link(sandpit, "nowhere", "m/1_a.sql");
	assert_int_equal(files_read(path, KIND_USER, NULL, migrations, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "/m/1_a.sql: the migrations cannot "
					    "be read"));
	free(path);
	path = xasprintf("%s/gone", sandpit->path);
	assert_false(sheets_are_in(path));
	assert_int_equal(files_read(path, KIND_USER, NULL, migrations, &err),
			 ERROR_MIGRATION);
	free(path);
	migrations_free(migrations);
}

static void other_folders_are_none(void **state)
{
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/m", sandpit->path);

	folder(state, "m");
	assert_false(sheets_are_in(path));
	file(state, "m/history.md", "");
	file(state, "m/1_notes.txt", "");
	folder(state, "m/2024");
	file(state, "m/2024/history.md", "");
	assert_false(sheets_are_in(path));
	file(state, "m/2024/1_a.sql", "");
	assert_true(sheets_are_in(path));
	free(path);
}

#define IN_SANDPIT(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDPIT(numbered_files_in_order_of_their_numbers),
		IN_SANDPIT(times_in_order),
		IN_SANDPIT(pairs),
		IN_SANDPIT(parts_beside_a_step),
		IN_SANDPIT(two_parts_of_one_kind),
		IN_SANDPIT(programs_are_steps),
		IN_SANDPIT(programs_have_directives_at_their_head),
		IN_SANDPIT(folders_of_one_step),
		IN_SANDPIT(folders_of_versions),
		IN_SANDPIT(marks_in_the_files),
		IN_SANDPIT(the_same_number_twice_names_both),
		IN_SANDPIT(the_same_time_twice),
		IN_SANDPIT(what_would_be_passed_over_is_told),
		IN_SANDPIT(a_file_that_cannot_be_read_ends_it),
		IN_SANDPIT(other_folders_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
