#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "migration/outline.h"

/* Reads all lines of the text. */
static struct outline read_all(const char *text)
{
	struct outline outline = { .level = 0 };

	while (*text != '\0') {
		size_t bytes = strcspn(text, "\n");

		outline_read(&outline, text, bytes);
		text += bytes + (text[bytes] == '\n');
	}
	return outline;
}

static void assert_text(const char *text, enum outline_field field,
			const char *expected)
{
	struct outline outline = read_all(text);

	assert_string_equal(outline_text(&outline, field), expected);
	outline_release(&outline);
}

static void assert_planned(const char *text, bool expected)
{
	struct outline outline = read_all(text);

	if (outline_is_planned(&outline) != expected)
		fail_msg("\"%s\"", text);
	outline_release(&outline);
}

static void knows_planned_headings(void **state)
{
	(void)state;
	assert_planned("### 0.1 → 0.2 (Planned)\n", true);
	assert_planned("### 0.1 → 0.2 (planned)\n", true);
	assert_planned("## Future Migrations\n", true);
	assert_planned("## 5. Future migrations:\r\n", true);
	assert_planned("   # Future Migrations", true);
	assert_planned("### 0.1 → 0.2\n", false);
	assert_planned("### Planned\n", false);
	assert_planned("", false);
}

static void looks_at_every_level_above(void **state)
{
	(void)state;
	assert_planned("## Future Migrations\n### 0.2\n#### User\n", true);
	assert_planned("### 0.2 (Planned)\n#### User\ntext\n", true);
	assert_planned("# A (Planned)\n###### B\n", true);
}

static void ends_a_heading_with_its_equal(void **state)
{
	(void)state;
	assert_planned("## Future Migrations\n### 0.2\n## Released\n", false);
	assert_planned("### 0.2 (Planned)\n### 0.3\n", false);
	assert_planned("### 0.2 (Planned)\n# Other\n### 0.3\n", false);
	assert_planned("### 0.2 (Planned)\n# Other\n#### 0.3\n", false);
}

static void takes_nothing_else_for_a_heading(void **state)
{
	(void)state;
	assert_planned("## Future Migrations\n#42 tracks this\n", true);
	assert_planned("## Future Migrations\n    # a shell comment\n", true);
	assert_planned("## Future Migrations\n\t# a shell comment\n", true);
	assert_planned("## Future Migrations\n####### seven\n", true);
	assert_planned("The (Planned) steps\n", false);
	assert_planned("####### Future Migrations\n", false);
	assert_planned("## Future Migrations\n#\n", false);
}

static void reads_fields(void **state)
{
	(void)state;
	assert_text("**Date**: 2025-10-07\n", OUTLINE_DATE, "2025-10-07");
	assert_text("**Date:** 2025-10-07  \r\n", OUTLINE_DATE, "2025-10-07");
	assert_text("- **date**:2025\n", OUTLINE_DATE, "2025");
	assert_text("* **Description**: a **bold** one\n", OUTLINE_DESCRIPTION,
		    "a **bold** one");
	assert_text("**Date**:\n", OUTLINE_DATE, "");
	assert_text("", OUTLINE_DATE, "");
}

static void takes_nothing_else_for_a_field(void **state)
{
	(void)state;
	assert_text("Date: 2025\n", OUTLINE_DATE, "");
	assert_text("*Date*: 2025\n", OUTLINE_DATE, "");
	assert_text("**Date** 2025\n", OUTLINE_DATE, "");
	assert_text("**Dated**: 2025\n", OUTLINE_DATE, "");
	assert_text("**Dat", OUTLINE_DATE, "");
	assert_text("- ", OUTLINE_DATE, "");
}

static void goes_on_with_a_wrapped_description(void **state)
{
	(void)state;
	assert_text("**Description**: one\n  two\nthree\n\nfour\n",
		    OUTLINE_DESCRIPTION, "one two three");
	assert_text("**Description**:\none\n", OUTLINE_DESCRIPTION, "one");
	assert_text("**Description**: one\n**Author**: two\n",
		    OUTLINE_DESCRIPTION, "one");
	assert_text("**Description**: one\n- two\n", OUTLINE_DESCRIPTION,
		    "one");
	assert_text("**Description**: one\n### 0.2\ntwo\n", OUTLINE_DESCRIPTION,
		    "one");
	assert_text("**Date**: 2025\ntext\n", OUTLINE_DATE, "2025");
}

static void ends_a_paragraph_at_a_break(void **state)
{
	struct outline outline = read_all("**Description**: one");

	(void)state;
	outline_break(&outline);
	outline_read(&outline, "two", 3);
	assert_string_equal(outline_text(&outline, OUTLINE_DESCRIPTION), "one");
	outline_release(&outline);
}

static void takes_the_nearest_heading_with_the_field(void **state)
{
	(void)state;
	assert_text("**Date**: 1\n## A\n**Date**: 2\n### B\n", OUTLINE_DATE,
		    "2");
	assert_text("**Date**: 1\n## A\n### B\n", OUTLINE_DATE, "1");
	assert_text("## A\n**Date**: 2\n## B\n", OUTLINE_DATE, "");
	assert_text("## A\n**Date**: 2\n**Date**: 3\n", OUTLINE_DATE, "3");
}

static void may_be_released_twice(void **state)
{
	struct outline outline = read_all("## A\n**Date**: 2\n");

	(void)state;
	outline_release(&outline);
	outline_release(&outline);
	assert_string_equal(outline_text(&outline, OUTLINE_DATE), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_planned_headings),
		cmocka_unit_test(looks_at_every_level_above),
		cmocka_unit_test(ends_a_heading_with_its_equal),
		cmocka_unit_test(takes_nothing_else_for_a_heading),
		cmocka_unit_test(reads_fields),
		cmocka_unit_test(takes_nothing_else_for_a_field),
		cmocka_unit_test(goes_on_with_a_wrapped_description),
		cmocka_unit_test(ends_a_paragraph_at_a_break),
		cmocka_unit_test(takes_the_nearest_heading_with_the_field),
		cmocka_unit_test(may_be_released_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
