#include "report/wording.h"

#include "events.h"

static const struct wording *find(const char *command, bool dry_run)
{
	struct run_summary run = { .command = command, .dry_run = dry_run };

	return wording_of(&run);
}

static void test_each_command_has_its_words(void **state)
{
	static const char *const commands[] = {
		"upgrade", "verify", "rollback", "restore", "baseline",
		"forget",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct wording *wording = find(commands[i], false);

		assert_string_equal(wording->command, commands[i]);
		assert_false(wording->dry_run);
		assert_non_null(wording->title);
		assert_non_null(wording->nothing);
		assert_non_null(wording->bytes);
	}
	assert_true(find("upgrade", true)->dry_run);
}

static void test_an_unknown_command_is_told_as_an_upgrade(void **state)
{
	(void)state;
	assert_string_equal(find("brandnew", false)->command, "upgrade");
	assert_true(find("brandnew", true)->dry_run);
}

/* Every outcome has a label for every command, and whatever is bad has a title,
 * so that its names are told. */
static void test_nothing_bad_hides(void **state)
{
	static const enum outcome bad[] = {
		OUTCOME_FAILED, OUTCOME_BUSY, OUTCOME_SKIPPED, OUTCOME_NEWER,
		OUTCOME_WOULD_FAIL, OUTCOME_KEPT,
	};
	static const char *const commands[] = {
		"upgrade", "verify", "rollback", "restore", "baseline",
		"forget",
	};

	(void)state;
	for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]); c++)
		for (int dry = 0; dry < 2; dry++) {
			const struct wording *wording = find(commands[c],
							     dry == 1);

			for (int o = 1; o < OUTCOME_COUNT; o++)
				assert_non_null(wording_telling(
					wording, (enum outcome)o)->label);
			for (size_t o = 0; o < sizeof(bad) / sizeof(bad[0]);
			     o++)
				assert_non_null(wording_telling(
					wording, bad[o])->title);
		}
}

/* A dry run and verify write no journal, so `history` cannot show the rest. */
static void test_what_leaves_no_record_does_not_point_to_one(void **state)
{
	(void)state;
	assert_non_null(find("upgrade", true)->more);
	assert_non_null(find("verify", false)->more);
	assert_null(find("upgrade", false)->more);
	assert_null(find("rollback", false)->more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_command_has_its_words),
		cmocka_unit_test(test_an_unknown_command_is_told_as_an_upgrade),
		cmocka_unit_test(test_nothing_bad_hides),
		cmocka_unit_test(
			test_what_leaves_no_record_does_not_point_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
