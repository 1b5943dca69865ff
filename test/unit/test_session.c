#include "cli/session.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "desk.h"

#define STATE ".fleet-upgrade"

/* In place of libc's: a folder may be made to seem to lie elsewhere. */
static long pretended_type;

int fstatfs(int fd, struct statfs *out)
{
	int rc = (int)syscall(SYS_fstatfs, fd, out);

	if (pretended_type != 0)
		out->f_type = pretended_type;
	return rc;
}

static void two_users(struct desk *desk)
{
	workshop_make(desk->shop, "alice.db", 1);
	workshop_make(desk->shop, "bob.db", 2);
}

/* Exit statuses 64, 65 and 78 mean that nothing was touched. */
static void test_what_is_wrong_leaves_no_trace(void **state)
{
	static const struct {
		const char *line;
		enum error_code code;
		const char *message;
	} cases[] = {
		{ "--to 9", ERROR_USAGE, "target version 9" },
		{ "carol", ERROR_USAGE, "carol" },
		{ "alice carol", ERROR_USAGE, "carol" },
		{ "--users-from /dev/null", ERROR_USAGE, "no name in it" },
		{ "--set run.user=nobody-has-this-name", ERROR_CONFIG,
		  "nobody-has-this-name" },
		{ "--set run.jobs=0", ERROR_USAGE, "run.jobs" },
	};
	struct desk *desk = *state;
	char *before;

	two_users(desk);
	before = workshop_print(desk->shop);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* A user is only looked up by whoever is root. */
		if (cases[i].code == ERROR_CONFIG && geteuid() != 0)
			continue;
		assert_int_equal(desk_open(desk, cases[i].line),
				 cases[i].code);
		assert_non_null(strstr(desk->error.message, cases[i].message));
		desk_close(desk);
		assert_false(desk_has(desk, STATE));
	}
	workshop_untouched(desk->shop, before);
}

static void test_broken_migrations_stop_what_needs_them(void **state)
{
	static const char *const lines[] = { "upgrade", "-n", "verify", "list",
					     "baseline --to 1" };
	struct desk *desk = *state;

	two_users(desk);
	desk_release(desk, "no step in here\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(desk_open(desk, lines[i]), ERROR_MIGRATION);
		desk_close(desk);
		assert_false(desk_has(desk, STATE));
	}
}

/* That is when they are needed. */
static void test_broken_migrations_do_not_stop_the_rest(void **state)
{
	static const char *const lines[] = {
		"status -q", "rollback -q", "restore -q alice", "history -q",
		"backups list -q", "backups prune -q", "config -q", "lint -q",
	};
	struct desk *desk = *state;

	two_users(desk);
	assert_int_equal(unlink(desk->history), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(desk_open(desk, lines[i]), 0);
		assert_null(desk->session.migrations);
		assert_null(desk->session.plan.migrations);
		desk_close(desk);
	}
}

/* A version that is wrong in a file is the file's mistake, and no reason not to
 * look. */
static void test_an_unknown_target_is_told_by_its_origin(void **state)
{
	struct desk *desk = *state;

	two_users(desk);
	assert_int_equal(desk_open(desk, "status --to 9"), ERROR_USAGE);
	desk_close(desk);
	assert_int_equal(desk_open(desk, "--set migrations.target=9"),
			 ERROR_USAGE);
	desk_close(desk);
}

static void test_only_what_writes_makes_the_state_directory(void **state)
{
	static const char *const looking[] = {
		"-n", "status", "list", "verify", "history", "backups list",
		"backups prune -n", "config", "lint",
	};
	struct desk *desk = *state;
	char *before;

	two_users(desk);
	before = workshop_print(desk->shop);
	for (size_t i = 0; i < sizeof(looking) / sizeof(looking[0]); i++) {
		assert_int_equal(desk_open(desk, looking[i]), 0);
		assert_int_equal(desk->session.lock.fd, -1);
		assert_null(desk->session.journal);
		desk_close(desk);
	}
	workshop_untouched(desk->shop, before);
	assert_false(desk_has(desk, STATE));
	assert_int_equal(desk_open(desk, "upgrade"), 0);
	assert_true(desk->session.lock.fd >= 0);
	assert_non_null(desk->session.journal);
	assert_true(desk_has(desk, STATE "/backups"));
	desk_close(desk);
}

static void test_two_never_hold_a_fleet(void **state)
{
	static const char *const refused[] = {
		"upgrade", "rollback", "restore alice", "baseline --to 1", "-n",
		"backups prune", "--lock-wait 1 -n",
	};
	struct desk *desk = *state, other = *desk;

	two_users(desk);
	assert_int_equal(desk_open(desk, "upgrade"), 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(desk_open(&other, refused[i]), ERROR_LOCKED);
		assert_non_null(strstr(other.error.message,
				       desk->session.plan.run_id));
		desk_close(&other);
	}
	/* Looking does not care. */
	assert_int_equal(desk_open(&other, "status"), 0);
	desk_close(&other);
	desk_close(desk);
	assert_int_equal(desk_open(&other, "upgrade"), 0);
	desk_close(&other);
}

static void test_the_plan_is_what_was_configured(void **state)
{
	struct desk *desk = *state;
	const struct plan *plan = &desk->session.plan;

	two_users(desk);
	assert_int_equal(desk_open(desk, "--to 2 -j 4 "
					 "--set check.integrity=full "
					 "--set check.foreign_keys=off "
					 "--set migrations.unversioned=refuse "
					 "--set run.busy_timeout=7s"), 0);
	assert_int_equal(plan->targets[KIND_USER], 2);
	assert_int_equal(plan->targets[KIND_SYSTEM], 0);
	assert_non_null(plan->replays[KIND_USER]);
	assert_int_equal(plan->integrity, CHECK_INTEGRITY_FULL);
	assert_int_equal(plan->foreign_keys, CHECK_FOREIGN_KEYS_OFF);
	assert_int_equal(plan->unversioned, UNVERSIONED_REFUSE);
	assert_int_equal(plan->busy_timeout_ms, 7000);
	assert_int_equal(plan->cache_bytes, 2 << 20);
	assert_true(clock_is_run_id(plan->run_id));
	assert_string_equal(plan->data_path, desk->shop->data);
	assert_int_equal(plan->backup_dir, -1);
	assert_false(plan->force);
	desk_close(desk);
	assert_int_equal(desk_open(desk, "restore alice --force --offline "
					 "-j 1024"), 0);
	assert_true(plan->force);
	assert_true(plan->offline);
	assert_int_equal(plan->cache_bytes, 44 << 10);
	desk_close(desk);
}

static void test_words_narrow_the_fleet_where_they_are_users(void **state)
{
	struct desk *desk = *state;

	two_users(desk);
	assert_int_equal(desk_open(desk, "upgrade bob"), 0);
	assert_int_equal(desk->session.fleet->user_count, 1);
	assert_string_equal(desk->session.fleet->users[0].username, "bob");
	desk_close(desk);
	assert_int_equal(desk_open(desk, "status --exclude a*"), 0);
	assert_int_equal(desk->session.fleet->user_count, 1);
	desk_close(desk);
	/* The file of one who is restored may be gone. */
	assert_int_equal(desk_open(desk, "restore carol"), 0);
	assert_int_equal(desk->session.fleet->user_count, 2);
	desk_close(desk);
	assert_int_equal(desk_open(desk, "history carol"), 0);
	desk_close(desk);
}

static void test_a_system_is_expected_where_it_has_steps(void **state)
{
	static const char history[] =
		"```sql\n-- [system:baseline→1:start]\nCREATE TABLE s(a);\n"
		"-- [system:baseline→1:end]\n```\n";
	struct desk *desk = *state;

	two_users(desk);
	assert_int_equal(desk_open(desk, "status"), 0);
	assert_false(session_expects_system(&desk->session));
	desk_close(desk);
	assert_int_equal(desk_open(desk, "status "
					 "--set fleet.system_db=system.db"),
			 0);
	assert_false(session_expects_system(&desk->session));
	desk_close(desk);
	desk_release(desk, history);
	/* The fleet's own setting stands behind, and counts: it has none. */
	assert_int_equal(desk_open(desk, "status "), 0);
	assert_false(session_expects_system(&desk->session));
	free(desk->session.config.system_db);
	desk->session.config.system_db = xstrdup("system.db");
	assert_true(session_expects_system(&desk->session));
	desk_close(desk);
}

static void test_a_data_directory_has_to_be_there(void **state)
{
	struct desk *desk = *state;
	char *data = desk->shop->data;

	desk->shop->data = xasprintf("%s/nowhere", desk->shop->root);
	assert_int_equal(desk_open(desk, "status"), ERROR_MISSING);
	assert_non_null(strstr(desk->error.message, "nowhere"));
	desk_close(desk);
	free(desk->shop->data);
	desk->shop->data = data;
}

static void test_colour_is_for_terminals(void **state)
{
	struct desk *desk = *state;
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *file = tmpfile(), *out;

	assert_int_equal(desk_open(desk, "config"), 0);
	assert_false(session_has_colour(&desk->session, file));
	fclose(file);
	if (terminal >= 0) {
		out = fdopen(terminal, "r+");
		unsetenv("NO_COLOR");
		assert_true(session_has_colour(&desk->session, out));
		setenv("NO_COLOR", "", 1);
		assert_true(session_has_colour(&desk->session, out));
		setenv("NO_COLOR", "1", 1);
		assert_false(session_has_colour(&desk->session, out));
		unsetenv("NO_COLOR");
		desk->options.no_color = true;
		assert_false(session_has_colour(&desk->session, out));
		fclose(out);
	}
	desk_close(desk);
}

static bool remembers(struct desk *desk, const char *line)
{
	bool remembers;

	assert_int_equal(desk_open(desk, line), 0);
	remembers = desk->session.seen != NULL;
	desk_close(desk);
	return remembers;
}

static void test_what_was_seen_is_remembered_by_upgrades(void **state)
{
	struct desk *desk = *state;

	two_users(desk);
	assert_true(remembers(desk, "upgrade"));
	assert_true(remembers(desk, "upgrade alice"));
	assert_false(remembers(desk, "-n"));
	assert_false(remembers(desk, "status"));
	assert_false(remembers(desk, "verify"));
	assert_false(remembers(desk, "rollback"));
	assert_false(remembers(desk, "baseline --to 1"));
}

/* Over a network a stamp may be older than the file. */
static void test_nothing_is_known_over_a_network(void **state)
{
	struct desk *desk = *state;

	two_users(desk);
	desk_expect(desk, "upgrade", 0);
	clock_sleep_ms(3100);
	desk_expect(desk, "upgrade", 0);
	assert_int_equal(desk_open(desk, "status"), 0);
	assert_non_null(desk->session.fleet->users[0].known_version);
	desk_close(desk);
	pretended_type = 0x6969; /* NFS */
	assert_false(remembers(desk, "upgrade"));
	assert_int_equal(desk_open(desk, "status"), 0);
	assert_null(desk->session.fleet->users[0].known_version);
	desk_close(desk);
	pretended_type = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_what_is_wrong_leaves_no_trace),
		DESK_TEST(test_broken_migrations_stop_what_needs_them),
		DESK_TEST(test_broken_migrations_do_not_stop_the_rest),
		DESK_TEST(test_an_unknown_target_is_told_by_its_origin),
		DESK_TEST(test_only_what_writes_makes_the_state_directory),
		DESK_TEST(test_two_never_hold_a_fleet),
		DESK_TEST(test_the_plan_is_what_was_configured),
		DESK_TEST(test_words_narrow_the_fleet_where_they_are_users),
		DESK_TEST(test_a_system_is_expected_where_it_has_steps),
		DESK_TEST(test_a_data_directory_has_to_be_there),
		DESK_TEST(test_colour_is_for_terminals),
		DESK_TEST(test_what_was_seen_is_remembered_by_upgrades),
		DESK_TEST(test_nothing_is_known_over_a_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
