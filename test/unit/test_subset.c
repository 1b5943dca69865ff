#include "cli/subset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A fleet of a system.db and three users, and who of them is wanted. */
struct scene {
	struct subject system, users[3];
	struct fleet fleet;
	const char *wanted; /* paths, one letter each */
	size_t asked;
};

static void scene_open(struct scene *scene, const char *wanted)
{
	static const char *const names[] = { "a", "b", "c" };

	memset(scene, 0, sizeof(*scene));
	scene->system = (struct subject){ .kind = KIND_SYSTEM, .path = "s" };
	for (size_t i = 0; i < 3; i++)
		scene->users[i] = (struct subject){ .kind = KIND_USER,
						    .username = names[i],
						    .path = names[i] };
	scene->fleet = (struct fleet){ .system = &scene->system,
				       .users = scene->users,
				       .user_count = 3 };
	scene->wanted = wanted;
}

static bool is_wanted(void *self, const struct subject *subject)
{
	struct scene *scene = self;

	scene->asked++;
	return strchr(scene->wanted, subject->path[0]) != NULL;
}

static void test_what_is_wanted_is_taken_in_its_order(void **state)
{
	struct scene scene;
	struct fleet subset;

	(void)state;
	scene_open(&scene, "ca");
	subset_take(&scene.fleet, is_wanted, &scene, &subset);
	assert_int_equal(scene.asked, 4);
	assert_null(subset.system);
	assert_int_equal(subset.user_count, 2);
	assert_string_equal(subset.users[0].username, "a");
	assert_string_equal(subset.users[1].username, "c");
	assert_int_equal(subset.not_selected, 1);
	subset_release(&subset);
	subset_release(&subset);
}

static void test_system_is_asked_about_like_the_others(void **state)
{
	struct scene scene;
	struct fleet subset;

	(void)state;
	scene_open(&scene, "s");
	subset_take(&scene.fleet, is_wanted, &scene, &subset);
	assert_ptr_equal(subset.system, &scene.system);
	assert_int_equal(subset.user_count, 0);
	subset_release(&subset);
	scene_open(&scene, "s");
	scene.fleet.system = NULL;
	scene.fleet.user_count = 0;
	subset_take(&scene.fleet, is_wanted, &scene, &subset);
	assert_int_equal(scene.asked, 0);
	assert_null(subset.system);
	subset_release(&subset);
}

static void test_the_whole_fleet_stays_as_it_is(void **state)
{
	struct scene scene, before;
	struct fleet subset;

	(void)state;
	scene_open(&scene, "");
	before = scene;
	subset_take(&scene.fleet, is_wanted, &scene, &subset);
	assert_memory_equal(&scene.fleet, &before.fleet, sizeof(scene.fleet));
	assert_memory_equal(scene.users, before.users, sizeof(scene.users));
	subset_release(&subset);
}

static void test_others_can_be_added(void **state)
{
	struct subject other = { .kind = KIND_USER, .path = "z" };
	struct scene scene;
	struct fleet subset;

	(void)state;
	scene_open(&scene, "b");
	subset_take(&scene.fleet, is_wanted, &scene, &subset);
	for (size_t i = 0; i < 9; i++)
		subset_add(&subset, &other);
	assert_int_equal(subset.user_count, 10);
	assert_string_equal(subset.users[0].path, "b");
	assert_string_equal(subset.users[9].path, "z");
	assert_int_equal(scene.fleet.user_count, 3);
	subset_release(&subset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_wanted_is_taken_in_its_order),
		cmocka_unit_test(test_system_is_asked_about_like_the_others),
		cmocka_unit_test(test_others_can_be_added),
		cmocka_unit_test(test_the_whole_fleet_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
