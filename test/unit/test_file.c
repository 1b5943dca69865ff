#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "sandpit.h"

static mode_t mode_of(const struct sandpit *sandpit, const char *name)
{
	struct stamp stamp;

	assert_int_equal(stamp_take(sandpit->fd, name, &stamp, NULL), 0);
	return stamp.mode & 07777;
}

static void expect_text(const struct sandpit *sandpit, const char *name,
			const char *expected)
{
	char *text;

	assert_int_equal(file_read_text(sandpit->fd, name, 1000, &text, NULL),
			 0);
	assert_string_equal(text, expected);
	free(text);
}

static void makes_private_files(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp stamp;
	struct error err;

	umask(0);
	assert_int_equal(file_create(sandpit->fd, "new", NULL), 0);
	umask(022);
	assert_int_equal(mode_of(sandpit, "new"), 0600);
	assert_int_equal(stamp_take(sandpit->fd, "new", &stamp, NULL), 0);
	assert_int_equal(stamp.bytes, 0);
	assert_int_equal(file_create(sandpit->fd, "new", &err), ERROR_IO);
	assert_non_null(strstr(err.message, "new"));
	assert_non_null(strstr(err.message, "exists"));
}

static void makes_nothing_behind_a_link(void **state)
{
	const struct sandpit *sandpit = *state;

	sandpit_link(sandpit, "target", "link");
	assert_int_equal(file_create(sandpit->fd, "link", NULL), ERROR_IO);
	assert_false(sandpit_has(sandpit, "target"));
}

static void makes_files_last(void **state)
{
	const struct sandpit *sandpit = *state;
	int before = sandpit_descriptors();

	sandpit_file(sandpit, "a", "text", 0600);
	sandpit_link(sandpit, "a", "link");
	assert_int_equal(mkfifoat(sandpit->fd, "fifo", 0600), 0);
	assert_int_equal(file_sync(sandpit->fd, "a", NULL), 0);
	assert_int_equal(file_sync(sandpit->fd, "b", NULL), ERROR_MISSING);
	assert_int_equal(file_sync(sandpit->fd, "link", NULL), ERROR_IO);
	/* Fails at once, where opening it plainly would wait for a writer. */
	assert_int_equal(file_sync(sandpit->fd, "fifo", NULL), ERROR_IO);
	assert_int_equal(sandpit_descriptors(), before);
}

static void clones_all_of_it(void **state)
{
	const struct sandpit *sandpit = *state;
	int before = sandpit_descriptors();
	char *content = xmalloc(300001), *copied = xmalloc(300001);
	int from, fd;

	memset(content, 'x', 300000);
	content[0] = 'a';
	content[299999] = 'z';
	content[300000] = '\0';
	sandpit_file(sandpit, "a", content, 0644);
	from = openat(sandpit->fd, "a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_clone(from, 300000, sandpit->fd, "b", &fd, NULL),
			 0);
	assert_int_equal(pread(fd, copied, 300001, 0), 300000);
	assert_memory_equal(copied, content, 300000);
	assert_int_equal(pwrite(fd, "y", 1, 0), 1);
	assert_int_equal(pread(from, copied, 1, 0), 1);
	assert_int_equal(copied[0], 'a');
	close(fd);
	/* Nothing is written over. */
	assert_int_equal(file_clone(from, 1, sandpit->fd, "b", &fd, NULL),
			 ERROR_IO);
	assert_int_equal(fd, -1);
	/* What ends before its end leaves nothing. */
	assert_int_equal(file_clone(from, 300001, sandpit->fd, "c", &fd, NULL),
			 ERROR_IO);
	assert_false(sandpit_has(sandpit, "c"));
	close(from);
	assert_int_equal(sandpit_descriptors(), before);
	free(copied);
	free(content);
}

/* A file of a gigabyte that has three bytes in it. */
static void clones_holes_as_holes(void **state)
{
	const struct sandpit *sandpit = *state;
	const off_t bytes = 1 << 30;
	struct stamp stamp;
	char byte;
	int from, fd;

	sandpit_file(sandpit, "a", "a", 0644);
	from = openat(sandpit->fd, "a", O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(from, "m", 1, bytes / 2), 1);
	assert_int_equal(ftruncate(from, bytes), 0);
	assert_int_equal(stamp_take(sandpit->fd, "a", &stamp, NULL), 0);
	if (stamp_disk_bytes(&stamp) > 1 << 20)
		skip(); /* no holes here */
	assert_int_equal(file_clone(from, bytes, sandpit->fd, "b", &fd, NULL),
			 0);
	assert_int_equal(stamp_take(sandpit->fd, "b", &stamp, NULL), 0);
	assert_int_equal(stamp.bytes, bytes);
	assert_true(stamp_disk_bytes(&stamp) <= 1 << 20);
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	assert_int_equal(byte, 'a');
	assert_int_equal(pread(fd, &byte, 1, bytes / 2), 1);
	assert_int_equal(byte, 'm');
	assert_int_equal(pread(fd, &byte, 1, bytes - 1), 1);
	assert_int_equal(byte, '\0');
	close(fd);
	/* Shorter than it was. */
	assert_int_equal(file_clone(from, bytes + 1, sandpit->fd, "c", &fd,
				    NULL), ERROR_IO);
	assert_false(sandpit_has(sandpit, "c"));
	close(from);
}

static void a_clone_is_given_up_on_request(void **state)
{
	const struct sandpit *sandpit = *state;
	atomic_bool stop_now = true;
	struct error err = { 0 };
	int from, fd;

	sandpit_file(sandpit, "a", "some", 0644);
	from = openat(sandpit->fd, "a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_clone_unless(&stop_now, from, 4,
					   sandpit->fd, "b", &fd, &err),
			 ERROR_STOPPED);
	assert_int_equal(fd, -1);
	assert_false(sandpit_has(sandpit, "b"));
	stop_now = false;
	assert_int_equal(file_clone_unless(&stop_now, from, 4,
					   sandpit->fd, "b", &fd, &err),
			 0);
	close(fd);
	close(from);
}

/* Where the kernel does not copy between the two, we do. */
static void clones_between_file_systems(void **state)
{
	const struct sandpit *sandpit = *state;
	char text[64];
	int from = open("/proc/self/status", O_RDONLY | O_CLOEXEC), fd;

	if (from < 0)
		skip();
	assert_int_equal(file_clone(from, 5, sandpit->fd, "b", &fd, NULL), 0);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 5);
	assert_memory_equal(text, "Name:", 5);
	close(fd);
	close(from);
}

static void writes_and_reads_text(void **state)
{
	const struct sandpit *sandpit = *state;
	int before = sandpit_descriptors();

	umask(0);
	assert_int_equal(file_write_text(sandpit->fd, "t", "one\ntwo\n", NULL),
			 0);
	umask(022);
	expect_text(sandpit, "t", "one\ntwo\n");
	assert_int_equal(mode_of(sandpit, "t"), 0600);
	assert_int_equal(file_write_text(sandpit->fd, "t", "", NULL), 0);
	expect_text(sandpit, "t", "");
	assert_false(sandpit_has(sandpit, "t.new"));
	assert_int_equal(sandpit_descriptors(), before);
}

/* What was left half-written is no obstacle, and never what is read. */
static void writes_over_what_a_dead_run_left(void **state)
{
	const struct sandpit *sandpit = *state;

	sandpit_file(sandpit, "t", "old", 0644);
	sandpit_file(sandpit, "t.new", "ha", 0600);
	sandpit_link(sandpit, "victim", "u.new");
	expect_text(sandpit, "t", "old");
	assert_int_equal(file_write_text(sandpit->fd, "t", "new", NULL), 0);
	expect_text(sandpit, "t", "new");
	assert_false(sandpit_has(sandpit, "t.new"));
	assert_int_equal(file_write_text(sandpit->fd, "u", "new", NULL), 0);
	assert_false(sandpit_has(sandpit, "victim"));
}

/* The rename replaces a link by the file, and leaves alone what it led to. */
static void writes_through_no_link(void **state)
{
	const struct sandpit *sandpit = *state;

	sandpit_file(sandpit, "victim", "precious", 0600);
	sandpit_link(sandpit, "victim", "t");
	assert_int_equal(file_write_text(sandpit->fd, "t", "new", NULL), 0);
	expect_text(sandpit, "victim", "precious");
	expect_text(sandpit, "t", "new");
}

static void a_failed_write_leaves_the_old_text(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;

	sandpit_folder(sandpit, "t");
	sandpit_file(sandpit, "t/in", "", 0600);
	assert_int_equal(file_write_text(sandpit->fd, "t", "new", &err),
			 ERROR_IO);
	assert_non_null(strstr(err.message, "cannot write t"));
	assert_true(sandpit_has(sandpit, "t/in"));
	assert_false(sandpit_has(sandpit, "t.new"));
}

static void reads_what_is_small_and_regular(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;
	char *text;
	int before = sandpit_descriptors();

	sandpit_file(sandpit, "a", "12345", 0600);
	sandpit_folder(sandpit, "folder");
	sandpit_link(sandpit, "a", "link");
	assert_int_equal(mkfifoat(sandpit->fd, "fifo", 0600), 0);
	assert_int_equal(file_read_text(sandpit->fd, "a", 5, &text, NULL), 0);
	free(text);
	assert_int_equal(file_read_text(sandpit->fd, "a", 4, &text, &err),
			 ERROR_IO);
	assert_null(text);
	assert_non_null(strstr(err.message, "too large"));
	assert_int_equal(file_read_text(sandpit->fd, "b", 5, &text, &err),
			 ERROR_MISSING);
	assert_int_equal(file_read_text(sandpit->fd, "link", 5, &text, &err),
			 ERROR_IO);
	assert_int_equal(file_read_text(sandpit->fd, "folder", 5, &text, &err),
			 ERROR_IO);
	assert_int_equal(file_read_text(sandpit->fd, "fifo", 5, &text, &err),
			 ERROR_IO);
	assert_int_equal(sandpit_descriptors(), before);
}

static void dresses_like_the_original(void **state)
{
	const struct sandpit *sandpit = *state;
	struct timespec times[2] = { { 1000000000, 123456789 },
				     { 1100000000, 987654321 } };
	struct stamp like, now;

	sandpit_file(sandpit, "like", "x", 0640);
	sandpit_file(sandpit, "copy", "x", 0600);
	assert_int_equal(utimensat(sandpit->fd, "like", times, 0), 0);
	assert_int_equal(stamp_take(sandpit->fd, "like", &like, NULL), 0);
	assert_int_equal(file_dress(sandpit->fd, "copy", &like, NULL), 0);
	assert_int_equal(stamp_take(sandpit->fd, "copy", &now, NULL), 0);
	assert_int_equal(now.mode, like.mode);
	assert_int_equal(now.owner, like.owner);
	assert_int_equal(now.group, like.group);
	assert_int_equal(now.modified.tv_sec, 1100000000);
	assert_int_equal(now.modified.tv_nsec, 987654321);
	assert_int_equal(now.accessed.tv_sec, 1000000000);
}

static void dresses_in_permissions_only(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp like;

	sandpit_file(sandpit, "like", "x", 06755);
	sandpit_file(sandpit, "copy", "x", 0600);
	assert_int_equal(stamp_take(sandpit->fd, "like", &like, NULL), 0);
	assert_int_equal(file_dress(sandpit->fd, "copy", &like, NULL), 0);
	assert_int_equal(mode_of(sandpit, "copy"), 0755);
	assert_int_equal(file_dress(sandpit->fd, "none", &like, NULL),
			 ERROR_IO);
}

static void dresses_no_target_of_a_link(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp like;

	sandpit_file(sandpit, "like", "x", 0666);
	sandpit_file(sandpit, "victim", "x", 0600);
	sandpit_link(sandpit, "victim", "link");
	assert_int_equal(stamp_take(sandpit->fd, "like", &like, NULL), 0);
	file_dress(sandpit->fd, "link", &like, NULL);
	assert_int_equal(mode_of(sandpit, "victim"), 0600);
}

static void root_gives_the_file_away(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp like, now;

	if (geteuid() != 0)
		skip();
	sandpit_file(sandpit, "like", "x", 0640);
	sandpit_file(sandpit, "copy", "x", 0600);
	assert_int_equal(fchownat(sandpit->fd, "like", 12345, 23456, 0), 0);
	assert_int_equal(stamp_take(sandpit->fd, "like", &like, NULL), 0);
	assert_int_equal(file_dress(sandpit->fd, "copy", &like, NULL), 0);
	assert_int_equal(stamp_take(sandpit->fd, "copy", &now, NULL), 0);
	assert_int_equal(now.owner, 12345);
	assert_int_equal(now.group, 23456);
	assert_int_equal(now.mode & 07777, 0640);
}

/* The work of the test below, as somebody who may not give files away. */
static int dress_as_nobody(const struct sandpit *sandpit, mode_t mode,
			   mode_t expected)
{
	struct stamp like, now;

	if (stamp_take(sandpit->fd, "copy", &like, NULL) != 0)
		return 1;
	like.owner = 12345;
	like.group = 23456;
	like.mode = S_IFREG | mode;
	if (file_dress(sandpit->fd, "copy", &like, NULL) != 0)
		return 2;
	if (stamp_take(sandpit->fd, "copy", &now, NULL) != 0)
		return 3;
	return (now.mode & 07777) == expected ? 0 : 4;
}

/* Where owner and group cannot be given, nobody may read the copy who could
 * not read the original: our group is another one than the original's, and the
 * original's group are others here. */
static void a_copy_is_never_more_readable(void **state)
{
	const struct sandpit *sandpit = *state;
	static const struct {
		mode_t mode, expected;
	} cases[] = {
		{ 0640, 0600 }, { 0660, 0600 }, { 0604, 0600 },
		{ 0644, 0604 }, { 0666, 0606 }, { 0400, 0400 },
	};
	size_t i;

	sandpit_file(sandpit, "copy", "x", 0600);
	assert_int_equal(fchmod(sandpit->fd, 0711), 0);
	if (geteuid() == 0)
		assert_int_equal(fchownat(sandpit->fd, "copy", 4711, 4711, 0),
				 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t child = fork();
		int status;

		assert_true(child >= 0);
		if (child == 0) {
			if (geteuid() == 0 &&
			    (setgid(4711) != 0 || setuid(4711) != 0))
				_exit(9);
			_exit(dress_as_nobody(sandpit, cases[i].mode,
					      cases[i].expected));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

#define SANDPIT_TEST(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDPIT_TEST(makes_private_files),
		SANDPIT_TEST(makes_nothing_behind_a_link),
		SANDPIT_TEST(makes_files_last),
		SANDPIT_TEST(clones_all_of_it),
		SANDPIT_TEST(clones_holes_as_holes),
		SANDPIT_TEST(a_clone_is_given_up_on_request),
		SANDPIT_TEST(clones_between_file_systems),
		SANDPIT_TEST(writes_and_reads_text),
		SANDPIT_TEST(writes_over_what_a_dead_run_left),
		SANDPIT_TEST(writes_through_no_link),
		SANDPIT_TEST(a_failed_write_leaves_the_old_text),
		SANDPIT_TEST(reads_what_is_small_and_regular),
		SANDPIT_TEST(dresses_like_the_original),
		SANDPIT_TEST(dresses_in_permissions_only),
		SANDPIT_TEST(dresses_no_target_of_a_link),
		SANDPIT_TEST(root_gives_the_file_away),
		SANDPIT_TEST(a_copy_is_never_more_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
