#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "fleet/journal.h"
#include "sandpit.h"
#include "sqlite/connection.h"

#define RUN_ONE "20261121T043100Z-9f3c"
#define RUN_TWO "20261122T043100Z-0001"

/* A run as run.c would tell it. */
struct teller {
	struct journal *journal;
	struct run_summary run;
};

static void tell(struct teller *teller, struct event *event)
{
	struct listener *listener = journal_listener(teller->journal);

	event->run = &teller->run;
	listener->hear(listener, event);
}

static void begin(struct teller *teller, const struct sandpit *sandpit,
		  const char *run_id, const char *command)
{
	struct event event = { .type = EVENT_RUN_BEGIN };
	struct error err = { 0 };

	*teller = (struct teller){
		.run = {
			.run_id = run_id,
			.command = command,
			.data_path = "/srv",
			.targets = { "0.2", "0.3.20" },
			.totals.databases = 3,
		},
	};
	if (journal_open(sandpit->path, &teller->journal, &err) != 0)
		fail_msg("%s", err.message);
	tell(teller, &event);
}

static void database(struct teller *teller, const char *username,
		     const char *path, const struct result *result)
{
	const struct subject subject = {
		.kind = username != NULL ? KIND_USER : KIND_SYSTEM,
		.username = username,
		.path = path,
	};
	struct event event = {
		.type = EVENT_DATABASE,
		.subject = &subject,
		.result = result,
		.path = path,
		.backup = result->has_backup ? "/srv/backup" : NULL,
	};

	teller->run.totals.done++;
	teller->run.totals.outcomes[result->outcome]++;
	tell(teller, &event);
}

static void outcome(struct teller *teller, const char *username,
		    const char *path, enum outcome what)
{
	const struct result result = { .outcome = what };

	database(teller, username, path, &result);
}

static void end(struct teller *teller, int exit_status)
{
	struct event event = { .type = EVENT_RUN_END };

	teller->run.exit_status = exit_status;
	tell(teller, &event);
	journal_close(teller->journal);
	teller->journal = NULL;
}

/* ---- reading, into one text ---- */

static void add_to(char **text, char *more)
{
	char *longer = xasprintf("%s%s", *text, more);

	free(*text);
	free(more);
	*text = longer;
}

static void note_run(void *self, const struct journal_run *run)
{
	add_to(self, xasprintf("%s %s %zu/%zu/%zu/%zu %s %d;", run->id,
			       run->command, run->databases,
			       run->outcomes[OUTCOME_UPGRADED],
			       run->outcomes[OUTCOME_CURRENT], run->not_begun,
			       run->ended ? "ended" : "interrupted",
			       run->exit_status));
}

static char *runs(const struct sandpit *sandpit, size_t limit)
{
	char *text = xstrdup("");
	struct error err = { 0 };

	if (journal_each_run(sandpit->path, limit, note_run, &text, &err) != 0)
		fail_msg("%s", err.message);
	return text;
}

static void note_result(void *self, const struct journal_result *result)
{
	add_to(self, xasprintf("%s %s %s;",
			       result->username ? result->username : "-",
			       result->path, result->outcome));
}

static char *results(const struct sandpit *sandpit, const char *run_id,
		     const char *username)
{
	char *text = xstrdup("");
	struct error err = { 0 };

	if (journal_each_result(sandpit->path, run_id, username, note_result,
				&text, &err) != 0)
		fail_msg("%s", err.message);
	return text;
}

static void note_unfinished(void *self, const char *username, const char *path)
{
	add_to(self, xasprintf("%s %s;", username ? username : "-", path));
}

static char *unfinished(const struct sandpit *sandpit)
{
	char *text = xstrdup("");
	struct error err = { 0 };

	if (journal_each_unfinished(sandpit->path, note_unfinished, &text,
				    &err) != 0)
		fail_msg("%s", err.message);
	return text;
}

static void is(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

/* ---- tests ---- */

static void no_journal_is_no_run(void **state)
{
	const struct sandpit *sandpit = *state;
	char *text = xstrdup("");
	struct error err = { 0 };

	is(runs(sandpit, 0), "");
	is(results(sandpit, RUN_ONE, NULL), "");
	is(unfinished(sandpit), "");
	assert_int_equal(journal_each_run(NULL, 0, note_run, &text, &err), 0);
	free(text);
	assert_false(sandpit_has(sandpit, JOURNAL_NAME));
	/* Begun and died before the first table. */
	sandpit_file(sandpit, JOURNAL_NAME, "", 0600);
	is(runs(sandpit, 0), "");
}

static void a_run_is_recorded(void **state)
{
	const struct sandpit *sandpit = *state;
	struct teller teller;
	struct stat seen;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	is(runs(sandpit, 0), RUN_ONE " upgrade 3/0/0/0 interrupted 0;");
	outcome(&teller, NULL, "system.db", OUTCOME_UPGRADED);
	outcome(&teller, "alice", "a/alice.db", OUTCOME_CURRENT);
	outcome(&teller, "bob", "bob.db", OUTCOME_FAILED);
	teller.run.totals.not_begun = 7;
	end(&teller, 1);
	is(runs(sandpit, 0), RUN_ONE " upgrade 3/1/1/7 ended 1;");
	/* What was current is counted and has no row. */
	is(results(sandpit, RUN_ONE, NULL),
	   "- /srv/system.db upgraded;bob /srv/bob.db failed;");
	is(results(sandpit, RUN_ONE, "bob"), "bob /srv/bob.db failed;");
	is(results(sandpit, RUN_ONE, "alice"), "");
	is(results(sandpit, RUN_TWO, NULL), "");
	assert_int_equal(fstatat(sandpit->fd, JOURNAL_NAME, &seen, 0), 0);
	assert_int_equal(seen.st_mode & 0777, 0600);
	assert_false(sandpit_has(sandpit, JOURNAL_NAME "-journal"));
	assert_false(sandpit_has(sandpit, JOURNAL_NAME "-wal"));
}

static void newest_first_and_not_too_many(void **state)
{
	const struct sandpit *sandpit = *state;
	struct teller teller;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	end(&teller, 0);
	begin(&teller, sandpit, RUN_TWO, "rollback");
	teller.run.signal = SIGTERM;
	end(&teller, 5);
	is(runs(sandpit, 0), RUN_TWO " rollback 3/0/0/0 ended 5;"
	   RUN_ONE " upgrade 3/0/0/0 ended 0;");
	is(runs(sandpit, 1), RUN_TWO " rollback 3/0/0/0 ended 5;");
}

static void check_run(void *self, const struct journal_run *run)
{
	(void)self;
	assert_string_equal(run->target_system, "0.2");
	assert_string_equal(run->target_user, "0.3.20");
	assert_int_equal(run->signal, SIGINT);
	assert_true(run->dry_run);
	assert_int_equal(strlen(run->began), 20);
	assert_int_equal(strlen(run->ended), 20);
}

static void a_run_has_all_its_fields(void **state)
{
	const struct sandpit *sandpit = *state;
	struct event event = { .type = EVENT_RUN_BEGIN };
	struct teller teller = {
		.run = {
			.run_id = RUN_ONE,
			.command = "upgrade",
			.dry_run = true,
			.data_path = "/srv",
			.targets = { "0.2", "0.3.20" },
			.signal = SIGINT,
		},
	};
	struct error err = { 0 };

	assert_int_equal(journal_open(sandpit->path, &teller.journal, &err),
			 0);
	tell(&teller, &event);
	end(&teller, 0);
	assert_int_equal(journal_each_run(sandpit->path, 0, check_run, NULL,
					  &err), 0);
}

static void check_failed(void *self, const struct journal_result *result)
{
	int *count = self;

	(*count)++;
	assert_string_equal(result->kind, "user");
	assert_string_equal(result->username, "bob's \"x\"");
	assert_string_equal(result->path, "/srv/b;--.db");
	assert_string_equal(result->from, "0.3.19");
	assert_string_equal(result->to, "0.3.20");
	assert_string_equal(result->outcome, "failed");
	assert_string_equal(result->strategy, "in-place");
	assert_int_equal(result->steps, 2);
	assert_int_equal(result->duration_us, 5000000000);
	assert_string_equal(result->backup, "/srv/backup");
	assert_string_equal(result->error_code, "SQLITE_CONSTRAINT_UNIQUE");
	assert_string_equal(result->message, "UNIQUE constraint failed: t.x");
	assert_string_equal(result->migration, "user:0.3.19→0.3.20");
	assert_string_equal(result->file, "m.md");
	assert_int_equal(result->line, 42);
	assert_string_equal(result->statement, "INSERT INTO t");
	assert_string_equal(result->notes, "an extra table");
}

static void check_plain(void *self, const struct journal_result *result)
{
	int *count = self;

	(*count)++;
	assert_string_equal(result->outcome, "upgraded");
	assert_null(result->from);
	assert_null(result->strategy);
	assert_null(result->backup);
	assert_null(result->error_code);
	assert_null(result->message);
	assert_null(result->migration);
	assert_null(result->file);
	assert_null(result->statement);
	assert_null(result->notes);
}

static void a_result_has_all_its_fields(void **state)
{
	const struct sandpit *sandpit = *state;
	const struct result failed = {
		.outcome = OUTCOME_FAILED,
		.strategy = STRATEGY_IN_PLACE,
		.from = "0.3.19",
		.to = "0.3.20",
		.steps = 2,
		.duration_us = 5000000000,
		.has_backup = true,
		.failure = {
			.error = {
				.code = ERROR_SQL,
				.sqlite_code = 2067,
				.message = "UNIQUE constraint failed: t.x",
			},
			.migration = "user:0.3.19→0.3.20",
			.file = "m.md",
			.line = 42,
			.statement = "INSERT INTO t",
		},
		.notes = "an extra table",
	};
	struct teller teller;
	struct error err = { 0 };
	int count = 0;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	database(&teller, "bob's \"x\"", "b;--.db", &failed);
	end(&teller, 1);
	assert_int_equal(journal_each_result(sandpit->path, RUN_ONE, NULL,
					     check_failed, &count, &err), 0);
	begin(&teller, sandpit, RUN_TWO, "upgrade");
	outcome(&teller, "al", "al.db", OUTCOME_UPGRADED);
	end(&teller, 0);
	assert_int_equal(journal_each_result(sandpit->path, RUN_TWO, NULL,
					     check_plain, &count, &err), 0);
	assert_int_equal(count, 2);
}

static void the_newest_upgrade_decides_what_is_unfinished(void **state)
{
	const struct sandpit *sandpit = *state;
	struct teller teller;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	outcome(&teller, NULL, "system.db", OUTCOME_BUSY);
	outcome(&teller, "al", "al.db", OUTCOME_FAILED);
	outcome(&teller, "bo", "bo.db", OUTCOME_FAILED);
	outcome(&teller, "cy", "cy.db", OUTCOME_UPGRADED);
	outcome(&teller, "di", "di.db", OUTCOME_NEWER);
	outcome(&teller, "ed", "ed.db", OUTCOME_SKIPPED);
	end(&teller, 1);
	is(unfinished(sandpit), "- system.db;al al.db;bo bo.db;ed ed.db;");
	begin(&teller, sandpit, RUN_TWO, "upgrade");
	outcome(&teller, NULL, "system.db", OUTCOME_UPGRADED);
	outcome(&teller, "al", "al.db", OUTCOME_UPGRADED);
	outcome(&teller, "cy", "cy.db", OUTCOME_FAILED);
	end(&teller, 1);
	is(unfinished(sandpit), "bo bo.db;cy cy.db;ed ed.db;");
	/* What a rollback put back has not failed to get there. */
	begin(&teller, sandpit, "20261123T043100Z-0001", "rollback");
	outcome(&teller, "al", "al.db", OUTCOME_RESTORED);
	outcome(&teller, "bo", "bo.db", OUTCOME_KEPT);
	end(&teller, 1);
	is(unfinished(sandpit), "bo bo.db;cy cy.db;ed ed.db;");
}

static void many_rows_are_written_as_they_come(void **state)
{
	const struct sandpit *sandpit = *state;
	struct teller teller;
	char *text;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	for (int i = 0; i < 600; i++)
		outcome(&teller, "al", "al.db", OUTCOME_UPGRADED);
	text = runs(sandpit, 1);
	assert_non_null(strstr(text, " 3/512/0/0 interrupted"));
	free(text);
	end(&teller, 0);
	text = results(sandpit, RUN_ONE, NULL);
	assert_int_equal(strlen(text), 600 * strlen("al /srv/al.db upgraded;"));
	free(text);
}

static void after_a_second_rows_are_written(void **state)
{
	const struct sandpit *sandpit = *state;
	struct event tick = { .type = EVENT_PROGRESS };
	struct teller teller;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	outcome(&teller, "al", "al.db", OUTCOME_UPGRADED);
	tell(&teller, &tick);
	is(runs(sandpit, 1), RUN_ONE " upgrade 3/0/0/0 interrupted 0;");
	usleep(1050000);
	tell(&teller, &tick);
	is(runs(sandpit, 1), RUN_ONE " upgrade 3/1/0/0 interrupted 0;");
	is(results(sandpit, RUN_ONE, NULL), "al /srv/al.db upgraded;");
	end(&teller, 0);
}

/* A kill between two writes leaves a journal that can be read at once, without
 * anything to recover. */
/* Nor does a run that waits make the disk work every second. */
static void without_news_nothing_is_written(void **state)
{
	const struct sandpit *sandpit = *state;
	struct event tick = { .type = EVENT_PROGRESS };
	struct teller teller;
	struct stat before, after;
	char *path = xasprintf("%s/" JOURNAL_NAME, sandpit->path);

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	outcome(&teller, "alice", "a.db", OUTCOME_CURRENT);
	usleep(1050000);
	tell(&teller, &tick);
	assert_int_equal(stat(path, &before), 0);
	usleep(1050000);
	tell(&teller, &tick);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim,
			    sizeof(before.st_mtim));
	outcome(&teller, "bob", "b.db", OUTCOME_CURRENT);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_not_equal(&before.st_mtim, &after.st_mtim,
				sizeof(before.st_mtim));
	end(&teller, 0);
	free(path);
}

static void a_kill_leaves_a_run_without_end(void **state)
{
	const struct sandpit *sandpit = *state;
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct teller teller;

		begin(&teller, sandpit, RUN_ONE, "upgrade");
		for (int i = 0; i < 300; i++)
			outcome(&teller, "al", "al.db", OUTCOME_UPGRADED);
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	is(runs(sandpit, 0), RUN_ONE " upgrade 3/256/0/0 interrupted 0;");
}

static void reading_leaves_no_trace(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp before, after;
	struct teller teller;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	end(&teller, 0);
	assert_int_equal(stamp_take(sandpit->fd, JOURNAL_NAME, &before, NULL),
			 0);
	free(runs(sandpit, 0));
	free(unfinished(sandpit));
	assert_int_equal(stamp_take(sandpit->fd, JOURNAL_NAME, &after, NULL),
			 0);
	assert_true(stamp_is_same(&before, &after));
	assert_false(sandpit_has(sandpit, JOURNAL_NAME "-journal"));
}

/* How many files there are of that name. */
static size_t count_like(const struct sandpit *sandpit, const char *like)
{
	char *all = xasprintf("%s/%s", sandpit->path, like);
	glob_t found;
	size_t count = 0;

	if (glob(all, 0, NULL, &found) == 0) {
		count = found.gl_pathc;
		globfree(&found);
	}
	free(all);
	return count;
}

static void a_damaged_one_is_moved_aside(void **state)
{
	const struct sandpit *sandpit = *state;
	struct teller teller;

	sandpit_file(sandpit, JOURNAL_NAME, "this is no database, but it is "
		     "long enough to be taken for one: "
		     "................................................."
		     ".................................................", 0600);
	sandpit_file(sandpit, JOURNAL_NAME "-journal", "", 0600);
	begin(&teller, sandpit, RUN_ONE, "upgrade");
	end(&teller, 0);
	is(runs(sandpit, 0), RUN_ONE " upgrade 3/0/0/0 ended 0;");
	assert_int_equal(count_like(sandpit, JOURNAL_NAME ".damaged-*"), 2);
	assert_int_equal(count_like(sandpit, JOURNAL_NAME
				    ".damaged-*-journal"), 1);
	assert_false(sandpit_has(sandpit, JOURNAL_NAME "-journal"));
}

/* Damage that shows only when the page is needed. */
static void damage_found_later_ends_it_and_is_moved_aside(void **state)
{
	const struct sandpit *sandpit = *state;
	struct teller teller;
	char garbage[4096];
	int fd;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	for (int i = 0; i < 600; i++)
		outcome(&teller, "al", "al.db", OUTCOME_FAILED);
	end(&teller, 0);
	memset(garbage, 0xee, sizeof(garbage));
	fd = openat(sandpit->fd, JOURNAL_NAME, O_WRONLY);
	for (off_t page = 1; page < 8; page++)
		assert_int_equal(pwrite(fd, garbage, sizeof(garbage),
					page * 4096), 4096);
	close(fd);

	begin(&teller, sandpit, RUN_TWO, "upgrade");
	outcome(&teller, "al", "al.db", OUTCOME_FAILED);
	assert_non_null(journal_error(teller.journal));
	assert_int_equal(journal_error(teller.journal)->code, ERROR_CORRUPT);
	end(&teller, 0);
	assert_int_equal(count_like(sandpit, JOURNAL_NAME ".damaged-*"), 1);
	begin(&teller, sandpit, RUN_TWO, "upgrade");
	assert_null(journal_error(teller.journal));
	end(&teller, 0);
	is(runs(sandpit, 0), RUN_TWO " upgrade 3/0/0/0 ended 0;");
}

/* The limit on file size stands for a full disk; in a child, 0 as it has to
 * be. */
static int write_too_much(const struct sandpit *sandpit)
{
	const struct rlimit limit = { 65536, 65536 };
	struct teller teller;
	int status = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	begin(&teller, sandpit, RUN_ONE, "upgrade");
	for (int i = 0; i < 5000; i++)
		outcome(&teller, "alice-with-a-name", "alice.db",
			OUTCOME_UPGRADED);
	if (journal_error(teller.journal) == NULL)
		status = 2;
	else if (strstr(journal_error(teller.journal)->message, JOURNAL_NAME) ==
		 NULL)
		status = 3;
	end(&teller, 0);
	return status;
}

static void a_full_disk_is_kept_to_itself(void **state)
{
	const struct sandpit *sandpit = *state;
	int status;
	pid_t child = fork();
	char *text;

	if (child == 0)
		_exit(write_too_much(sandpit));
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	/* And what was written before is whole. */
	text = runs(sandpit, 0);
	assert_non_null(strstr(text, RUN_ONE));
	assert_non_null(strstr(text, "interrupted"));
	free(text);
}

/* Somebody reads it and has left the pager open. */
static void a_reader_in_the_way_costs_no_row(void **state)
{
	const struct sandpit *sandpit = *state;
	const struct connection_options options = {
		.mode = CONNECTION_JOURNAL,
	};
	char *path = xasprintf("%s/%s", sandpit->path, JOURNAL_NAME);
	struct sqlite3 *reader;
	struct teller teller;
	struct error err = { 0 };
	char *text;

	begin(&teller, sandpit, RUN_ONE, "upgrade");
	assert_int_equal(connection_open(path, &options, &reader, &err), 0);
	assert_int_equal(connection_run(reader, "BEGIN; SELECT * FROM run",
					&err), 0);
	for (int i = 0; i < 700; i++)
		outcome(&teller, "al", "al.db", OUTCOME_FAILED);
	assert_null(journal_error(teller.journal));
	connection_close(reader);
	end(&teller, 0);
	text = results(sandpit, RUN_ONE, NULL);
	assert_int_equal(strlen(text), 700 * strlen("al /srv/al.db failed;"));
	free(text);
	free(path);
}

static void opening_where_nothing_can_be_made_is_an_error(void **state)
{
	struct journal *journal;
	struct error err = { 0 };

	(void)state;
	assert_int_not_equal(journal_open("/nowhere/at/all", &journal, &err),
			     0);
	assert_null(journal);
	assert_non_null(strstr(err.message, "/nowhere/at/all/" JOURNAL_NAME));
	journal_close(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(no_journal_is_no_run),
		TEST(a_run_is_recorded),
		TEST(newest_first_and_not_too_many),
		TEST(a_run_has_all_its_fields),
		TEST(a_result_has_all_its_fields),
		TEST(the_newest_upgrade_decides_what_is_unfinished),
		TEST(many_rows_are_written_as_they_come),
		TEST(after_a_second_rows_are_written),
		TEST(without_news_nothing_is_written),
		TEST(a_kill_leaves_a_run_without_end),
		TEST(reading_leaves_no_trace),
		TEST(a_damaged_one_is_moved_aside),
		TEST(damage_found_later_ends_it_and_is_moved_aside),
		TEST(a_full_disk_is_kept_to_itself),
		TEST(a_reader_in_the_way_costs_no_row),
		TEST(opening_where_nothing_can_be_made_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
