#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fence.h"
#include "cli/session.h"
#include "sandpit.h"

enum { FAILED = 1, WRITES = 2, READS = 4, ESCAPES = 8 };

/* What a process can do behind what the configuration says, as bits. */
static int behind(const struct sandpit *sandpit, int choice, unsigned needs)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct session session = {
			.config = { .sandbox = choice },
			.needs = needs,
			.data_dir = openat(sandpit->fd, "data", O_RDONLY),
			.state = { .folder = -1 },
		};
		struct error err = { 0 };
		int got = enclosure_raise(&session, &err) != 0 ? FAILED : 0;

		if (openat(sandpit->fd, "data/a", O_RDWR) >= 0)
			got |= WRITES;
		if (openat(sandpit->fd, "data/a", O_RDONLY) >= 0)
			got |= READS;
		if (open("/boot", O_RDONLY) >= 0 || errno != EACCES)
			got |= ESCAPES;
		_exit(got);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void it_is_as_the_configuration_says(void **state)
{
	const struct sandpit *sandpit = *state;
	int open_to_all = WRITES | READS | ESCAPES;

	sandpit_folder(sandpit, "data");
	sandpit_file(sandpit, "data/a", "x", 0600);
	assert_int_equal(behind(sandpit, ENCLOSURE_OFF, NEED_WRITE),
			 open_to_all);
	if (!fence_is_there()) {
		assert_int_equal(behind(sandpit, ENCLOSURE_AUTO, NEED_WRITE),
				 open_to_all);
		assert_int_equal(behind(sandpit, ENCLOSURE_REQUIRE, NEED_WRITE),
				 open_to_all | FAILED);
		return;
	}
	for (int choice = ENCLOSURE_AUTO; choice <= ENCLOSURE_REQUIRE;
	     choice++) {
		assert_int_equal(behind(sandpit, choice, NEED_WRITE),
				 WRITES | READS);
		/* (The sandpit itself is where temporary files may be.) */
		assert_int_equal(behind(sandpit, choice, 0) & ESCAPES, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_as_the_configuration_says,
						sandpit_open, sandpit_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
