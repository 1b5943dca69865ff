#include "cli/command.h"

#include "base/memory.h"
#include "desk.h"

static void upgrade_both(struct desk *desk)
{
	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 1);
	desk_expect(desk, "-q alice", 0);
	desk_expect(desk, "-q bob", 0);
}

static void test_without_a_journal_there_is_nothing(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "history", 0);
	desk_expect(desk, "history alice --json", 0);
	assert_string_equal(desk->out, "");
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_runs_are_listed(void **state)
{
	struct desk *desk = *state;

	upgrade_both(desk);
	desk_expect(desk, "history", 0);
	desk_says(desk, "1 upgraded");
	assert_null(strstr(desk->out, "alice"));
}

static void test_a_run_is_told_in_full(void **state)
{
	struct desk *desk = *state;
	char *id, *line;

	upgrade_both(desk);
	desk_expect(desk, "history --json", 0);
	id = strstr(desk->out, "\"run\":\"");
	assert_non_null(id);
	line = xasprintf("history %.21s", id + strlen("\"run\":\""));
	desk_expect(desk, line, 0);
	desk_says(desk, "bob");
	assert_null(strstr(desk->out, "alice"));
	free(line);
	desk_expect(desk, "history 20251121T043100Z-9f3c", 64);
	desk_says(desk, "no run 20251121T043100Z-9f3c");
}

static void test_a_user_is_followed_through_the_runs(void **state)
{
	struct desk *desk = *state;

	upgrade_both(desk);
	desk_expect(desk, "history alice", 0);
	desk_says(desk, "alice");
	assert_null(strstr(desk->out, "bob"));
	desk_expect(desk, "history nobody", 64);
	desk_says(desk, "nobody");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_without_a_journal_there_is_nothing),
		DESK_TEST(test_runs_are_listed),
		DESK_TEST(test_a_run_is_told_in_full),
		DESK_TEST(test_a_user_is_followed_through_the_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
