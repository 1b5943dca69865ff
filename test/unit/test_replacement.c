#include "base/replacement.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "sandpit.h"

static char *path_of(const struct sandpit *pit, const char *name)
{
	return xasprintf("%s/%s", pit->path, name);
}

static int begin(const struct sandpit *pit, const char *name,
		 struct replacement *out, struct error *err)
{
	char *path = path_of(pit, name);
	int rc;

	memset(err, 0, sizeof(*err));
	rc = replacement_begin(path, out, err);
	if (rc == 0)
		rc = replacement_make(out, 0644, err);
	if (rc)
		replacement_end(out, false, NULL);
	free(path);
	return rc;
}

static void write_new(const struct replacement *out)
{
	assert_int_equal(write(out->fd, "new", 3), 3);
}

static void expect(const struct sandpit *pit, const char *name,
		   const char *content, mode_t mode)
{
	struct stamp stamp;
	char *text;

	assert_int_equal(file_read_text(pit->fd, name, 100, &text, NULL), 0);
	assert_string_equal(text, content);
	free(text);
	assert_int_equal(stamp_take(pit->fd, name, &stamp, NULL), 0);
	assert_int_equal(stamp.mode & 07777, mode);
}

static void says(const struct error *err, const char *part)
{
	if (!strstr(err->message, part))
		fail_msg("\"%s\" is not in: %s", part, err->message);
}

static void a_new_file_has_the_mode_that_the_umask_leaves(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement new;
	struct error err;
	mode_t before = umask(027);

	assert_int_equal(begin(pit, "a", &new, &err), 0);
	assert_false(new.has_old);
	write_new(&new);
	assert_false(sandpit_has(pit, "a"));
	assert_int_equal(replacement_end(&new, true, &err), 0);
	umask(before);
	expect(pit, "a", "new", 0640);
	assert_false(sandpit_has(pit, ".a.new"));
	/* Once more does no harm. */
	assert_int_equal(replacement_end(&new, true, &err), 0);
}

static void an_old_one_is_whole_until_it_is_replaced(void **state)
{
	const struct sandpit *pit = *state;
	int descriptors = sandpit_descriptors();
	struct replacement new;
	struct error err;

	sandpit_file(pit, "a", "old", 0604);
	if (geteuid() == 0)
		assert_int_equal(fchownat(pit->fd, "a", 12, 34, 0), 0);
	assert_int_equal(begin(pit, "a", &new, &err), 0);
	write_new(&new);
	expect(pit, "a", "old", 0604);
	assert_int_equal(replacement_end(&new, true, &err), 0);
	expect(pit, "a", "new", 0604);
	if (geteuid() == 0) {
		struct stamp stamp;

		assert_int_equal(stamp_take(pit->fd, "a", &stamp, NULL), 0);
		assert_int_equal(stamp.owner, 12);
		assert_int_equal(stamp.group, 34);
	}
	assert_int_equal(sandpit_descriptors(), descriptors);
}

static void what_is_not_kept_leaves_nothing(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement new;
	struct error err;

	sandpit_file(pit, "a", "old", 0600);
	assert_int_equal(begin(pit, "a", &new, &err), 0);
	write_new(&new);
	assert_int_equal(replacement_end(&new, false, &err), 0);
	expect(pit, "a", "old", 0600);
	assert_false(sandpit_has(pit, ".a.new"));
	assert_int_equal(begin(pit, "b", &new, &err), 0);
	assert_int_equal(replacement_end(&new, false, &err), 0);
	assert_false(sandpit_has(pit, "b"));
}

static void looking_writes_nothing(void **state)
{
	const struct sandpit *pit = *state;
	char *path = path_of(pit, "a");
	struct stamp before, after;
	struct replacement new;
	struct error err;

	sandpit_file(pit, "a", "old", 0600);
	sandpit_file(pit, ".a.new", "another's", 0600);
	assert_int_equal(stamp_take(pit->fd, "", &before, NULL), 0);
	assert_int_equal(replacement_begin(path, &new, &err), 0);
	assert_true(new.has_old);
	assert_int_equal(replacement_end(&new, false, &err), 0);
	assert_int_equal(stamp_take(pit->fd, "", &after, NULL), 0);
	assert_true(stamp_is_same(&before, &after));
	expect(pit, ".a.new", "another's", 0600);
	free(path);
}

static void only_regular_files_are_replaced(void **state)
{
	const struct sandpit *pit = *state;
	int descriptors = sandpit_descriptors();
	struct replacement new;
	struct error err;

	sandpit_file(pit, "target", "old", 0600);
	sandpit_link(pit, "target", "link");
	sandpit_link(pit, "nowhere", "dangling");
	sandpit_folder(pit, "folder");
	assert_int_equal(mkfifoat(pit->fd, "fifo", 0600), 0);
	assert_int_equal(begin(pit, "link", &new, &err), ERROR_USAGE);
	says(&err, "/link: it is a link");
	assert_int_equal(begin(pit, "dangling", &new, &err), ERROR_USAGE);
	assert_int_equal(begin(pit, "folder", &new, &err), ERROR_USAGE);
	says(&err, "no regular file");
	assert_int_equal(begin(pit, "fifo", &new, &err), ERROR_USAGE);
	assert_int_equal(begin(pit, "folder/", &new, &err), ERROR_USAGE);
	says(&err, "names no file");
	assert_int_equal(begin(pit, "folder/..", &new, &err), ERROR_USAGE);
	assert_int_equal(begin(pit, "none/a", &new, &err), ERROR_MISSING);
	assert_int_equal(begin(pit, "target/a", &new, &err), ERROR_MISSING);
	expect(pit, "target", "old", 0600);
	assert_int_equal(sandpit_descriptors(), descriptors);
}

/* The folder may be reached by links: the administrator named it. */
static void the_folder_is_the_real_one(void **state)
{
	const struct sandpit *pit = *state;
	char *path = path_of(pit, "folder/.a.new");
	struct replacement new;
	struct error err;

	sandpit_folder(pit, "folder");
	sandpit_link(pit, "folder", "way");
	assert_int_equal(begin(pit, "way/a", &new, &err), 0);
	assert_string_equal(new.path, path);
	assert_string_equal(new.name, "a");
	assert_int_equal(replacement_end(&new, true, &err), 0);
	assert_true(sandpit_has(pit, "folder/a"));
	free(path);
}

static void what_a_dead_one_left_is_cleared_away(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement new;
	struct error err;

	sandpit_file(pit, ".a.new", "half of someth", 0600);
	assert_int_equal(begin(pit, "a", &new, &err), 0);
	write_new(&new);
	assert_int_equal(replacement_end(&new, true, &err), 0);
	expect(pit, "a", "new", 0644);
}

static void two_at_once_do_not_mix(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement one, two;
	struct error err;

	assert_int_equal(begin(pit, "a", &one, &err), 0);
	write_new(&one);
	assert_int_equal(begin(pit, "a", &two, &err), ERROR_LOCKED);
	says(&err, "another process is writing it");
	assert_int_equal(replacement_end(&one, true, &err), 0);
	assert_int_equal(begin(pit, "a", &two, &err), 0);
	assert_int_equal(replacement_end(&two, false, &err), 0);
	expect(pit, "a", "new", 0644);
}

static void what_changed_meanwhile_is_not_lost(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement new;
	struct error err;

	sandpit_file(pit, "a", "old", 0600);
	assert_int_equal(begin(pit, "a", &new, &err), 0);
	assert_int_equal(unlinkat(pit->fd, "a", 0), 0);
	sandpit_file(pit, "a", "somebody's", 0600);
	assert_int_equal(replacement_end(&new, true, &err), ERROR_BUSY);
	says(&err, "/a: somebody has");
	says(&err, "nothing was changed");
	expect(pit, "a", "somebody's", 0600);
	assert_int_equal(begin(pit, "b", &new, &err), 0);
	sandpit_file(pit, "b", "somebody's", 0600);
	assert_int_equal(replacement_end(&new, true, &err), ERROR_BUSY);
	expect(pit, "b", "somebody's", 0600);
	assert_false(sandpit_has(pit, ".a.new"));
	assert_false(sandpit_has(pit, ".b.new"));
}

static void what_stands_under_its_name_has_to_be_it(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement new;
	struct error err;

	assert_int_equal(begin(pit, "a", &new, &err), 0);
	assert_int_equal(renameat(pit->fd, ".a.new", pit->fd, "x"), 0);
	sandpit_file(pit, ".a.new", "a trap", 0600);
	assert_int_equal(replacement_end(&new, true, &err), ERROR_BUSY);
	says(&err, "taken");
	assert_false(sandpit_has(pit, "a"));
}

static void another_s_file_is_left_alone(void **state)
{
	const struct sandpit *pit = *state;
	struct replacement new;
	struct error err;

	if (geteuid() != 0)
		skip();
	assert_int_equal(fchmod(pit->fd, 0777), 0);
	sandpit_file(pit, "a", "old", 0644);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(begin(pit, "a", &new, &err), 0);
	assert_int_equal(replacement_end(&new, true, &err), ERROR_SKIPPED);
	assert_int_equal(seteuid(0), 0);
	says(&err, "owner");
	says(&err, "nothing was changed");
	expect(pit, "a", "old", 0644);
	assert_false(sandpit_has(pit, ".a.new"));
}

#define PIT(test) cmocka_unit_test_setup_teardown(test, sandpit_open, \
						  sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIT(a_new_file_has_the_mode_that_the_umask_leaves),
		PIT(an_old_one_is_whole_until_it_is_replaced),
		PIT(what_is_not_kept_leaves_nothing),
		PIT(looking_writes_nothing),
		PIT(only_regular_files_are_replaced),
		PIT(the_folder_is_the_real_one),
		PIT(what_a_dead_one_left_is_cleared_away),
		PIT(two_at_once_do_not_mix),
		PIT(what_changed_meanwhile_is_not_lost),
		PIT(what_stands_under_its_name_has_to_be_it),
		PIT(another_s_file_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
