#include "cli/command.h"

#include <jansson.h>
#include <unistd.h>

#include "desk.h"

static void test_versions_are_counted(void **state)
{
	struct desk *desk = *state;
	char *before;

	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 3);
	before = workshop_print(desk->shop);
	desk_expect(desk, "status", 0);
	desk_says(desk, "user 3\n");
	desk_says(desk, "alice");
	workshop_untouched(desk->shop, before);
	assert_false(desk_has(desk, ".fleet-upgrade"));
}

static void test_check_tells_what_is_pending(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "status --check -q", 3);
	assert_string_equal(desk->out, "");
	desk_expect(desk, "-q", 0);
	desk_expect(desk, "status --check -q", 0);
	desk_expect(desk, "status --check --to 2", 0);
}

/* What cannot be read is not pending, and not well either. */
static void test_check_tells_what_cannot_be_read(void **state)
{
	static const char junk[] = "no database, and long enough not to be "
				   "taken for one: a header has 100 bytes, so "
				   "this goes on for some more of them";
	struct desk *desk = *state;
	char path[512];
	FILE *file;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	snprintf(path, sizeof(path), "%s/bob.db", desk->shop->data);
	file = fopen(path, "w");
	fputs(junk, file);
	fclose(file);
	desk_expect(desk, "status", 0);
	desk_says(desk, "bob");
	desk_expect(desk, "status --check", 1);
}

static void test_json_is_one_object(void **state)
{
	struct desk *desk = *state;
	const char *event;
	json_t *object;
	json_int_t users;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "status --json", 0);
	object = json_loads(desk->out, 0, NULL);
	assert_non_null(object);
	assert_int_equal(json_unpack(object, "{s:s, s:I}", "event", &event,
				     "users", &users), 0);
	assert_string_equal(event, "status");
	assert_int_equal(users, 1);
	json_decref(object);
	desk_expect(desk, "status --json --verbose", 0);
	desk_says(desk, "\"event\":\"database\"");
}

static void test_a_run_at_work_is_shown(void **state)
{
	struct desk *desk = *state, other = *desk;

	workshop_make(desk->shop, "alice.db", 1);
	other.out = other.bad = NULL;
	assert_int_equal(desk_open(&other, "upgrade"), 0);
	desk_expect(desk, "status", 0);
	desk_says(desk, "a run is at work: upgrade");
	desk_says(desk, other.session.plan.run_id);
	desk_expect(desk, "status --json", 0);
	assert_null(strstr(desk->out, "at work"));
	desk_close(&other);
	desk_expect(desk, "status", 0);
	assert_null(strstr(desk->out, "at work"));
}

static void test_it_works_without_migrations(void **state)
{
	struct desk *desk = *state;

	workshop_make(desk->shop, "alice.db", 1);
	desk_expect(desk, "-q", 0);
	assert_int_equal(unlink(desk->history), 0);
	desk_expect(desk, "status", 0);
	assert_non_null(strstr(desk->bad, "going on without migrations"));
	desk_says(desk, "  3 ");
	desk_expect(desk, "status -q", 0);
	assert_string_equal(desk->bad, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_versions_are_counted),
		DESK_TEST(test_check_tells_what_is_pending),
		DESK_TEST(test_check_tells_what_cannot_be_read),
		DESK_TEST(test_json_is_one_object),
		DESK_TEST(test_a_run_at_work_is_shown),
		DESK_TEST(test_it_works_without_migrations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
