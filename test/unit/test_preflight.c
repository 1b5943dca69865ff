#include "cli/preflight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sandpit.h"

#define MIB ((uint64_t)1 << 20)

static bool fits(uint64_t backups, uint64_t biggest, uint64_t available,
		 uint64_t keep_free)
{
	struct preflight_need need = { backups, biggest };
	struct space space = { .total = UINT64_MAX, .available = available };

	return preflight_fits(&need, &space, keep_free);
}

static void test_backups_and_room_to_work_have_to_fit(void **state)
{
	(void)state;
	assert_true(fits(100 * MIB, 10 * MIB, 130 * MIB, 0));
	assert_false(fits(100 * MIB, 10 * MIB, 130 * MIB - 1, 0));
	assert_false(fits(100 * MIB, 10 * MIB, 99 * MIB, 0));
	assert_true(fits(1, 1, 4, 0));
	assert_false(fits(1, 1, 3, 0));
}

static void test_what_is_to_stay_free_is_not_there(void **state)
{
	(void)state;
	assert_true(fits(100 * MIB, 10 * MIB, 180 * MIB, 50 * MIB));
	assert_false(fits(100 * MIB, 10 * MIB, 180 * MIB, 51 * MIB));
	assert_false(fits(1, 1, 50 * MIB, 50 * MIB));
	/* More is to stay free than there is: no wrapping round. */
	assert_false(fits(1, 1, 50 * MIB, 60 * MIB));
}

static void test_nothing_to_back_up_fits_on_a_full_disk(void **state)
{
	(void)state;
	assert_true(fits(0, 0, 0, 0));
	assert_true(fits(0, 0, 0, 60 * MIB));
}

static void test_huge_sizes_do_not_wrap_round(void **state)
{
	(void)state;
	assert_false(fits(UINT64_MAX, UINT64_MAX, UINT64_MAX - 1, 0));
	assert_false(fits(UINT64_MAX / 2, UINT64_MAX / 2, UINT64_MAX / 2, 0));
	assert_true(fits(UINT64_MAX / 8, UINT64_MAX / 8, UINT64_MAX, 0));
}

/* A fleet of one database with `bytes`, on the disk of the folder. */
static int ask_of(const struct sandpit *folder, off_t bytes, blkcnt_t blocks,
		  mode_t type, const char *keep, struct error *err)
{
	struct subject user = { .kind = KIND_USER, .username = "a",
				.path = "a.db",
				.stamp = { .mode = type, .bytes = bytes,
					   .blocks = blocks } };
	struct fleet fleet = { .users = &user, .user_count = 1 };
	struct session session = { .state = { .folder = folder->fd,
					      .path = folder->path } };

	memset(err, 0, sizeof(*err));
	assert_int_equal(amount_parse_share(keep, &session.config.min_free,
					    err), 0);
	return preflight_space(&session, &fleet, false, err);
}

/* One without holes. */
static int ask(const struct sandpit *folder, off_t bytes, mode_t type,
	       const char *keep, struct error *err)
{
	return ask_of(folder, bytes, bytes / 512 + 1, type, keep, err);
}

static void test_holes_need_no_room(void **state)
{
	const struct sandpit *folder = *state;
	struct space space;
	struct error err;

	assert_int_equal(space_of(folder->fd, &space, &err), 0);
	assert_int_equal(ask_of(*state, (off_t)space.total, 16, S_IFREG, "0%",
				&err), 0);
	assert_int_equal(ask_of(*state, (off_t)space.total,
				(blkcnt_t)(space.total / 512), S_IFREG, "0%",
				&err), ERROR_HELD);
}

static void test_the_disk_is_asked(void **state)
{
	const struct sandpit *folder = *state;
	struct space space;
	struct error err;

	assert_int_equal(space_of(folder->fd, &space, &err), 0);
	assert_int_equal(ask(*state, 4096, S_IFREG, "0%", &err), 0);
	assert_int_equal(ask(*state, (off_t)space.total, S_IFREG, "0%", &err),
			 ERROR_HELD);
	assert_non_null(strstr(err.message, "they need"));
	assert_non_null(strstr(err.message, "3 times the biggest database"));
	assert_non_null(strstr(err.message, "nothing was touched"));
	assert_non_null(strstr(err.message, "backups prune"));
	assert_int_equal(ask(*state, 4096, S_IFREG, "100%", &err), ERROR_HELD);
	assert_non_null(strstr(err.message, "backup.min_free"));
}

/* It fails by itself: one user's holes are no reason to stop all others. */
static void test_what_no_disk_could_hold_does_not_count(void **state)
{
	struct error err;

	assert_int_equal(ask(*state, (off_t)1 << 60, S_IFREG, "0%", &err), 0);
}

/* A folder or a pipe in the place of a database is never backed up. */
static void test_only_files_count(void **state)
{
	struct error err;

	assert_int_equal(ask(*state, (off_t)1 << 60, S_IFDIR, "0%", &err), 0);
	assert_int_equal(ask(*state, 0, S_IFREG, "100%", &err), 0);
}

#define WITH_FOLDER(test)                                                     \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backups_and_room_to_work_have_to_fit),
		cmocka_unit_test(test_what_is_to_stay_free_is_not_there),
		cmocka_unit_test(test_nothing_to_back_up_fits_on_a_full_disk),
		cmocka_unit_test(test_huge_sizes_do_not_wrap_round),
		WITH_FOLDER(test_holes_need_no_room),
		WITH_FOLDER(test_the_disk_is_asked),
		WITH_FOLDER(test_what_no_disk_could_hold_does_not_count),
		WITH_FOLDER(test_only_files_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
