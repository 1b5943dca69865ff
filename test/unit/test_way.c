#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/trust.h"
#include "fleet/way.h"
#include "sandpit.h"

#define OWNER 54321
#define OTHER 54322

static const struct way start = { .writer = TRUST_NOBODY };

/* One folder further on. */
static struct way on(struct way way, mode_t mode, uid_t owner)
{
	struct stat folder = { .st_mode = S_IFDIR | mode, .st_uid = owner,
			       .st_gid = 5 };

	return way_into(&way, &folder);
}

static void folders_of_root_and_the_owner_are_safe(void **state)
{
	struct way way = on(on(on(start, 0755, 0), 0755, OWNER), 0700, OWNER);

	(void)state;
	assert_true(way_is_safe(&way, OWNER));
	assert_false(way_is_safe(&way, OTHER));
	assert_false(way_is_safe(&way, 0));
	way = on(start, 0755, 0);
	assert_true(way_is_safe(&way, OWNER));
	assert_true(way_is_safe(&way, 0));
}

static void an_open_folder_opens_all_below(void **state)
{
	struct way way = on(on(start, 0777, 0), 0700, OWNER);

	(void)state;
	assert_false(way_is_safe(&way, OWNER));
	way = on(on(start, 0775, 0), 0700, OWNER);
	assert_false(way_is_safe(&way, OWNER));
	way = on(on(start, 0700, OTHER), 0700, OWNER);
	assert_false(way_is_safe(&way, OWNER));
	assert_false(way_is_safe(&way, OTHER));
}

static void a_sticky_folder_may_be_passed_but_holds_nothing_safe(void **state)
{
	struct way way = on(start, 01777, 0);

	(void)state;
	assert_false(way_is_safe(&way, OWNER));
	way = on(way, 0700, OWNER);
	assert_true(way_is_safe(&way, OWNER));
}

static void a_path_is_walked_to_the_folder_of_its_file(void **state)
{
	const struct sandpit *sandpit = *state;
	struct way way;

	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "a/b");
	way = way_along(&start, sandpit->fd, "system.db");
	assert_true(way_is_safe(&way, geteuid()));
	way = way_along(&start, sandpit->fd, "a/b/system.db");
	assert_true(way_is_safe(&way, geteuid()));
	assert_int_equal(fchmodat(sandpit->fd, "a", 0777, 0), 0);
	way = way_along(&start, sandpit->fd, "a/b/system.db");
	assert_false(way_is_safe(&way, geteuid()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_of_root_and_the_owner_are_safe),
		cmocka_unit_test(an_open_folder_opens_all_below),
		cmocka_unit_test(
			a_sticky_folder_may_be_passed_but_holds_nothing_safe),
		cmocka_unit_test_setup_teardown(
			a_path_is_walked_to_the_folder_of_its_file,
			sandpit_open, sandpit_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
