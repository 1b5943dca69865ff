#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/lock.h"
#include "sandpit.h"

#define RUN_ID "20261121T043100Z-9f3c"

/* A data directory with its state directory, and what stands for another
 * process: flock() belongs to the open file, so that a second lock_take() in
 * this process is as good as one in another. */
struct ground {
	struct sandpit *sandpit;
	struct state state;
};

static int ground_open(void **state)
{
	struct ground *ground = xcalloc(1, sizeof(*ground));
	struct error err = { 0 };
	void *sandpit;

	if (sandpit_open(&sandpit) != 0)
		return -1;
	ground->sandpit = sandpit;
	*state = ground;
	return state_open(ground->sandpit->fd, ground->sandpit->path,
			  ".fleet-upgrade", true, geteuid(), getegid(),
			  &ground->state, &err);
}

static int ground_close(void **state)
{
	struct ground *ground = *state;
	void *sandpit = ground->sandpit;

	state_close(&ground->state);
	free(ground);
	return sandpit_close(&sandpit);
}

static int take(const struct ground *ground, int64_t wait_ms, struct lock *out,
		struct error *err)
{
	return lock_take(ground->sandpit->fd, ground->sandpit->path,
			 &ground->state, wait_ms, out, err);
}

static bool is_held(const struct ground *ground, struct lock_holder *holder)
{
	return lock_is_held(ground->sandpit->fd, &ground->state, holder);
}

static bool is_signed(const struct ground *ground, struct lock_holder *holder)
{
	struct error err = { 0 };

	assert_int_equal(lock_read_holder(&ground->state, holder, &err), 0);
	return holder->run_id[0] != '\0';
}

static void one_has_it_and_no_other(void **state)
{
	const struct ground *ground = *state;
	struct lock one, two;
	struct error err = { 0 };

	assert_false(is_held(ground, NULL));
	assert_int_equal(take(ground, 0, &one, &err), 0);
	assert_true(is_held(ground, NULL));
	assert_int_equal(take(ground, 0, &two, &err), ERROR_LOCKED);
	assert_int_equal(two.fd, -1);
	lock_release(&two);
	assert_true(is_held(ground, NULL));
	lock_release(&one);
	assert_false(is_held(ground, NULL));
	lock_release(&one);
	assert_int_equal(take(ground, 0, &two, &err), 0);
	lock_release(&two);
}

/* It is the data directory that is locked: a run with another state directory
 * must not overlap. */
static void another_state_directory_does_not_help(void **state)
{
	const struct ground *ground = *state;
	struct state other;
	struct lock one, two;
	struct error err = { 0 };

	assert_int_equal(state_open(ground->sandpit->fd, ground->sandpit->path,
				    ".other", true, geteuid(), getegid(),
				    &other, &err), 0);
	assert_int_equal(take(ground, 0, &one, &err), 0);
	assert_int_equal(lock_take(ground->sandpit->fd, ground->sandpit->path,
				   &other, 0, &two, &err), ERROR_LOCKED);
	lock_release(&one);
	state_close(&other);
}

static void the_refusal_names_the_holder(void **state)
{
	const struct ground *ground = *state;
	struct lock one, two;
	struct error err = { 0 };
	char number[32];

	assert_int_equal(take(ground, 0, &one, &err), 0);
	assert_int_equal(take(ground, 0, &two, &err), ERROR_LOCKED);
	assert_non_null(strstr(err.message, ground->sandpit->path));
	assert_non_null(strstr(err.message, "--lock-wait"));

	assert_int_equal(lock_sign(&one, RUN_ID, "upgrade", &err), 0);
	assert_int_equal(take(ground, 0, &two, &err), ERROR_LOCKED);
	snprintf(number, sizeof(number), "process %ld", (long)getpid());
	assert_non_null(strstr(err.message, number));
	assert_non_null(strstr(err.message, "upgrade " RUN_ID));
	lock_release(&one);
}

static void the_file_says_who_holds_it(void **state)
{
	const struct ground *ground = *state;
	struct lock_holder holder;
	struct lock lock;
	struct error err = { 0 };
	char now[TIMESTAMP_BYTES];

	assert_int_equal(take(ground, 0, &lock, &err), 0);
	assert_false(is_signed(ground, &holder));
	assert_int_equal(lock_sign(&lock, RUN_ID, "rollback", &err), 0);
	clock_timestamp(now);
	assert_true(is_held(ground, &holder));
	assert_int_equal(holder.pid, getpid());
	assert_string_equal(holder.run_id, RUN_ID);
	assert_string_equal(holder.command, "rollback");
	assert_memory_equal(holder.since, now, 13);
	lock_release(&lock);
	assert_false(is_signed(ground, &holder));
	assert_string_equal(holder.run_id, "");
}

/* A longer name of an earlier run must not shine through. */
static void the_file_holds_the_last_signature_only(void **state)
{
	const struct ground *ground = *state;
	struct lock_holder holder;
	struct lock lock;
	struct error err = { 0 };
	struct stat seen;

	assert_int_equal(take(ground, 0, &lock, &err), 0);
	assert_int_equal(lock_sign(&lock, RUN_ID, "a-very-long-command", &err),
			 0);
	assert_int_equal(lock_sign(&lock, "20261122T043100Z-0001", "look",
				   &err), 0);
	assert_true(is_signed(ground, &holder));
	assert_string_equal(holder.command, "look");
	assert_string_equal(holder.run_id, "20261122T043100Z-0001");
	assert_int_equal(fstatat(ground->state.folder, "lock", &seen, 0), 0);
	assert_int_equal(seen.st_size, 512);
	lock_release(&lock);
	assert_false(is_signed(ground, &holder));
	assert_int_equal(fstatat(ground->state.folder, "lock", &seen, 0), 0);
	assert_int_equal(seen.st_size, 512);
	assert_int_equal(seen.st_mode & 0777, 0600);
}

static void a_run_that_died_leaves_its_name(void **state)
{
	const struct ground *ground = *state;
	struct lock_holder holder;
	struct lock lock;
	struct error err = { 0 };
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (take(ground, 0, &lock, &err) == 0 &&
		    lock_sign(&lock, RUN_ID, "upgrade", &err) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_false(is_held(ground, &holder));
	assert_string_equal(holder.run_id, RUN_ID);
	assert_int_equal(holder.pid, child);

	/* Whoever takes the lock and gives it back without having signed has
	 * not looked after the dead run: its name stays for the next one. */
	assert_int_equal(take(ground, 0, &lock, &err), 0);
	lock_release(&lock);
	assert_true(is_signed(ground, &holder));
	assert_string_equal(holder.run_id, RUN_ID);
}

static void looking_leaves_it_free(void **state)
{
	const struct ground *ground = *state;
	struct lock lock;
	struct error err = { 0 };
	int before = sandpit_descriptors();

	for (int i = 0; i < 10; i++)
		assert_false(is_held(ground, NULL));
	assert_int_equal(sandpit_descriptors(), before);
	assert_int_equal(take(ground, 0, &lock, &err), 0);
	lock_release(&lock);
	assert_int_equal(sandpit_descriptors(), before);
}

/* Somebody who only looks holds it shared for an instant; that is no run. */
static void a_short_look_is_waited_for(void **state)
{
	const struct ground *ground = *state;
	int ready[2], status;
	struct lock lock;
	struct error err = { 0 };
	char byte;
	pid_t child;

	if (sandpit_is_emulated())
		skip(); /* an instant is longer there */
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open(ground->sandpit->path, O_RDONLY | O_DIRECTORY);

		if (flock(fd, LOCK_SH) != 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		clock_sleep_ms(30);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(take(ground, 0, &lock, &err), 0);
	lock_release(&lock);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void waits_as_long_as_told(void **state)
{
	const struct ground *ground = *state;
	struct lock one, two;
	struct error err = { 0 };
	int64_t began_us;
	int status;
	pid_t child;

	assert_int_equal(take(ground, 0, &one, &err), 0);
	began_us = clock_now_us();
	assert_int_equal(take(ground, 300, &two, &err), ERROR_LOCKED);
	assert_true(clock_now_us() - began_us >= 300000);

	/* The holder's lock is inherited over fork() and goes with the last
	 * process that has it. */
	child = fork();
	if (child == 0) {
		clock_sleep_ms(200);
		_exit(0);
	}
	close(one.fd);
	one.fd = -1;
	assert_int_equal(take(ground, 20000, &two, &err), 0);
	lock_release(&two);
	waitpid(child, &status, 0);
}

/* Where folders cannot be locked: a descriptor that is no folder stands for
 * such a file system. */
static void falls_back_to_a_file(void **state)
{
	const struct ground *ground = *state;
	int no_folder = open("/dev/null", O_RDONLY);
	struct lock_holder holder;
	struct lock one, two;
	struct error err = { 0 };

	assert_false(lock_is_held(no_folder, &ground->state, NULL));
	assert_int_equal(lock_take(no_folder, "/srv", &ground->state, 0, &one,
				   &err), 0);
	assert_int_equal(lock_sign(&one, RUN_ID, "upgrade", &err), 0);
	assert_true(lock_is_held(no_folder, &ground->state, &holder));
	assert_string_equal(holder.run_id, RUN_ID);
	assert_int_equal(lock_take(no_folder, "/srv", &ground->state, 0, &two,
				   &err), ERROR_LOCKED);
	lock_release(&one);
	assert_false(lock_is_held(no_folder, &ground->state, NULL));
	close(no_folder);
}

static void without_any_way_to_lock_it_says_so(void **state)
{
	const struct state none = { .folder = -1 };
	int no_folder = open("/dev/null", O_RDONLY);
	struct lock lock;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(lock_take(no_folder, "/srv", &none, 0, &lock, &err),
			 ERROR_IO);
	assert_non_null(strstr(err.message, "/srv cannot be locked"));
	assert_false(lock_is_held(no_folder, &none, NULL));
	close(no_folder);
}

static void strange_content_is_no_holder(void **state)
{
	const struct ground *ground = *state;
	struct lock_holder holder;
	int fd = openat(ground->state.folder, "lock", O_WRONLY | O_CREAT, 0600);

	assert_int_equal(write(fd, "pid x\nno\n", 9), 9);
	close(fd);
	assert_false(is_signed(ground, &holder));
	assert_int_equal(holder.pid, 0);
}

/* Not that nobody has: a run may have died. */
static void what_cannot_be_read_is_told(void **state)
{
	const struct ground *ground = *state;
	struct lock_holder holder;
	struct error err = { 0 };

	assert_int_equal(mkdirat(ground->state.folder, "lock", 0700), 0);
	assert_int_equal(lock_read_holder(&ground->state, &holder, &err),
			 ERROR_IO);
	assert_string_equal(holder.run_id, "");
	assert_non_null(strstr(err.message, "lock"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, ground_open, ground_close)
	const struct CMUnitTest tests[] = {
		TEST(one_has_it_and_no_other),
		TEST(another_state_directory_does_not_help),
		TEST(the_refusal_names_the_holder),
		TEST(the_file_says_who_holds_it),
		TEST(the_file_holds_the_last_signature_only),
		TEST(a_run_that_died_leaves_its_name),
		TEST(looking_leaves_it_free),
		TEST(a_short_look_is_waited_for),
		TEST(waits_as_long_as_told),
		TEST(falls_back_to_a_file),
		TEST(without_any_way_to_lock_it_says_so),
		TEST(strange_content_is_no_holder),
		TEST(what_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
