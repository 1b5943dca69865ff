#include "cli/command.h"

#include "base/memory.h"
#include "desk.h"

static void test_steps_are_listed_with_who_needs_them(void **state)
{
	struct desk *desk = *state;
	char *before;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 2);
	before = workshop_print(desk->shop);
	desk_expect(desk, "list", 0);
	desk_says(desk, "user:1→2");
	desk_says(desk, "user:2→3");
	workshop_untouched(desk->shop, before);
	desk_expect(desk, "list --json", 0);
	desk_says(desk, "\"needed\":2");
	desk_says(desk, "\"needed\":1");
	desk_says(desk, "\"sql\":null");
	desk_expect(desk, "list --json bob", 0);
	assert_null(strstr(desk->out, "\"needed\":2"));
}

static void test_the_text_is_shown_on_demand(void **state)
{
	struct desk *desk = *state;

	desk_expect(desk, "list", 0);
	assert_null(strstr(desk->out, "ALTER TABLE people"));
	desk_expect(desk, "list --sql", 0);
	desk_says(desk, "ALTER TABLE people");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_steps_are_listed_with_who_needs_them),
		DESK_TEST(test_the_text_is_shown_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
