#include "cli/command.h"

#include <jansson.h>

#include "cli/key.h"
#include "desk.h"

static void test_every_key_has_value_and_origin(void **state)
{
	struct desk *desk = *state;

	desk_expect(desk, "config -j 4", 0);
	desk_says(desk, "run.jobs = 4  ");
	desk_says(desk, "# command line");
	desk_says(desk, "run.retries = 3  ");
	desk_says(desk, "# default");
	desk_says(desk, "migrations.system  ");
	desk_says(desk, "# not set");
	for (int key = 0; key < KEY_COUNT; key++)
		desk_says(desk, key_rows[key].name);
}

static void test_json_has_a_line_for_each_key(void **state)
{
	struct desk *desk = *state;
	size_t lines = 0;
	char *rest;

	desk_expect(desk, "config --json", 0);
	for (char *line = strtok_r(desk->out, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		assert_non_null(json_object_get(object, "key"));
		assert_non_null(json_object_get(object, "value"));
		assert_non_null(json_object_get(object, "origin"));
		json_decref(object);
		lines++;
	}
	assert_int_equal(lines, KEY_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_every_key_has_value_and_origin),
		DESK_TEST(test_json_has_a_line_for_each_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
