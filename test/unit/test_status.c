#include "report/status.h"

#include "events.h"

static void tell(struct scene *scene, struct status *status,
		 const char *username, enum outcome outcome, const char *from)
{
	scene_result(scene, username, outcome, from, "0.3.20");
	scene_database(scene, status_listener(status));
}

static const char *print(struct scene *scene, const struct status *status)
{
	struct status_options options = { .out = scene->out };

	status_print(status, &options);
	return scene_text(scene);
}

static void test_a_fleet_is_counted_by_version_and_state(void **state)
{
	struct status *status = status_new(true, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	tell(&scene, status, NULL, OUTCOME_CURRENT, "0.3.20");
	for (int i = 0; i < 3; i++)
		tell(&scene, status, "a", OUTCOME_CURRENT, "0.3.20");
	tell(&scene, status, "b", OUTCOME_WOULD_UPGRADE, "0.3.19");
	tell(&scene, status, "c", OUTCOME_WOULD_UPGRADE, "");
	tell(&scene, status, "d", OUTCOME_NEWER, "0.10.0");
	tell(&scene, status, "e", OUTCOME_FAILED, "");
	tell(&scene, status, "f", OUTCOME_BUSY, "");
	assert_int_equal(status->system, STATUS_CURRENT);
	assert_string_equal(status->system_version, "0.3.20");
	assert_int_equal(status->users, 8);
	assert_int_equal(status->counts[STATUS_CURRENT], 3);
	assert_int_equal(status->counts[STATUS_PENDING], 2);
	assert_int_equal(status->counts[STATUS_NEWER], 1);
	assert_int_equal(status->counts[STATUS_UNREADABLE], 1);
	assert_int_equal(status->counts[STATUS_BUSY], 1);
	/* Newest first; what has none comes last; system.db is not in it. */
	assert_int_equal(status->version_count, 4);
	assert_string_equal(status->versions[0].version, "0.10.0");
	assert_string_equal(status->versions[1].version, "0.3.20");
	assert_int_equal(status->versions[1].users, 3);
	assert_string_equal(status->versions[2].version, "0.3.19");
	assert_string_equal(status->versions[3].version, "");
	status_free(status);
	scene_close(&scene);
}

static void test_versions_stand_in_order_however_they_come(void **state)
{
	static const char *const versions[] = {
		"0.3.9", "", "0.10", "0.3.20", "0.2", "", "0.3.9", "0.4",
	};
	static const char *const sorted[] = {
		"0.10", "0.4", "0.3.20", "0.3.9", "0.2", "",
	};
	struct status *status = status_new(false, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	for (size_t i = 0; i < 8; i++)
		tell(&scene, status, "a", OUTCOME_WOULD_UPGRADE, versions[i]);
	assert_int_equal(status->version_count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(status->versions[i].version, sorted[i]);
	assert_int_equal(status->versions[3].users, 2);
	assert_int_equal(status->versions[5].users, 2);
	status_free(status);
	scene_close(&scene);
}

static void test_a_system_not_heard_of_is_missing_or_none(void **state)
{
	struct status *status = status_new(true, false);

	(void)state;
	assert_int_equal(status->system, STATUS_MISSING);
	assert_true(status_is_pending(status));
	status_free(status);
	status = status_new(false, false);
	assert_int_equal(status->system, STATUS_NONE);
	assert_false(status_is_pending(status));
	status_free(status);
}

static void test_pending_is_what_check_looks_at(void **state)
{
	static const struct {
		const char *username;
		enum outcome outcome;
		bool pending;
	} cases[] = {
		{ NULL, OUTCOME_CURRENT, false },
		{ NULL, OUTCOME_WOULD_UPGRADE, true },
		{ "a", OUTCOME_CURRENT, false },
		{ "a", OUTCOME_WOULD_UPGRADE, true },
		{ "a", OUTCOME_WOULD_FAIL, true },
		{ "a", OUTCOME_NEWER, false },
		{ "a", OUTCOME_BUSY, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct status *status = status_new(false, false);
		struct scene scene;

		scene_open(&scene, "status", false);
		tell(&scene, status, cases[i].username, cases[i].outcome,
		     "0.3.19");
		assert_int_equal(status_is_pending(status), cases[i].pending);
		status_free(status);
		scene_close(&scene);
	}
}

static void test_empty_is_told_from_skipped(void **state)
{
	struct status *status = status_new(true, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	scene_result(&scene, "zero", OUTCOME_SKIPPED, "", "");
	scene.subject.stamp.bytes = 0;
	scene_database(&scene, status_listener(status));
	scene_result(&scene, "pipe", OUTCOME_SKIPPED, "", "");
	scene.subject.stamp.mode = S_IFIFO | 0600;
	scene.subject.stamp.bytes = 0;
	scene_database(&scene, status_listener(status));
	scene_result(&scene, NULL, OUTCOME_SKIPPED, "", "");
	scene.subject.stamp.bytes = 0;
	scene_database(&scene, status_listener(status));
	assert_int_equal(status->counts[STATUS_EMPTY], 1);
	assert_int_equal(status->counts[STATUS_SKIPPED], 1);
	assert_int_equal(status->system, STATUS_EMPTY);
	/* No version could be read, so none is in the histogram. */
	assert_int_equal(status->version_count, 0);
	status_free(status);
	scene_close(&scene);
}

static void test_the_text_has_bars_and_names(void **state)
{
	struct status *status = status_new(true, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	tell(&scene, status, NULL, OUTCOME_WOULD_UPGRADE, "0.3.19");
	for (int i = 0; i < 3; i++)
		tell(&scene, status, "a", OUTCOME_CURRENT, "0.3.20");
	scene_result(&scene, "eve\n", OUTCOME_FAILED, "", "");
	scene_failure(&scene, ERROR_CORRUPT, 26, "file is not a database");
	scene_database(&scene, status_listener(status));
	print(&scene, status);
	assert_has(scene_text(&scene), "target   system 0.3.20, user 0.3.20\n");
	assert_has(scene_text(&scene), "system   0.3.19, pending\n");
	assert_has(scene_text(&scene), "users    4\n");
	assert_has(scene_text(&scene), "0.3.20          3  75.0 %  "
		   "##############################\n");
	assert_has(scene_text(&scene), "1 pending (");
	assert_has(scene_text(&scene), "  system.db, /srv/fleet/system.db\n");
	assert_has(scene_text(&scene), "1 unreadable (");
	assert_has(scene_text(&scene), "  user eve\\n, /srv/fleet/u/"
		   "x_longterm.db: file is not a database\n");
	assert_has(scene_text(&scene), "fleet-upgrade upgrade --dry-run\n");
	assert_lacks(scene_text(&scene), "all are current");
	assert_lacks(scene_text(&scene), "\033");
	status_free(status);
	scene_close(&scene);
}

static void test_one_in_very_many_still_has_a_bar(void **state)
{
	struct status *status = status_new(false, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	for (int i = 0; i < 5000; i++)
		tell(&scene, status, "a", OUTCOME_CURRENT, "0.3.20");
	tell(&scene, status, "b", OUTCOME_WOULD_UPGRADE, "0.3.19");
	print(&scene, status);
	assert_has(scene_text(&scene), "0.3.19          1   0.0 %  #\n");
	status_free(status);
	scene_close(&scene);
}

static void test_a_fleet_that_is_current_is_said_to_be(void **state)
{
	struct status *status = status_new(true, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	tell(&scene, status, NULL, OUTCOME_CURRENT, "0.3.20");
	tell(&scene, status, "a", OUTCOME_CURRENT, "0.3.20");
	print(&scene, status);
	assert_has(scene_text(&scene), "all are current\n");
	assert_lacks(scene_text(&scene), "--dry-run");
	status_free(status);
	scene_close(&scene);
}

static void test_the_undecided_are_said_to_be_refused(void **state)
{
	struct status *status = status_new(false, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	scene_result(&scene, "a", OUTCOME_WOULD_FAIL, "", "");
	scene_failure(&scene, ERROR_UNVERSIONED, 0, "half of a step is there");
	scene_database(&scene, status_listener(status));
	print(&scene, status);
	assert_int_equal(status->undecided, 1);
	assert_has(scene_text(&scene), "half of a step is there");
	assert_has(scene_text(&scene), "1 would be refused");
	status_free(status);
	scene_close(&scene);
}

static void tell_many_pending(struct scene *scene, struct status *status)
{
	static const char *const names[] = {
		"g", "f", "c", "a", "e", "b", "d",
	};

	for (size_t i = 0; i < 7; i++)
		tell(scene, status, names[i], OUTCOME_WOULD_UPGRADE, "0.3.19");
}

static void test_five_names_and_how_to_see_the_rest(void **state)
{
	struct status *status = status_new(false, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	tell_many_pending(&scene, status);
	print(&scene, status);
	/* The first by name, however the workers deliver them. */
	assert_order(scene_text(&scene), "  user a,", "  user b,");
	assert_order(scene_text(&scene), "  user b,", "  user e,");
	assert_lacks(scene_text(&scene), "  user f,");
	assert_has(scene_text(&scene),
		   "  and 2 more: fleet-upgrade status --verbose\n");
	status_free(status);
	scene_close(&scene);

	status = status_new(false, true);
	scene_open(&scene, "status", false);
	tell_many_pending(&scene, status);
	print(&scene, status);
	assert_has(scene_text(&scene), "  user g,");
	assert_lacks(scene_text(&scene), "more:");
	status_free(status);
	scene_close(&scene);
}

static void test_every_state_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_non_null(status_state_name((enum status_state)i));
	assert_string_equal(status_state_name(STATUS_NONE), "none");
	status_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fleet_is_counted_by_version_and_state),
		cmocka_unit_test(
			test_versions_stand_in_order_however_they_come),
		cmocka_unit_test(test_a_system_not_heard_of_is_missing_or_none),
		cmocka_unit_test(test_pending_is_what_check_looks_at),
		cmocka_unit_test(test_empty_is_told_from_skipped),
		cmocka_unit_test(test_the_text_has_bars_and_names),
		cmocka_unit_test(test_one_in_very_many_still_has_a_bar),
		cmocka_unit_test(test_a_fleet_that_is_current_is_said_to_be),
		cmocka_unit_test(test_the_undecided_are_said_to_be_refused),
		cmocka_unit_test(test_five_names_and_how_to_see_the_rest),
		cmocka_unit_test(test_every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
