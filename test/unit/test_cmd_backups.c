#include "cli/command.h"

#include "desk.h"

static void upgrade_three_times(struct desk *desk)
{
	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q --to 1", 0);
	desk_expect(desk, "-q --to 2", 0);
	desk_expect(desk, "-q", 0);
}

static void test_without_a_state_directory_there_are_none(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "backups list", 0);
	desk_says(desk, "0 backups");
	desk_expect(desk, "backups prune -n", 0);
	desk_says(desk, "would remove 0 backups");
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_backups_are_listed_by_run_and_user(void **state)
{
	struct desk *desk = *state;

	upgrade_three_times(desk);
	workshop_make(desk->shop, "bob.db", 2);
	desk_expect(desk, "-q bob", 0);
	desk_expect(desk, "backups list", 0);
	desk_says(desk, "4 backups");
	desk_says(desk, "alice.db");
	desk_expect(desk, "backups list bob", 0);
	desk_says(desk, "1 backup,");
	assert_null(strstr(desk->out, "alice.db"));
	desk_expect(desk, "backups list bob --json", 0);
	desk_says(desk, "\"path\":\"bob.db\"");
}

static void test_pruning_can_be_tried_first(void **state)
{
	static const char *const rule = "--set backup.keep=1";
	struct desk *desk = *state;
	char line[128];

	upgrade_three_times(desk);
	desk_age_backups(desk);
	snprintf(line, sizeof(line), "backups prune -n %s", rule);
	desk_expect(desk, line, 0);
	desk_says(desk, "would remove 2 backups");
	desk_says(desk, "would keep 1 backup");
	desk_expect(desk, "backups list", 0);
	desk_says(desk, "3 backups");
	snprintf(line, sizeof(line), "backups prune %s", rule);
	desk_expect(desk, line, 0);
	desk_says(desk, "removed 2 backups");
	desk_expect(desk, "backups list", 0);
	desk_says(desk, "1 backup,");
	desk_expect(desk, "backups prune -q", 0);
	assert_string_equal(desk->out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_without_a_state_directory_there_are_none),
		DESK_TEST(test_backups_are_listed_by_run_and_user),
		DESK_TEST(test_pruning_can_be_tried_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
