#include "migration/appendix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migration/markdown.h"
#include "study.h"

/* The document with a step behind its newest, or NULL and why not. */
static char *write_step(const char *markdown, const char *from, const char *to,
			const char *words, struct error *err)
{
	struct migrations *migrations = study(markdown);
	const struct step *newest =
		migrations->steps[migrations->step_count - 1];
	struct step made = {
		.kind = newest->kind, .from = (char *)from, .to = (char *)to,
		.description = (char *)words, .date = (char *)"2026-11-21",
	};
	char *text;
	int rc;

	memset(err, 0, sizeof(*err));
	rc = appendix_write("t.md", markdown, strlen(markdown), newest, &made,
			    &text, err);
	assert_int_equal(rc, err->code);
	assert_int_equal(rc == 0, text != NULL);
	migrations_free(migrations);
	return text;
}

/* What was added: all that was there is still there, in front. */
static void expect_added(const char *markdown, const char *expected)
{
	struct error err;
	char *text = write_step(markdown, "2", "3", "add inbox", &err);

	if (!text)
		fail_msg("%s", err.message);
	assert_memory_equal(text, markdown, strlen(markdown));
	assert_string_equal(text + strlen(markdown), expected);
	free(text);
}

#define BODY                                                                  \
	"**Date**: 2026-11-21\n**Description**: add inbox\n\n```sql\n"        \
	"-- [user:2→3:start]\n"                                               \
	"-- Write the SQL of this step here, without BEGIN and COMMIT. It is " \
	"listed and\n"                                                        \
	"-- not run while its heading says (Planned): take that out when it " \
	"is ready.\n"                                                         \
	"-- [user:2→3:end]\n```\n"

static void test_it_is_written_as_the_others_are(void **state)
{
	static const char *const cases[][2] = {
		{ "### 2\n", "### 3" },
		{ "## Version 2\n", "## Version 3" },
		{ "#### Migration: 1 → 2\n", "#### Migration: 2 → 3" },
		{ "## 1 to 2\n", "## 2 to 3" },
		{ "## 1 → 2: add people\n", "## 2 → 3" },
		{ "## People (2)\n", "## 3" },
		{ "## 12\n", "### 3" },
		{ "## 2\n### User databases\n", "## 3" },
		{ "Prose only.\n", "### 3" },
		{ "```bash\n# 2\n```\n", "### 3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char document[500], expected[800];

		snprintf(document, sizeof(document), "# History\n\n%s%s",
			 cases[i][0], STUDY_STEP("user:1→2", "SELECT 1;"));
		snprintf(expected, sizeof(expected),
			 "\n%s: add inbox (Planned)\n\n" BODY, cases[i][1]);
		expect_added(document, expected);
	}
}

/* Below "Future Migrations" it would be planned whatever its own heading
 * says. */
static void test_it_does_not_end_up_where_all_is_planned(void **state)
{
	static const char document[] =
		"# History\n### 2\n" STUDY_STEP("user:1→2", "SELECT 1;")
		"## Future Migrations\n### Some day\nWe shall see.\n";
	struct migrations *migrations;
	struct error err;
	char *text, *planned;

	(void)state;
	text = write_step(document, "2", "3", "add inbox", &err);
	assert_non_null(text);
	assert_non_null(strstr(text, "\n## 3: add inbox (Planned)\n"));
	planned = strstr(text, " (Planned)");
	memmove(planned, planned + 10, strlen(planned + 10) + 1);
	migrations = study(text);
	assert_int_equal(migrations->step_count, 2);
	assert_false(migrations->steps[1]->is_planned);
	migrations_free(migrations);
	free(text);
}

static void test_line_ends_and_arrows_are_kept(void **state)
{
	static const char document[] =
		"\xef\xbb\xbf# 2\r\n```sql\r\n-- [user:1->2:start]\r\n"
		"SELECT 1;\r\n-- [user:1->2:end]\r\n```";
	struct error err;
	char *text, *added;

	(void)state;
	text = write_step(document, "2", "3", "add inbox", &err);
	assert_non_null(text);
	added = text + strlen(document);
	assert_ptr_equal(strstr(added, "\r\n\r\n# 3: add inbox (Planned)\r\n"),
			 added);
	assert_non_null(strstr(added, "-- [user:2->3:start]\r\n"));
	assert_null(strstr(added, "→"));
	for (char *at = added; (at = strchr(at, '\n')); at++)
		assert_int_equal(at[-1], '\r');
	free(text);
}

static void test_the_first_of_a_kind_begins_at_the_baseline(void **state)
{
	struct error err;
	char *text = write_step("# 2\n" STUDY_STEP("user:1→2", "SELECT 1;"),
				NULL, "3", "add inbox", &err);

	(void)state;
	assert_non_null(strstr(text, "-- [user:baseline→3:start]\n"));
	free(text);
}

/* Its heading would be taken for a part of the block: the step would run. */
static void test_a_block_that_is_not_closed_is_no_place(void **state)
{
	struct error err;

	(void)state;
	assert_null(write_step("# 2\n" STUDY_STEP("user:1→2", "SELECT 1;")
			       "```bash\nls\n", "2", "3", "add inbox", &err));
	assert_int_equal(err.code, ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "not closed"));
	assert_non_null(strstr(err.message, "nothing was written"));
}

static void test_the_line_is_where_the_sql_goes(void **state)
{
	static const char document[] =
		"# 2\n" STUDY_STEP("user:1→2", "SELECT 1;");
	struct migrations *migrations = study(document);
	struct step made = {
		.kind = KIND_USER, .from = (char *)"2", .to = (char *)"3",
		.description = (char *)"x", .date = (char *)"2026-11-21",
	};
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(appendix_write("t.md", document, strlen(document),
					migrations->steps[0], &made, &text,
					&err), 0);
	/* Six lines were there; then a blank, the heading, a blank, date and
	 * description, a blank, fence and tag. */
	assert_int_equal(made.line, 15);
	free(text);
	migrations_free(migrations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_written_as_the_others_are),
		cmocka_unit_test(test_it_does_not_end_up_where_all_is_planned),
		cmocka_unit_test(test_line_ends_and_arrows_are_kept),
		cmocka_unit_test(
			test_the_first_of_a_kind_begins_at_the_baseline),
		cmocka_unit_test(test_a_block_that_is_not_closed_is_no_place),
		cmocka_unit_test(test_the_line_is_where_the_sql_goes),
	};

	return cmocka_run_group_tests(tests, study_begin, NULL);
}
