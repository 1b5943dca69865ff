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

static void not_root_stays_who_it_is(void **state)
{
	struct subject users[] = { subject_of(KIND_USER, ONE, ONE) };
	const struct fleet fleet = fleet_of(users, 1);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() == 0)
		skip();
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, geteuid());
	assert_int_equal(gid, getegid());
	assert_int_equal(owner_become(uid, gid, &err), 0);
	assert_int_equal(owner_become(uid + 1, gid, &err), ERROR_CONFIG);
}

static void the_databases_owner_is_chosen(void **state)
{
	struct subject users[] = {
		subject_of(KIND_USER, ONE, TWO),
		subject_of(KIND_USER, ONE, ONE),
	};
	struct subject system = subject_of(KIND_SYSTEM, ONE, ONE);
	struct fleet fleet = fleet_of(users, 2);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, ONE);
	assert_int_equal(gid, TWO); /* has no account: the first file's */
	fleet.system = &system;
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, ONE);
}

static void the_owners_own_group_is_taken(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct subject users[1];
	const struct fleet fleet = fleet_of(users, 1);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0 || nobody == NULL)
		skip();
	users[0] = subject_of(KIND_USER, nobody->pw_uid, ONE);
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, nobody->pw_uid);
	assert_int_equal(gid, nobody->pw_gid);
}

static void several_owners_are_refused_and_named(void **state)
{
	struct subject users[] = {
		subject_of(KIND_USER, ONE, ONE),
		subject_of(KIND_USER, TWO, TWO),
		subject_of(KIND_USER, ONE, ONE),
	};
	const struct fleet fleet = fleet_of(users, 3);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "54321"));
	assert_non_null(strstr(err.message, ": 2, "));
	assert_non_null(strstr(err.message, "54322"));
	assert_non_null(strstr(err.message, ": 1)"));
	assert_non_null(strstr(err.message, "run.user"));
}

static void many_owners_fit_the_message(void **state)
{
	enum { COUNT = 1000 };
	struct subject *users = calloc(COUNT, sizeof(*users));
	const struct fleet fleet = fleet_of(users, COUNT);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	for (unsigned i = 0; i < COUNT; i++)
		users[i] = subject_of(KIND_USER, ONE + i, ONE);
	if (geteuid() == 0) {
		assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner",
					      &uid, &gid, &err), ERROR_CONFIG);
		assert_non_null(strstr(err.message, "..."));
		assert_null(strstr(err.message, "54326"));
	}
	free(users);
}

/* Their owner says nothing: nothing of theirs is ever opened. */
static void what_is_no_file_has_no_say(void **state)
{
	struct subject users[] = {
		subject_of(KIND_USER, ONE, ONE),
		subject_of(KIND_USER, TWO, TWO),
	};
	const struct fleet fleet = fleet_of(users, 2);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		skip();
	users[1].stamp.mode = S_IFLNK | 0777;
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, ONE);
}

static void without_databases_the_folder_decides(void **state)
{
	const struct fleet fleet = fleet_of(NULL, 0);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(fchown(sandpit->fd, ONE, TWO), 0);
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "owner", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, ONE);
	assert_int_equal(gid, TWO);
}

static void a_user_may_be_named(void **state)
{
	struct subject users[] = { subject_of(KIND_USER, ONE, ONE) };
	const struct fleet fleet = fleet_of(users, 1);
	const struct sandpit *sandpit = *state;
	struct error err = { 0 };
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "root", &uid, &gid,
				      &err), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(owner_choose(&fleet, sandpit->fd, "no-such-user",
				      &uid, &gid, &err), ERROR_CONFIG);
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
		TEST(several_owners_are_refused_and_named),
		TEST(many_owners_fit_the_message),
		TEST(what_is_no_file_has_no_say),
		TEST(without_databases_the_folder_decides),
		TEST(a_user_may_be_named),
		TEST(there_is_no_way_back),
		TEST(being_that_user_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
