#include "study.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "migration/markdown.h"
#include "sandpit.h"

/* Numbered as an editor would, so that a test can name lines. A document with
 * the traps that real ones have: the format is explained with placeholders in
 * nested fences, of which the last one is a fence too many; a step is nothing
 * but a comment; steps are planned, with both kinds of heading; both arrows. */
static const char history[] =
	/*  1 */ "# Migrations\n"
	/*  2 */ "\n"
	/*  3 */ "Each one looks like this:\n"
	/*  4 */ "\n"
	/*  5 */ "```\n"
	/*  6 */ "## Migration: [old] → [new]\n"
	/*  7 */ "\n"
	/*  8 */ "**Date**: YYYY-MM-DD\n"
	/*  9 */ "\n"
	/* 10 */ "```sql\n"
	/* 11 */ "-- [system:old→new:start]\n"
	/* 12 */ "CREATE TABLE ...;\n"
	/* 13 */ "-- [system:old→new:end]\n"
	/* 14 */ "```\n"
	/* 15 */ "```\n"
	/* 16 */ "\n"
	/* 17 */ "## History\n"
	/* 18 */ "\n"
	/* 19 */ "### Baseline\n"
	/* 20 */ "\n"
	/* 21 */ "**Date**: 2025-01-31\n"
	/* 22 */ "**Description**: where it begins\n"
	/* 23 */ "\n"
	/* 24 */ "```sql\n"
	/* 25 */ "-- [system:baseline→0.9:start]\n"
	/* 26 */ "\n"
	/* 27 */ "CREATE TABLE users (name TEXT PRIMARY KEY);\n"
	/* 28 */ "\n"
	/* 29 */ "-- [system:baseline→0.9:end]\n"
	/* 30 */ "```\n"
	/* 31 */ "\n"
	/* 32 */ "#### User\n"
	/* 33 */ "\n"
	/* 34 */ "```sql\n"
	/* 35 */ "-- [user:baseline->0.9:start]\n"
	/* 36 */ "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);\n"
	/* 37 */ "CREATE TRIGGER stamp AFTER INSERT ON notes BEGIN\n"
	/* 38 */ "  UPDATE notes SET text = text || ';' WHERE id = NEW.id;\n"
	/* 39 */ "END;\n"
	/* 40 */ "-- [user:baseline->0.9:end]\n"
	/* 41 */ "```\n"
	/* 42 */ "\n"
	/* 43 */ "### 0.9 → 0.10\n"
	/* 44 */ "\n"
	/* 45 */ "```sql\n"
	/* 46 */ "-- [system:0.9→0.10:start]\n"
	/* 47 */ "-- Nothing for system.db in this one\n"
	/* 48 */ "-- [system:0.9→0.10:end]\n"
	/* 49 */ "```\n"
	/* 50 */ "\n"
	/* 51 */ "```sql\n"
	/* 52 */ "-- [user:0.9→0.10:start]\n"
	/* 53 */ "ALTER TABLE notes ADD COLUMN state TEXT DEFAULT 'new';\n"
	/* 54 */ "-- [user:0.9→0.10:end]\n"
	/* 55 */ "```\n"
	/* 56 */ "\n"
	/* 57 */ "### 0.10 → 0.11 (Planned)\n"
	/* 58 */ "\n"
	/* 59 */ "```sql\n"
	/* 60 */ "-- [user:0.10→0.11:start]\n"
	/* 61 */ "DROP TABLE notes;\n"
	/* 62 */ "-- [user:0.10→0.11:end]\n"
	/* 63 */ "```\n"
	/* 64 */ "\n"
	/* 65 */ "## Future Migrations\n"
	/* 66 */ "\n"
	/* 67 */ "### 0.11 → 0.12\n"
	/* 68 */ "\n"
	/* 69 */ "```sql\n"
	/* 70 */ "-- [system:0.10→0.12:start]\n"
	/* 71 */ "-- DROP TABLE users;\n"
	/* 72 */ "-- [system:0.10→0.12:end]\n"
	/* 73 */ "```\n";

static void assert_step(const struct step *step, const char *name, int line,
			const char *sql)
{
	assert_string_equal(step->name, name);
	assert_string_equal(step->file, "t.md");
	assert_int_equal(step->line, line);
	assert_string_equal(step->sql, sql);
}

static void reads_a_real_document(void **state)
{
	struct migrations *migrations = study(history);
	struct step **steps = migrations->steps;

	(void)state;
	study_expect_no_error(migrations);
	assert_int_equal(migrations->step_count, 6);
	assert_step(steps[0], "system:baseline→0.9", 26,
		    "\nCREATE TABLE users (name TEXT PRIMARY KEY);\n\n");
	assert_string_equal(steps[0]->date, "2025-01-31");
	assert_string_equal(steps[0]->description, "where it begins");
	assert_string_equal(steps[1]->name, "user:baseline→0.9");
	assert_string_equal(steps[1]->date, "2025-01-31");
	assert_int_equal(steps[1]->line, 36);
	assert_int_equal(steps[1]->statements, 2);
	assert_step(steps[3], "user:0.9→0.10", 53,
		    "ALTER TABLE notes ADD COLUMN state TEXT DEFAULT 'new';\n");
	assert_string_equal(steps[3]->date, "");
	migrations_free(migrations);
}

static void ignores_placeholders_and_says_so(void **state)
{
	struct migrations *migrations = study(history);

	(void)state;
	assert_int_equal(migrations->finding_count, 2);
	assert_string_equal(migrations->findings[0].rule, "placeholder");
	assert_int_equal(migrations->findings[0].severity, SEVERITY_NOTE);
	assert_int_equal(migrations->findings[0].line, 11);
	assert_int_equal(migrations->findings[1].line, 13);
	migrations_free(migrations);
}

static void takes_comments_for_a_step(void **state)
{
	struct migrations *migrations = study(history);
	const struct chain *chain = &migrations->chains[KIND_SYSTEM];

	(void)state;
	assert_int_equal(chain->count, 2);
	assert_string_equal(chain->steps[1]->name, "system:0.9→0.10");
	assert_true(chain->steps[1]->is_blank);
	assert_false(chain->steps[1]->is_planned);
	migrations_free(migrations);
}

static void plans_what_stands_below_such_headings(void **state)
{
	struct migrations *migrations = study(history);

	(void)state;
	assert_int_equal(migrations->chains[KIND_USER].count, 2);
	assert_int_equal(migrations->chains[KIND_USER].planned_count, 1);
	assert_int_equal(migrations->chains[KIND_SYSTEM].planned_count, 1);
	assert_true(migrations->steps[4]->is_planned);
	assert_true(migrations->steps[5]->is_planned);
	assert_string_equal(migrations_newest(migrations), "0.10");
	migrations_free(migrations);
}

/* The same with CRLF, a byte-order mark and no break at the end. */
static void reads_what_windows_editors_write(void **state)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct migrations *plain = study(history);
	char *text = xmalloc(2 * sizeof(history) + 3);
	char *end = stpcpy(text, "\xef\xbb\xbf");
	const char *at;
	size_t i;

	(void)state;
	for (at = history; *at != '\0'; at++) {
		if (*at == '\n')
			*end++ = '\r';
		*end++ = *at;
	}
	markdown_parse("t.md", text, (size_t)(end - 2 - text), migrations);
	assert_int_equal(migrations->step_count, plain->step_count);
	for (i = 0; i < plain->step_count; i++) {
		assert_step(migrations->steps[i], plain->steps[i]->name,
			    plain->steps[i]->line, plain->steps[i]->sql);
		assert_string_equal(migrations->steps[i]->checksum,
				    plain->steps[i]->checksum);
	}
	free(text);
	migrations_free(plain);
	migrations_free(migrations);
}

static void passes_over_a_byte_order_mark(void **state)
{
	struct migrations *migrations = study(
		"\xef\xbb\xbf" STUDY_STEP("user:baseline→0.1", "a;"));

	(void)state;
	study_expect_nothing(migrations);
	assert_step(migrations->steps[0], "user:baseline→0.1", 3, "a;\n");
	migrations_free(migrations);
}

static void opens_a_block_whatever_came_before(void **state)
{
	struct migrations *migrations = study(
		"```\n~~~\n"
		STUDY_STEP("user:baseline→0.1", "a;")
		"```python\n# no heading (Planned)\n"
		STUDY_STEP("user:0.1→0.2", "a;")
		"```\n"
		STUDY_STEP("user:0.2→0.3", "a;"));

	(void)state;
	assert_int_equal(migrations->chains[KIND_USER].count, 3);
	study_expect(migrations, "open-fence", SEVERITY_WARNING, 10,
		     "the block that began at line 8 is still open");
	migrations_free(migrations);
}

static void takes_hashes_in_code_for_no_headings(void **state)
{
	struct migrations *migrations = study(
		"## Future Migrations\n"
		"```sh\n# run it\n```\n"
		STUDY_STEP("user:0.1→0.2", "a;"));

	(void)state;
	assert_int_equal(migrations->chains[KIND_USER].planned_count, 1);
	migrations_free(migrations);
}

static void closes_a_block_with_its_own_fence(void **state)
{
	struct migrations *migrations = study(
		"~~~ SQL title\n-- [user:baseline→0.1:start]\n```\n"
		"-- [user:baseline→0.1:end]\n~~~~\n"
		"prose with ```sql``` in it\n");

	(void)state;
	study_expect_nothing(migrations);
	assert_step(migrations->steps[0], "user:baseline→0.1", 3, "```\n");
	migrations_free(migrations);
}

static void reads_several_steps_in_one_block(void **state)
{
	struct migrations *migrations = study(
		"```sql\n-- all of it\n-- [user:baseline→0.1:start]\n"
		"-- [user:baseline→0.1:end]\n\n"
		"-- [system:baseline→0.1:start]\na;\n"
		"-- [system:baseline→0.1:end]\n```\n");

	(void)state;
	study_expect_nothing(migrations);
	assert_step(migrations->steps[0], "user:baseline→0.1", 4, "");
	assert_true(migrations->steps[0]->is_blank);
	assert_step(migrations->steps[1], "system:baseline→0.1", 7, "a;\n");
	migrations_free(migrations);
}

static void survives_very_long_lines(void **state)
{
	size_t bytes = 1 << 20;
	char *blob = xmalloc(bytes + 1), *text;
	struct migrations *migrations;

	(void)state;
	memset(blob, 'a', bytes);
	blob[bytes] = '\0';
	text = xasprintf("%s\n```sql\n-- [user:baseline→0.1:start]\nSELECT "
			 "'%s';\n-- [user:baseline→0.1:end]\n```",
			 blob, blob);
	migrations = study(text);
	study_expect_nothing(migrations);
	assert_int_equal(strlen(migrations->steps[0]->sql), bytes + 11);
	migrations_free(migrations);
	free(text);
	free(blob);
}

/* Documents with one mistake each. */
static const struct {
	const char *text;
	const char *rule;
	enum severity severity;
	int line;
	const char *part;
} mistakes[] = {
	{ "```sql\n-- [user:baseline→0.1:start]\na;\n```\n", "no-end",
	  SEVERITY_ERROR, 2, "user:baseline→0.1 has a start and no end" },
	{ "```sql\n-- [user:baseline→0.1:start]\na;\n", "no-end",
	  SEVERITY_ERROR, 2, "no end in its block" },
	{ "```sql\na;\n-- [user:0.1→0.2:end]\n```\n", "no-start",
	  SEVERITY_ERROR, 3, "the end of user:0.1→0.2 has no start" },
	{ "text\n-- [user:0.1→0.2:end]\n", "no-start", SEVERITY_ERROR, 2,
	  "has no start" },
	{ "```\n-- [user:baseline→0.1:start]\na;\n```\n", "no-block",
	  SEVERITY_ERROR, 2, "put a line ```sql before" },
	{ "```sql\n-- [user:baseline→0.1:start]\n"
	  "-- [user:0.1→0.2:start]\n-- [user:0.1→0.2:end]\n```\n",
	  "nested", SEVERITY_ERROR, 3,
	  "user:0.1→0.2 starts inside user:baseline→0.1, which began at line "
	  "2" },
	{ "```sql\n-- [user:baseline→0.1:start]\n"
	  "-- [user:baseline→0.2:end]\n```\n",
	  "other-end", SEVERITY_ERROR, 3, "that of user:baseline→0.2" },
	{ "```sql\n-- [user:baseline→0.1:start]\n"
	  "-- [system:baseline→0.1:end]\n```\n",
	  "other-end", SEVERITY_ERROR, 3, "from line 2" },
	{ "```sql\nCREATE TABLE t(a);\n-- [user:baseline→0.1:start]\n"
	  "-- [user:baseline→0.1:end]\nb;\n```\n",
	  "outside", SEVERITY_ERROR, 2, "would never run" },
	{ "```sql\n-- [user:baseline→0.1:start]\n"
	  "-- [user:baseline→0.1:end]\n",
	  "open-fence", SEVERITY_ERROR, 1, "never closed" },
	{ "```sql\n-- [user:baseline→0.1:start]\n"
	  "-- [user:baseline→0.1:end]\n"
	  "```sh\nmake\n```\n",
	  "open-fence", SEVERITY_ERROR, 1, "never closed" },
	{ "```sql\n-- [users:baseline→0.1:start]\n```\n", "tag",
	  SEVERITY_ERROR, 2, "the kinds are \"system\" and \"user\"" },
	{ "```sql\n-- [user:baseline→0.1:begin]\n```\n", "tag",
	  SEVERITY_ERROR, 2, "[user:baseline→0.1:begin]: it ends in none of" },
	{ "```sql\n-- [user:baseline→0.1:start]\n-- [user:old→new:end]\n"
	  "-- [user:baseline→0.1:end]\n```\n",
	  "tag", SEVERITY_ERROR, 3, "inside a step" },
	{ "```sql\n-- [user:v0.1→v0.2:start]\na;\n```\n", "placeholder",
	  SEVERITY_WARNING, 2, "a version begins with a digit" },
	{ "```text\n-- [user:0.1→0.2:start]\n```\n", "ignored-tag",
	  SEVERITY_WARNING, 2, "only ```sql blocks are run" },
	{ "text\n\n```sql\nSELECT 1;\n```\n", "untagged", SEVERITY_NOTE, 3,
	  "never run" },
};

static void finds_every_mistake(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct migrations *migrations = study(mistakes[i].text);

		study_expect(migrations, mistakes[i].rule,
			     mistakes[i].severity, mistakes[i].line,
			     mistakes[i].part);
		assert_int_equal(migrations->finding_count, 1);
		migrations_free(migrations);
	}
}

static void refuses_a_nul_byte(void **state)
{
	static const char text[] = "# A\nx\0y\n\n";
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));

	(void)state;
	markdown_parse("t.md", text, sizeof(text) - 1, migrations);
	study_expect(migrations, "nul", SEVERITY_ERROR, 2, "NUL byte");
	migrations_free(migrations);
}

static void reads_nothing_from_nothing(void **state)
{
	struct migrations *migrations = study("");

	(void)state;
	study_expect_nothing(migrations);
	assert_int_equal(migrations->step_count, 0);
	migrations_free(migrations);
}

static char *path_of(void **state, const char *name)
{
	const struct sandpit *sandpit = *state;

	return xasprintf("%s/%s", sandpit->path, name);
}

static void reads_a_file(void **state)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *path = path_of(state, "history.md");
	int descriptors = sandpit_descriptors();
	struct error err = { 0 };

	sandpit_file(*state, "history.md", history, 0644);
	assert_int_equal(markdown_read(path, migrations, &err), 0);
	assert_int_equal(migrations->step_count, 6);
	assert_string_equal(migrations->steps[0]->file, path);
	assert_int_equal(sandpit_descriptors(), descriptors);
	migrations_free(migrations);
	free(path);
}

static void says_that_a_file_cannot_be_read(void **state)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *path = path_of(state, "none.md");
	char *pipe_path = path_of(state, "pipe.md");
	int descriptors = sandpit_descriptors();
	struct error err = { 0 };

	assert_int_equal(markdown_read(path, migrations, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, path));
	assert_non_null(strstr(err.message, "No such file"));
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(markdown_read(pipe_path, migrations, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "no regular file"));
	assert_int_equal(sandpit_descriptors(), descriptors);
	free(pipe_path);
	free(path);
	migrations_free(migrations);
}

static void refuses_a_huge_file(void **state)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	char *path = path_of(state, "huge.md");
	struct error err = { 0 };

	sandpit_file(*state, "huge.md", "", 0644);
	assert_int_equal(truncate(path, (16 << 20) + 1), 0);
	assert_int_equal(markdown_read(path, migrations, &err), 0);
	assert_string_equal(study_finding(migrations, "size")->file, path);
	assert_int_equal(study_finding(migrations, "size")->severity,
			 SEVERITY_ERROR);
	migrations_free(migrations);
	free(path);
}

#define IN_SANDPIT(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_real_document),
		cmocka_unit_test(ignores_placeholders_and_says_so),
		cmocka_unit_test(takes_comments_for_a_step),
		cmocka_unit_test(plans_what_stands_below_such_headings),
		cmocka_unit_test(reads_what_windows_editors_write),
		cmocka_unit_test(passes_over_a_byte_order_mark),
		cmocka_unit_test(opens_a_block_whatever_came_before),
		cmocka_unit_test(takes_hashes_in_code_for_no_headings),
		cmocka_unit_test(closes_a_block_with_its_own_fence),
		cmocka_unit_test(reads_several_steps_in_one_block),
		cmocka_unit_test(survives_very_long_lines),
		cmocka_unit_test(finds_every_mistake),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(reads_nothing_from_nothing),
		IN_SANDPIT(reads_a_file),
		IN_SANDPIT(says_that_a_file_cannot_be_read),
		IN_SANDPIT(refuses_a_huge_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
