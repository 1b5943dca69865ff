#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sandpit.h"

#define BOTH                                    \
	STUDY_STEP("system:baseline→0.1", "a;") \
	STUDY_STEP("user:baseline→0.1", "a;")

static char *path_of(void **state, const char *name)
{
	const struct sandpit *sandpit = *state;

	return xasprintf("%s/%s", sandpit->path, name);
}

/* Reads a file or folder of the sandpit folder, and expects this code. */
static struct migrations *read_one(void **state, const char *name, int code,
				   struct error *err)
{
	int descriptors = sandpit_descriptors();
	char *path = path_of(state, name);
	const struct source source = { .path = path };
	struct migrations *migrations;

	memset(err, 0, sizeof(*err));
	assert_int_equal(migrations_read(&source, &migrations, err), code);
	if (code != 0)
		assert_int_equal(err->code, code);
	assert_int_equal(sandpit_descriptors(), descriptors);
	free(path);
	return migrations;
}

static void assert_says(const struct error *err, const char *part)
{
	if (strstr(err->message, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, err->message);
}

static void reads_one_file_for_both_kinds(void **state)
{
	struct migrations *migrations;
	struct error err;

	/* Any name will do for a file that is named itself. */
	sandpit_file(*state, "history.txt", BOTH, 0644);
	migrations = read_one(state, "history.txt", 0, &err);
	assert_string_equal(migrations->format, "markdown");
	assert_int_equal(migrations->chains[KIND_SYSTEM].count, 1);
	assert_int_equal(migrations->chains[KIND_USER].count, 1);
	migrations_free(migrations);
}

static void reads_a_folder_in_order_of_name(void **state)
{
	struct migrations *migrations;
	struct error err;

	sandpit_folder(*state, "m");
	sandpit_file(*state, "m/b.md", STUDY_STEP("user:0.1→0.2", "b;"), 0644);
	sandpit_file(*state, "m/a.md", STUDY_STEP("user:baseline→0.1", "a;"),
		     0644);
	sandpit_file(*state, "m/B.md", STUDY_STEP("user:0.2→0.3", "c;"), 0644);
	sandpit_file(*state, "m/.hidden.md", STUDY_STEP("user:0.2→0.3", "c;"),
		     0644);
	sandpit_file(*state, "m/old.md~", STUDY_STEP("user:0.2→0.3", "c;"),
		     0644);
	migrations = read_one(state, "m", 0, &err);
	assert_int_equal(migrations->step_count, 3);
	assert_string_equal(migrations->steps[0]->name, "user:0.2→0.3");
	assert_string_equal(migrations->steps[1]->name, "user:baseline→0.1");
	assert_string_equal(migrations->steps[2]->name, "user:0.1→0.2");
	assert_non_null(strstr(migrations->steps[2]->file, "/m/b.md"));
	migrations_free(migrations);
}

static void names_both_files_of_a_conflict(void **state)
{
	struct migrations *migrations;
	struct error err;

	sandpit_folder(*state, "m");
	sandpit_file(*state, "m/a.md", BOTH, 0644);
	sandpit_file(*state, "m/b.md", STUDY_STEP("user:baseline→0.1", "b;"),
		     0644);
	migrations = read_one(state, "m", ERROR_MIGRATION, &err);
	assert_says(&err, "/m/b.md:3: user:baseline→0.1 is there twice, first "
			  "at ");
	assert_says(&err, "/m/a.md:8");
	migrations_free(migrations);
}

static void reads_a_source_for_each_kind(void **state)
{
	char *system = path_of(state, "system.md");
	char *user = path_of(state, "user.md");
	const struct source source = { .paths = { system, user } };
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "system.md",
		     STUDY_STEP("system:baseline→0.1", "a;"), 0644);
	sandpit_file(*state, "user.md", STUDY_STEP("user:baseline→0.1", "a;"),
		     0644);
	assert_int_equal(migrations_read(&source, &migrations, &err), 0);
	assert_int_equal(migrations->step_count, 2);
	migrations_free(migrations);
	free(user);
	free(system);
}

static void reads_one_kind_alone(void **state)
{
	char *user = path_of(state, "user.md");
	const struct source source = { .paths = { NULL, user } };
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "user.md", STUDY_STEP("user:baseline→0.1", "a;"),
		     0644);
	assert_int_equal(migrations_read(&source, &migrations, &err), 0);
	assert_int_equal(migrations->chains[KIND_SYSTEM].count, 0);
	assert_int_equal(migrations->chains[KIND_USER].count, 1);
	migrations_free(migrations);
	free(user);
}

static void reads_the_same_source_of_both_kinds_once(void **state)
{
	char *path = path_of(state, "m.md");
	const struct source source = { .paths = { path, path } };
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "m.md", BOTH, 0644);
	assert_int_equal(migrations_read(&source, &migrations, &err), 0);
	assert_int_equal(migrations->step_count, 2);
	migrations_free(migrations);
	free(path);
}

static void refuses_a_step_in_the_source_of_the_other_kind(void **state)
{
	char *user = path_of(state, "user.md");
	const struct source source = { .paths = { NULL, user } };
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "user.md", BOTH, 0644);
	assert_int_equal(migrations_read(&source, &migrations, &err),
			 ERROR_MIGRATION);
	assert_says(&err, "user.md:3: system:baseline→0.1 stands in the source "
			  "for user databases");
	migrations_free(migrations);
	free(user);
}

static void says_what_is_missing(void **state)
{
	const struct source none = { .path = NULL };
	struct migrations *migrations;
	struct error err;

	assert_null(read_one(state, "none.md", ERROR_MIGRATION, &err));
	assert_says(&err, "none.md");
	assert_says(&err, "No such file");
	assert_int_equal(migrations_read(&none, &migrations, &err),
			 ERROR_MIGRATION);
	assert_null(migrations);
	assert_says(&err, "no migrations are named");
}

static void says_that_there_is_no_step(void **state)
{
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "empty.md", "", 0644);
	migrations = read_one(state, "empty.md", ERROR_MIGRATION, &err);
	assert_non_null(migrations);
	assert_says(&err, "no migration in it");
	migrations_free(migrations);
	sandpit_folder(*state, "m");
	migrations = read_one(state, "m", ERROR_MIGRATION, &err);
	assert_says(&err, "/m: no migration in it");
	migrations_free(migrations);
}

static void says_that_every_step_is_planned(void **state)
{
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "m.md", "## Future Migrations\n" BOTH, 0644);
	migrations = read_one(state, "m.md", ERROR_MIGRATION, &err);
	assert_says(&err, "every migration in it is planned");
	migrations_free(migrations);
}

static void gives_the_first_error_with_its_line(void **state)
{
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "m.md",
		     "```sql\n-- [user:a→b:start]\n```\n" BOTH
		     "```sql\n-- [user:0.1→0.2:start]\n```\n"
		     "```sql\n-- [user:0.2→0.3:end]\n```\n",
		     0644);
	migrations = read_one(state, "m.md", ERROR_MIGRATION, &err);
	assert_non_null(migrations);
	assert_says(&err, "/m.md:15: user:0.1→0.2 has a start and no end");
	assert_says(&err, "; and 1 more, see fleet-upgrade lint");
	migrations_free(migrations);
}

static void lets_notes_and_warnings_pass(void **state)
{
	struct migrations *migrations;
	struct error err;

	sandpit_file(*state, "m.md",
		     "```sql\n-- [user:v1→v2:start]\n```\n" BOTH, 0644);
	migrations = read_one(state, "m.md", 0, &err);
	assert_int_equal(migrations->finding_count, 1);
	migrations_free(migrations);
}

static void adds_findings(void **state)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	const struct finding *first;
	size_t count;
	int i;

	(void)state;
	assert_null(migrations_first_error(migrations, &count));
	assert_int_equal(count, 0);
	for (i = 0; i < 40; i++)
		migrations_add_finding(
			migrations, i < 3 ? SEVERITY_WARNING : SEVERITY_ERROR,
			"f", i, "rule", "number %d", i);
	first = migrations_first_error(migrations, &count);
	assert_int_equal(count, 37);
	assert_int_equal(first->line, 3);
	assert_string_equal(first->message, "number 3");
	migrations_free(migrations);
	migrations_free(NULL);
}

#define IN_SANDPIT(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SANDPIT(reads_one_file_for_both_kinds),
		IN_SANDPIT(reads_a_folder_in_order_of_name),
		IN_SANDPIT(names_both_files_of_a_conflict),
		IN_SANDPIT(reads_a_source_for_each_kind),
		IN_SANDPIT(reads_one_kind_alone),
		IN_SANDPIT(reads_the_same_source_of_both_kinds_once),
		IN_SANDPIT(refuses_a_step_in_the_source_of_the_other_kind),
		IN_SANDPIT(says_what_is_missing),
		IN_SANDPIT(says_that_there_is_no_step),
		IN_SANDPIT(says_that_every_step_is_planned),
		IN_SANDPIT(gives_the_first_error_with_its_line),
		IN_SANDPIT(lets_notes_and_warnings_pass),
		cmocka_unit_test(adds_findings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
