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

struct source {
	const struct sandpit *pit;
	struct migrations *migrations;
	struct draft draft;
	struct error err;
};

static void source_open(struct source *source, void **state,
			const char *markdown)
{
	const char *paths[KIND_COUNT] = { NULL };
	char *path;

	memset(source, 0, sizeof(*source));
	source->pit = *state;
	(void)unlinkat(source->pit->fd, "history.md", 0);
	sandpit_file(source->pit, "history.md", markdown, 0644);
	path = xasprintf("%s/history.md", source->pit->path);
	migrations_read(path, paths, &source->migrations, &source->err);
	assert_non_null(source->migrations);
	memset(&source->err, 0, sizeof(source->err));
	free(path);
}

static void source_close(struct source *source)
{
	draft_release(&source->draft);
	migrations_free(source->migrations);
}

static int make(struct source *source, enum kind kind, const char *version,
		const char *words)
{
	const struct draft_request request = {
		.kind = kind, .version = version, .words = words,
		.now_s = NOW,
	};

	draft_release(&source->draft);
	return draft_make(source->migrations, &request, &source->draft,
			  &source->err);
}

static void expect(struct source *source, enum kind kind, const char *version,
		   const char *tag)
{
	if (make(source, kind, version, "add inbox") != 0)
		fail_msg("%s", source->err.message);
	assert_true(source->draft.appends);
	assert_non_null(strstr(source->draft.files[0].path, "/history.md"));
	if (!strstr(source->draft.files[0].text + source->draft.old_bytes,
		    tag))
		fail_msg("%s is not in: %s", tag, source->draft.files[0].text);
}

static void refuse(struct source *source, const char *version,
		   const char *words, const char *part)
{
	assert_int_equal(make(source, KIND_USER, version, words), ERROR_USAGE);
	if (!strstr(source->err.message, part))
		fail_msg("\"%s\" is not in: %s", part, source->err.message);
	assert_null(source->draft.files[0].path);
}

static void test_it_comes_after_the_newest(void **state)
{
	struct source source;

	source_open(&source, state, ONE TWO);
	expect(&source, KIND_USER, NULL, "-- [user:0.2→0.3:start]");
	assert_string_equal(source.draft.version, "0.3");
	assert_string_equal(source.draft.before, "0.2");
	assert_null(source.draft.waits_for);
	assert_null(source.draft.folder);
	assert_null(source.draft.files[1].path);
	assert_non_null(strstr(source.draft.files[0].text,
			       "**Date**: 2026-11-21\n"));
	/* No version that the other kind has had already. */
	expect(&source, KIND_SYSTEM, NULL, "-- [system:0.1→0.3:start]");
	source_close(&source);
}

/* Two in a row are two steps in a row. */
static void test_planned_ones_come_first(void **state)
{
	struct source source;

	source_open(&source, state, ONE TWO THREE);
	expect(&source, KIND_USER, NULL, "-- [user:0.3→0.4:start]");
	assert_string_equal(source.draft.waits_for, "user:0.2→0.3");
	/* What is planned for users may go out together with it. */
	expect(&source, KIND_SYSTEM, NULL, "-- [system:0.1→0.3:start]");
	source_close(&source);
	source_open(&source, state, THREE);
	expect(&source, KIND_USER, NULL, "-- [user:0.3→0.4:start]");
	source_close(&source);
}

static void test_a_version_may_be_said(void **state)
{
	struct source source;

	source_open(&source, state, ONE TWO THREE);
	expect(&source, KIND_USER, "0.2.1", "-- [user:0.2→0.2.1:start]");
	assert_null(source.draft.waits_for);
	expect(&source, KIND_USER, "1.0", "-- [user:0.3→1.0:start]");
	refuse(&source, "0.2", "x", "at 0.2 already");
	refuse(&source, "0.1.5", "x", "at 0.2 already");
	refuse(&source, "0.3", "x", "there is a step to it, user:0.2→0.3 at");
	refuse(&source, "next", "x", "that is no version");
	source_close(&source);
}

static void test_the_first_of_a_kind(void **state)
{
	const struct draft_request apart = {
		.kind = KIND_SYSTEM, .words = "x", .is_apart = true,
	};
	struct source source;

	source_open(&source, state,
		    STUDY_STEP("user:baseline→0.1", "CREATE TABLE t(a);"));
	expect(&source, KIND_SYSTEM, NULL, "-- [system:baseline→0.2:start]");
	assert_null(source.draft.before);
	draft_release(&source.draft);
	assert_int_equal(draft_make(source.migrations, &apart, &source.draft,
				    &source.err), ERROR_USAGE);
	assert_non_null(strstr(source.err.message, "by hand"));
	source_close(&source);
}

static void test_words_that_will_not_do(void **state)
{
	struct source source;

	source_open(&source, state, ONE);
	refuse(&source, NULL, "", "say what");
	refuse(&source, NULL, " \t", "say what");
	refuse(&source, NULL, "a\nb", "one line");
	refuse(&source, NULL, "a\xff", "UTF-8");
	refuse(&source, NULL, "x (planned)", "is planned");
	refuse(&source, NULL, "of Future Migrations", "is planned");
	source_close(&source);
}

/* Numbered files: named by namesake.h, in the folder of the newest. */
static void test_numbered_files_get_another_file(void **state)
{
	struct source source;

	source_open(&source, state, ONE TWO);
	for (size_t i = 0; i < source.migrations->step_count; i++) {
		struct step *step = source.migrations->steps[i];

		free(step->file);
		step->file = xasprintf("m/%s/000%zu_x.up.sql",
				       kind_name(step->kind), i);
	}
	source.migrations->format = "pairs";
	assert_int_equal(make(&source, KIND_USER, NULL, "add inbox"), 0);
	assert_false(source.draft.appends);
	assert_string_equal(source.draft.files[0].path,
			    "m/user/0003_add_inbox.up.sql");
	assert_string_equal(source.draft.files[1].path,
			    "m/user/0003_add_inbox.down.sql");
	assert_string_equal(source.draft.before, "0.2");
	assert_int_equal(make(&source, KIND_SYSTEM, "9", "add inbox"), 0);
	assert_string_equal(source.draft.files[0].path,
			    "m/system/0009_add_inbox.up.sql");
	assert_string_equal(source.draft.version, "0009");
	source_close(&source);
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
