#include "cli/rewind.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "desk.h"

static int check(struct desk *desk, const char *run)
{
	memset(&desk->error, 0, sizeof(desk->error));
	desk->options.run = run;
	return rewind_check_run(&desk->session, &desk->error);
}

static void test_a_run_has_to_have_left_backups(void **state)
{
	struct desk *desk = *state;
	char *folder;

	workshop_make(desk->shop, "alice.db", 1);
	assert_int_equal(desk_open(desk, "rollback -q"), 0);
	assert_int_equal(check(desk, NULL), 0);
	assert_int_equal(check(desk, "20251121T043100Z-9f3c"), ERROR_USAGE);
	assert_non_null(strstr(desk->error.message, "backups list"));
	folder = xasprintf("%s/backups/20251121T043100Z-9f3c",
			   desk->session.state.path);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(check(desk, "20251121T043100Z-9f3c"), 0);
	free(folder);
	desk_close(desk);
}

/* It becomes a part of a path. */
static void test_what_is_no_run_id_is_not_looked_for(void **state)
{
	static const char *const bad[] = { "", "..", "newest", "staging",
					   "../staging",
					   "20251121T043100Z-9f3c/.." };
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	assert_int_equal(desk_open(desk, "rollback -q"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(check(desk, bad[i]), ERROR_USAGE);
		assert_non_null(strstr(desk->error.message, "that is no run"));
	}
	desk_close(desk);
}

static void test_without_a_state_directory_there_is_none(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	assert_int_equal(desk_open(desk, "status -q"), 0);
	assert_int_equal(check(desk, "20251121T043100Z-9f3c"), ERROR_USAGE);
	assert_int_equal(check(desk, NULL), 0);
	desk_close(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_a_run_has_to_have_left_backups),
		DESK_TEST(test_what_is_no_run_id_is_not_looked_for),
		DESK_TEST(test_without_a_state_directory_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
