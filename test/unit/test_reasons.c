#include "report/reasons.h"

#include "base/memory.h"
#include "events.h"

static void add(struct reasons *reasons, const char *text, const char *username)
{
	const struct subject subject = {
		.kind = username ? KIND_USER : KIND_SYSTEM,
		.username = username,
	};

	reasons_add_parts(reasons, text, &subject);
}

static const char *print(struct scene *scene, struct reasons *reasons)
{
	reasons_print(scene->out, reasons);
	reasons_release(reasons);
	return scene_text(scene);
}

static void test_the_same_text_is_told_once_with_its_count(void **state)
{
	struct reasons reasons = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "verify", false);
	add(&reasons, "index i is missing", "carol");
	add(&reasons, "no such table: t; table x is extra", "bob");
	add(&reasons, "table x is extra", "alice");
	add(&reasons, "", "dave");
	assert_string_equal(print(&scene, &reasons),
			    "  in 2 databases, as user alice: "
			    "table x is extra\n"
			    "  in 1 database, as user carol: "
			    "index i is missing\n"
			    "  in 1 database, as user bob: "
			    "no such table: t\n");
	scene_close(&scene);
}

static void test_system_is_the_first_of_all(void **state)
{
	struct reasons reasons = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "verify", false);
	add(&reasons, "x", "alice");
	add(&reasons, "x", NULL);
	add(&reasons, "x", "aaron");
	assert_string_equal(print(&scene, &reasons),
			    "  in 3 databases, as system.db: x\n");
	scene_close(&scene);
}

static void test_texts_without_end_are_bounded(void **state)
{
	struct reasons reasons = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "verify", false);
	for (int i = 0; i < 5000; i++) {
		char *text = xasprintf("row %d missing from index i", i);

		add(&reasons, text, "alice");
		free(text);
	}
	assert_int_equal(reasons.count, REASONS_KEPT);
	assert_int_equal(reasons.others, 5000 - REASONS_KEPT);
	assert_has(print(&scene, &reasons), "  and 4,980 things more\n");
	scene_close(&scene);
}

static void test_texts_are_escaped_and_nothing_prints_nothing(void **state)
{
	struct reasons reasons = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "verify", false);
	assert_string_equal(print(&scene, &reasons), "");
	add(&reasons, "column \033[2J", "e\nve");
	assert_string_equal(print(&scene, &reasons),
			    "  in 1 database, as user e\\nve: "
			    "column \\x1b[2J\n");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_same_text_is_told_once_with_its_count),
		cmocka_unit_test(test_system_is_the_first_of_all),
		cmocka_unit_test(test_texts_without_end_are_bounded),
		cmocka_unit_test(
			test_texts_are_escaped_and_nothing_prints_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
