#include "base/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandpit.h"

static int open_it(const struct sandpit *pit, int flags)
{
	return openat(pit->fd, "file", flags | O_CLOEXEC);
}

/* An opener that does not wait: he has asked all the same. */
static void ask(const struct sandpit *pit, int flags)
{
	int fd = open_it(pit, flags | O_NONBLOCK);

	assert_int_equal(fd, -1);
	assert_int_equal(errno, EWOULDBLOCK);
}

static int leased_file(void **state)
{
	int fd;

	sandpit_file(*state, "file", "content", 0600);
	fd = open_it(*state, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(lease_take(fd));
	assert_true(lease_is_whole(fd));
	return fd;
}

static void a_sole_opener_gets_one(void **state)
{
	int fd = leased_file(state);

	/* Who only looks asks for nothing. */
	assert_true(sandpit_has(*state, "file"));
	close(open_it(*state, O_PATH));
	assert_int_equal(linkat(((struct sandpit *)*state)->fd, "file",
				((struct sandpit *)*state)->fd, "other", 0),
			 0);
	assert_true(lease_is_whole(fd));
	close(fd);
}

static void beside_another_opener_there_is_none(void **state)
{
	int other, fd;

	sandpit_file(*state, "file", "content", 0600);
	other = open_it(*state, O_RDONLY);
	fd = open_it(*state, O_RDONLY);
	assert_false(lease_take(fd));
	assert_false(lease_is_whole(fd));
	close(other);
	assert_true(lease_take(fd));
	close(fd);
}

static void who_asks_to_read_is_seen(void **state)
{
	int fd = leased_file(state);

	ask(*state, O_RDONLY);
	assert_false(lease_is_whole(fd));
	close(fd);
}

static void who_asks_to_write_is_seen_and_let_in_at_the_end(void **state)
{
	int fd = leased_file(state);

	ask(*state, O_RDWR);
	assert_false(lease_is_whole(fd));
	close(fd);
	fd = open_it(*state, O_RDWR | O_NONBLOCK);
	assert_true(fd >= 0);
	close(fd);
}

/* The signal that tells of it would end us. */
static void the_signal_is_ignored(void **state)
{
	struct sigaction action;

	(void)state;
	assert_int_equal(sigaction(SIGIO, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, SIG_IGN);
}

static void the_time_is_the_kernels(void **state)
{
	(void)state;
	assert_in_range(lease_break_ms(), 0, 3600 * 1000);
	assert_int_equal(lease_break_ms() % 1000, 0);
}

int main(void)
{
#define LEASE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		LEASE_TEST(a_sole_opener_gets_one),
		LEASE_TEST(beside_another_opener_there_is_none),
		LEASE_TEST(who_asks_to_read_is_seen),
		LEASE_TEST(who_asks_to_write_is_seen_and_let_in_at_the_end),
		LEASE_TEST(the_signal_is_ignored),
		LEASE_TEST(the_time_is_the_kernels),
	};

	lease_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
