#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/hold.h"
#include "sandpit.h"

#define RUN_ID "20261121T043100Z-9f3c"

static void a_free_fleet_is_not_held(void **state)
{
	const struct sandpit *sandpit = *state;
	struct hold hold;
	struct error err = { 0 };

	assert_false(hold_is_set(sandpit->fd, &hold));
	assert_false(hold.is_there);
	assert_int_equal(hold_lift(sandpit->fd, &err), 0);
}

static void says_who_held_it_and_when(void **state)
{
	const struct sandpit *sandpit = *state;
	char now[TIMESTAMP_BYTES];
	struct hold hold;
	struct error err = { 0 };

	setenv("SUDO_USER", "carol", 1);
	assert_int_equal(hold_set(sandpit->fd, RUN_ID, &err), 0);
	unsetenv("SUDO_USER");
	clock_timestamp(now);
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_true(hold.is_there);
	assert_string_equal(hold.run_id, RUN_ID);
	assert_string_equal(hold.by, "carol");
	assert_memory_equal(hold.since, now, 13); /* the hour will do */
}

static void names_the_account_without_sudo(void **state)
{
	const struct sandpit *sandpit = *state;
	struct hold hold;
	struct error err = { 0 };

	setenv("SUDO_USER", "forged\nrun x", 1);
	assert_int_equal(hold_set(sandpit->fd, RUN_ID, &err), 0);
	unsetenv("SUDO_USER");
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_string_not_equal(hold.by, "");
	assert_string_not_equal(hold.by, "forged");
}

static void is_private_and_leaves_nothing_else(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stat seen;
	struct error err = { 0 };

	assert_int_equal(hold_set(sandpit->fd, RUN_ID, &err), 0);
	assert_int_equal(fstatat(sandpit->fd, HOLD_NAME, &seen, 0), 0);
	assert_int_equal(seen.st_mode & 0777, 0600);
	assert_false(sandpit_has(sandpit, HOLD_NAME ".new"));
}

static void the_newest_hold_counts(void **state)
{
	const struct sandpit *sandpit = *state;
	struct hold hold;
	struct error err = { 0 };

	assert_int_equal(hold_set(sandpit->fd, RUN_ID, &err), 0);
	assert_int_equal(hold_set(sandpit->fd, "20261122T043100Z-0001", &err),
			 0);
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_string_equal(hold.run_id, "20261122T043100Z-0001");
}

static void lifting_frees_the_fleet(void **state)
{
	const struct sandpit *sandpit = *state;
	struct hold hold;
	struct error err = { 0 };

	assert_int_equal(hold_set(sandpit->fd, RUN_ID, &err), 0);
	assert_int_equal(hold_lift(sandpit->fd, &err), 0);
	assert_false(hold_is_set(sandpit->fd, &hold));
	assert_false(sandpit_has(sandpit, HOLD_NAME));
	assert_int_equal(hold_lift(sandpit->fd, &err), 0);
}

/* Whatever stands there: a needless stop costs less than a needless upgrade. */
static void in_doubt_it_holds(void **state)
{
	const struct sandpit *sandpit = *state;
	struct hold hold;

	sandpit_file(sandpit, HOLD_NAME, "", 0600);
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_string_equal(hold.run_id, "");
	unlinkat(sandpit->fd, HOLD_NAME, 0);

	sandpit_file(sandpit, HOLD_NAME, "no sense\n\xff\xfe", 0600);
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_string_equal(hold.by, "");
	unlinkat(sandpit->fd, HOLD_NAME, 0);

	sandpit_link(sandpit, "/etc/hostname", HOLD_NAME);
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_true(hold.is_there);
	assert_string_equal(hold.since, "");
	unlinkat(sandpit->fd, HOLD_NAME, 0);

	sandpit_folder(sandpit, HOLD_NAME);
	assert_true(hold_is_set(sandpit->fd, &hold));
	assert_true(hold.is_there);
}

static void says_that_it_cannot_be_lifted(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };

	sandpit_folder(sandpit, HOLD_NAME);
	assert_int_equal(hold_lift(sandpit->fd, &err), ERROR_IO);
	assert_non_null(strstr(err.message, HOLD_NAME));
	assert_non_null(strstr(err.message, "still held"));
}

static void says_who_and_when_as_far_as_it_knows(void **state)
{
	static const struct {
		struct hold hold;
		const char *text;
	} cases[] = {
		{ { "RUN", "TODAY", "bob", true },
		  "held since TODAY, by bob, after rollback RUN" },
		{ { "", "", "", true },
		  "held since an unknown time, by somebody, after rollback of "
		  "an unknown run" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = hold_text(&cases[i].hold);

		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(a_free_fleet_is_not_held),
		TEST(says_who_held_it_and_when),
		TEST(says_who_and_when_as_far_as_it_knows),
		TEST(names_the_account_without_sudo),
		TEST(is_private_and_leaves_nothing_else),
		TEST(the_newest_hold_counts),
		TEST(lifting_frees_the_fleet),
		TEST(in_doubt_it_holds),
		TEST(says_that_it_cannot_be_lifted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
