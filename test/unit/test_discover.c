#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/discover.h"
#include "fleet/state.h"
#include "sandpit.h"

static struct selection usual(void)
{
	struct pattern *user_db;
	struct error err = { 0 };

	assert_int_equal(pattern_new("**/{username}_longterm.db", true,
				     &user_db, &err), 0);
	return (struct selection){
		.system_db = "system.db",
		.user_db = user_db,
	};
}

/* pattern_free() is for who made it; selections hold it const. */
static void drop(struct selection *selection)
{
	union {
		const struct pattern *held;
		struct pattern *owned;
	} pattern = { .held = selection->user_db };

	pattern_free(pattern.owned);
}

static struct fleet *discover(const struct sandpit *sandpit,
			      const struct selection *selection)
{
	struct fleet *fleet;
	struct error err = { 0 };

	if (fleet_discover(sandpit->fd, selection, &fleet, &err) != 0)
		fail_msg("%s", err.message);
	return fleet;
}

static int fails(const struct sandpit *sandpit,
		 const struct selection *selection, struct error *err)
{
	struct fleet *fleet;
	int rc = fleet_discover(sandpit->fd, selection, &fleet, err);

	assert_null(fleet);
	return rc;
}

/* "system.db | alice:a/alice_longterm.db ..." */
static char *describe(const struct fleet *fleet)
{
	char *text = xstrdup(fleet->system ? fleet->system->path : "-");

	for (size_t i = 0; i < fleet->user_count; i++) {
		char *longer = xasprintf("%s %s:%s", text,
					 fleet->users[i].username,
					 fleet->users[i].path);

		assert_int_equal(fleet->users[i].kind, KIND_USER);
		free(text);
		text = longer;
	}
	return text;
}

/* The usual selection finds exactly this. */
static void finds(const struct sandpit *sandpit, const char *expected)
{
	struct selection selection = usual();
	int before = sandpit_descriptors();
	struct fleet *fleet = discover(sandpit, &selection);
	char *found = describe(fleet);

	assert_string_equal(found, expected);
	for (size_t i = 0; i < fleet->user_count; i++)
		assert_true(fleet_has_user(fleet, fleet->users[i].username,
					   fleet->users[i].path));
	assert_false(fleet_has_user(fleet, "nobody", "nobody_longterm.db"));
	assert_false(fleet_has_user(fleet, "bob", "elsewhere/bob.db"));
	assert_int_equal(sandpit_descriptors(), before);
	free(found);
	fleet_free(fleet);
	drop(&selection);
}

static void file(const struct sandpit *sandpit, const char *name)
{
	sandpit_file(sandpit, name, "x", 0600);
}

static void finds_and_sorts(void **state)
{
	const struct sandpit *sandpit = *state;

	finds(sandpit, "-");
	file(sandpit, "system.db");
	file(sandpit, "zoe_longterm.db");
	file(sandpit, "bob_longterm.db");
	sandpit_folder(sandpit, "users");
	sandpit_folder(sandpit, "users/a");
	file(sandpit, "users/a/alice_longterm.db");
	file(sandpit, "users/bob_longterm.db");
	file(sandpit, "users/other.db");
	finds(sandpit, "system.db alice:users/a/alice_longterm.db "
		       "bob:bob_longterm.db bob:users/bob_longterm.db "
		       "zoe:zoe_longterm.db");
}

static bool is_alone(const struct fleet *fleet, const char *path)
{
	if (fleet->system && strcmp(fleet->system->path, path) == 0)
		return fleet->system->is_alone;
	for (size_t i = 0; i < fleet->user_count; i++)
		if (strcmp(fleet->users[i].path, path) == 0)
			return fleet->users[i].is_alone;
	fail_msg("%s was not found", path);
	return false;
}

static void tells_who_has_company(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;

	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "a/b");
	file(sandpit, "system.db");
	file(sandpit, "al_longterm.db");
	file(sandpit, "al_longterm.db-shm");
	file(sandpit, "bo_longterm.db");
	file(sandpit, "bo_longterm.db-wal");
	file(sandpit, "a/bo_longterm.db");
	file(sandpit, "a/cy_longterm.db");
	file(sandpit, "a/cy_longterm.db-journal");
	file(sandpit, "a/b/cy_longterm.db");
	file(sandpit, "a/b/al_longterm.db-wal");
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 5);
	assert_true(is_alone(fleet, "system.db"));
	assert_true(is_alone(fleet, "al_longterm.db"));
	assert_false(is_alone(fleet, "bo_longterm.db"));
	assert_true(is_alone(fleet, "a/bo_longterm.db"));
	assert_false(is_alone(fleet, "a/cy_longterm.db"));
	assert_true(is_alone(fleet, "a/b/cy_longterm.db"));
	fleet_free(fleet);
	file(sandpit, "system.db-journal");
	fleet = discover(sandpit, &selection);
	assert_false(is_alone(fleet, "system.db"));
	fleet_free(fleet);
	assert_int_equal(unlinkat(sandpit->fd, "system.db-journal", 0), 0);
	file(sandpit, "system.db-wal");
	fleet = discover(sandpit, &selection);
	assert_false(is_alone(fleet, "system.db"));
	fleet_free(fleet);
	drop(&selection);
}

static void all_are_told_by_their_files(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;
	char name[40];

	file(sandpit, "system.db");
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "u%d_longterm.db", i * 37 % 100);
		file(sandpit, name);
	}
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->file_count, 101);
	for (size_t i = 1; i < fleet->file_count; i++)
		assert_true(fleet->by_file[i - 1]->stamp.inode <
			    fleet->by_file[i]->stamp.inode);
	for (size_t i = 0; i < fleet->user_count; i++)
		assert_true(S_ISREG(fleet->users[i].stamp.mode));
	fleet_free(fleet);
	drop(&selection);
}

static void another_layout(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = { .system_db = "sys/system.db" };
	struct pattern *pattern;
	struct fleet *fleet;
	struct error err = { 0 };
	char *found;

	sandpit_folder(sandpit, "sys");
	sandpit_folder(sandpit, "sys/longterm");
	file(sandpit, "sys/system.db");
	file(sandpit, "sys/longterm/bob.db");
	file(sandpit, "sys/longterm/bob.db-wal");
	file(sandpit, "sys/longterm/al.db");
	file(sandpit, "bob.db");
	assert_int_equal(pattern_new("sys/longterm/{username}.db", true,
				     &pattern, &err), 0);
	selection.user_db = pattern;
	fleet = discover(sandpit, &selection);
	found = describe(fleet);
	assert_string_equal(found, "sys/system.db al:sys/longterm/al.db "
				   "bob:sys/longterm/bob.db");
	assert_int_equal(fleet->system->kind, KIND_SYSTEM);
	assert_null(fleet->system->username);
	free(found);
	fleet_free(fleet);
	pattern_free(pattern);
}

static void what_lies_beside_a_database_is_none(void **state)
{
	static const char *const names[] = {
		"al.db", "al.db-wal", "al.db-shm", "al.db-journal",
		"x-walrus",
	};
	const struct sandpit *sandpit = *state;
	struct selection selection = { .system_db = "" };
	struct pattern *pattern;
	struct fleet *fleet;
	struct error err = { 0 };
	char *found;

	for (size_t i = 0; i < 5; i++)
		file(sandpit, names[i]);
	assert_int_equal(pattern_new("{username}", true, &pattern, &err), 0);
	selection.user_db = pattern;
	fleet = discover(sandpit, &selection);
	found = describe(fleet);
	assert_string_equal(found, "- al.db:al.db x-walrus:x-walrus");
	free(found);
	fleet_free(fleet);
	pattern_free(pattern);
}

/* The pattern may fit it; it is a system database all the same. */
static void system_db_is_never_a_user(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = { .system_db = "system.db" };
	struct pattern *pattern;
	struct fleet *fleet;
	struct error err = { 0 };

	file(sandpit, "system.db");
	file(sandpit, "bob.db");
	assert_int_equal(pattern_new("{username}.db", true, &pattern, &err),
			 0);
	selection.user_db = pattern;
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 1);
	assert_string_equal(fleet->users[0].username, "bob");
	fleet_free(fleet);
	selection.system_db = "";
	fleet = discover(sandpit, &selection);
	assert_null(fleet->system);
	assert_int_equal(fleet->user_count, 2);
	fleet_free(fleet);
	pattern_free(pattern);
}

static void hidden_things_are_passed_over(void **state)
{
	const struct sandpit *sandpit = *state;

	sandpit_folder(sandpit, ".git");
	sandpit_folder(sandpit, "lost+found");
	file(sandpit, ".git/alice_longterm.db");
	file(sandpit, "lost+found/carol_longterm.db");
	file(sandpit, ".bob_longterm.db");
	finds(sandpit, "-");
}

static void a_hidden_system_db_is_found_by_its_name(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;

	sandpit_folder(sandpit, ".app");
	file(sandpit, ".app/system.db");
	selection.system_db = ".app/system.db";
	fleet = discover(sandpit, &selection);
	assert_non_null(fleet->system);
	fleet_free(fleet);
	drop(&selection);
}

/* Backups have the databases' names: a state directory found under any name,
 * also one that is used no longer, is never walked. */
static void state_directories_are_known_by_their_marker(void **state)
{
	const struct sandpit *sandpit = *state;

	sandpit_folder(sandpit, "old-state");
	sandpit_folder(sandpit, "old-state/backups");
	file(sandpit, "old-state/backups/alice_longterm.db");
	finds(sandpit, "- alice:old-state/backups/alice_longterm.db");
	file(sandpit, "old-state/" STATE_MARKER);
	finds(sandpit, "-");
}

/* Where others may make a file, one would hide what is not theirs. */
static void a_marker_counts_where_its_owner_alone_may_write(void **state)
{
	const char *all = "- alice:team/in/alice_longterm.db";
	const struct sandpit *sandpit = *state;

	sandpit_folder(sandpit, "team");
	sandpit_folder(sandpit, "team/in");
	file(sandpit, "team/in/alice_longterm.db");
	file(sandpit, "team/" STATE_MARKER);
	fchmodat(sandpit->fd, "team", 01777, 0);
	finds(sandpit, all);
	fchmodat(sandpit->fd, "team", 0775, 0);
	finds(sandpit, all);
	fchmodat(sandpit->fd, "team", 0711, 0);
	finds(sandpit, "-");
	if (geteuid() != 0)
		return;
	fchownat(sandpit->fd, "team/" STATE_MARKER, 54321, 54321, 0);
	finds(sandpit, all);
	fchownat(sandpit->fd, "team", 54321, 54321, 0);
	finds(sandpit, "-");
}

static void no_link_is_followed(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;

	sandpit_folder(sandpit, ".real");
	file(sandpit, ".real/alice_longterm.db");
	sandpit_link(sandpit, ".real", "way");
	sandpit_link(sandpit, ".real", "also");
	sandpit_link(sandpit, "..", "up");
	sandpit_link(sandpit, "nowhere", "dangling");
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 0);
	/* But it is told that there was something to enter. */
	assert_int_equal(fleet->links.count, 3);
	assert_string_equal(fleet->links.first, "also");
	fleet_free(fleet);
	drop(&selection);
}

static void what_is_no_file_is_a_subject_all_the_same(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;

	sandpit_link(sandpit, "/etc/passwd", "link_longterm.db");
	sandpit_folder(sandpit, "folder_longterm.db");
	file(sandpit, "folder_longterm.db/in_longterm.db");
	assert_int_equal(mkfifoat(sandpit->fd, "pipe_longterm.db", 0600), 0);
	sandpit_file(sandpit, "empty_longterm.db", "", 0600);
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 5);
	assert_string_equal(fleet->users[0].username, "empty");
	assert_int_equal(fleet->users[0].stamp.bytes, 0);
	assert_true(S_ISDIR(fleet->users[1].stamp.mode));
	assert_string_equal(fleet->users[2].username, "in");
	assert_true(S_ISLNK(fleet->users[3].stamp.mode));
	assert_true(S_ISFIFO(fleet->users[4].stamp.mode));
	fleet_free(fleet);
	drop(&selection);
}

static void a_system_db_behind_a_link_is_refused(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct error err = { 0 };

	sandpit_folder(sandpit, ".real");
	file(sandpit, ".real/system.db");
	sandpit_link(sandpit, ".real", "way");
	selection.system_db = "way/system.db";
	assert_int_equal(fails(sandpit, &selection, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "way/system.db"));
	drop(&selection);
}

static const struct subject *user(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->user_count; i++)
		if (strcmp(fleet->users[i].username, name) == 0)
			return &fleet->users[i];
	fail_msg("user %s was not found", name);
	return NULL;
}

static void a_file_found_twice_is_told(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;

	file(sandpit, "alice_longterm.db");
	file(sandpit, "bob_longterm.db");
	assert_int_equal(linkat(sandpit->fd, "bob_longterm.db", sandpit->fd,
				"zoe_longterm.db", 0), 0);
	fleet = discover(sandpit, &selection);
	assert_string_equal(user(fleet, "bob")->twin, "zoe_longterm.db");
	assert_string_equal(user(fleet, "zoe")->twin, "bob_longterm.db");
	assert_null(user(fleet, "alice")->twin);
	fleet_free(fleet);

	/* system.db and a user are as bad. */
	unlinkat(sandpit->fd, "zoe_longterm.db", 0);
	assert_int_equal(linkat(sandpit->fd, "bob_longterm.db", sandpit->fd,
				"system.db", 0), 0);
	fleet = discover(sandpit, &selection);
	assert_string_equal(fleet->system->twin, "bob_longterm.db");
	assert_string_equal(user(fleet, "bob")->twin, "system.db");
	fleet_free(fleet);
	drop(&selection);
}

static void another_hard_link_elsewhere_is_fine(void **state)
{
	const struct sandpit *sandpit = *state;

	file(sandpit, "bob_longterm.db");
	assert_int_equal(linkat(sandpit->fd, "bob_longterm.db", sandpit->fd,
				"bob.backup", 0), 0);
	finds(sandpit, "- bob:bob_longterm.db");
}

/* Only root has to fear it, and only for files: see cli/strict.h. */
static void tells_what_others_could_come_at(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;

	file(sandpit, "system.db");
	sandpit_folder(sandpit, "in");
	file(sandpit, "in/al_longterm.db");
	sandpit_folder(sandpit, "open");
	file(sandpit, "open/bo_longterm.db");
	assert_int_equal(mkfifoat(sandpit->fd, "open/cy_longterm.db", 0600), 0);
	sandpit_folder(sandpit, "open/below");
	file(sandpit, "open/below/dan_longterm.db");
	fchmodat(sandpit->fd, "open", 0777, 0);
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 4);
	assert_false(fleet->system->is_exposed);
	assert_false(fleet->users[0].is_exposed);
	assert_true(fleet->users[1].is_exposed);
	assert_false(fleet->users[2].is_exposed);
	assert_true(fleet->users[3].is_exposed);
	fleet_free(fleet);
	selection.system_db = "open/bo_longterm.db";
	fleet = discover(sandpit, &selection);
	assert_true(fleet->system->is_exposed);
	fleet_free(fleet);
	selection.trusts_all = true;
	fleet = discover(sandpit, &selection);
	for (size_t i = 0; i < fleet->file_count; i++)
		assert_false(fleet->by_file[i]->is_exposed);
	fleet_free(fleet);
	drop(&selection);
}

static void narrows_to_the_users_asked_for(void **state)
{
	const struct sandpit *sandpit = *state;
	char bob[] = "bob", nobody[] = "nobody";
	char *names[] = { bob, nobody };
	struct selection selection = usual();
	struct fleet *fleet;
	struct error err = { 0 };

	file(sandpit, "system.db");
	file(sandpit, "alice_longterm.db");
	file(sandpit, "bob_longterm.db");
	file(sandpit, "carol_longterm.db");
	selection.users = names;
	selection.user_count = 1;
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 1);
	assert_string_equal(fleet->users[0].username, "bob");
	assert_int_equal(fleet->not_selected, 2);
	assert_non_null(fleet->system);
	fleet_free(fleet);

	selection.user_count = 2;
	assert_int_equal(fails(sandpit, &selection, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "nobody"));
	drop(&selection);
}

static void includes_and_excludes_match_user_names(void **state)
{
	const struct sandpit *sandpit = *state;
	struct pattern *include, *exclude;
	struct selection selection = usual();
	struct fleet *fleet;
	struct error err = { 0 };

	file(sandpit, "alice_longterm.db");
	file(sandpit, "alfred_longterm.db");
	file(sandpit, "bob_longterm.db");
	assert_int_equal(pattern_new("al*", false, &include, &err), 0);
	assert_int_equal(pattern_new("alf*", false, &exclude, &err), 0);
	selection.include = include;
	selection.exclude = exclude;
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 1);
	assert_string_equal(fleet->users[0].username, "alice");
	assert_int_equal(fleet->not_selected, 2);
	fleet_free(fleet);
	pattern_free(include);
	pattern_free(exclude);
	drop(&selection);
}

static void names_may_hold_anything(void **state)
{
	const struct sandpit *sandpit = *state;

	file(sandpit, "a\nb_longterm.db");
	file(sandpit, "\xff\xfe_longterm.db");
	file(sandpit, "%s%n_longterm.db");
	finds(sandpit, "- %s%n:%s%n_longterm.db a\nb:a\nb_longterm.db "
		       "\xff\xfe:\xff\xfe_longterm.db");
}

/* In a child without root's rights: 0 if it is as it has to be. */
static int read_closed_folder(const struct sandpit *sandpit)
{
	struct selection selection = usual();
	struct fleet *fleet;
	struct error err = { 0 };
	int rc = 0;

	if (geteuid() == 0 && (setgid(54321) != 0 || setuid(54321) != 0))
		return 1;
	if (fleet_discover(sandpit->fd, &selection, &fleet, &err) != 0)
		return 2;
	if (fleet->closed.count != 1 ||
	    strcmp(fleet->closed.first, "users/closed") != 0)
		rc = 3;
	else if (strstr(fleet->closed_why, "users/closed cannot be read") ==
		 NULL || strstr(fleet->closed_why, "ermission") == NULL)
		rc = 4;
	else if (fleet->user_count != 1)
		rc = 5;
	fleet_free(fleet);
	drop(&selection);
	return rc;
}

static void a_folder_that_cannot_be_read_is_told(void **state)
{
	const struct sandpit *sandpit = *state;
	int status;
	pid_t child;

	fchmod(sandpit->fd, 0755);
	sandpit_folder(sandpit, "users");
	fchmodat(sandpit->fd, "users", 0755, 0);
	file(sandpit, "users/bob_longterm.db");
	sandpit_folder(sandpit, "users/closed");
	fchmodat(sandpit->fd, "users/closed", 0, 0);
	child = fork();
	if (child == 0)
		_exit(read_closed_folder(sandpit));
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

/* That nothing can be opened any more is no word about a folder. */
static void too_few_descriptors_are_an_error(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct error err = { 0 };
	struct rlimit all, few;

	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "a/b");
	getrlimit(RLIMIT_NOFILE, &all);
	few = all;
	few.rlim_cur = (rlim_t)dup(sandpit->fd) + 2;
	close((int)few.rlim_cur - 2);
	setrlimit(RLIMIT_NOFILE, &few);
	assert_int_equal(fails(sandpit, &selection, &err), ERROR_IO);
	setrlimit(RLIMIT_NOFILE, &all);
	assert_non_null(strstr(err.message, "folder a/b cannot be read"));
	drop(&selection);
}

/* Makes so many folders one below the other, each called so, and a database in
 * the last one; or removes them, since nftw() of the fixture could not. */
static void nest(const struct sandpit *sandpit, const char *name, int count)
{
	int folder = dup(sandpit->fd);

	for (int i = 0; i < count; i++) {
		int below;

		assert_int_equal(mkdirat(folder, name, 0700), 0);
		below = openat(folder, name, O_RDONLY | O_DIRECTORY);
		assert_true(below >= 0);
		close(folder);
		folder = below;
	}
	close(openat(folder, "x_longterm.db", O_WRONLY | O_CREAT, 0600));
	close(folder);
}

static void clear_nest(const struct sandpit *sandpit, const char *name,
		       int count)
{
	int folder = dup(sandpit->fd);

	for (int i = 0; i < count; i++) {
		int below = openat(folder, name, O_RDONLY | O_DIRECTORY);

		close(folder);
		folder = below;
	}
	unlinkat(folder, "x_longterm.db", 0);
	for (int i = 0; i < count; i++) {
		int above = openat(folder, "..", O_RDONLY | O_DIRECTORY);

		close(folder);
		assert_int_equal(unlinkat(above, name, AT_REMOVEDIR), 0);
		folder = above;
	}
	close(folder);
}

static void what_is_nested_too_deep_is_told(void **state)
{
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;
	char name[201];

	file(sandpit, "alice_longterm.db");
	nest(sandpit, "d", DISCOVER_DEPTH_MOST);
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 2);
	assert_int_equal(fleet->deep.count, 0);
	fleet_free(fleet);
	clear_nest(sandpit, "d", DISCOVER_DEPTH_MOST);

	nest(sandpit, "d", DISCOVER_DEPTH_MOST + 1);
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 1);
	assert_int_equal(fleet->deep.count, 1);
	assert_int_equal(strlen(fleet->deep.first),
			 2 * (DISCOVER_DEPTH_MOST + 1) - 1);
	fleet_free(fleet);
	clear_nest(sandpit, "d", DISCOVER_DEPTH_MOST + 1);

	/* A path may be too long before. */
	memset(name, 'd', 200);
	name[200] = '\0';
	nest(sandpit, name, 25);
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, 1);
	assert_int_equal(fleet->deep.count, 1);
	assert_int_equal(strlen(fleet->deep.first), 20 * 201 - 1);
	fleet_free(fleet);
	clear_nest(sandpit, name, 25);
	drop(&selection);
}

/* In a child with its own mounts: 0 as it has to be, 99 not possible here. */
static int look_at_mounts(const struct sandpit *sandpit)
{
	char *other = xasprintf("%s/other", sandpit->path);
	char *bind = xasprintf("%s/bind", sandpit->path);
	char *real = xasprintf("%s/real", sandpit->path);
	char *inner = xasprintf("%s/other/bob_longterm.db", sandpit->path);
	struct selection selection = usual();
	struct fleet *fleet = NULL;
	struct error err = { 0 };
	int fd, root = -1, rc = 0;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("", "/", "", MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", other, "tmpfs", 0, NULL) != 0) {
		rc = 99;
		goto out;
	}
	fd = open(inner, O_WRONLY | O_CREAT, 0600);
	close(fd);
	/* The fixture's descriptor sees the mounts of the parent. */
	root = open(sandpit->path, O_RDONLY | O_DIRECTORY);
	if (fleet_discover(root, &selection, &fleet, &err) != 0)
		rc = 1;
	else if (fleet->user_count != 1 || fleet->links.count != 1 ||
		 strcmp(fleet->links.first, "other") != 0)
		rc = 2;
	fleet_free(fleet);
	fleet = NULL;
	/* The same folder twice, which no link count would show. */
	if (rc == 0 && mount(real, bind, "", MS_BIND, NULL) == 0 &&
	    (fleet_discover(root, &selection, &fleet, &err) != 0 ||
	     fleet->users[0].twin == NULL))
		rc = 3;
	fleet_free(fleet);
	close(root);
out:
	drop(&selection);
	free(inner);
	free(real);
	free(bind);
	free(other);
	return rc;
}

static void file_systems_are_not_left(void **state)
{
	const struct sandpit *sandpit = *state;
	int status;
	pid_t child;

	sandpit_folder(sandpit, "other");
	sandpit_folder(sandpit, "bind");
	sandpit_folder(sandpit, "real");
	file(sandpit, "real/alice_longterm.db");
	child = fork();
	if (child == 0)
		_exit(look_at_mounts(sandpit));
	waitpid(child, &status, 0);
	if (WEXITSTATUS(status) == 99)
		skip();
	assert_int_equal(status, 0);
}

static long most_memory_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* 20,000 databases here; 200 bytes each is what the header says, and twice that
 * is what sorting takes. */
static void many_databases_take_little_memory(void **state)
{
	enum { COUNT = 20000 };
	const struct sandpit *sandpit = *state;
	struct selection selection = usual();
	struct fleet *fleet;
	long before;

	sandpit_folder(sandpit, "users");
	for (int i = 0; i < COUNT; i++) {
		char name[64];
		int fd;

		snprintf(name, sizeof(name), "users/user%05d_longterm.db", i);
		fd = openat(sandpit->fd, name, O_WRONLY | O_CREAT, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	before = most_memory_kib();
	fleet = discover(sandpit, &selection);
	assert_int_equal(fleet->user_count, COUNT);
	assert_string_equal(fleet->users[12345].username, "user12345");
	if (!sandpit_is_watched())
		assert_in_range(most_memory_kib() - before, 0,
				COUNT * 500L / 1024);
	fleet_free(fleet);
	drop(&selection);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(finds_and_sorts),
		TEST(tells_who_has_company),
		TEST(all_are_told_by_their_files),
		TEST(another_layout),
		TEST(what_lies_beside_a_database_is_none),
		TEST(system_db_is_never_a_user),
		TEST(hidden_things_are_passed_over),
		TEST(a_hidden_system_db_is_found_by_its_name),
		TEST(state_directories_are_known_by_their_marker),
		TEST(a_marker_counts_where_its_owner_alone_may_write),
		TEST(no_link_is_followed),
		TEST(what_is_no_file_is_a_subject_all_the_same),
		TEST(a_system_db_behind_a_link_is_refused),
		TEST(a_file_found_twice_is_told),
		TEST(another_hard_link_elsewhere_is_fine),
		TEST(tells_what_others_could_come_at),
		TEST(narrows_to_the_users_asked_for),
		TEST(includes_and_excludes_match_user_names),
		TEST(names_may_hold_anything),
		TEST(a_folder_that_cannot_be_read_is_told),
		TEST(too_few_descriptors_are_an_error),
		TEST(what_is_nested_too_deep_is_told),
		TEST(file_systems_are_not_left),
		TEST(many_databases_take_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
