#include "migration/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sandpit.h"
#include "study.h"

#define NOW INT64_C(1795235467)

#define ONE                                                          \
	"# 0.1\n" STUDY_STEP("user:baseline→0.1", "CREATE TABLE t(a);") \
	STUDY_STEP("system:baseline→0.1", "CREATE TABLE s(a);")
#define TWO "# 0.2\n" STUDY_STEP("user:0.1→0.2", "CREATE TABLE u(a);")
#define THREE "# 0.3 (Planned)\n" STUDY_STEP("user:0.2→0.3", "-- later")

struct scene {
	const struct sandpit *pit;
	struct migrations *migrations;
	struct draft draft;
	struct error err;
};

static void scene_open(struct scene *scene, void **state,
			const char *markdown)
{
	struct source source = { .format = SOURCE_AUTO };
	char *path;

	memset(scene, 0, sizeof(*scene));
	scene->pit = *state;
	(void)unlinkat(scene->pit->fd, "history.md", 0);
	sandpit_file(scene->pit, "history.md", markdown, 0644);
	path = xasprintf("%s/history.md", scene->pit->path);
	source.path = path;
	migrations_read(&source, &scene->migrations, &scene->err);
	assert_non_null(scene->migrations);
	memset(&scene->err, 0, sizeof(scene->err));
	free(path);
}

static void scene_close(struct scene *scene)
{
	draft_release(&scene->draft);
	migrations_free(scene->migrations);
}

static int make(struct scene *scene, enum kind kind, const char *version,
		const char *words)
{
	const struct draft_request request = {
		.kind = kind, .version = version, .words = words,
		.now_s = NOW,
	};

	draft_release(&scene->draft);
	return draft_make(scene->migrations, &request, &scene->draft,
			  &scene->err);
}

static void expect(struct scene *scene, enum kind kind, const char *version,
		   const char *tag)
{
	if (make(scene, kind, version, "add inbox") != 0)
		fail_msg("%s", scene->err.message);
	assert_true(scene->draft.appends);
	assert_non_null(strstr(scene->draft.files[0].path, "/history.md"));
	if (!strstr(scene->draft.files[0].text + scene->draft.old_bytes,
		    tag))
		fail_msg("%s is not in: %s", tag, scene->draft.files[0].text);
}

static void refuse(struct scene *scene, const char *version,
		   const char *words, const char *part)
{
	assert_int_equal(make(scene, KIND_USER, version, words), ERROR_USAGE);
	if (!strstr(scene->err.message, part))
		fail_msg("\"%s\" is not in: %s", part, scene->err.message);
	assert_null(scene->draft.files[0].path);
}

static void test_it_comes_after_the_newest(void **state)
{
	struct scene scene;

	scene_open(&scene, state, ONE TWO);
	expect(&scene, KIND_USER, NULL, "-- [user:0.2→0.3:start]");
	assert_string_equal(scene.draft.version, "0.3");
	assert_string_equal(scene.draft.before, "0.2");
	assert_null(scene.draft.waits_for);
	assert_null(scene.draft.folder);
	assert_null(scene.draft.files[1].path);
	assert_non_null(strstr(scene.draft.files[0].text,
			       "**Date**: 2026-11-21\n"));
	/* No version that the other kind has had already. */
	expect(&scene, KIND_SYSTEM, NULL, "-- [system:0.1→0.3:start]");
	scene_close(&scene);
}

/* Two in a row are two steps in a row. */
static void test_planned_ones_come_first(void **state)
{
	struct scene scene;

	scene_open(&scene, state, ONE TWO THREE);
	expect(&scene, KIND_USER, NULL, "-- [user:0.3→0.4:start]");
	assert_string_equal(scene.draft.waits_for, "user:0.2→0.3");
	/* What is planned for users may go out together with it. */
	expect(&scene, KIND_SYSTEM, NULL, "-- [system:0.1→0.3:start]");
	scene_close(&scene);
	scene_open(&scene, state, THREE);
	expect(&scene, KIND_USER, NULL, "-- [user:0.3→0.4:start]");
	scene_close(&scene);
}

static void test_a_version_may_be_said(void **state)
{
	struct scene scene;

	scene_open(&scene, state, ONE TWO THREE);
	expect(&scene, KIND_USER, "0.2.1", "-- [user:0.2→0.2.1:start]");
	assert_null(scene.draft.waits_for);
	expect(&scene, KIND_USER, "1.0", "-- [user:0.3→1.0:start]");
	refuse(&scene, "0.2", "x", "at 0.2 already");
	refuse(&scene, "0.1.5", "x", "at 0.2 already");
	refuse(&scene, "0.3", "x", "there is a step to it, user:0.2→0.3 at");
	refuse(&scene, "next", "x", "that is no version");
	scene_close(&scene);
}

static void test_the_first_of_a_kind(void **state)
{
	const struct draft_request apart = {
		.kind = KIND_SYSTEM, .words = "x", .is_apart = true,
	};
	struct scene scene;

	scene_open(&scene, state,
		    STUDY_STEP("user:baseline→0.1", "CREATE TABLE t(a);"));
	expect(&scene, KIND_SYSTEM, NULL, "-- [system:baseline→0.2:start]");
	assert_null(scene.draft.before);
	draft_release(&scene.draft);
	assert_int_equal(draft_make(scene.migrations, &apart, &scene.draft,
				    &scene.err), ERROR_USAGE);
	assert_non_null(strstr(scene.err.message, "by hand"));
	scene_close(&scene);
}

static void test_words_that_will_not_do(void **state)
{
	struct scene scene;

	scene_open(&scene, state, ONE);
	refuse(&scene, NULL, "", "say what");
	refuse(&scene, NULL, " \t", "say what");
	refuse(&scene, NULL, "a\nb", "one line");
	refuse(&scene, NULL, "a\xff", "UTF-8");
	refuse(&scene, NULL, "x (planned)", "is planned");
	refuse(&scene, NULL, "of Future Migrations", "is planned");
	scene_close(&scene);
}

/* Numbered files: named by namesake.h, in the folder of the newest. */
static void test_numbered_files_get_another_file(void **state)
{
	struct scene scene;

	scene_open(&scene, state, ONE TWO);
	for (size_t i = 0; i < scene.migrations->step_count; i++) {
		struct step *step = scene.migrations->steps[i];

		free(step->file);
		step->file = xasprintf("m/%s/000%zu_x.up.sql",
				       kind_name(step->kind), i);
	}
	scene.migrations->format = "pairs";
	assert_int_equal(make(&scene, KIND_USER, NULL, "add inbox"), 0);
	assert_false(scene.draft.appends);
	assert_string_equal(scene.draft.files[0].path,
			    "m/user/0003_add_inbox.up.sql");
	assert_string_equal(scene.draft.files[1].path,
			    "m/user/0003_add_inbox.down.sql");
	assert_string_equal(scene.draft.before, "0.2");
	assert_int_equal(make(&scene, KIND_SYSTEM, "9", "add inbox"), 0);
	assert_string_equal(scene.draft.files[0].path,
			    "m/system/0009_add_inbox.up.sql");
	assert_string_equal(scene.draft.version, "0009");
	scene_close(&scene);
}

#define PIT(test) cmocka_unit_test_setup_teardown(test, sandpit_open, \
						  sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIT(test_it_comes_after_the_newest),
		PIT(test_planned_ones_come_first),
		PIT(test_a_version_may_be_said),
		PIT(test_the_first_of_a_kind),
		PIT(test_words_that_will_not_do),
		PIT(test_numbered_files_get_another_file),
	};

	return cmocka_run_group_tests(tests, study_begin, NULL);
}
