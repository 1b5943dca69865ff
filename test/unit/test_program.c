#include "database/program.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "sandpit.h"
#include "workshop.h"

/* A copy of a database at 3, with a ledger, and a program to be let at it. */
struct scene {
	struct workshop *shop;
	struct job job;
	struct step step;
	struct sqlite3 *db;
	struct error err;
};

static void scene_open(struct scene *scene, void **state)
{
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
	};
	struct workshop *shop = *state;
	char *path;

	*scene = (struct scene){ .shop = shop };
	workshop_ready(shop, "a.db", NULL);
	scene->job = workshop_job(shop, "a.db");
	scene->step = (struct step){
		.from = (char *)"3",
		.to = (char *)"4",
		.name = (char *)"user:3→4",
		.is_program = true,
		.kind = KIND_USER,
		.file = xasprintf("%s/4-program", shop->root),
	};
	path = workshop_path(shop, "a.db");
	if (connection_open(path, &options, &scene->db, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
	free(path);
}

/* Nothing of it is left in staging/. */
static void scene_close(struct scene *scene)
{
	connection_close(scene->db);
	free(scene->step.file);
	assert_int_equal(workshop_state_files(scene->shop), 1);
}

static int run_for(struct scene *scene, const char *script, int64_t limit_ms)
{
	const struct program program = {
		.job = &scene->job,
		.step = &scene->step,
		.db = scene->db,
		.staged = "a.d",
		.limit_ms = limit_ms,
		.limit_name = "somebody",
	};
	FILE *file = fopen(scene->step.file, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(scene->step.file, 0755), 0);
	memset(&scene->job.result, 0, sizeof(scene->job.result));
	memset(&scene->err, 0, sizeof(scene->err));
	return program_run(&program, &scene->err);
}

static int run(struct scene *scene, const char *script)
{
	return run_for(scene, script, 0);
}

static int64_t ask(struct scene *scene, const char *sql)
{
	int64_t number;

	if (connection_number(scene->db, sql, &number, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
	return number;
}

static void expect_failure(struct scene *scene, const char *script,
			   enum error_code code, const char *part)
{
	int rc = run(scene, script);

	if (rc != (int)code || strstr(scene->err.message, part) == NULL)
		fail_msg("%s: %d, %s", script, rc, scene->err.message);
	assert_string_equal(scene->job.result.failure.migration, "user:3→4");
	assert_string_equal(scene->job.result.failure.file, scene->step.file);
}

#define SQL(sql) "sqlite3 \"$FLEET_UPGRADE_DB\" \"" sql "\""

static void test_its_rows_are_taken_over(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	if (run(&scene,
		SQL("DELETE FROM letters WHERE id > 5") "; echo done") != 0)
		fail_msg("%s", scene.err.message);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 5);
	assert_string_equal(scene.job.result.notes, "4-program said: done");
	assert_string_equal(scene.job.result.failure.migration, "");
	scene_close(&scene);
}

static void test_who_says_nothing_is_not_noted(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	assert_int_equal(run(&scene, "exit 0"), 0);
	assert_string_equal(scene.job.result.notes, "");
	scene_close(&scene);
}

static void test_what_stands_in_its_wal_counts(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	assert_int_equal(
		run(&scene,
		    "{ echo 'PRAGMA journal_mode = WAL; DELETE FROM letters;"
		    "'; echo '.system kill -9 $PPID'; } | sqlite3 \"$1\" "
		    ">/dev/null 2>&1; [ -s \"$1-wal\" ]"), 0);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters"), 0);
	scene_close(&scene);
}

static void test_it_is_undone_what_it_had_not_committed(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	assert_int_equal(
		run(&scene,
		    "{ echo 'PRAGMA cache_size = 1; BEGIN; UPDATE letters SET "
		    "body = zeroblob(3000);'; echo '.system kill -9 $PPID'; } "
		    "| sqlite3 \"$1\" >/dev/null 2>&1; [ -s \"$1-journal\" ]"),
		0);
	assert_int_equal(ask(&scene, "SELECT count(*) FROM letters WHERE "
				     "length(body) = 3000"), 0);
	scene_close(&scene);
}

static void test_how_it_ended_is_told(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	expect_failure(&scene, "echo why; exit 3", ERROR_CHECK,
		       "4-program ended with status 3; it said: why");
	expect_failure(&scene, "kill -KILL $$", ERROR_CHECK,
		       "killed by signal 9");
	assert_int_equal(run_for(&scene, "sleep 60", 100), ERROR_CHECK);
	assert_non_null(strstr(scene.err.message,
			       "took longer than somebody lets it"));
	atomic_store(&scene.shop->stop_now, true);
	assert_int_equal(run(&scene, "sleep 60"), ERROR_STOPPED);
	scene_close(&scene);
}

static void test_what_cannot_be_started_says_what_it_takes(void **state)
{
	struct scene scene;
	struct program program;

	if (sandpit_is_emulated())
		skip();
	scene_open(&scene, state);
	program = (struct program){
		.job = &scene.job,
		.step = &scene.step,
		.db = scene.db,
		.staged = "a.d",
	};
	assert_int_equal(program_run(&program, &scene.err), ERROR_IO);
	assert_non_null(strstr(scene.err.message, "4-program cannot be "
						  "started"));
	assert_non_null(strstr(scene.err.message, "executable for user id"));
	assert_non_null(strstr(scene.err.message, "run.sandbox"));
	assert_string_equal(scene.job.result.failure.migration, "user:3→4");
	scene_close(&scene);
}

static void test_the_schema_has_to_stay(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	expect_failure(&scene, SQL("CREATE INDEX i ON letters(body)"),
		       ERROR_CHECK, "changed the schema (index i");
	scene_close(&scene);
}

static void test_the_ledger_has_to_stay(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	expect_failure(&scene, SQL("DELETE FROM " LEDGER_TABLE), ERROR_CHECK,
		       "changed " LEDGER_TABLE);
	scene_close(&scene);
}

static void test_what_is_no_database_any_more(void **state)
{
	static const char *const scripts[] = {
		"rm \"$1\"",
		"echo garbage >\"$1\"",
		": >\"$1\"",
		"rm \"$1\"; mkdir \"$1\"",
		SQL("PRAGMA page_size = 512; VACUUM"),
	};
	struct scene scene;

	scene_open(&scene, state);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		expect_failure(&scene, scripts[i], ERROR_CHECK,
			       "left no database that can be used");
	scene_close(&scene);
}

/* In a session of its own nobody kills it; its transaction is open. */
static void test_who_has_it_open_still_is_told(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	expect_failure(&scene,
		       "sqlite3 \"$1\" 'PRAGMA journal_mode = WAL' >/dev/null;"
		       "setsid sh -c '{ echo \"SELECT count(*) FROM letters;"
		       "\"; sleep 4; } | sqlite3 \"$0\"' \"$1\" "
		       ">/dev/null 2>&1 & sleep 0.5",
		       ERROR_CHECK, "still has its copy open");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_its_rows_are_taken_over),
		WORKSHOP_TEST(test_who_says_nothing_is_not_noted),
		WORKSHOP_TEST(test_what_stands_in_its_wal_counts),
		WORKSHOP_TEST(test_it_is_undone_what_it_had_not_committed),
		WORKSHOP_TEST(test_how_it_ended_is_told),
		WORKSHOP_TEST(test_what_cannot_be_started_says_what_it_takes),
		WORKSHOP_TEST(test_the_schema_has_to_stay),
		WORKSHOP_TEST(test_the_ledger_has_to_stay),
		WORKSHOP_TEST(test_what_is_no_database_any_more),
		WORKSHOP_TEST(test_who_has_it_open_still_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
