#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/folder.h"
#include "base/memory.h"
#include "sandpit.h"

/* Root may do everything: what is refused shows only as somebody else. */
static void become_somebody(const struct sandpit *sandpit)
{
	assert_int_equal(fchmod(sandpit->fd, 0755), 0);
	if (getuid() == 0)
		assert_int_equal(seteuid(4711), 0);
}

static void become_oneself(void)
{
	assert_int_equal(seteuid(getuid()), 0);
}

static bool is_same_folder(int fd, int parent, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(parent, name, &b, 0) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void opens_what_the_administrator_named(void **state)
{
	const struct sandpit *sandpit = *state;
	char *name = xasprintf("%s/link/../link/./in/", sandpit->path);
	char *expected = xasprintf("%s/real/in", sandpit->path), *path;
	int fd;

	sandpit_folder(sandpit, "real");
	sandpit_folder(sandpit, "real/in");
	sandpit_link(sandpit, "real", "link");
	assert_int_equal(folder_open(name, &fd, &path, NULL), 0);
	assert_string_equal(path, expected);
	assert_true(is_same_folder(fd, sandpit->fd, "real/in"));
	assert_int_equal(fsync(fd), 0);
	close(fd);
	free(path);
	free(name);
	free(expected);
}

static void opens_the_root(void **state)
{
	char *path;
	int fd;

	(void)state;
	assert_int_equal(folder_open("/", &fd, &path, NULL), 0);
	assert_string_equal(path, "/");
	close(fd);
	free(path);
}

static void open_tells_what_is_wrong(void **state)
{
	const struct sandpit *sandpit = *state;
	char *missing = xasprintf("%s/missing", sandpit->path);
	char *file = xasprintf("%s/file", sandpit->path);
	char *path;
	struct error err;
	int fd, before = sandpit_descriptors();

	sandpit_file(sandpit, "file", "", 0600);
	assert_int_equal(folder_open(missing, &fd, &path, &err),
			 ERROR_MISSING);
	assert_non_null(strstr(err.message, missing));
	assert_int_not_equal(folder_open(file, &fd, &path, &err), 0);
	assert_non_null(strstr(err.message, "Not a directory"));
	assert_int_equal(fd, -1);
	assert_null(path);
	assert_int_equal(sandpit_descriptors(), before);
	free(missing);
	free(file);
}

static void makes_folders(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stat seen;
	int fd, again, before = sandpit_descriptors();

	umask(022);
	assert_int_equal(folder_make(sandpit->fd, "a/b/c", &fd, NULL), 0);
	assert_true(is_same_folder(fd, sandpit->fd, "a/b/c"));
	assert_int_equal(fstatat(sandpit->fd, "a", &seen, 0), 0);
	assert_int_equal(seen.st_mode & 07777, 0700);
	assert_int_equal(folder_make(sandpit->fd, "a/b/c", &again, NULL), 0);
	assert_true(is_same_folder(again, sandpit->fd, "a/b/c"));
	close(again);
	assert_int_equal(folder_make(fd, "", &again, NULL), 0);
	assert_true(is_same_folder(again, sandpit->fd, "a/b/c"));
	assert_int_not_equal(again, fd);
	close(again);
	close(fd);
	assert_int_equal(sandpit_descriptors(), before);
}

static void makes_nothing_through_a_link(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;
	int fd, before = sandpit_descriptors();

	sandpit_folder(sandpit, "real");
	sandpit_link(sandpit, "real", "link");
	sandpit_file(sandpit, "file", "", 0600);
	assert_int_equal(folder_make(sandpit->fd, "link/a", &fd, &err),
			 ERROR_SKIPPED);
	assert_false(sandpit_has(sandpit, "real/a"));
	assert_int_not_equal(folder_make(sandpit->fd, "file/a", &fd, &err), 0);
	assert_int_equal(folder_make(sandpit->fd, "a/../b", &fd, &err),
			 ERROR_IO);
	assert_false(sandpit_has(sandpit, "b"));
	assert_int_equal(folder_make(sandpit->fd, "/b", &fd, &err), ERROR_IO);
	assert_int_equal(fd, -1);
	assert_int_equal(sandpit_descriptors(), before);
}

static void enters_with_the_flags_asked_for(void **state)
{
	const struct sandpit *sandpit = *state;
	int fd;

	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "a/b");
	assert_int_equal(folder_enter(sandpit->fd, "a/b/ignored", 3, O_PATH,
				      &fd, NULL), 0);
	assert_true(is_same_folder(fd, sandpit->fd, "a/b"));
	assert_int_equal(fsync(fd), -1);
	assert_int_equal(folder_sync(fd, NULL), 0);
	close(fd);
	assert_int_equal(folder_enter(sandpit->fd, "a/b", 3, O_RDONLY, &fd,
				      NULL), 0);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(folder_sync(fd, NULL), 0);
	close(fd);
	assert_int_equal(folder_sync(-1, NULL), ERROR_IO);
}

/* Collects what a walk visits, one name a line. */
struct seen {
	char names[1024];
	off_t bytes;
	const char *stop_at;
	int remove_from; /* a folder, or -1 */
};

static int note(void *self, const char *relative, const struct stamp *stamp,
		struct error *err)
{
	struct seen *seen = self;

	strcat(strcat(seen->names, relative), "\n");
	seen->bytes += stamp->bytes;
	if (seen->remove_from >= 0)
		assert_int_equal(unlinkat(seen->remove_from, relative, 0), 0);
	if (seen->stop_at && strcmp(seen->stop_at, relative) == 0)
		return error_set(err, ERROR_MISSING, "stopped");
	return 0;
}

static void fill_tree(const struct sandpit *sandpit)
{
	sandpit_folder(sandpit, "b");
	sandpit_folder(sandpit, "b/empty");
	sandpit_folder(sandpit, "b/in");
	sandpit_file(sandpit, "b/in/2", "22", 0600);
	sandpit_file(sandpit, "b/in/10", "10", 0600);
	sandpit_file(sandpit, "b/.hidden", "h", 0600);
	sandpit_file(sandpit, "a", "a", 0600);
	sandpit_file(sandpit, "c", "c", 0600);
	sandpit_folder(sandpit, "outside");
	sandpit_link(sandpit, "../outside", "b/link");
	sandpit_link(sandpit, "a", "d");
	assert_int_equal(mkfifoat(sandpit->fd, "fifo", 0600), 0);
}

static void walks_in_order(void **state)
{
	const struct sandpit *sandpit = *state;
	struct seen seen = { .remove_from = -1 };
	int before = sandpit_descriptors();

	fill_tree(sandpit);
	sandpit_file(sandpit, "outside/secret", "", 0600);
	assert_int_equal(folder_walk(sandpit->fd, note, &seen, NULL), 0);
	assert_string_equal(seen.names, "a\nb/.hidden\nb/in/10\nb/in/2\nc\n"
					"outside/secret\n");
	assert_int_equal(seen.bytes, 7);
	assert_int_equal(sandpit_descriptors(), before);
}

static void a_walk_may_remove_what_it_visits(void **state)
{
	const struct sandpit *sandpit = *state;
	struct seen seen = { .remove_from = sandpit->fd };

	fill_tree(sandpit);
	assert_int_equal(folder_walk(sandpit->fd, note, &seen, NULL), 0);
	assert_false(sandpit_has(sandpit, "b/in/2"));
	assert_true(sandpit_has(sandpit, "b/in"));
}

/* Whatever the visitor returns ends the walk, a missing file as well. */
static void a_walk_ends_when_told(void **state)
{
	const struct sandpit *sandpit = *state;
	struct seen seen = { .remove_from = -1, .stop_at = "b/in/10" };
	struct error err;
	int before = sandpit_descriptors();

	fill_tree(sandpit);
	assert_int_equal(folder_walk(sandpit->fd, note, &seen, &err),
			 ERROR_MISSING);
	assert_string_equal(err.message, "stopped");
	assert_string_equal(seen.names, "a\nb/.hidden\nb/in/10\n");
	assert_int_equal(sandpit_descriptors(), before);
}

/* A visitor that takes a folder away which is still to come. */
static int remove_later(void *self, const char *relative,
			const struct stamp *stamp, struct error *err)
{
	const struct sandpit *sandpit = self;

	(void)stamp;
	(void)err;
	if (strcmp(relative, "a") == 0) {
		unlinkat(sandpit->fd, "gone", AT_REMOVEDIR);
		unlinkat(sandpit->fd, "lost", 0);
	}
	return 0;
}

static void a_walk_passes_over_what_vanishes(void **state)
{
	struct sandpit *sandpit = *state;
	struct error err = { 0 };

	fill_tree(sandpit);
	sandpit_folder(sandpit, "gone");
	sandpit_file(sandpit, "lost", "", 0600);
	assert_int_equal(folder_walk(sandpit->fd, remove_later, sandpit, &err),
			 0);
	assert_int_equal(err.code, ERROR_NONE);
	assert_false(sandpit_has(sandpit, "gone"));
}

static void a_walk_tells_what_it_cannot_read(void **state)
{
	const struct sandpit *sandpit = *state;
	struct seen seen = { .remove_from = -1 };
	struct error err;
	int rc;

	fill_tree(sandpit);
	assert_int_equal(fchmodat(sandpit->fd, "b", 0755, 0), 0);
	assert_int_equal(fchmodat(sandpit->fd, "b/in", 0, 0), 0);
	become_somebody(sandpit);
	rc = folder_walk(sandpit->fd, note, &seen, &err);
	become_oneself();
	assert_int_equal(rc, ERROR_IO);
	assert_non_null(strstr(err.message, "b/in"));
}

static void clears_all_but_what_links_lead_to(void **state)
{
	const struct sandpit *sandpit = *state;
	int fd, before = sandpit_descriptors();

	fill_tree(sandpit);
	sandpit_file(sandpit, "outside/kept", "", 0600);
	assert_int_equal(folder_enter(sandpit->fd, "b", 1, O_PATH, &fd, NULL),
			 0);
	assert_int_equal(folder_clear(fd, NULL), 0);
	close(fd);
	assert_true(sandpit_has(sandpit, "b"));
	assert_false(sandpit_has(sandpit, "b/in"));
	assert_false(sandpit_has(sandpit, "b/link"));
	assert_false(sandpit_has(sandpit, "b/.hidden"));
	assert_true(sandpit_has(sandpit, "outside/kept"));
	assert_int_equal(folder_clear(sandpit->fd, NULL), 0);
	assert_false(sandpit_has(sandpit, "fifo"));
	assert_false(sandpit_has(sandpit, "outside"));
	assert_int_equal(sandpit_descriptors(), before);
}

static void clearing_tells_what_it_cannot_remove(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;
	int rc;

	fill_tree(sandpit);
	assert_int_equal(fchmodat(sandpit->fd, "b/in", 0555, 0), 0);
	become_somebody(sandpit);
	rc = folder_clear(sandpit->fd, &err);
	become_oneself();
	assert_int_equal(rc, ERROR_IO);
	assert_true(sandpit_has(sandpit, "b/in/2"));
	assert_non_null(strstr(err.message, "Permission denied"));
}

/* Makes so many folders one below the other. */
static void nest(const struct sandpit *sandpit, int count)
{
	int folder = dup(sandpit->fd);

	for (int i = 0; i < count; i++) {
		int below;

		assert_int_equal(mkdirat(folder, "deep", 0700), 0);
		below = openat(folder, "deep", O_RDONLY | O_DIRECTORY);
		assert_true(below >= 0);
		close(folder);
		folder = below;
	}
	close(folder);
}

static void a_walk_and_a_clearing_end_at_a_depth(void **state)
{
	const struct sandpit *sandpit = *state;
	int before = sandpit_descriptors();
	struct error err = { 0 };
	struct seen seen = { 0 };

	nest(sandpit, FOLDER_DEPTH_MOST);
	assert_int_equal(folder_walk(sandpit->fd, note, &seen, &err), 0);
	assert_int_equal(folder_clear(sandpit->fd, &err), 0);
	assert_false(sandpit_has(sandpit, "deep"));
	nest(sandpit, FOLDER_DEPTH_MOST + 1);
	assert_int_equal(folder_walk(sandpit->fd, note, &seen, &err), ERROR_IO);
	assert_non_null(strstr(err.message, "deep/deep"));
	assert_non_null(strstr(err.message, "one below the other; remove"));
	assert_int_equal(folder_clear(sandpit->fd, &err), ERROR_IO);
	assert_true(sandpit_has(sandpit, "deep"));
	assert_int_equal(sandpit_descriptors(), before);
}

static void prunes_empty_folders_only(void **state)
{
	const struct sandpit *sandpit = *state;
	int fd;

	assert_int_equal(folder_make(sandpit->fd, "a/b/c/d", &fd, NULL), 0);
	close(fd);
	sandpit_file(sandpit, "a/f", "", 0600);
	folder_prune(sandpit->fd, "a/b/c/d");
	assert_false(sandpit_has(sandpit, "a/b"));
	assert_true(sandpit_has(sandpit, "a/f"));
	folder_prune(sandpit->fd, "a/b/c/d");
	folder_prune(sandpit->fd, "a/f");
	folder_prune(sandpit->fd, "");
	folder_prune(sandpit->fd, "a/../a");
	assert_true(sandpit_has(sandpit, "a/f"));
}

static void prunes_nothing_through_a_link(void **state)
{
	const struct sandpit *sandpit = *state;

	sandpit_folder(sandpit, "real");
	sandpit_folder(sandpit, "real/in");
	sandpit_link(sandpit, "real", "link");
	folder_prune(sandpit->fd, "link/in");
	assert_true(sandpit_has(sandpit, "real/in"));
	assert_true(sandpit_has(sandpit, "link"));
}

static void makes_folders_to_be_synced_later(void **state)
{
	const struct sandpit *sandpit = *state;
	int before = sandpit_descriptors(), fd;

	assert_int_equal(folder_make_unsynced(sandpit->fd, "a/b", &fd, NULL),
			 0);
	assert_true(is_same_folder(fd, sandpit->fd, "a/b"));
	close(fd);
	assert_int_equal(folder_make_unsynced(sandpit->fd, "a/b/c", &fd, NULL),
			 0);
	close(fd);
	sandpit_link(sandpit, "a", "link");
	assert_int_equal(folder_make_unsynced(sandpit->fd, "link/x", &fd, NULL),
			 ERROR_SKIPPED);
	assert_int_equal(sandpit_descriptors(), before);
}

static void syncs_the_disk(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };

	assert_int_equal(disk_sync(sandpit->fd, &err), 0);
	assert_int_equal(disk_sync(-1, &err), ERROR_IO);
	assert_non_null(strstr(err.message, "disk"));
}

/* What the kernel says of itself. */
static struct utsname kernel;

int uname(struct utsname *out)
{
	*out = kernel;
	return 0;
}

static void knows_which_kernels_tell(void **state)
{
	static const struct {
		const char *release;
		bool tells;
	} cases[] = {
		{ "4.18.0-553.el8", false }, { "5.7.19", false },
		{ "5.8.0", true },	     { "5.10.0-28-amd64", true },
		{ "6.1", true },	     { "10.0-rc1", true },
		{ "strange", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(kernel.release, cases[i].release);
		assert_int_equal(disk_sync_tells(), cases[i].tells);
	}
}

static void knows_the_space(void **state)
{
	const struct sandpit *sandpit = *state;
	struct space space, through_path;
	int fd;

	assert_int_equal(space_of(sandpit->fd, &space, NULL), 0);
	assert_true(space.total > 0);
	assert_true(space.available <= space.total);
	assert_int_equal(folder_enter(sandpit->fd, "", 0, O_PATH, &fd, NULL),
			 0);
	assert_int_equal(space_of(fd, &through_path, NULL), 0);
	assert_true(space.total == through_path.total);
	close(fd);
	assert_int_equal(space_of(-1, &space, NULL), ERROR_IO);
}

#define SANDPIT_TEST(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDPIT_TEST(opens_what_the_administrator_named),
		SANDPIT_TEST(opens_the_root),
		SANDPIT_TEST(open_tells_what_is_wrong),
		SANDPIT_TEST(makes_folders),
		SANDPIT_TEST(makes_nothing_through_a_link),
		SANDPIT_TEST(enters_with_the_flags_asked_for),
		SANDPIT_TEST(walks_in_order),
		SANDPIT_TEST(a_walk_may_remove_what_it_visits),
		SANDPIT_TEST(a_walk_ends_when_told),
		SANDPIT_TEST(a_walk_passes_over_what_vanishes),
		SANDPIT_TEST(a_walk_tells_what_it_cannot_read),
		SANDPIT_TEST(clears_all_but_what_links_lead_to),
		SANDPIT_TEST(clearing_tells_what_it_cannot_remove),
		SANDPIT_TEST(a_walk_and_a_clearing_end_at_a_depth),
		SANDPIT_TEST(prunes_empty_folders_only),
		SANDPIT_TEST(prunes_nothing_through_a_link),
		SANDPIT_TEST(makes_folders_to_be_synced_later),
		SANDPIT_TEST(syncs_the_disk),
		SANDPIT_TEST(knows_which_kernels_tell),
		SANDPIT_TEST(knows_the_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
