#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/room.h"
#include "sandpit.h"

#define ONE 54321
#define TWO 54322
#define RUN "20261121T043100Z-9f3c"
#define OLD_RUN "20261120T043100Z-9f3c"

struct scene {
	struct sandpit *sandpit;
	struct state state;
};

static int scene_open(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	struct error err = { 0 };
	void *sandpit;

	sandpit_open(&sandpit);
	scene->sandpit = sandpit;
	fchmod(scene->sandpit->fd, 0755);
	if (state_open(scene->sandpit->fd, scene->sandpit->path, "state", true,
		       geteuid(), getegid(), &scene->state, &err) != 0)
		fail_msg("%s", err.message);
	scene->state.has_rooms = true;
	*state = scene;
	return 0;
}

static int scene_close(void **state)
{
	struct scene *scene = *state;
	void *sandpit = scene->sandpit;

	state_close(&scene->state);
	sandpit_close(&sandpit);
	free(scene);
	return 0;
}

static struct stat look(const struct scene *scene, const char *name)
{
	struct stat seen;

	assert_int_equal(fstatat(scene->sandpit->fd, name, &seen,
				 AT_SYMLINK_NOFOLLOW), 0);
	return seen;
}

static void begin(const struct scene *scene, uid_t uid, const char *run_id,
		  const char *command)
{
	struct error err = { 0 };

	if (room_begin_backups(&scene->state, uid, uid, run_id, command,
			       &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(geteuid(), 0);
}

/* A backup, as a worker leaves it. */
static void back_up(const struct scene *scene, uid_t uid, const char *run_id,
		    const char *name)
{
	char *path = xasprintf("state/owners/%u/backups/%s/%s", uid, run_id,
			       name);

	sandpit_file(scene->sandpit, path, "a backup", 0600);
	assert_int_equal(fchownat(scene->sandpit->fd, path, uid, uid, 0), 0);
	free(path);
}

static void make(const struct scene *scene)
{
	struct error err = { 0 };

	if (rooms_make(&scene->state, &err) != 0)
		fail_msg("%s", err.message);
}

static void rooms_are_there_once_they_are_made(void **state)
{
	struct scene *scene = *state;
	int data = scene->sandpit->fd;

	if (geteuid() != 0)
		skip();
	assert_false(rooms_exist(data, "state"));
	make(scene);
	assert_true(rooms_exist(data, "state"));
	assert_true(rooms_exist(data, scene->state.path));
	assert_false(rooms_exist(data, "other"));
	make(scene);
	assert_int_equal(look(scene, "state/owners").st_mode & 07777, 0711);
	assert_int_equal(look(scene, "state").st_mode & 07777, 0711);
	/* One that somebody else has made is none. */
	fchownat(data, "state/owners", ONE, ONE, 0);
	assert_false(rooms_exist(data, "state"));
}

static void who_may_swap_the_state_directory_is_refused(void **state)
{
	struct scene *scene = *state;
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	fchown(scene->sandpit->fd, ONE, ONE);
	assert_int_equal(rooms_check(scene->sandpit->path, "new", &err),
			 ERROR_CONFIG);
	assert_int_equal(rooms_check("/", scene->state.path, &err),
			 ERROR_CONFIG);
	assert_int_equal(rooms_check(scene->sandpit->path, "state//", &err),
			 ERROR_CONFIG);
	assert_int_equal(rooms_check(scene->sandpit->path, "no/such", &err),
			 0);
	assert_int_equal(rooms_check("/", "tmp", &err), 0);
	assert_int_equal(rooms_make(&scene->state, &err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, scene->sandpit->path));
	fchown(scene->sandpit->fd, 0, ONE);
	fchmod(scene->sandpit->fd, 0775);
	assert_int_equal(rooms_make(&scene->state, &err), ERROR_CONFIG);
	/* As in /tmp: nobody renames what is not his. */
	fchmod(scene->sandpit->fd, 01777);
	make(scene);
}

static void a_room_is_its_owners(void **state)
{
	struct scene *scene = *state;
	struct error err = { 0 };
	struct state room;
	struct stat seen;

	if (geteuid() != 0)
		skip();
	make(scene);
	assert_int_equal(room_open(&scene->state, ONE, TWO, false, &room,
				   &err), 0);
	assert_int_equal(room.folder, -1);
	begin(scene, ONE, RUN, "upgrade");
	seen = look(scene, "state/owners/54321");
	assert_int_equal(seen.st_uid, ONE);
	assert_int_equal(seen.st_mode & 07777, 0700);
	seen = look(scene, "state/owners/54321/backups/" RUN "/.run");
	assert_int_equal(seen.st_uid, ONE);
	assert_int_equal(room_open(&scene->state, ONE, ONE, false, &room,
				   &err), 0);
	assert_true(room.backups >= 0 && room.staging >= 0);
	state_close(&room);
	/* Others may write to it: its owner has opened it to them. */
	fchmodat(scene->sandpit->fd, "state/owners/54321", 0777, 0);
	assert_int_equal(room_open(&scene->state, ONE, ONE, false, &room,
				   &err), ERROR_CONFIG);
	/* It is another's. */
	fchownat(scene->sandpit->fd, "state/owners/54321", TWO, TWO, 0);
	assert_int_equal(room_begin_backups(&scene->state, ONE, ONE, RUN,
					    "upgrade", &err), ERROR_CONFIG);
}

/* A link in a room leads root to nothing that its owner could not write. */
static void no_link_in_a_room_is_followed_as_root(void **state)
{
	struct scene *scene = *state;
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	make(scene);
	begin(scene, ONE, RUN, "upgrade");
	sandpit_folder(scene->sandpit, "secret");
	assert_int_equal(renameat(scene->sandpit->fd,
				  "state/owners/54321/backups",
				  scene->sandpit->fd,
				  "state/owners/54321/was"), 0);
	sandpit_link(scene->sandpit, "../../../secret",
		     "state/owners/54321/backups");
	assert_int_not_equal(room_begin_backups(&scene->state, ONE, ONE,
						OLD_RUN, "upgrade", &err), 0);
	assert_int_equal(geteuid(), 0);
	assert_false(sandpit_has(scene->sandpit, "secret/" OLD_RUN));
}

static void they_are_listed_by_user(void **state)
{
	struct scene *scene = *state;
	struct error err = { 0 };
	struct room_owner *owners;
	size_t count;

	if (geteuid() != 0)
		skip();
	assert_int_equal(rooms_list(&scene->state, &owners, &count, &err), 0);
	assert_int_equal(count, 0);
	make(scene);
	begin(scene, TWO, RUN, "upgrade");
	begin(scene, ONE, RUN, "upgrade");
	/* None of these is a room. */
	sandpit_folder(scene->sandpit, "state/owners/54323");
	sandpit_folder(scene->sandpit, "state/owners/none");
	sandpit_file(scene->sandpit, "state/owners/54324", "", 0600);
	sandpit_link(scene->sandpit, "54321", "state/owners/54325");
	assert_int_equal(rooms_list(&scene->state, &owners, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(owners[0].uid, ONE);
	assert_int_equal(owners[0].gid, ONE);
	assert_int_equal(owners[1].uid, TWO);
	free(owners);
}

struct visits {
	uid_t as[4];
	const char *first;
	size_t count;
	int fails;
};

static int note(void *self, const struct state *place, struct error *err)
{
	struct visits *visits = self;

	visits->as[visits->count++] = geteuid();
	visits->first = place->path;
	return visits->count == 1 && visits->fails
		       ? error_set(err, ERROR_IO, "the first")
		       : 0;
}

static void each_is_visited_as_its_owner(void **state)
{
	struct scene *scene = *state;
	struct visits visits = { .fails = 1 };
	struct error err = { 0 };

	if (geteuid() != 0)
		skip();
	make(scene);
	begin(scene, ONE, RUN, "upgrade");
	begin(scene, TWO, RUN, "upgrade");
	/* One that fails keeps nobody from the others, and is told. */
	assert_int_equal(rooms_each(&scene->state, note, &visits, &err),
			 ERROR_IO);
	assert_string_equal(err.message, "the first");
	assert_int_equal(visits.count, 2);
	assert_int_equal(visits.as[0], ONE);
	assert_int_equal(visits.as[1], TWO);
	assert_int_equal(geteuid(), 0);
	fchmodat(scene->sandpit->fd, "state/owners/54321", 0777, 0);
	visits = (struct visits){ 0 };
	assert_int_equal(rooms_each(&scene->state, note, &visits, &err),
			 ERROR_IO);
	assert_int_equal(visits.count, 1);
	assert_int_equal(visits.as[0], TWO);
}

static void without_rooms_it_is_the_state_directory(void **state)
{
	struct scene *scene = *state;
	struct visits visits = { 0 };
	struct error err = { 0 };

	scene->state.has_rooms = false;
	assert_int_equal(rooms_each(&scene->state, note, &visits, &err), 0);
	assert_int_equal(visits.count, 1);
	assert_int_equal(visits.as[0], geteuid());
	assert_ptr_equal(visits.first, scene->state.path);
}

static void a_backup_is_found_in_the_owners_room_only(void **state)
{
	struct scene *scene = *state;
	struct subject subject = { .path = "a.db",
				   .stamp = { .owner = ONE, .group = ONE } };
	struct error err = { 0 };
	char run[RUN_ID_BYTES];

	if (geteuid() != 0)
		skip();
	make(scene);
	begin(scene, ONE, OLD_RUN, "upgrade");
	begin(scene, TWO, RUN, "upgrade");
	back_up(scene, ONE, OLD_RUN, "a.db");
	/* Newer, and put there by somebody else. */
	back_up(scene, TWO, RUN, "a.db");
	assert_int_equal(room_find_backup(&scene->state, &subject, "", run,
					  &err), 0);
	assert_string_equal(run, OLD_RUN);
	assert_int_equal(room_find_backup(&scene->state, &subject, RUN, run,
					  &err), ERROR_MISSING);
	subject.stamp.owner = TWO + 1;
	assert_int_equal(room_find_backup(&scene->state, &subject, "", run,
					  &err), ERROR_MISSING);
}

static void what_is_empty_goes_and_what_is_not_stays(void **state)
{
	struct scene *scene = *state;
	struct error err = { 0 };
	int fd;

	if (geteuid() != 0)
		skip();
	make(scene);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(state_begin_backups(
					 &scene->state, i ? RUN : OLD_RUN,
					 "upgrade", &fd, &err), 0);
		close(fd);
	}
	begin(scene, ONE, RUN, "upgrade");
	begin(scene, TWO, RUN, "upgrade");
	begin(scene, TWO, OLD_RUN, "upgrade");
	back_up(scene, TWO, RUN, "a.db");
	rooms_drop_empty_backups(&scene->state, RUN);
	assert_false(sandpit_has(scene->sandpit,
				 "state/owners/54321/backups/" RUN));
	assert_true(sandpit_has(scene->sandpit,
				"state/owners/54322/backups/" RUN "/a.db"));
	assert_true(sandpit_has(scene->sandpit, "state/backups/" RUN "/.run"));
	assert_true(sandpit_has(scene->sandpit, "state/backups/" OLD_RUN));
	rooms_drop_empty_backups(&scene->state, OLD_RUN);
	assert_false(sandpit_has(scene->sandpit, "state/backups/" OLD_RUN));
	assert_true(sandpit_has(scene->sandpit, "state/backups/" RUN));
	/* Without rooms, root's folder is one like any other. */
	scene->state.has_rooms = false;
	rooms_drop_runs(&scene->state);
	assert_true(sandpit_has(scene->sandpit, "state/backups/" RUN));
	rooms_drop_empty_backups(&scene->state, RUN);
	assert_false(sandpit_has(scene->sandpit, "state/backups/" RUN));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_open, scene_close)
	const struct CMUnitTest tests[] = {
		TEST(rooms_are_there_once_they_are_made),
		TEST(who_may_swap_the_state_directory_is_refused),
		TEST(a_room_is_its_owners),
		TEST(no_link_in_a_room_is_followed_as_root),
		TEST(they_are_listed_by_user),
		TEST(each_is_visited_as_its_owner),
		TEST(without_rooms_it_is_the_state_directory),
		TEST(a_backup_is_found_in_the_owners_room_only),
		TEST(what_is_empty_goes_and_what_is_not_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
