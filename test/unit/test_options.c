#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST_WORDS 16

/* A command line, and what was made of it. */
struct line {
	char *argv[MOST_WORDS + 2];
	char *text;
	struct options options;
	struct error error;
	int rc;
};

/* Parses `text`, words between blanks; "_" stands for an empty word. */
static void parse(struct line *line, const char *text)
{
	int argc = 0;
	char *rest;

	memset(line, 0, sizeof(*line));
	line->text = strdup(text);
	line->argv[argc++] = (char *)"fleet-upgrade";
	for (char *word = strtok_r(line->text, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc <= MOST_WORDS);
		if (strcmp(word, "_") == 0)
			*word = '\0';
		line->argv[argc++] = word;
	}
	line->rc = options_parse(argc, line->argv, &line->options,
				 &line->error);
	assert_int_equal(line->rc, line->error.code);
}

static void release(struct line *line)
{
	options_release(&line->options);
	free(line->text);
}

static void test_nothing_said_is_an_upgrade_of_all(void **state)
{
	struct line line;

	(void)state;
	parse(&line, "");
	assert_int_equal(line.rc, 0);
	assert_ptr_equal(line.options.command, &commands[COMMAND_UPGRADE]);
	assert_false(line.options.is_named);
	assert_int_equal(line.options.word_count, 0);
	assert_int_equal(line.options.setting_count, 0);
	release(&line);
}

static void test_the_first_word_is_a_command_or_a_user(void **state)
{
	static const struct {
		const char *text;
		enum command_id command;
		size_t users;
		const char *first;
	} cases[] = {
		{ "alice", COMMAND_UPGRADE, 1, "alice" },
		{ "alice status", COMMAND_UPGRADE, 2, "alice" },
		{ "upgrade status", COMMAND_UPGRADE, 1, "status" },
		{ "status alice bob", COMMAND_STATUS, 2, "alice" },
		{ "backups list alice", COMMAND_BACKUPS_LIST, 1, "alice" },
		{ "backups prune", COMMAND_BACKUPS_PRUNE, 0, NULL },
		{ "backup", COMMAND_UPGRADE, 1, "backup" },
		{ "Status", COMMAND_UPGRADE, 1, "Status" },
		{ "_", COMMAND_UPGRADE, 1, "" },
		{ "-- -alice", COMMAND_UPGRADE, 1, "-alice" },
		{ "upgrade -- --check", COMMAND_UPGRADE, 1, "--check" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;

		parse(&line, cases[i].text);
		assert_int_equal(line.rc, 0);
		assert_int_equal(command_id(line.options.command),
				 cases[i].command);
		assert_int_equal(line.options.word_count, cases[i].users);
		if (cases[i].first)
			assert_string_equal(line.options.words[0],
					    cases[i].first);
		release(&line);
	}
}

static void test_options_stand_anywhere_and_may_be_cut_short(void **state)
{
	static const char *const same[] = {
		"--quiet status --check alice -j 4 bob",
		"status alice bob -qj4 --check",
		"-q -j 4 status --check -- alice bob",
		"status --che alice --job=4 bob --qui",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct line line;

		parse(&line, same[i]);
		assert_int_equal(line.rc, 0);
		assert_int_equal(command_id(line.options.command),
				 COMMAND_STATUS);
		assert_true(line.options.quiet);
		assert_true(line.options.check);
		assert_int_equal(line.options.word_count, 2);
		assert_string_equal(line.options.words[1], "bob");
		assert_int_equal(line.options.setting_count, 1);
		assert_string_equal(line.options.settings[0].key, "run.jobs");
		assert_string_equal(line.options.settings[0].value, "4");
		assert_string_equal(line.options.settings[0].option, "jobs");
		release(&line);
	}
}

static void test_each_flag_and_text_goes_where_it_belongs(void **state)
{
	struct line line;

	(void)state;
	parse(&line, "restore --force --offline --system --run R --json "
		     "--no-color --verbose --users-from F -c C alice");
	assert_int_equal(line.rc, 0);
	assert_true(line.options.force);
	assert_true(line.options.offline);
	assert_true(line.options.system);
	assert_true(line.options.json);
	assert_true(line.options.no_color);
	assert_true(line.options.verbose);
	assert_false(line.options.quiet);
	assert_string_equal(line.options.run, "R");
	assert_string_equal(line.options.users_from, "F");
	assert_string_equal(line.options.config_file, "C");
	release(&line);
	parse(&line, "--failed --release -n --include a* --exclude b*");
	assert_int_equal(line.rc, 0);
	assert_true(line.options.failed);
	assert_true(line.options.release);
	assert_true(line.options.dry_run);
	assert_string_equal(line.options.include, "a*");
	assert_string_equal(line.options.exclude, "b*");
	release(&line);
	parse(&line, "baseline --forget");
	assert_true(line.options.forget);
	release(&line);
	parse(&line, "list --sql");
	assert_true(line.options.sql);
	release(&line);
}

static void test_settings_keep_their_order(void **state)
{
	static const char *const expected[][3] = {
		{ "fleet.data_dir", "/a", "data-dir" },
		{ "migrations.path", "m.md", "migrations" },
		{ "migrations.target", "0.3.20", "to" },
		{ "run.lock_wait", "600", "lock-wait" },
		{ "fleet.data_dir", "/b", "set" },
		{ "fleet.system_db", "", "set" },
		{ "backup.keep", "a=b", "set" },
	};
	struct line line;

	(void)state;
	parse(&line, "-d /a -m m.md -t 0.3.20 --lock-wait 600 "
		     "--set fleet.data_dir=/b --set fleet.system_db= "
		     "--set backup.keep=a=b");
	assert_int_equal(line.rc, 0);
	assert_int_equal(line.options.setting_count, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct setting *setting = &line.options.settings[i];

		assert_string_equal(setting->key, expected[i][0]);
		assert_string_equal(setting->value, expected[i][1]);
		assert_string_equal(setting->option, expected[i][2]);
	}
	release(&line);
}

static void test_mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "--bogus", "unknown or ambiguous option '--bogus'" },
		{ "--f", "unknown or ambiguous option '--f'" },
		{ "-x", "unknown option '-x'" },
		{ "-qx", "unknown option '-x'" },
		{ "-j", "--jobs needs an argument: --jobs N" },
		{ "--config", "--config needs an argument" },
		{ "--json=yes", "--json takes no argument" },
		{ "--set run.jobs", "--set SECTION.KEY=VALUE" },
		{ "--set =4", "--set SECTION.KEY=VALUE" },
		{ "-c a -c b", "--config is given twice" },
		{ "--include a --include b", "--include is given twice" },
		{ "-q -v", "exclude each other" },
		{ "backups", "'backups' needs a second word" },
		{ "backups alice", "'backups' needs a second word" },
		{ "config alice", "config takes no 'alice'" },
		{ "lint alice", "lint takes no 'alice'" },
		{ "backups prune alice", "takes no 'alice'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;

		parse(&line, cases[i].text);
		assert_int_equal(line.rc, ERROR_USAGE);
		assert_non_null(strstr(line.error.message, cases[i].message));
		release(&line);
	}
}

static void test_an_option_that_makes_no_sense_is_refused(void **state)
{
	static const char *const cases[] = {
		"status --failed",	"status -n",
		"upgrade --check",	"upgrade --force",
		"rollback --check",	"rollback --offline",
		"verify -n",		"verify --lock-wait 3",
		"list --check",		"restore --include a*",
		"backups list -n",	"backups prune --force",
		"baseline --failed",	"lint --jobs 3",
		"history --users-from f", "config --sql",
		"--system",		"status --run 3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;

		parse(&line, cases[i]);
		assert_int_equal(line.rc, ERROR_USAGE);
		assert_non_null(strstr(line.error.message, "makes no sense"));
		release(&line);
	}
}

static void test_help_and_version_hold_nothing_against_the_rest(void **state)
{
	struct line line;

	(void)state;
	parse(&line, "new --help");
	assert_int_equal(line.rc, 0);
	assert_true(line.options.help);
	assert_true(line.options.is_named);
	release(&line);
	parse(&line, "config alice -V -qv");
	assert_int_equal(line.rc, 0);
	assert_true(line.options.version);
	release(&line);
}

static void test_a_failure_owns_nothing(void **state)
{
	struct line line;

	(void)state;
	parse(&line, "--set run.jobs=3 --set fleet.data_dir=/a --bogus");
	assert_int_equal(line.rc, ERROR_USAGE);
	assert_null(line.options.settings);
	free(line.text);
}

static void test_hints_name_the_fleet_again(void **state)
{
	static const struct {
		const char *text, *again;
	} cases[] = {
		{ "alice -j 4 --to 0.3.19", "fleet-upgrade" },
		{ "-d /srv/fleet", "fleet-upgrade --data-dir /srv/fleet" },
		{ "-c a.ini status -m m",
		  "fleet-upgrade --config a.ini --migrations m" },
		{ "--set fleet.state_dir=/s --set run.jobs=3",
		  "fleet-upgrade --set fleet.state_dir=/s" },
		{ "--set fleet.system_db=",
		  "fleet-upgrade --set fleet.system_db=''" },
		{ "-d it's", "fleet-upgrade --data-dir 'it'\"'\"'s'" },
		{ "-d a$b", "fleet-upgrade --data-dir 'a$b'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		char *again;

		parse(&line, cases[i].text);
		assert_int_equal(line.rc, 0);
		again = options_again(&line.options);
		assert_string_equal(again, cases[i].again);
		free(again);
		release(&line);
	}
}

/* What is typed next does what the given command was about, and no more. */
static void test_the_next_command_is_the_given_one_with_a_change(void **state)
{
	static const struct {
		const char *given, *words, *next;
	} cases[] = {
		{ "-d d rollback u1", "rollback --force",
		  "fleet-upgrade --data-dir d rollback --force u1" },
		{ "rollback --run R --include u* --exclude v u1 u2",
		  "rollback --force", "fleet-upgrade rollback --force "
		  "--include 'u*' --exclude v --run R u1 u2" },
		{ "rollback --force u1", "rollback --force",
		  "fleet-upgrade rollback --force u1" },
		{ "restore --force --system --users-from f", "restore",
		  "fleet-upgrade restore --users-from f --force --system" },
		{ "restore --offline --system", "restore --offline",
		  "fleet-upgrade restore --offline --system" },
		{ "-n -v --no-color --to 2 u1 -j 4", "upgrade",
		  "fleet-upgrade upgrade --to 2 --jobs 4 u1" },
		{ "--failed --dry-run --set run.jobs=3 -m m", "upgrade",
		  "fleet-upgrade --migrations m upgrade --failed "
		  "--set run.jobs=3" },
		{ "-q --failed u1", "upgrade --failed",
		  "fleet-upgrade upgrade --failed u1" },
		{ "status --check --json --to 2 --exclude x", "upgrade "
		  "--dry-run", "fleet-upgrade upgrade --dry-run "
		  "--exclude x --to 2" },
		{ "upgrade --lock-wait 3", "verify", "fleet-upgrade verify" },
		{ "verify -- -u it's", "verify",
		  "fleet-upgrade verify -- -u 'it'\"'\"'s'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line;
		char *next;

		parse(&line, cases[i].given);
		assert_int_equal(line.rc, 0);
		next = options_compose(&line.options, cases[i].words,
				       CALL_GIVEN, NULL);
		assert_string_equal(next, cases[i].next);
		free(next);
		release(&line);
	}
}

static void test_the_next_command_is_about_one_user(void **state)
{
	struct line line;
	char *next;

	(void)state;
	parse(&line, "-d d -n --to 2 u1 u2");
	next = options_compose(&line.options, "verify", CALL_USER, "-a b");
	assert_string_equal(next,
			    "fleet-upgrade --data-dir d verify -- '-a b'");
	free(next);
	next = options_compose(&line.options, "verify", CALL_USER, NULL);
	assert_string_equal(next, "fleet-upgrade --data-dir d verify");
	free(next);
	release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_said_is_an_upgrade_of_all),
		cmocka_unit_test(test_the_first_word_is_a_command_or_a_user),
		cmocka_unit_test(
			test_options_stand_anywhere_and_may_be_cut_short),
		cmocka_unit_test(test_each_flag_and_text_goes_where_it_belongs),
		cmocka_unit_test(test_settings_keep_their_order),
		cmocka_unit_test(test_mistakes_are_named),
		cmocka_unit_test(test_an_option_that_makes_no_sense_is_refused),
		cmocka_unit_test(
			test_help_and_version_hold_nothing_against_the_rest),
		cmocka_unit_test(test_a_failure_owns_nothing),
		cmocka_unit_test(test_hints_name_the_fleet_again),
		cmocka_unit_test(
			test_the_next_command_is_the_given_one_with_a_change),
		cmocka_unit_test(test_the_next_command_is_about_one_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
