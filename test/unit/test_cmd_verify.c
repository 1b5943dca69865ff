#include "cli/command.h"

#include "desk.h"

static void test_a_sound_fleet_has_no_findings(void **state)
{
	struct desk *desk = *state;
	char *before;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	before = workshop_print(desk->shop);
	desk_expect(desk, "verify", 0);
	desk_says(desk, "nothing was found");
	desk_expect(desk, "verify -q", 0);
	assert_string_equal(desk->out, "");
	workshop_untouched(desk->shop, before);
}

static void test_what_drifted_is_told(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q", 0);
	workshop_sql(desk->shop, "bob.db", "DROP TABLE tags");
	desk_expect(desk, "verify", 1);
	desk_says(desk, "bob");
	desk_says(desk, "tags");
	desk_expect(desk, "verify alice", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_a_sound_fleet_has_no_findings),
		DESK_TEST(test_what_drifted_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
