#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/place.h"
#include "sandpit.h"

static void stamps_tell_what_is_there(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp stamp;

	sandpit_file(sandpit, "a", "12345", 0640);
	assert_int_equal(stamp_take(sandpit->fd, "a", &stamp, NULL), 0);
	assert_true(S_ISREG(stamp.mode));
	assert_int_equal(stamp.mode & 07777, 0640);
	assert_int_equal(stamp.bytes, 5);
	assert_int_equal(stamp.links, 1);
	assert_int_equal(stamp.owner, geteuid());
}

static void stamps_follow_no_link(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp stamp;

	sandpit_file(sandpit, "a", "12345", 0640);
	sandpit_link(sandpit, "a", "link");
	assert_int_equal(stamp_take(sandpit->fd, "link", &stamp, NULL), 0);
	assert_true(S_ISLNK(stamp.mode));
}

static void what_is_missing_is_told(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp stamp;
	struct error err;

	sandpit_file(sandpit, "a", "", 0600);
	assert_int_equal(stamp_take(sandpit->fd, "b", &stamp, &err),
			 ERROR_MISSING);
	assert_non_null(strstr(err.message, "b"));
	assert_int_equal(stamp_take(sandpit->fd, "a/b", &stamp, &err),
			 ERROR_MISSING);
	assert_int_equal(stamp_take(-1, "a", &stamp, &err), ERROR_IO);
}

/* What tells that nobody touched the file; and what is no touch at all. */
static void sees_every_change(void **state)
{
	const struct sandpit *sandpit = *state;
	struct stamp old, now;
	struct stamp *fields = &now;

	sandpit_file(sandpit, "a", "12345", 0640);
	assert_int_equal(stamp_take(sandpit->fd, "a", &old, NULL), 0);
	now = old;
	fields->links++;
	fields->blocks++;
	fields->accessed.tv_sec++;
	assert_true(stamp_is_same(&old, &now));

#define SEES(field)                                     \
	do {                                            \
		now = old;                              \
		now.field++;                            \
		assert_false(stamp_is_same(&old, &now)); \
	} while (0)
	SEES(device);
	SEES(inode);
	SEES(mode);
	SEES(owner);
	SEES(group);
	SEES(bytes);
	SEES(modified.tv_sec);
	SEES(modified.tv_nsec);
	SEES(changed.tv_sec);
	SEES(changed.tv_nsec);
#undef SEES
}

static void opens_the_folder_of_a_file(void **state)
{
	const struct sandpit *sandpit = *state;
	struct place place;
	struct stamp stamp;
	char expected[4200];

	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "a/b");
	sandpit_file(sandpit, "a/b/c.db", "db", 0600);
	sandpit_file(sandpit, "a/b/c.db-wal", "wal", 0600);
	assert_int_equal(place_open(sandpit->fd, sandpit->path, "a/b/c.db",
				    &place, NULL), 0);
	snprintf(expected, sizeof(expected), "%s/a/b/c.db", sandpit->path);
	assert_string_equal(place.path, expected);
	assert_string_equal(place.name, "c.db");
	assert_int_equal(place_stamp(&place, "", &stamp, NULL), 0);
	assert_int_equal(stamp.bytes, 2);
	assert_int_equal(place_stamp(&place, "-wal", &stamp, NULL), 0);
	assert_int_equal(stamp.bytes, 3);
	assert_int_equal(place_stamp(&place, "-journal", &stamp, NULL),
			 ERROR_MISSING);
	place_close(&place);
	assert_int_equal(place.folder, -1);
}

/* The folder is held, not its path: what is put in its way does not count. */
static void a_swapped_folder_changes_nothing(void **state)
{
	const struct sandpit *sandpit = *state;
	struct place place;
	struct stamp stamp;

	sandpit_folder(sandpit, "mine");
	sandpit_folder(sandpit, "evil");
	sandpit_file(sandpit, "mine/f", "mine", 0600);
	sandpit_file(sandpit, "evil/f", "evil one", 0600);
	assert_int_equal(place_open(sandpit->fd, sandpit->path, "mine/f",
				    &place, NULL), 0);
	assert_int_equal(renameat(sandpit->fd, "mine", sandpit->fd, "old"), 0);
	sandpit_link(sandpit, "evil", "mine");
	assert_int_equal(place_stamp(&place, "", &stamp, NULL), 0);
	assert_int_equal(stamp.bytes, 4);
	place_close(&place);
	assert_int_equal(place_open(sandpit->fd, sandpit->path, "mine/f",
				    &place, NULL), ERROR_SKIPPED);
}

static void refuses_what_it_cannot_hold(void **state)
{
	const struct sandpit *sandpit = *state;
	static const struct {
		const char *relative;
		int code;
	} cases[] = {
		{ "none/f", ERROR_MISSING },
		{ "a/none/f", ERROR_MISSING },
		{ "file/f", ERROR_MISSING },
		{ "link/f", ERROR_SKIPPED },
		{ "a/link/f", ERROR_SKIPPED },
		{ "a/link/deeper/f", ERROR_SKIPPED },
		{ "dangling/f", ERROR_SKIPPED },
		{ "", ERROR_IO },
		{ "/", ERROR_IO },
		{ "/etc", ERROR_IO },
		{ "/etc/passwd", ERROR_IO },
		{ ".", ERROR_IO },
		{ "..", ERROR_IO },
		{ "a/", ERROR_IO },
		{ "a/..", ERROR_IO },
		{ "../f", ERROR_IO },
		{ "a/../f", ERROR_IO },
		{ "a/./f", ERROR_IO },
		{ "a//f", ERROR_IO },
	};
	int before = sandpit_descriptors();
	size_t i;

	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "b");
	sandpit_file(sandpit, "file", "", 0600);
	sandpit_link(sandpit, "b", "link");
	sandpit_link(sandpit, "../b", "a/link");
	sandpit_link(sandpit, "nowhere", "dangling");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct place place;
		struct error err;

		assert_int_equal(place_open(sandpit->fd, sandpit->path,
					    cases[i].relative, &place, &err),
				 cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(place.folder, -1);
		assert_null(place.path);
		place_close(&place);
	}
	assert_int_equal(sandpit_descriptors(), before);
}

static void refuses_a_name_that_is_too_long(void **state)
{
	const struct sandpit *sandpit = *state;
	char relative[302];
	struct place place;
	struct error err;

	memset(relative, 'x', sizeof(relative));
	memcpy(relative + sizeof(relative) - 3, "/f", 3);
	assert_int_equal(place_open(sandpit->fd, sandpit->path, relative,
				    &place, &err), ERROR_IO);
	assert_non_null(strstr(err.message, "File name too long"));
}

static void closing_is_always_safe(void **state)
{
	const struct sandpit *sandpit = *state;
	struct place zeroed = { 0 }, place;
	int before = sandpit_descriptors();

	place_close(NULL);
	place_close(&zeroed);
	assert_int_equal(place_open(sandpit->fd, sandpit->path, "f", &place,
				    NULL), 0);
	assert_int_equal(sandpit_descriptors(), before + 1);
	place_close(&place);
	place_close(&place);
	assert_int_equal(sandpit_descriptors(), before);
}

static void files_are_ordered_as_signed_numbers(void **state)
{
	const struct stamp in_order[] = {
		{ .device = (dev_t)1 << 63, .inode = 9 },
		{ .device = 1, .inode = UINT64_MAX },
		{ .device = 1, .inode = 1 },
		{ .device = 1, .inode = 2 },
		{ .device = 2, .inode = 0 },
	};
	const int count = sizeof(in_order) / sizeof(in_order[0]);

	(void)state;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			assert_int_equal(stamp_compare_file(&in_order[i],
							    &in_order[j]),
					 (i > j) - (i < j));
}

#define SANDPIT_TEST(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDPIT_TEST(stamps_tell_what_is_there),
		SANDPIT_TEST(stamps_follow_no_link),
		SANDPIT_TEST(what_is_missing_is_told),
		SANDPIT_TEST(sees_every_change),
		SANDPIT_TEST(opens_the_folder_of_a_file),
		SANDPIT_TEST(a_swapped_folder_changes_nothing),
		SANDPIT_TEST(refuses_what_it_cannot_hold),
		SANDPIT_TEST(refuses_a_name_that_is_too_long),
		SANDPIT_TEST(closing_is_always_safe),
		cmocka_unit_test(files_are_ordered_as_signed_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
