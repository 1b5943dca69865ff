#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fleet/reserve.h"
#include "sandpit.h"

static struct space space_now(const struct sandpit *sandpit)
{
	struct error err = { 0 };
	struct space space;

	assert_int_equal(space_of(sandpit->fd, &space, &err), 0);
	return space;
}

static struct reserve keeping(const struct sandpit *sandpit, int percent,
			      uint64_t bytes)
{
	const struct amount_share keep = { .percent = percent, .bytes = bytes };
	struct reserve reserve;

	reserve_init(&reserve, sandpit->fd, "/srv/state", &keep);
	return reserve;
}

static void there_is_room(void **state)
{
	struct reserve reserve = keeping(*state, 0, 0);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&reserve, 4096, &err), 0);
}

static void the_message_says_where_how_much_and_what_to_do(void **state)
{
	const struct sandpit *sandpit = *state;
	struct reserve reserve = keeping(sandpit, 100, 0);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&reserve, 1, &err), ERROR_HELD);
	assert_non_null(strstr(err.message, "/srv/state"));
	assert_non_null(strstr(err.message, "backup.min_free"));
	assert_non_null(strstr(err.message, "free"));
}

static void keeps_so_many_bytes(void **state)
{
	const struct sandpit *sandpit = *state;
	struct space space = space_now(sandpit);
	struct reserve all = keeping(sandpit, -1, space.total + 1);
	struct reserve half = keeping(sandpit, -1, space.available / 2);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&all, 0, &err), ERROR_HELD);
	assert_int_equal(reserve_take(&half, space.available / 4, &err), 0);
	assert_int_equal(reserve_take(&half, space.available, &err),
			 ERROR_HELD);
}

/* Between two looks at the disk it is counted what has been handed out. */
static void what_was_promised_is_taken_off(void **state)
{
	const struct sandpit *sandpit = *state;
	struct space space = space_now(sandpit);
	uint64_t third = space.available / 3;
	struct reserve reserve = keeping(sandpit, -1, third / 2);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&reserve, third, &err), 0);
	assert_int_equal(reserve.promised, third);
	assert_int_equal(reserve_take(&reserve, third, &err), 0);
	/* The third one is more than there is by this count: it looks again,
	 * finds that nobody has written anything, and says yes. */
	assert_int_equal(reserve_take(&reserve, third, &err), 0);
	assert_int_equal(reserve.promised, third);
	assert_int_equal(reserve.jobs, 1);
}

static void looks_again_after_fifty_jobs(void **state)
{
	struct reserve reserve = keeping(*state, 0, 0);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&reserve, 1, &err), 0);
	reserve.looked_us = clock_now_us() + 1000000; /* not by time */
	for (unsigned i = 1; i < 50; i++) {
		assert_int_equal(reserve.jobs, i);
		assert_int_equal(reserve_take(&reserve, 1, &err), 0);
	}
	assert_int_equal(reserve_take(&reserve, 1, &err), 0);
	assert_int_equal(reserve.jobs, 1);
}

static void looks_again_after_a_tenth_of_a_second(void **state)
{
	struct reserve reserve = keeping(*state, 0, 0);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&reserve, 1, &err), 0);
	clock_sleep_ms(120);
	assert_int_equal(reserve_take(&reserve, 1, &err), 0);
	assert_int_equal(reserve.jobs, 1);
}

static void sums_do_not_wrap(void **state)
{
	struct reserve reserve = keeping(*state, 0, 0);
	struct error err = { 0 };

	assert_int_equal(reserve_take(&reserve, 1000, &err), 0);
	assert_int_equal(reserve_take(&reserve, UINT64_MAX, &err), ERROR_HELD);
	assert_int_equal(reserve_take(&reserve, UINT64_MAX - 500, &err),
			 ERROR_HELD);
}

static void a_disk_that_gives_no_answer_is_an_error(void **state)
{
	const struct amount_share keep = { .percent = 5 };
	struct reserve reserve;
	struct error err = { 0 };

	(void)state;
	reserve_init(&reserve, -1, "/srv/state", &keep);
	assert_int_equal(reserve_take(&reserve, 1, &err), ERROR_IO);
	assert_non_null(strstr(err.message, "/srv/state"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(there_is_room),
		TEST(the_message_says_where_how_much_and_what_to_do),
		TEST(keeps_so_many_bytes),
		TEST(what_was_promised_is_taken_off),
		TEST(looks_again_after_fifty_jobs),
		TEST(looks_again_after_a_tenth_of_a_second),
		TEST(sums_do_not_wrap),
		TEST(a_disk_that_gives_no_answer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
