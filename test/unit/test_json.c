#include "report/json.h"

#include <jansson.h>

#include "events.h"

static const char begin_line[] =
	"{\"event\":\"run-begin\",\"run\":\"20261121T043100Z-9f3c\","
	"\"command\":\"upgrade\",\"dry_run\":false,\"target\":"
	"{\"system\":\"0.3.20\",\"user\":\"0.3.20\"},\"databases\":201,"
	"\"jobs\":4}\n";

static void test_the_begin_has_the_promised_keys(void **state)
{
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	scene.run.totals.databases = 201;
	scene_tell(&scene, json_listener(json), EVENT_RUN_BEGIN);
	assert_string_equal(scene_text(&scene), begin_line);
	json_free(json);
	scene_close(&scene);
}

static void test_a_good_database_has_the_promised_keys(void **state)
{
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	scene_result(&scene, "alice", OUTCOME_UPGRADED, "0.3.19", "0.3.20");
	scene.result.strategy = STRATEGY_IN_PLACE;
	scene.result.steps = 1;
	scene.event.backup = "/srv/state/backups/r/alice_longterm.db";
	scene_database(&scene, json_listener(json));
	assert_string_equal(
		scene_text(&scene),
		"{\"event\":\"database\",\"kind\":\"user\","
		"\"username\":\"alice\","
		"\"path\":\"/srv/fleet/u/x_longterm.db\","
		"\"from\":\"0.3.19\",\"to\":\"0.3.20\","
		"\"outcome\":\"upgraded\",\"strategy\":\"in-place\","
		"\"steps\":1,\"duration_us\":12000,"
		"\"backup\":\"/srv/state/backups/r/alice_longterm.db\","
		"\"error\":null}\n");
	json_free(json);
	scene_close(&scene);
}

static void test_a_bad_database_has_the_promised_error(void **state)
{
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	scene_result(&scene, NULL, OUTCOME_FAILED, "", "");
	scene_failure(&scene, ERROR_SQL, 19, "UNIQUE constraint failed: t.x");
	scene_place(&scene, "system:0.3.19→0.3.20", "/m/h.md", 7,
		    "INSERT INTO t VALUES ('\"')");
	scene_database(&scene, json_listener(json));
	assert_string_equal(
		scene_text(&scene),
		"{\"event\":\"database\",\"kind\":\"system\","
		"\"username\":null,\"path\":\"/srv/fleet/system.db\","
		"\"from\":null,\"to\":null,\"outcome\":\"failed\","
		"\"strategy\":null,\"steps\":0,\"duration_us\":12000,"
		"\"backup\":null,\"error\":{\"code\":\"SQLITE_CONSTRAINT\","
		"\"message\":\"UNIQUE constraint failed: t.x\","
		"\"migration\":\"system:0.3.19→0.3.20\","
		"\"file\":\"/m/h.md\",\"line\":7,"
		"\"statement\":\"INSERT INTO t VALUES ('\\\"')\"}}\n");
	json_free(json);
	scene_close(&scene);
}

/* Reads the last line that was printed; fails if it is no JSON. */
static json_t *last_line(struct scene *scene)
{
	const char *text = scene_text(scene);
	const char *end = text + strlen(text) - 1;
	const char *begin = end;
	json_error_t error;
	json_t *object;

	assert_int_equal(*end, '\n');
	while (begin > text && begin[-1] != '\n')
		begin--;
	object = json_loadb(begin, (size_t)(end - begin), 0, &error);
	if (!object)
		fail_msg("%s in: %s", error.text, begin);
	return object;
}

static const char *string_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void test_our_own_codes_where_sqlite_has_none(void **state)
{
	struct scene scene;
	struct json *json;
	json_t *object, *error;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	scene_result(&scene, "a", OUTCOME_NEWER, "9.9", "9.9");
	scene_failure(&scene, ERROR_NEWER, 0, "newer");
	scene_database(&scene, json_listener(json));
	object = last_line(&scene);
	error = json_object_get(object, "error");
	assert_string_equal(string_of(error, "code"), "NEWER");
	assert_true(json_is_null(json_object_get(error, "migration")));
	assert_true(json_is_null(json_object_get(error, "line")));
	json_decref(object);
	json_free(json);
	scene_close(&scene);
}

static void test_any_name_gives_valid_json(void **state)
{
	static const char *const names[][2] = {
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "bad\xff\xfe", "bad\\xff\\xfe" },
		{ "line\nbreak\033", "line\nbreak\033" },
		{ "quote\"back\\slash", "quote\"back\\slash" },
	};
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *object;

		scene_result(&scene, names[i][0], OUTCOME_CURRENT, "1", "1");
		scene.event.path = names[i][0];
		scene_database(&scene, json_listener(json));
		object = last_line(&scene);
		assert_string_equal(string_of(object, "username"),
				    names[i][1]);
		assert_string_equal(string_of(object, "path"), names[i][1]);
		json_decref(object);
	}
	json_free(json);
	scene_close(&scene);
}

static void test_the_end_counts_would_with_did(void **state)
{
	struct scene scene;
	struct json *json;
	size_t *outcomes = scene.run.totals.outcomes;

	(void)state;
	scene_open(&scene, "upgrade", true);
	json = json_new(scene.out);
	outcomes[OUTCOME_WOULD_UPGRADE] = 5;
	outcomes[OUTCOME_WOULD_FAIL] = 2;
	outcomes[OUTCOME_FAILED] = 1;
	outcomes[OUTCOME_CURRENT] = 7;
	outcomes[OUTCOME_BUSY] = 3;
	outcomes[OUTCOME_SKIPPED] = 4;
	outcomes[OUTCOME_NEWER] = 6;
	scene_end(&scene, json_listener(json), 1);
	assert_string_equal(
		scene_text(&scene),
		"{\"event\":\"run-end\",\"run\":\"20261121T043100Z-9f3c\","
		"\"upgraded\":5,\"current\":7,\"failed\":3,\"busy\":3,"
		"\"skipped\":4,\"newer\":6,\"duration_us\":800000,"
		"\"exit_status\":1}\n");
	json_free(json);
	scene_close(&scene);
}

static void test_a_rollback_counts_restored_and_kept(void **state)
{
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "rollback", false);
	json = json_new(scene.out);
	scene.run.totals.outcomes[OUTCOME_RESTORED] = 9;
	scene.run.totals.outcomes[OUTCOME_KEPT] = 1;
	scene_end(&scene, json_listener(json), 1);
	assert_has(scene_text(&scene), "\"newer\":0,\"restored\":9,\"kept\":1,"
		   "\"duration_us\":800000,\"exit_status\":1}\n");
	json_free(json);
	scene_close(&scene);
}

static void test_the_end_of_an_upgrade_tells_how(void **state)
{
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	scene.run.totals.outcomes[OUTCOME_UPGRADED] = 12;
	scene.run.totals.strategies[STRATEGY_SWAP] = 9;
	scene.run.totals.strategies[STRATEGY_IN_PLACE] = 3;
	scene.run.totals.given_up = 2;
	scene.run.totals.undone = 1;
	scene_end(&scene, json_listener(json), 0);
	assert_has(scene_text(&scene), "\"exit_status\":0,\"swapped\":9,"
		   "\"in_place\":3,\"given_up\":2,\"undone\":1}\n");
	json_free(json);
	scene_close(&scene);
}

static void test_only_objects_are_printed(void **state)
{
	struct scene scene;
	struct json *json;

	(void)state;
	scene_open(&scene, "upgrade", false);
	json = json_new(scene.out);
	scene_notice(&scene, json_listener(json), "for people");
	scene_tell(&scene, json_listener(json), EVENT_ROUND);
	scene_tell(&scene, json_listener(json), EVENT_PROGRESS);
	assert_string_equal(scene_text(&scene), "");
	/* The second listener hears databases and nothing else. */
	scene_tell(&scene, json_database_listener(json), EVENT_RUN_BEGIN);
	scene_tell(&scene, json_database_listener(json), EVENT_RUN_END);
	assert_string_equal(scene_text(&scene), "");
	scene_result(&scene, "a", OUTCOME_CURRENT, "1", "1");
	scene_database(&scene, json_database_listener(json));
	assert_has(scene_text(&scene), "\"event\":\"database\"");
	json_free(json);
	json_free(NULL);
	scene_close(&scene);
}

static void test_status_has_the_promised_keys(void **state)
{
	struct status *status = status_new(true, false);
	struct scene scene;

	(void)state;
	scene_open(&scene, "status", false);
	scene_result(&scene, "a", OUTCOME_CURRENT, "0.3.20", "0.3.20");
	scene_database(&scene, status_listener(status));
	scene_result(&scene, "b", OUTCOME_WOULD_UPGRADE, "0.3.19", "0.3.20");
	scene_database(&scene, status_listener(status));
	scene_result(&scene, "c", OUTCOME_WOULD_UPGRADE, "", "0.3.20");
	scene_database(&scene, status_listener(status));
	json_print_status(scene.out, status);
	assert_string_equal(
		scene_text(&scene),
		"{\"event\":\"status\",\"target\":{\"system\":\"0.3.20\","
		"\"user\":\"0.3.20\"},\"system\":{\"version\":null,"
		"\"state\":\"missing\"},\"users\":3,\"versions\":"
		"{\"0.3.20\":1,\"0.3.19\":1,\"none\":1},\"pending\":2,"
		"\"newer\":0,\"unreadable\":0,\"empty\":0,\"hold\":null}\n");
	scene_close(&scene);
	scene_open(&scene, "status", false);
	status->hold = &(struct hold){ "R", "T", "", true };
	json_print_status(scene.out, status);
	assert_has(scene_text(&scene), "\"empty\":0,\"hold\":{\"run\":\"R\","
		   "\"by\":null,\"since\":\"T\"}}\n");
	status_free(status);
	scene_close(&scene);
}

static void test_runs_and_results_of_the_journal(void **state)
{
	const struct journal_run run = {
		.id = "20261121T043100Z-9f3c", .command = "upgrade",
		.began = "2026-11-21T04:31:00Z", .databases = 3,
		.outcomes = { [OUTCOME_UPGRADED] = 3 },
	};
	const struct journal_result result = {
		.kind = "user", .username = "bob", .path = "b_longterm.db",
		.outcome = "failed", .error_code = "SQLITE_ERROR",
		.message = "no", .line = 3, .notes = "one",
	};
	struct scene scene;
	json_t *object;

	(void)state;
	scene_open(&scene, "history", false);
	json_print_run(scene.out, &run);
	object = last_line(&scene);
	assert_true(json_is_null(json_object_get(object, "ended")));
	assert_true(json_is_null(json_object_get(object, "exit_status")));
	assert_has(scene_text(&scene), "\"outcomes\":{\"upgraded\":3}");
	json_decref(object);
	json_print_result(scene.out, &result);
	object = last_line(&scene);
	assert_string_equal(string_of(object, "outcome"), "failed");
	assert_string_equal(string_of(json_object_get(object, "error"),
				      "code"), "SQLITE_ERROR");
	assert_true(json_is_null(json_object_get(object, "from")));
	json_decref(object);
	scene_close(&scene);
}

static void test_the_small_objects(void **state)
{
	const struct backup backup = {
		.run_id = "20261121T043100Z-9f3c", .command = "upgrade",
		.path = (char *)"u/\xff.db", .bytes = 8192, .age_s = 60,
	};
	const struct finding finding = {
		.severity = SEVERITY_WARNING, .file = (char *)"h.md",
		.line = 3, .message = (char *)"a \"string\"", .rule = "gap",
	};
	const struct migrations migrations = {
		.step_count = 4, .format = "markdown",
	};
	const size_t counts[] = {
		[SEVERITY_NOTE] = 0, [SEVERITY_WARNING] = 2,
		[SEVERITY_ERROR] = 1,
	};
	struct scene scene;

	(void)state;
	scene_open(&scene, "config", false);
	json_print_backup(scene.out, &backup);
	json_print_finding(scene.out, &finding);
	json_print_lint(scene.out, &migrations, counts, 65);
	json_print_setting(scene.out, "run.jobs", "4", "default");
	json_print_setting(scene.out, "fleet.system_db", "", "default");
	assert_string_equal(
		scene_text(&scene),
		"{\"event\":\"backup\",\"run\":\"20261121T043100Z-9f3c\","
		"\"command\":\"upgrade\",\"path\":\"u/\\\\xff.db\","
		"\"bytes\":8192,\"age_s\":60}\n"
		"{\"event\":\"finding\",\"severity\":\"warning\","
		"\"file\":\"h.md\",\"line\":3,\"rule\":\"gap\","
		"\"message\":\"a \\\"string\\\"\"}\n"
		"{\"event\":\"lint-end\",\"format\":\"markdown\","
		"\"steps\":4,\"errors\":1,\"warnings\":2,\"notes\":0,"
		"\"exit_status\":65}\n"
		"{\"event\":\"setting\",\"key\":\"run.jobs\",\"value\":\"4\","
		"\"origin\":\"default\"}\n"
		"{\"event\":\"setting\",\"key\":\"fleet.system_db\","
		"\"value\":\"\",\"origin\":\"default\"}\n");
	scene_close(&scene);
}

static void test_steps_of_a_list(void **state)
{
	struct step step = {
		.kind = KIND_USER, .from = (char *)"1", .to = (char *)"2",
		.name = (char *)"user:1→2", .statements = 2,
		.sql = (char *)"SELECT 1;", .description = (char *)"",
		.date = (char *)"", .file = (char *)"h.md", .line = 4,
	};
	struct step *all[] = { &step };
	struct migrations migrations = {
		.steps = all, .step_count = 1,
		.chains[KIND_USER] = { .kind = KIND_USER, .steps = all,
				       .count = 1 },
	};
	struct needs *needs = needs_new(&migrations);
	struct scene scene;

	(void)state;
	scene_open(&scene, "list", false);
	json_print_list(scene.out, &migrations, NULL, false);
	assert_has(scene_text(&scene), "\"needed\":null,\"sql\":null,"
				       "\"has_down\":false,"
				       "\"down\":null}\n");
	scene_result(&scene, "a", OUTCOME_WOULD_UPGRADE, "", "2");
	scene_database(&scene, needs_listener(needs));
	step.parts[STEP_DOWN].sql = (char *)"SELECT 2;";
	json_print_list(scene.out, &migrations, needs, true);
	assert_has(scene_text(&scene),
		   "\"needed\":1,\"sql\":\"SELECT 1;\","
		   "\"has_down\":true,\"down\":\"SELECT 2;\"}\n");
	assert_has(scene_text(&scene), "\"state\":\"active\"");
	needs_free(needs);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_begin_has_the_promised_keys),
		cmocka_unit_test(test_a_good_database_has_the_promised_keys),
		cmocka_unit_test(test_a_bad_database_has_the_promised_error),
		cmocka_unit_test(test_our_own_codes_where_sqlite_has_none),
		cmocka_unit_test(test_any_name_gives_valid_json),
		cmocka_unit_test(test_the_end_counts_would_with_did),
		cmocka_unit_test(test_a_rollback_counts_restored_and_kept),
		cmocka_unit_test(test_the_end_of_an_upgrade_tells_how),
		cmocka_unit_test(test_only_objects_are_printed),
		cmocka_unit_test(test_status_has_the_promised_keys),
		cmocka_unit_test(test_runs_and_results_of_the_journal),
		cmocka_unit_test(test_the_small_objects),
		cmocka_unit_test(test_steps_of_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
