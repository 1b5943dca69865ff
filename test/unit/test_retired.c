#include "fleet/retired.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "sandpit.h"

static int some_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void all_stay_open_until_the_end(void **state)
{
	int before = sandpit_descriptors();
	struct retired retired = { .count = 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		retired_add(&retired, some_fd());
	assert_int_equal(sandpit_descriptors(), before + 10);
	retired_close(&retired);
	assert_int_equal(sandpit_descriptors(), before);
	retired_close(&retired);
	assert_int_equal(sandpit_descriptors(), before);
}

static void the_oldest_go_first(void **state)
{
	const struct rlimit enough = { 4096, 4096 };
	int before = sandpit_descriptors(), first;
	struct retired retired = { .count = 0 };

	(void)state;
	(void)setrlimit(RLIMIT_NOFILE, &enough);
	first = some_fd();
	retired_add(&retired, first);
	for (int i = 1; i < RETIRED_MOST; i++)
		retired_add(&retired, some_fd());
	assert_true(fcntl(first, F_GETFD) >= 0);
	retired_add(&retired, some_fd());
	assert_int_equal(fcntl(first, F_GETFD), -1);
	for (int i = 0; i < 3 * RETIRED_MOST; i++)
		retired_add(&retired, some_fd());
	assert_int_equal(sandpit_descriptors(), before + RETIRED_MOST);
	retired_close(&retired);
	assert_int_equal(sandpit_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_stay_open_until_the_end),
		cmocka_unit_test(the_oldest_go_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
