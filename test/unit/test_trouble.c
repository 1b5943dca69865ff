#include "report/trouble.h"

#include "events.h"

static void add(struct scene *scene, struct trouble *trouble,
		const char *username)
{
	scene_result(scene, username, OUTCOME_FAILED, "0.3.19", "0.3.19");
	scene->event.subject = &scene->subject;
	scene->event.result = &scene->result;
	trouble_add(trouble, &scene->event);
}

/* By name, however the workers deliver them. */
static void test_the_first_five_are_kept_and_all_are_counted(void **state)
{
	static const char *const names[] = {
		"c", "b", "a", "f", "e", "g", "d",
	};
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	for (size_t i = 0; i < 7; i++)
		add(&scene, &trouble, names[i]);
	assert_int_equal(trouble.total, 7);
	assert_int_equal(trouble.kept, TROUBLE_NAMES);
	for (size_t i = 0; i < TROUBLE_NAMES; i++)
		assert_int_equal(trouble.items[i].username[0], 'a' + (int)i);
	trouble_release(&trouble);
	assert_int_equal(trouble.total, 0);
	trouble_release(&trouble);
	scene_close(&scene);
}

/* In a rollback system.db comes last, and is what matters most. */
static void test_system_always_finds_room_and_stands_first(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "rollback", false);
	for (size_t i = 0; i < 5; i++)
		add(&scene, &trouble, names[i]);
	add(&scene, &trouble, NULL);
	assert_int_equal(trouble.total, 6);
	assert_int_equal(trouble.kept, TROUBLE_NAMES);
	assert_null(trouble.items[0].username);
	assert_int_equal(trouble.items[0].kind, KIND_SYSTEM);
	assert_string_equal(trouble.items[1].username, "a");
	assert_string_equal(trouble.items[4].username, "d");
	trouble_release(&trouble);
	scene_close(&scene);
}

static void test_whole_has_everything(void **state)
{
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	scene_result(&scene, "bob", OUTCOME_FAILED, "0.3.19", "0.3.19");
	scene_failure(&scene, ERROR_SQL, 1, "duplicate column name: x");
	scene_place(&scene, "user:0.3.19→0.3.20", "/m/history.md", 241,
		    "ALTER TABLE t ADD COLUMN x");
	snprintf(scene.result.notes, sizeof(scene.result.notes),
		 "one thing; another");
	scene.event.subject = &scene.subject;
	scene.event.result = &scene.result;
	trouble_add(&trouble, &scene.event);
	trouble_print_whole(scene.out, &trouble.items[0], "left as it was",
			    NULL);
	assert_string_equal(scene_text(&scene),
			    "  user bob, /srv/fleet/u/x_longterm.db\n"
			    "    user:0.3.19→0.3.20, /m/history.md:241\n"
			    "    ALTER TABLE t ADD COLUMN x\n"
			    "    duplicate column name: x (SQLITE_ERROR)\n"
			    "    one thing\n"
			    "    another\n"
			    "    left as it was, at 0.3.19\n");
	trouble_release(&trouble);
	scene_close(&scene);
}

static void test_a_message_of_ours_is_told_part_by_part(void **state)
{
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	scene_result(&scene, "bob", OUTCOME_FAILED, "", "");
	scene_failure(&scene, ERROR_UNVERSIONED, 0,
		      "no version fits; mend it by hand");
	scene.event.subject = &scene.subject;
	scene.event.result = &scene.result;
	trouble_add(&trouble, &scene.event);
	trouble_print_whole(scene.out, &trouble.items[0], "left as it was",
			    NULL);
	assert_string_equal(scene_text(&scene),
			    "  user bob, /srv/fleet/u/x_longterm.db\n"
			    "    no version fits\n"
			    "    mend it by hand\n");
	trouble_release(&trouble);
	scene_close(&scene);
}

static void test_what_does_not_apply_leaves_no_empty_line(void **state)
{
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	add(&scene, &trouble, "bob");
	trouble_print_whole(scene.out, &trouble.items[0], NULL, NULL);
	assert_string_equal(scene_text(&scene),
			    "  user bob, /srv/fleet/u/x_longterm.db\n");
	trouble_release(&trouble);
	scene_close(&scene);
}

static void test_a_line_falls_back_to_the_version(void **state)
{
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	add(&scene, &trouble, "bob");
	trouble_print_line(scene.out, &trouble.items[0]);
	assert_string_equal(scene_text(&scene),
			    "  user bob, /srv/fleet/u/x_longterm.db: "
			    "at 0.3.19\n");
	trouble_release(&trouble);
	scene_close(&scene);
}

static void test_statements_and_messages_are_escaped(void **state)
{
	struct trouble trouble = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	scene_result(&scene, "e\033ve", OUTCOME_FAILED, "0\a3", "");
	scene_failure(&scene, ERROR_SQL, 1, "no such table: \033]0;x\a");
	scene_place(&scene, "user:1→2", "/m/\nx", 1, "SELECT '\033'");
	scene.event.path = "/srv/\033.db";
	scene.event.subject = &scene.subject;
	scene.event.result = &scene.result;
	trouble_add(&trouble, &scene.event);
	trouble_print_whole(scene.out, &trouble.items[0], "left", NULL);
	trouble_print_line(scene.out, &trouble.items[0]);
	assert_lacks(scene_text(&scene), "\033");
	assert_lacks(scene_text(&scene), "\a");
	assert_has(scene_text(&scene), "/m/\\nx:1");
	trouble_release(&trouble);
	scene_close(&scene);
}

static void test_what_is_damaged_names_the_way_back(void **state)
{
	static const struct {
		const char *username;
		enum error_code code;
		const char *command;
	} cases[] = {
		{ "bob", ERROR_CORRUPT, "fleet-upgrade restore --offline\n" },
		{ NULL, ERROR_CORRUPT,
		  "fleet-upgrade restore --offline --system\n" },
		{ "bob", ERROR_SQL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trouble trouble = { 0 };
		struct scene scene;

		scene_open(&scene, "upgrade", false);
		scene_result(&scene, cases[i].username, OUTCOME_FAILED, "", "");
		scene_failure(&scene, cases[i].code, 0, "it is broken");
		scene.event.subject = &scene.subject;
		scene.event.result = &scene.result;
		trouble_add(&trouble, &scene.event);
		trouble_print_whole(scene.out, &trouble.items[0], NULL, NULL);
		assert_lacks(scene_text(&scene), "restore");
		trouble_print_whole(scene.out, &trouble.items[0], NULL,
				    &(struct call){ 0 });
		if (cases[i].command)
			assert_has(scene_text(&scene), cases[i].command);
		else
			assert_lacks(scene_text(&scene), "restore");
		trouble_release(&trouble);
		scene_close(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_first_five_are_kept_and_all_are_counted),
		cmocka_unit_test(
			test_system_always_finds_room_and_stands_first),
		cmocka_unit_test(test_whole_has_everything),
		cmocka_unit_test(test_a_message_of_ours_is_told_part_by_part),
		cmocka_unit_test(test_what_does_not_apply_leaves_no_empty_line),
		cmocka_unit_test(test_a_line_falls_back_to_the_version),
		cmocka_unit_test(test_what_is_damaged_names_the_way_back),
		cmocka_unit_test(test_statements_and_messages_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
