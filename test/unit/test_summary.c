#include "report/summary.h"

#include <signal.h>

#include "base/memory.h"
#include "events.h"

/* Begins a summary whose good and bad stream are both the scene's. */
static struct summary *begin(struct scene *scene, const char *command,
			     bool dry_run, bool quiet, bool verbose)
{
	struct summary_options options = { 0 };

	scene_open(scene, command, dry_run);
	options.out = scene->out;
	options.bad = scene->out;
	options.quiet = quiet;
	options.verbose = verbose;
	return summary_new(&options);
}

static void end(struct scene *scene, struct summary *summary)
{
	summary_free(summary);
	scene_close(scene);
}

static void tell_good(struct scene *scene, struct summary *summary)
{
	scene_result(scene, NULL, OUTCOME_CURRENT, "0.3.20", "0.3.20");
	scene_database(scene, summary_listener(summary));
	scene_result(scene, "alice", OUTCOME_UPGRADED, "0.3.19", "0.3.20");
	scene_database(scene, summary_listener(summary));
}

static void tell_failed(struct scene *scene, struct summary *summary,
			const char *username)
{
	scene_result(scene, username, OUTCOME_FAILED, "0.3.19", "0.3.19");
	scene_failure(scene, ERROR_SQL, 1, "duplicate column name: x");
	scene_place(scene, "user:0.3.19→0.3.20", "/m/history.md", 241,
		    "ALTER TABLE t ADD COLUMN x");
	scene_database(scene, summary_listener(summary));
}

static void test_a_good_run_counts_and_says_the_way_back(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	tell_good(&scene, summary);
	scene.run.totals.bytes_backed_up = 2 << 20;
	scene_end(&scene, summary_listener(summary), 0);
	assert_has(scene_text(&scene), "upgrade: 2 databases in ");
	assert_has(scene_text(&scene), ": 1 upgraded, 1 current\n");
	assert_has(scene_text(&scene), "target system 0.3.20, user 0.3.20; "
		   "run 20261121T043100Z-9f3c\n");
	assert_has(scene_text(&scene), "backups: 2.0 MiB\n");
	assert_has(scene_text(&scene), "fleet-upgrade rollback\n");
	assert_lacks(scene_text(&scene), "failed");
	assert_lacks(scene_text(&scene), "exit status");
	assert_lacks(scene_text(&scene), "user alice");
	end(&scene, summary);
}

static void test_nothing_to_do_is_said_in_words(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	scene_result(&scene, "alice", OUTCOME_CURRENT, "0.3.20", "0.3.20");
	scene_database(&scene, summary_listener(summary));
	scene_end(&scene, summary_listener(summary), 0);
	assert_has(scene_text(&scene), "all are current, nothing was changed");
	assert_lacks(scene_text(&scene), "rollback");
	end(&scene, summary);
}

static void test_a_failure_is_told_with_all_there_is(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	tell_failed(&scene, summary, "bob");
	tell_good(&scene, summary);
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "; exit status 1\n");
	assert_order(scene_text(&scene), "1 upgraded", "user bob");
	assert_has(scene_text(&scene),
		   "\nfailed, left exactly as they were:\n"
		   "  user bob, /srv/fleet/u/x_longterm.db\n"
		   "    user:0.3.19→0.3.20, /m/history.md:241\n"
		   "    ALTER TABLE t ADD COLUMN x\n"
		   "    duplicate column name: x (SQLITE_ERROR)\n"
		   "    left exactly as it was, at 0.3.19\n");
	assert_has(scene_text(&scene), "fleet-upgrade upgrade --failed\n");
	end(&scene, summary);
}

static void test_the_sixth_is_counted_and_the_journal_named(void **state)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "f", "g",
	};
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	for (size_t i = 0; i < 7; i++)
		tell_failed(&scene, summary, names[i]);
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "user e,");
	assert_lacks(scene_text(&scene), "user f,");
	assert_has(scene_text(&scene), "  and 2 more: fleet-upgrade history "
		   "20261121T043100Z-9f3c\n");
	end(&scene, summary);
}

/* Where hundreds fail alike, the one that fails in another way has to show. */
static void test_the_odd_one_among_many_shows(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	for (int i = 0; i < 300; i++)
		tell_failed(&scene, summary, "bob");
	scene_result(&scene, "zoe", OUTCOME_FAILED, "0.3.19", "0.3.19");
	scene_failure(&scene, ERROR_CORRUPT, 11, "malformed");
	scene_database(&scene, summary_listener(summary));
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "  in 300 databases, as user bob: "
		   "duplicate column name: x\n"
		   "  in 1 database, as user zoe: malformed\n");
	end(&scene, summary);
}

/* What a command line would be made to. */
static char *compose(const void *given, const char *words,
		     enum call_about about, const char *user)
{
	return xasprintf("%s %s%s%s", (const char *)given, words,
			 about == CALL_GIVEN ? " AS GIVEN" : "",
			 about == CALL_USER && user ? user : "");
}

static void test_hints_can_be_pasted(void **state)
{
	struct summary_options options = { 0 };
	struct summary *summary;
	struct scene scene;

	(void)state;
	scene_open(&scene, "upgrade", false);
	options.out = options.bad = scene.out;
	options.call = (struct call){ compose, "fleet-upgrade -d /srv/fleet" };
	summary = summary_new(&options);
	tell_failed(&scene, summary, "bob");
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene),
		   ": fleet-upgrade -d /srv/fleet upgrade --failed AS GIVEN\n");
	end(&scene, summary);
}

static void test_the_worst_stands_last(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	tell_failed(&scene, summary, "bob");
	scene_result(&scene, "nina", OUTCOME_NEWER, "0.4.0", "0.4.0");
	scene_failure(&scene, ERROR_NEWER, 0, "newer than 0.3.20");
	scene_database(&scene, summary_listener(summary));
	scene_result(&scene, "berta", OUTCOME_BUSY, "", "");
	scene_failure(&scene, ERROR_BUSY, 5, "database is locked");
	scene_database(&scene, summary_listener(summary));
	scene_result(&scene, "sam", OUTCOME_SKIPPED, "", "");
	scene_failure(&scene, ERROR_SKIPPED, 0, "0 bytes");
	scene_database(&scene, summary_listener(summary));
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "1 skipped, 1 busy, 1 newer, 1 failed");
	assert_order(scene_text(&scene), "user sam", "user berta");
	assert_order(scene_text(&scene), "user berta", "user nina");
	assert_order(scene_text(&scene), "user nina", "user bob");
	assert_has(scene_text(&scene), "x_longterm.db: database is locked\n");
	end(&scene, summary);
}

/* Two streams: what goes where is the promise that cron lives by. */
static void test_quiet_is_silent_when_all_is_well(void **state)
{
	struct summary_options options = { .quiet = true, .verbose = true };
	struct summary *summary;
	struct scene good, bad;

	(void)state;
	scene_open(&good, "upgrade", false);
	scene_open(&bad, "upgrade", false);
	options.out = good.out;
	options.bad = bad.out;

	summary = summary_new(&options);
	scene_notice(&good, summary_listener(summary), "a trifle");
	tell_good(&good, summary);
	scene_end(&good, summary_listener(summary), 0);
	summary_free(summary);
	assert_string_equal(scene_text(&good), "");
	assert_string_equal(scene_text(&bad), "");

	summary = summary_new(&options);
	scene_notice(&good, summary_listener(summary), "a trifle");
	tell_failed(&good, summary, "bob");
	scene_end(&good, summary_listener(summary), 1);
	summary_free(summary);
	assert_string_equal(scene_text(&good), "");
	assert_has(scene_text(&bad), "note: a trifle\n");
	assert_has(scene_text(&bad), "user bob");
	scene_close(&good);
	scene_close(&bad);
}

static void test_quiet_tells_of_a_signal(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, true, false);

	(void)state;
	tell_good(&scene, summary);
	scene.run.signal = SIGTERM;
	scene.run.totals.not_begun = 17;
	scene_end(&scene, summary_listener(summary), 0);
	assert_has(scene_text(&scene), "17 not begun");
	assert_has(scene_text(&scene), "interrupted by signal 15");
	end(&scene, summary);
}

static void test_many_notices_of_a_quiet_run_are_bounded(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, true, false);

	(void)state;
	for (int i = 0; i < 1000; i++)
		scene_notice(&scene, summary_listener(summary), "again");
	tell_failed(&scene, summary, "bob");
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "note: again\n");
	assert_true(strlen(scene_text(&scene)) < 2000);
	end(&scene, summary);
}

static void test_notices_come_at_once(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	scene_notice(&scene, summary_listener(summary), "it is on \033NFS");
	assert_string_equal(scene_text(&scene),
			    "note: it is on \\x1bNFS\n");
	end(&scene, summary);
}

static void test_verbose_has_a_line_for_each(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, true);

	(void)state;
	tell_good(&scene, summary);
	assert_has(scene_text(&scene), "current  system.db  0.3.20  ");
	assert_has(scene_text(&scene), "upgraded  user alice  0.3.19 → 0.3.20");
	tell_failed(&scene, summary, "bob");
	assert_has(scene_text(&scene), "failed  user bob  0.3.19  ");
	assert_has(scene_text(&scene), "  duplicate column name: x\n");
	end(&scene, summary);
}

static void test_system_at_fault_is_said(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	tell_failed(&scene, summary, NULL);
	scene.run.totals.not_begun = 200;
	scene_end(&scene, summary_listener(summary), 2);
	assert_has(scene_text(&scene), "200 not begun");
	assert_has(scene_text(&scene), "  system.db, /srv/fleet/system.db\n");
	assert_has(scene_text(&scene), "system.db is not at its target: "
		   "no user database was touched");
	end(&scene, summary);
}

static void test_what_an_upgrade_would_not_do_is_not_advised(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene scene;
		struct summary *summary =
			begin(&scene, "upgrade", true, false, false);

		scene_result(&scene, "bob", OUTCOME_WOULD_UPGRADE, "1", "2");
		scene_database(&scene, summary_listener(summary));
		scene.run.stopped = i ? "it is held" : NULL;
		scene_end(&scene, summary_listener(summary), i ? 6 : 0);
		if (i)
			assert_lacks(scene_text(&scene), "to do it");
		else
			assert_has(scene_text(&scene), "to do it: ");
		end(&scene, summary);
	}
}

static void test_why_a_run_stopped_is_said(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, true, false);

	(void)state;
	scene.run.stopped = "the disk of /srv has 3 GiB left";
	scene_end(&scene, summary_listener(summary), 6);
	assert_has(scene_text(&scene),
		   "stopped: the disk of /srv has 3 GiB left\n");
	end(&scene, summary);
}

static void test_a_dry_run_says_would_and_the_space(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", true, false, false);

	(void)state;
	scene_result(&scene, "alice", OUTCOME_WOULD_UPGRADE, "0.3.19",
		     "0.3.20");
	scene_database(&scene, summary_listener(summary));
	for (int i = 0; i < 7; i++) {
		scene_result(&scene, "bob", OUTCOME_WOULD_FAIL, "0.3.19", "");
		scene_failure(&scene, ERROR_SQL, 1, "no such table: x");
		scene_database(&scene, summary_listener(summary));
	}
	scene.run.totals.bytes_backed_up = 10 << 20;
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "dry run, nothing was written: ");
	assert_has(scene_text(&scene), "1 would be upgraded, 7 would fail");
	assert_has(scene_text(&scene),
		   "disk space that the backups will need: 10 MiB\n");
	assert_has(scene_text(&scene), "to do it: fleet-upgrade upgrade\n");
	assert_has(scene_text(&scene), "and 2 more: fleet-upgrade upgrade "
		   "--dry-run --verbose\n");
	assert_lacks(scene_text(&scene), "history");
	assert_lacks(scene_text(&scene), "left exactly");
	end(&scene, summary);
}

static void test_what_may_have_changed_was_not_left(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	tell_failed(&scene, summary, "bob");
	scene_result(&scene, "carol", OUTCOME_FAILED, "0.3.18", "0.3.20");
	scene_failure(&scene, ERROR_IO, 0, "it may not outlast a power cut");
	scene_database(&scene, summary_listener(summary));
	scene_result(&scene, "dave", OUTCOME_FAILED, "0.3.17", "");
	scene_failure(&scene, ERROR_IO, 0, "it could not be learnt");
	scene_database(&scene, summary_listener(summary));
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene),
		   "\nfailed, and not all are left as they were:\n");
	assert_has(scene_text(&scene), "left exactly as it was, at 0.3.19\n");
	assert_lacks(scene_text(&scene), "at 0.3.18");
	assert_lacks(scene_text(&scene), "at 0.3.17");
	end(&scene, summary);
}

static void test_a_rollback_says_kept_and_the_hold(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "rollback", false, false,
					false);

	(void)state;
	scene_result(&scene, "alice", OUTCOME_RESTORED, "0.3.20", "0.3.19");
	scene_database(&scene, summary_listener(summary));
	scene_result(&scene, "bob", OUTCOME_KEPT, "0.3.20", "0.3.20");
	scene_failure(&scene, ERROR_WRITTEN, 0, "written since the upgrade");
	scene_database(&scene, summary_listener(summary));
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "1 restored, 1 kept");
	assert_lacks(scene_text(&scene), "target");
	assert_has(scene_text(&scene), "x_longterm.db: written since the "
		   "upgrade\n");
	assert_has(scene_text(&scene), "fleet-upgrade rollback --force\n");
	assert_has(scene_text(&scene), "fleet-upgrade upgrade --release\n");
	end(&scene, summary);
}

static void test_verify_shows_findings_by_database(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "verify", false, false, false);

	(void)state;
	scene_result(&scene, "ann", OUTCOME_CURRENT, "0.3.20", "0.3.20");
	scene_database(&scene, summary_listener(summary));
	for (int i = 0; i < 6; i++) {
		scene_result(&scene, "bob", OUTCOME_FAILED, "0.3.20", "0.3.20");
		scene_failure(&scene, ERROR_CHECK, 0, "2 findings");
		snprintf(scene.result.notes, sizeof(scene.result.notes),
			 "row 1 missing from index i; table x is missing");
		scene_database(&scene, summary_listener(summary));
	}
	scene_end(&scene, summary_listener(summary), 1);
	assert_has(scene_text(&scene), "1 in order, 6 with findings");
	assert_has(scene_text(&scene), "    row 1 missing from index i\n"
		   "    table x is missing\n");
	assert_has(scene_text(&scene), "and 1 more: fleet-upgrade verify "
		   "--verbose\n");
	end(&scene, summary);
}

static void test_notes_of_good_databases_are_told_once(void **state)
{
	struct scene scene;
	struct summary *summary = begin(&scene, "upgrade", false, false, false);

	(void)state;
	for (int i = 0; i < 8; i++) {
		scene_result(&scene, "cleo", OUTCOME_UPGRADED, "0.3.19",
			     "0.3.20");
		snprintf(scene.result.notes, sizeof(scene.result.notes),
			 "table x is not in the migrations");
		scene_database(&scene, summary_listener(summary));
	}
	scene_end(&scene, summary_listener(summary), 0);
	assert_has(scene_text(&scene), "to note, though nothing failed by "
		   "it:\n  in 8 databases, as user cleo: table x is not in "
		   "the migrations\n");
	end(&scene, summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_run_counts_and_says_the_way_back),
		cmocka_unit_test(test_nothing_to_do_is_said_in_words),
		cmocka_unit_test(test_a_failure_is_told_with_all_there_is),
		cmocka_unit_test(
			test_the_sixth_is_counted_and_the_journal_named),
		cmocka_unit_test(test_the_odd_one_among_many_shows),
		cmocka_unit_test(test_hints_can_be_pasted),
		cmocka_unit_test(test_the_worst_stands_last),
		cmocka_unit_test(test_quiet_is_silent_when_all_is_well),
		cmocka_unit_test(test_quiet_tells_of_a_signal),
		cmocka_unit_test(test_many_notices_of_a_quiet_run_are_bounded),
		cmocka_unit_test(test_notices_come_at_once),
		cmocka_unit_test(test_verbose_has_a_line_for_each),
		cmocka_unit_test(test_system_at_fault_is_said),
		cmocka_unit_test(
			test_what_an_upgrade_would_not_do_is_not_advised),
		cmocka_unit_test(test_why_a_run_stopped_is_said),
		cmocka_unit_test(test_a_dry_run_says_would_and_the_space),
		cmocka_unit_test(test_what_may_have_changed_was_not_left),
		cmocka_unit_test(test_a_rollback_says_kept_and_the_hold),
		cmocka_unit_test(test_verify_shows_findings_by_database),
		cmocka_unit_test(test_notes_of_good_databases_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
