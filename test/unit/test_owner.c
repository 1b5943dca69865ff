#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/owner.h"
#include "sandpit.h"

/* User ids that nobody has: no name, no groups of their own. */
#define ONE 54321
#define TWO 54322

static struct subject subject_of(enum kind kind, uid_t owner, gid_t group)
{
	return (struct subject){
		.kind = kind,
		.stamp = {
			.mode = S_IFREG | 0600,
			.owner = owner,
			.group = group,
		},
	};
}

static struct fleet fleet_of(struct subject *users, size_t count)
{
	return (struct fleet){ .users = users, .user_count = count };
}

static void choose(const struct sandpit *sandpit, const struct fleet *fleet,
		   const char *setting, struct owner *out)
{
	struct error err = { 0 };

	assert_int_equal(owner_choose(fleet, sandpit->fd, setting, false, out,
				      &err), 0);
}

static void not_root_stays_who_it_is(void **state)
{
	struct subject users[] = { subject_of(KIND_USER, ONE, ONE) };
	const struct fleet fleet = fleet_of(users, 1);
	struct error err = { 0 };
	struct owner owner;

	if (geteuid() == 0)
		skip();
	choose(*state, &fleet, "owner", &owner);
	assert_int_equal(owner.uid, geteuid());
	assert_int_equal(owner.gid, getegid());
	assert_int_equal(owner_become(owner.uid, owner.gid, &err), 0);
	assert_int_equal(owner_become(owner.uid + 1, owner.gid, &err),
			 ERROR_CONFIG);
	assert_int_equal(owner_put_on(owner.uid + 1, owner.gid, &err), 0);
	assert_int_equal(owner_put_off(&err), 0);
	assert_int_equal(geteuid(), owner.uid);
}

static void the_databases_owner_is_chosen(void **state)
{
	struct subject users[] = {
		subject_of(KIND_USER, ONE, TWO),
		subject_of(KIND_USER, ONE, ONE),
	};
	struct subject system = subject_of(KIND_SYSTEM, ONE, ONE);
	struct fleet fleet = fleet_of(users, 2);
	struct owner owner;

	if (geteuid() != 0)
		skip();
	choose(*state, &fleet, "owner", &owner);
	assert_int_equal(owner.uid, ONE);
	assert_int_equal(owner.gid, TWO); /* has no account: the first file's */
	fleet.system = &system;
	choose(*state, &fleet, "owner", &owner);
	assert_int_equal(owner.uid, ONE);
}

static void the_owners_own_group_is_taken(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct subject users[1];
	const struct fleet fleet = fleet_of(users, 1);
	struct owner owner;

	if (geteuid() != 0 || nobody == NULL)
		skip();
	users[0] = subject_of(KIND_USER, nobody->pw_uid, ONE);
	choose(*state, &fleet, "owner", &owner);
	assert_int_equal(owner.uid, nobody->pw_uid);
	assert_int_equal(owner.gid, nobody->pw_gid);
}

static void several_owners_are_several(void **state)
{
	struct subject users[] = {
		subject_of(KIND_USER, ONE, ONE),
		subject_of(KIND_USER, TWO, TWO),
		subject_of(KIND_USER, ONE, ONE),
	};
	struct subject system = subject_of(KIND_SYSTEM, ONE, ONE);
	struct fleet fleet = fleet_of(users, 3);
	struct owner owner;

	if (geteuid() != 0)
		skip();
	choose(*state, &fleet, "owner", &owner);
	assert_true(owner.is_several);
	assert_int_equal(owner.uid, 0);
	/* system.db alone may be the odd one; or the last. */
	users[1].stamp.owner = ONE;
	choose(*state, &fleet, "owner", &owner);
	assert_false(owner.is_several);
	fleet.system = &system;
	system.stamp.owner = 0;
	choose(*state, &fleet, "owner", &owner);
	assert_true(owner.is_several);
	system.stamp.owner = ONE;
	users[2].stamp.owner = TWO;
	choose(*state, &fleet, "owner", &owner);
	assert_true(owner.is_several);
	/* One user's rights were said. */
	assert_true(owner_is_several(&fleet, "owner"));
	assert_false(owner_is_several(&fleet, "root"));
	choose(*state, &fleet, "root", &owner);
	assert_false(owner.is_several);
}

static void where_there_were_several_there_are(void **state)
{
	struct subject users[] = { subject_of(KIND_USER, ONE, ONE) };
	const struct fleet fleet = fleet_of(users, 1);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	struct owner owner;

	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", true,
				      &owner, &err), 0);
	assert_true(owner.is_several == (geteuid() == 0));
	assert_int_equal(owner.uid, geteuid());
}

/* Their owner says nothing: nothing of theirs is ever opened. */
static void what_is_no_file_has_no_say(void **state)
{
	struct subject users[] = {
		subject_of(KIND_USER, ONE, ONE),
		subject_of(KIND_USER, TWO, TWO),
	};
	const struct fleet fleet = fleet_of(users, 2);
	struct owner owner;

	if (geteuid() != 0)
		skip();
	assert_true(owner_is_several(&fleet, "owner"));
	users[1].stamp.mode = S_IFLNK | 0777;
	assert_false(owner_is_several(&fleet, "owner"));
	choose(*state, &fleet, "owner", &owner);
	assert_int_equal(owner.uid, ONE);
}

static void without_databases_the_folder_decides(void **state)
{
	const struct fleet fleet = fleet_of(NULL, 0);
	const struct sandpit *sandpit = *state;
	struct owner owner;

	if (geteuid() != 0)
		skip();
	assert_int_equal(fchown(sandpit->fd, ONE, TWO), 0);
	choose(*state, &fleet, "owner", &owner);
	assert_int_equal(owner.uid, ONE);
	assert_int_equal(owner.gid, TWO);
}

static void a_user_may_be_named(void **state)
{
	struct subject users[] = { subject_of(KIND_USER, ONE, ONE) };
	const struct fleet fleet = fleet_of(users, 1);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	struct owner owner;

	if (geteuid() != 0)
		skip();
	choose(*state, &fleet, "root", &owner);
	assert_int_equal(owner.uid, 0);
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "no-such-user",
				      false, &owner, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "no-such-user"));
	assert_non_null(strstr(err.message, "run.user"));
}

/* In a child, because there is no way back. 0: as it has to be. */
static int become_in_child(const struct sandpit *sandpit)
{
	struct error err = { 0 };
	gid_t groups[64];
	int count;

	if (owner_become(ONE, TWO, &err) != 0)
		return 1;
	if (getuid() != ONE || geteuid() != ONE || getgid() != TWO)
		return 2;
	count = getgroups(64, groups);
	for (int i = 0; i < count; i++)
		if (groups[i] != TWO)
			return 3;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 4;
	if (openat(sandpit->fd, "secret", O_RDONLY) >= 0)
		return 5;
	if (owner_become(ONE, TWO, &err) != 0)
		return 6;
	return owner_become(TWO, TWO, &err) == ERROR_CONFIG ? 0 : 7;
}

static void there_is_no_way_back(void **state)
{
	const struct sandpit *sandpit = *state;
	gid_t some[] = { 0, 1, 2 };
	int status;
	pid_t child;

	if (geteuid() != 0)
		skip();
	sandpit_file(sandpit, "secret", "root's own", 0600);
	fchmod(sandpit->fd, 0755);
	child = fork();
	if (child == 0) {
		if (setgroups(3, some) != 0)
			_exit(8);
		_exit(become_in_child(sandpit));
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

/* Root's own files are out of reach in between, and there again after it. */
static void rights_are_put_on_and_off(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	int fd;

	if (geteuid() != 0)
		skip();
	sandpit_file(sandpit, "secret", "root's own", 0600);
	fchmod(sandpit->fd, 0755);
	assert_int_equal(owner_put_on(ONE, TWO, &err), 0);
	assert_int_equal(geteuid(), ONE);
	assert_int_equal(getegid(), TWO);
	assert_int_equal(openat(sandpit->fd, "secret", O_RDONLY), -1);
	assert_int_equal(owner_put_off(&err), 0);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), getgid());
	fd = openat(sandpit->fd, "secret", O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(owner_put_off(&err), 0);
	assert_int_equal(owner_put_on(0, 0, &err), 0);
	assert_int_equal(geteuid(), 0);
}

static void the_group_is_the_accounts(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");

	(void)state;
	assert_int_equal(owner_group(ONE, TWO), TWO);
	if (nobody != NULL)
		assert_int_equal(owner_group(nobody->pw_uid, ONE),
				 nobody->pw_gid);
}

static void the_way_to_a_folder_is_roots_alone_or_not(void **state)
{
	const struct sandpit *sandpit = *state;
	char path[4096];
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/in", sandpit->path);
	sandpit_folder(sandpit, "in");
	fchmod(sandpit->fd, 0755);
	assert_int_equal(owner_check_way(path, 0, true, &err), 0);
	assert_int_equal(owner_check_way("/", 0, true, &err), 0);
	fchmodat(sandpit->fd, "in", 01777, 0);
	assert_int_equal(owner_check_way(path, 0, false, &err), 0);
	assert_int_equal(owner_check_way(path, 0, true, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, path));
	fchmodat(sandpit->fd, "in", 0775, 0);
	fchownat(sandpit->fd, "in", 0, ONE, 0);
	assert_int_equal(owner_check_way(path, 0, false, &err), ERROR_CONFIG);
	fchmodat(sandpit->fd, "in", 0755, 0);
	fchownat(sandpit->fd, "in", ONE, 0, 0);
	assert_int_equal(owner_check_way(path, 0, false, &err), ERROR_CONFIG);
	fchownat(sandpit->fd, "in", 0, 0, 0);
	/* The one above counts as well; there the sticky bit is enough. */
	fchown(sandpit->fd, ONE, 0);
	assert_int_equal(owner_check_way(path, 0, true, &err), ERROR_CONFIG);
	assert_null(strstr(err.message, path));
	fchown(sandpit->fd, 0, 0);
	fchmod(sandpit->fd, 01777);
	assert_int_equal(owner_check_way(path, 0, true, &err), 0);
	fchmod(sandpit->fd, 0777);
	assert_int_equal(owner_check_way(path, 0, true, &err), ERROR_CONFIG);
}

static void the_way_is_roots_and_one_users(void **state)
{
	const struct sandpit *sandpit = *state;
	char path[4096];
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/in", sandpit->path);
	sandpit_folder(sandpit, "in");
	fchmod(sandpit->fd, 0755);
	fchownat(sandpit->fd, "in", ONE, ONE, 0);
	assert_int_equal(owner_check_way(path, ONE, true, &err), 0);
	assert_int_equal(owner_check_way(path, TWO, true, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "root and user id"));
	/* Whose it is to be, only who looks after it can say. */
	assert_null(strstr(err.message, "chmod"));
	fchmodat(sandpit->fd, "in", 0777, 0);
	assert_int_equal(owner_check_way(path, ONE, true, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "chmod go-w /"));
}

static void being_that_user_is_fine(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(owner_become(geteuid(), getegid(), &err), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(not_root_stays_who_it_is),
		TEST(the_databases_owner_is_chosen),
		TEST(the_owners_own_group_is_taken),
		TEST(several_owners_are_several),
		TEST(where_there_were_several_there_are),
		TEST(rights_are_put_on_and_off),
		TEST(what_is_no_file_has_no_say),
		TEST(without_databases_the_folder_decides),
		TEST(a_user_may_be_named),
		TEST(there_is_no_way_back),
		TEST(the_group_is_the_accounts),
		TEST(the_way_to_a_folder_is_roots_alone_or_not),
		TEST(the_way_is_roots_and_one_users),
		TEST(being_that_user_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
