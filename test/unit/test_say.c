#include "report/say.h"

#include "events.h"

static void test_numbers_have_a_comma_between_thousands(void **state)
{
	char text[SAY_COUNT_BYTES];

	(void)state;
	assert_string_equal(say_count(0, text), "0");
	assert_string_equal(say_count(999, text), "999");
	assert_string_equal(say_count(1000, text), "1,000");
	assert_string_equal(say_count(12345, text), "12,345");
	assert_string_equal(say_count(1000000, text), "1,000,000");
	/* The greatest number there is has to fit. */
	assert_true(strlen(say_count(SIZE_MAX, text)) < SAY_COUNT_BYTES);
}

static void test_one_is_not_told_as_many(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	say_amount(scene.out, 1, "database", "databases");
	fputc('/', scene.out);
	say_amount(scene.out, 0, "database", "databases");
	fputc('/', scene.out);
	say_amount(scene.out, 2000, "database", "databases");
	assert_string_equal(scene_text(&scene),
			    "1 database/0 databases/2,000 databases");
	scene_close(&scene);
}

static void test_a_name_cannot_reach_the_terminal(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	say_subject(scene.out, KIND_USER, "eve\033[2J\nok");
	assert_string_equal(scene_text(&scene), "user eve\\x1b[2J\\nok");
	scene_close(&scene);
}

static void test_subjects_and_nothing(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	say_subject(scene.out, KIND_SYSTEM, NULL);
	fputc('/', scene.out);
	say_escaped(scene.out, NULL);
	assert_string_equal(scene_text(&scene), "system.db/-");
	scene_close(&scene);
}

static void test_colour_only_if_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	say_toned(scene.out, false, TONE_BAD, "%d failed", 3);
	assert_string_equal(scene_text(&scene), "3 failed");
	scene_close(&scene);

	scene_open(&scene, "upgrade", false);
	say_toned(scene.out, true, TONE_BAD, "%d failed", 3);
	assert_string_equal(scene_text(&scene), "\033[1;31m3 failed\033[0m");
	scene_close(&scene);

	scene_open(&scene, "upgrade", false);
	say_toned(scene.out, true, TONE_PLAIN, "plain");
	assert_string_equal(scene_text(&scene), "plain");
	scene_close(&scene);
}

static void test_parts_stand_on_lines_of_their_own(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	say_parts(scene.out, "  ", "table t is missing; column t.c\tdiffers; ");
	say_parts(scene.out, "  ", "");
	assert_string_equal(scene_text(&scene),
			    "  table t is missing\n  column t.c\\tdiffers\n");
	scene_close(&scene);
}

static void test_columns_are_characters_and_not_bytes(void **state)
{
	struct scene scene;

	(void)state;
	assert_int_equal(say_width("a→b"), 3);
	assert_int_equal(say_width("\n"), 2);
	scene_open(&scene, "upgrade", false);
	say_padded(scene.out, "a→b", 5);
	say_padded(scene.out, "toolong", 3);
	assert_string_equal(scene_text(&scene), "a→b  toolong");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_have_a_comma_between_thousands),
		cmocka_unit_test(test_one_is_not_told_as_many),
		cmocka_unit_test(test_a_name_cannot_reach_the_terminal),
		cmocka_unit_test(test_subjects_and_nothing),
		cmocka_unit_test(test_colour_only_if_told),
		cmocka_unit_test(test_parts_stand_on_lines_of_their_own),
		cmocka_unit_test(test_columns_are_characters_and_not_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
