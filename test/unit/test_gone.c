#include "cli/gone.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/subset.h"
#include "desk.h"

/* Three users of one upgrade, of whom `lost` have no file any more. */
static void begin(struct desk *desk, const char *const *lost,
		  char run[RUN_ID_BYTES])
{
	static const char *const all[] = { "alice.db", "bob.db", "carol.db" };
	char *path, *text;

	for (size_t i = 0; i < 3; i++)
		workshop_make(desk->shop, all[i], 1);
	desk_expect(desk, "-q", 0);
	path = workshop_path(desk->shop, "alice.db");
	text = workshop_ask(desk->shop, path, "SELECT run_id FROM "
			    "fleet_schema_history ORDER BY rank DESC LIMIT 1");
	text_copy(run, RUN_ID_BYTES, text);
	free(text);
	free(path);
	for (; *lost != NULL; lost++) {
		path = workshop_path(desk->shop, *lost);
		assert_int_equal(unlink(path), 0);
		free(path);
	}
}

/* The names of those that are found, with a blank behind each. */
static void expect(struct desk *desk, const char *line, const char *run,
		   const char *names)
{
	struct gone gone;
	char got[64] = "";

	assert_int_equal(desk_open(desk, line), 0);
	assert_int_equal(gone_find(&desk->session, run, &gone, &desk->error),
			 0);
	for (size_t i = 0; i < gone.count; i++) {
		const struct subject *user = &gone.users[i];

		assert_int_equal(user->kind, KIND_USER);
		assert_int_equal(user->stamp.mode, 0);
		assert_int_equal(user->stamp.owner, geteuid());
		assert_memory_equal(user->path, user->username,
				    strlen(user->username));
		strcat(strcat(got, user->username), " ");
	}
	assert_string_equal(got, names);
	assert_null(gone.system.path);
	gone_release(&gone);
	gone_release(&gone);
	desk_close(desk);
}

static void test_whose_files_are_gone(void **state)
{
	static const char *const two[] = { "alice.db", "carol.db", NULL };
	char run[RUN_ID_BYTES];

	begin(*state, two, run);
	expect(*state, "rollback", run, "alice carol ");
	expect(*state, "rollback", "20251121T043100Z-9f3c", "");
}

static void test_nobody_is_gone(void **state)
{
	static const char *const none[] = { NULL };
	char run[RUN_ID_BYTES];

	begin(*state, none, run);
	expect(*state, "rollback", run, "");
}

static void test_only_those_who_are_asked_for(void **state)
{
	static const char *const two[] = { "bob.db", "carol.db", NULL };
	char run[RUN_ID_BYTES];

	begin(*state, two, run);
	expect(*state, "rollback alice", run, "");
	expect(*state, "rollback --exclude b*", run, "carol ");
	expect(*state, "rollback --include b*", run, "bob ");
}

static void test_they_join_a_subset(void **state)
{
	static const char *const one[] = { "bob.db", NULL };
	struct desk *desk = *state;
	struct subject system = { .kind = KIND_SYSTEM, .path = "s" };
	struct fleet subset = { 0 };
	struct gone gone;
	char run[RUN_ID_BYTES];

	begin(desk, one, run);
	assert_int_equal(desk_open(desk, "rollback"), 0);
	assert_int_equal(gone_find(&desk->session, run, &gone, &desk->error),
			 0);
	subset.system = &system;
	gone_join(&gone, &subset);
	assert_int_equal(subset.user_count, 1);
	assert_string_equal(subset.users[0].path, "bob.db");
	assert_ptr_equal(subset.system, &system);
	gone.system = system;
	gone_join(&gone, &subset);
	assert_int_equal(subset.user_count, 2);
	assert_ptr_equal(subset.system, &gone.system);
	subset_release(&subset);
	gone_release(&gone);
	desk_close(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_whose_files_are_gone),
		DESK_TEST(test_nobody_is_gone),
		DESK_TEST(test_only_those_who_are_asked_for),
		DESK_TEST(test_they_join_a_subset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
