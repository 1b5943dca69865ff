#include "base/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandpit.h"

/* What a list that lets user 12345 read looks like: version 2; the owner, that
 * user, the group, the mask and others, each tag, rights and id. */
static const unsigned char acl[] = {
	2, 0, 0, 0,
	0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
	0x02, 0, 4, 0, 0x39, 0x30, 0, 0,
	0x04, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
	0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
	0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};
#define ACL_NAME "system.posix_acl_access"

/* The one whose place is to be taken, and the one that takes it. */
struct pair {
	struct sandpit *pit;
	int from, to;
	struct stamp like;
};

static void pair_open(struct pair *pair, void **state)
{
	struct error err = { 0 };

	pair->pit = *state;
	sandpit_file(pair->pit, "from", "old", 0640);
	sandpit_file(pair->pit, "to", "new", 0600);
	pair->from = openat(pair->pit->fd, "from", O_RDONLY | O_CLOEXEC);
	pair->to = openat(pair->pit->fd, "to", O_RDWR | O_CLOEXEC);
	assert_true(pair->from >= 0 && pair->to >= 0);
	assert_int_equal(stamp_take(pair->from, "", &pair->like, &err), 0);
}

static void pair_close(struct pair *pair)
{
	close(pair->from);
	close(pair->to);
}

/* False where this file system (or this user) has none. */
static bool set_extended(int fd, const char *name, const void *value,
			 size_t bytes)
{
	if (fsetxattr(fd, name, value, bytes, 0) == 0)
		return true;
	assert_true(errno == ENOTSUP || errno == EPERM);
	return false;
}

static void carry(struct pair *pair)
{
	struct error err = { 0 };

	if (attributes_carry(pair->from, &pair->like, pair->to, &err) != 0)
		fail_msg("%s", err.message);
}

static void expect_refused(struct pair *pair, const char *what)
{
	struct error err = { 0 };

	assert_int_equal(attributes_carry(pair->from, &pair->like, pair->to,
					  &err),
			 ERROR_SKIPPED);
	assert_non_null(strstr(err.message, what));
}

static void mode_and_owner_are_carried(void **state)
{
	struct stat seen;
	struct pair pair;

	pair_open(&pair, state);
	pair.like.mode = S_IFREG | 02664;
	if (geteuid() == 0) {
		pair.like.owner = 12345;
		pair.like.group = 12346;
	}
	carry(&pair);
	assert_int_equal(fstat(pair.to, &seen), 0);
	assert_int_equal(seen.st_mode, S_IFREG | 02664);
	assert_int_equal(seen.st_uid, pair.like.owner);
	assert_int_equal(seen.st_gid, pair.like.group);
	pair_close(&pair);
}

static void an_owner_that_cannot_be_given_is_refused(void **state)
{
	struct pair pair;

	if (geteuid() == 0)
		skip(); /* root may give everything away */
	pair_open(&pair, state);
	pair.like.owner = 0;
	expect_refused(&pair, "owner");
	pair_close(&pair);
}

static void times_are_not_carried(void **state)
{
	const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct stat seen;
	struct pair pair;

	pair_open(&pair, state);
	assert_int_equal(futimens(pair.from, old), 0);
	carry(&pair);
	assert_int_equal(fstat(pair.to, &seen), 0);
	assert_true(seen.st_mtim.tv_sec > 1);
	pair_close(&pair);
}

static void lists_and_names_are_carried(void **state)
{
	unsigned char value[sizeof(acl)];
	struct pair pair;

	pair_open(&pair, state);
	if (!set_extended(pair.from, "user.colour", "blue", 4) ||
	    !set_extended(pair.from, ACL_NAME, acl, sizeof(acl))) {
		pair_close(&pair);
		skip();
	}
	carry(&pair);
	assert_int_equal(fgetxattr(pair.to, "user.colour", value,
				   sizeof(value)),
			 4);
	assert_memory_equal(value, "blue", 4);
	assert_int_equal(fgetxattr(pair.to, ACL_NAME, value, sizeof(value)),
			 sizeof(acl));
	assert_memory_equal(value, acl, sizeof(acl));
	pair_close(&pair);
}

/* It came from the folder, and would let somebody in. */
static void a_list_that_the_old_one_had_not_goes(void **state)
{
	struct stat seen;
	struct pair pair;

	pair_open(&pair, state);
	if (!set_extended(pair.to, ACL_NAME, acl, sizeof(acl))) {
		pair_close(&pair);
		skip();
	}
	carry(&pair);
	assert_int_equal(fgetxattr(pair.to, ACL_NAME, NULL, 0), -1);
	assert_int_equal(fstat(pair.to, &seen), 0);
	assert_int_equal(seen.st_mode & 0777, 0640);
	pair_close(&pair);
}

/* The mode of a file with a list shows what its mask lets through. */
static void a_copy_without_the_list_is_the_owners(void **state)
{
	struct stat seen;
	struct pair pair;
	int pit;

	pair_open(&pair, state);
	pit = pair.pit->fd;
	assert_int_equal(attributes_plain_mode(pit, "from", S_IFREG | 0640),
			 S_IFREG | 0640);
	/* What cannot be looked at may have one. */
	assert_int_equal(attributes_plain_mode(pit, "none", 0640), 0600);
	assert_true(attributes_drop_list(pit, "from"));
	assert_false(attributes_drop_list(pit, "none"));
	if (!set_extended(pair.from, ACL_NAME, acl, sizeof(acl))) {
		pair_close(&pair);
		skip();
	}
	assert_int_equal(attributes_plain_mode(pit, "from", S_IFREG | 0664),
			 S_IFREG | 0600);
	assert_true(attributes_drop_list(pit, "from"));
	assert_int_equal(fgetxattr(pair.from, ACL_NAME, NULL, 0), -1);
	assert_int_equal(fstat(pair.from, &seen), 0);
	assert_int_equal(seen.st_mode & S_IRWXO, 0);
	pair_close(&pair);
}

static void what_speaks_of_the_content_is_refused(void **state)
{
	struct pair pair;

	pair_open(&pair, state);
	if (!set_extended(pair.from, "trusted.sum", "x", 1)) {
		pair_close(&pair);
		skip();
	}
	expect_refused(&pair, "trusted.sum");
	pair_close(&pair);
}

static void another_flag_is_refused(void **state)
{
	struct pair pair;
	int flags = 0;

	pair_open(&pair, state);
	if (ioctl(pair.from, FS_IOC_GETFLAGS, &flags) != 0) {
		pair_close(&pair);
		skip();
	}
	flags |= FS_NODUMP_FL;
	if (ioctl(pair.from, FS_IOC_SETFLAGS, &flags) != 0) {
		pair_close(&pair);
		skip();
	}
	expect_refused(&pair, "flags");
	pair_close(&pair);
}

int main(void)
{
#define ATTRIBUTES_TEST(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		ATTRIBUTES_TEST(mode_and_owner_are_carried),
		ATTRIBUTES_TEST(an_owner_that_cannot_be_given_is_refused),
		ATTRIBUTES_TEST(times_are_not_carried),
		ATTRIBUTES_TEST(lists_and_names_are_carried),
		ATTRIBUTES_TEST(a_list_that_the_old_one_had_not_goes),
		ATTRIBUTES_TEST(a_copy_without_the_list_is_the_owners),
		ATTRIBUTES_TEST(what_speaks_of_the_content_is_refused),
		ATTRIBUTES_TEST(another_flag_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
