#include "cli/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/pattern.h"
#include "sandpit.h"

/* One reading: the file's text (NULL: none is named), the environment, the
 * settings of the command line, and what came of them. */
struct reading {
	const struct sandpit *sandpit;
	struct config config;
	struct error error;
	char *path;
	int rc;
};

#define MOST_VARIABLES 8

static void read_all(struct reading *reading, const struct sandpit *sandpit,
		     const char *file, const char *const *variables,
		     const char *const *settings)
{
	char *environment[MOST_VARIABLES + 1] = { NULL };
	struct setting list[MOST_VARIABLES];
	struct options options = { .settings = list };

	memset(reading, 0, sizeof(*reading));
	reading->path = xasprintf("%s/f.ini", sandpit->path);
	unlink(reading->path);
	if (file)
		sandpit_file(sandpit, "f.ini", file, 0600);
	options.config_file = file ? reading->path : "/dev/null";
	for (size_t i = 0; variables && variables[i]; i++)
		environment[i] = (char *)(uintptr_t)variables[i];
	for (; settings && settings[0]; settings += 2)
		list[options.setting_count++] = (struct setting){
			(char *)(uintptr_t)settings[0], settings[1], "set" };
	reading->rc = config_read(&options, environment, &reading->config,
				  &reading->error);
	assert_int_equal(reading->rc, reading->error.code);
}

static void release(struct reading *reading)
{
	config_release(&reading->config);
	free(reading->path);
}

static void expect_origin(const struct reading *reading, enum key key,
			  enum origin origin, const char *where)
{
	const struct config_value *value = &reading->config.values[key];

	assert_int_equal(value->origin, origin);
	assert_string_equal(value->where, where);
}

static void test_nothing_said_gives_the_defaults(void **state)
{
	struct reading reading;

	read_all(&reading, *state, NULL, NULL, NULL);
	assert_int_equal(reading.rc, 0);
	assert_null(reading.config.data_dir);
	assert_string_equal(reading.config.system_db, "system.db");
	assert_true(pattern_matches(reading.config.user_db,
				    "a/b/bob_longterm.db", NULL, NULL));
	assert_string_equal(reading.config.migrations[KIND_COUNT],
			    MIGRATIONS_DIR);
	assert_null(reading.config.migrations[KIND_SYSTEM]);
	assert_int_equal(reading.config.busy_timeout_ms, 5000);
	assert_int_equal(reading.config.keep, 3);
	assert_int_equal(reading.config.min_free.percent, 5);
	expect_origin(&reading, KEY_JOBS, ORIGIN_DEFAULT, "default");
	expect_origin(&reading, KEY_DATA_DIR, ORIGIN_DEFAULT, "not set");
	assert_int_equal(config_need_data_dir(&reading.config, &reading.error),
			 ERROR_CONFIG);
	assert_non_null(strstr(reading.error.message, "--data-dir"));
	release(&reading);
}

static void test_each_layer_lies_over_the_one_before(void **state)
{
	static const char file[] = "[fleet]\ndata_dir = /file\n[run]\n"
				   "jobs = 1\nretries = 1\nlock_wait = 1\n";
	static const char *const variables[] = {
		"PATH=/bin", "FLEET_UPGRADE_RUN_JOBS=2",
		"FLEET_UPGRADE_RUN_RETRIES=2", "FLEET_UPGRADE=/bin/x",
		"FLEET_UPGRADE_OTHER=3", NULL };
	static const char *const settings[] = { "run.jobs", "3", NULL };
	struct reading reading;
	char *where;

	read_all(&reading, *state, file, variables, settings);
	assert_int_equal(reading.rc, 0);
	assert_string_equal(reading.config.data_dir, "/file");
	assert_int_equal(reading.config.lock_wait_ms, 1000);
	assert_int_equal(reading.config.retries, 2);
	assert_int_equal(reading.config.jobs, 3);
	expect_origin(&reading, KEY_JOBS, ORIGIN_COMMAND_LINE, "command line");
	expect_origin(&reading, KEY_RETRIES, ORIGIN_ENVIRONMENT,
		      "environment FLEET_UPGRADE_RUN_RETRIES");
	where = xasprintf("file %s:6", reading.path);
	expect_origin(&reading, KEY_LOCK_WAIT, ORIGIN_FILE, where);
	assert_string_equal(reading.config.values[KEY_JOBS].text, "3");
	assert_int_equal(config_need_data_dir(&reading.config, &reading.error),
			 0);
	free(where);
	release(&reading);
}

/* "FILE:LINE: what; what to do", and nothing is owned. */
static void test_a_mistake_in_the_file_names_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[run]\njob = 3\n", "f.ini:2: unknown key \"job\" in [run]" },
		{ "[runs]\njobs = 3\n", "f.ini:2: unknown section [runs]" },
		{ "jobs = 3\n", "f.ini:1: key \"jobs\" stands above" },
		{ "[Run]\njobs = 3\n", "f.ini:2: unknown section [Run]" },
		{ "[run]\njobs = 3\n[check]\n[run]\njobs = 3\n",
		  "f.ini:5: run.jobs is set on line 2 already" },
		{ "[run]\njobs = 0\n", "f.ini:2: run.jobs: \"0\"" },
		{ "[run]\njobs =\n", "f.ini:2: run.jobs: \"\"" },
		{ "[run]\nstrategy = swop\n",
		  "f.ini:2: run.strategy: \"swop\"" },
		{ "[fleet]\ndata_dir = srv\n",
		  "f.ini:2: fleet.data_dir: \"srv\" is relative" },
		{ "[migrations]\npath = a\n",
		  "f.ini:2: migrations.path: \"a\" is relative" },
		{ "[run]\njobs = 3 ; four\n", "f.ini:2: a comment behind" },
	};
	struct reading reading;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_all(&reading, *state, cases[i].text, NULL, NULL);
		assert_int_equal(reading.rc, ERROR_CONFIG);
		assert_non_null(strstr(reading.error.message,
				       cases[i].message));
		assert_null(reading.config.values[KEY_JOBS].text);
		release(&reading);
	}
}

/* A mistake must not wait for the day on which the other layer is gone. */
static void test_an_overridden_mistake_is_still_one(void **state)
{
	static const char *const settings[] = { "run.jobs", "3", NULL };
	struct reading reading;

	read_all(&reading, *state, "[run]\njobs = 0\n", NULL, settings);
	assert_int_equal(reading.rc, ERROR_CONFIG);
	release(&reading);
}

static void test_a_mistake_in_the_environment_names_it(void **state)
{
	static const char *const bad[] = { "FLEET_UPGRADE_RUN_JOBS=x", NULL };
	static const char *const typo[] = { "FLEET_UPGRADE_RUN_JOB=3", NULL };
	struct reading reading;

	read_all(&reading, *state, NULL, bad, NULL);
	assert_int_equal(reading.rc, ERROR_CONFIG);
	assert_memory_equal(reading.error.message,
			    "environment FLEET_UPGRADE_RUN_JOBS: run.jobs: ",
			    46);
	release(&reading);
	read_all(&reading, *state, NULL, typo, NULL);
	assert_int_equal(reading.rc, ERROR_CONFIG);
	assert_non_null(strstr(reading.error.message, "RUN_JOB: there is no "
						      "such key"));
	release(&reading);
}

static void test_a_mistake_on_the_command_line_is_one_of_usage(void **state)
{
	static const char *const cases[][3] = {
		{ "run.jobs", "0", NULL }, { "run.job", "3", NULL },
		{ "jobs", "3", NULL },	   { "", "3", NULL },
		{ "run.", "3", NULL },	   { ".jobs", "3", NULL },
	};
	struct reading reading;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_all(&reading, *state, NULL, NULL, cases[i]);
		assert_int_equal(reading.rc, ERROR_USAGE);
		assert_memory_equal(reading.error.message, "--set: ", 7);
		release(&reading);
	}
}

static void test_a_path_may_be_relative_where_somebody_stands(void **state)
{
	static const char *const settings[] = { "fleet.data_dir", "srv", NULL };
	static const char *const variables[] = {
		"FLEET_UPGRADE_FLEET_DATA_DIR=srv", NULL };
	struct reading reading;

	read_all(&reading, *state, NULL, variables, NULL);
	assert_string_equal(reading.config.data_dir, "srv");
	release(&reading);
	read_all(&reading, *state, NULL, NULL, settings);
	assert_string_equal(reading.config.data_dir, "srv");
	release(&reading);
}

static void test_migrations_are_in_one_place_or_two(void **state)
{
	static const char two[] = "[migrations]\nsystem = /s\nuser = /u\n";
	static const char both[] = "[migrations]\npath = /p\nuser = /u\n";
	static const char *const path[] = { "migrations.path", "/m", NULL };
	static const char *const user[] = { "migrations.user", "/m", NULL };
	struct reading reading;
	char *const *from = reading.config.migrations;

	read_all(&reading, *state, two, NULL, NULL);
	assert_int_equal(reading.rc, 0);
	assert_null(from[KIND_COUNT]);
	assert_null(reading.config.values[KEY_MIGRATIONS_PATH].text);
	assert_string_equal(from[KIND_SYSTEM], "/s");
	assert_string_equal(from[KIND_USER], "/u");
	release(&reading);
	read_all(&reading, *state, two, NULL, path);
	assert_int_equal(reading.rc, 0);
	assert_string_equal(from[KIND_COUNT], "/m");
	assert_null(from[KIND_SYSTEM]);
	assert_null(from[KIND_USER]);
	release(&reading);
	read_all(&reading, *state, "[migrations]\npath = /p\n", NULL, user);
	assert_int_equal(reading.rc, 0);
	assert_null(from[KIND_COUNT]);
	assert_string_equal(from[KIND_USER], "/m");
	release(&reading);
	read_all(&reading, *state, both, NULL, NULL);
	assert_int_equal(reading.rc, ERROR_CONFIG);
	assert_non_null(strstr(reading.error.message, "exclude each other"));
	release(&reading);
}

static int read_named(const char *path, char *const *environment,
		      struct config *config, struct error *err)
{
	struct options options = { .config_file = path };

	memset(err, 0, sizeof(*err));
	return config_read(&options, environment, config, err);
}

static void test_a_file_that_is_named_has_to_be_there(void **state)
{
	const struct sandpit *sandpit = *state;
	char *none[] = { NULL };
	char *path = xasprintf("%s/none.ini", sandpit->path);
	char *variable = xasprintf("FLEET_UPGRADE_CONFIG=%s", path);
	char *environment[] = { variable, NULL };
	struct config config;
	struct error err;

	assert_int_equal(read_named(path, none, &config, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "none.ini"));
	assert_int_equal(read_named(NULL, environment, &config, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "none.ini"));
	assert_int_equal(read_named(sandpit->path, none, &config, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "is no regular file"));
	/* The option goes before the environment. */
	assert_int_equal(read_named("/dev/null", environment, &config, &err),
			 0);
	config_release(&config);
	free(variable);
	free(path);
}

static void test_the_environment_names_the_file(void **state)
{
	const struct sandpit *sandpit = *state;
	char *variable = xasprintf("FLEET_UPGRADE_CONFIG=%s/g.ini",
				   sandpit->path);
	char *environment[] = { variable, NULL };
	struct config config;
	struct error err;

	sandpit_file(sandpit, "g.ini", "[run]\njobs = 9\n", 0600);
	assert_int_equal(read_named(NULL, environment, &config, &err), 0);
	assert_int_equal(config.jobs, 9);
	config_release(&config);
	free(variable);
}

/* Only root is asked to be careful: it would run the file's SQL. */
static void test_root_reads_none_that_others_could_replace(void **state)
{
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/etc/h.ini", sandpit->path);
	char *none[] = { NULL };
	int expected = geteuid() == 0 ? ERROR_CONFIG : 0;
	struct config config;
	struct error err;

	sandpit_folder(sandpit, "etc");
	sandpit_file(sandpit, "etc/h.ini", "[run]\njobs = 9\n", 0600);
	assert_int_equal(fchmodat(sandpit->fd, "etc", 0777, 0), 0);
	assert_int_equal(read_named(path, none, &config, &err), expected);
	if (expected == 0)
		config_release(&config);
	else
		assert_non_null(strstr(err.message, "/etc may be written to"));
	assert_int_equal(fchmodat(sandpit->fd, "etc", 0755, 0), 0);
	assert_int_equal(read_named(path, none, &config, &err), 0);
	config_release(&config);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(sandpit->fd, "etc", 12345, 12345, 0),
				 0);
		assert_int_equal(read_named(path, none, &config, &err),
				 ERROR_CONFIG);
		assert_non_null(strstr(err.message, "/etc belongs to"));
	}
	free(path);
}

/* A pipe would keep the nightly run waiting for ever. */
static void test_what_is_no_file_is_refused(void **state)
{
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/pipe", sandpit->path);
	char *none[] = { NULL };
	struct config config;
	struct error err;

	assert_int_equal(mkfifoat(sandpit->fd, "pipe", 0600), 0);
	assert_int_equal(read_named(path, none, &config, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "is no regular file"));
	assert_int_equal(read_named("/dev/zero", none, &config, &err),
			 ERROR_CONFIG);
	free(path);
}

static void test_root_reads_no_file_that_others_may_write(void **state)
{
	static const struct {
		mode_t mode;
		uid_t owner;
		bool is_safe;
	} cases[] = {
		{ 0600, 0, true },   { 0644, 0, true },	 { 0664, 0, false },
		{ 0646, 0, false },  { 0600, 12345, false },
	};
	const struct sandpit *sandpit = *state;
	char *path = xasprintf("%s/h.ini", sandpit->path);
	char *none[] = { NULL };
	struct config config;
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_safe = geteuid() != 0 || cases[i].is_safe;

		sandpit_file(sandpit, "h.ini", "[run]\njobs = 9\n",
			     cases[i].mode);
		assert_int_equal(chmod(path, cases[i].mode), 0);
		if (geteuid() == 0)
			assert_int_equal(chown(path, cases[i].owner, 12345), 0);
		assert_int_equal(read_named(path, none, &config, &err),
				 is_safe ? 0 : ERROR_CONFIG);
		if (is_safe)
			config_release(&config);
		assert_int_equal(unlink(path), 0);
	}
	free(path);
}

static void test_every_key_has_its_variable(void **state)
{
	static const char *const values[KEY_COUNT] = {
		[KEY_DATA_DIR] = "FLEET_UPGRADE_FLEET_DATA_DIR=/d",
		[KEY_TARGET] = "FLEET_UPGRADE_MIGRATIONS_TARGET=0.3.19",
		[KEY_RUN_USER] = "FLEET_UPGRADE_RUN_USER=root",
		[KEY_FOREIGN_KEYS] = "FLEET_UPGRADE_CHECK_FOREIGN_KEYS=off",
		[KEY_DESTRUCTIVE] = "FLEET_UPGRADE_LINT_DESTRUCTIVE=error",
		[KEY_MIN_FREE] = "FLEET_UPGRADE_BACKUP_MIN_FREE=1G",
	};
	struct reading reading;

	for (int key = 0; key < KEY_COUNT; key++) {
		const char *variables[] = { values[key], NULL };
		const char *value;

		if (!values[key])
			continue;
		value = strchr(values[key], '=') + 1;
		read_all(&reading, *state, NULL, variables, NULL);
		assert_int_equal(reading.rc, 0);
		assert_string_equal(reading.config.values[key].text, value);
		release(&reading);
	}
}

#define WITH_FOLDER(test)                                                     \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_nothing_said_gives_the_defaults),
		WITH_FOLDER(test_each_layer_lies_over_the_one_before),
		WITH_FOLDER(test_a_mistake_in_the_file_names_its_line),
		WITH_FOLDER(test_an_overridden_mistake_is_still_one),
		WITH_FOLDER(test_a_mistake_in_the_environment_names_it),
		WITH_FOLDER(test_a_mistake_on_the_command_line_is_one_of_usage),
		WITH_FOLDER(test_a_path_may_be_relative_where_somebody_stands),
		WITH_FOLDER(test_migrations_are_in_one_place_or_two),
		WITH_FOLDER(test_a_file_that_is_named_has_to_be_there),
		WITH_FOLDER(test_the_environment_names_the_file),
		WITH_FOLDER(test_root_reads_none_that_others_could_replace),
		WITH_FOLDER(test_what_is_no_file_is_refused),
		WITH_FOLDER(test_root_reads_no_file_that_others_may_write),
		WITH_FOLDER(test_every_key_has_its_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
