#include "base/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandpit.h"

/* What the test stands in for. Before each call the file of that name takes
 * "live"; "-": "live" goes; NULL: nothing happens. And from the n-th on, all
 * fail. */
static struct stand_in {
	int folder, calls;
	const char *comes[4];
	int fails_from, failure;
} stand_in;

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
	      unsigned flags)
{
	int n = stand_in.calls++;
	const char *comes = n < 4 ? stand_in.comes[n] : NULL;

	if (comes != NULL && strcmp(comes, "-") == 0)
		assert_int_equal(unlinkat(stand_in.folder, "live", 0), 0);
	else if (comes != NULL)
		assert_int_equal(renameat(stand_in.folder, comes,
					  stand_in.folder, "live"), 0);
	if (stand_in.fails_from > 0 && n + 1 >= stand_in.fails_from) {
		errno = stand_in.failure;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

struct scene {
	const struct sandpit *pit;
	struct place place;
	struct stamp old;
	struct error err;
	bool had;
};

static void scene_open(struct scene *scene, void **state)
{
	static const char *const names[] = { "live", "mine", "third",
					     "fourth" };
	const struct sandpit *pit = *state;

	memset(scene, 0, sizeof(*scene));
	for (size_t i = 0; i < 4; i++) /* of the scene before */
		(void)unlinkat(pit->fd, names[i], 0);
	scene->pit = pit;
	sandpit_file(pit, "live", "old", 0600);
	sandpit_file(pit, "mine", "new", 0600);
	sandpit_file(pit, "third", "third", 0600);
	sandpit_file(pit, "fourth", "fourth", 0600);
	assert_int_equal(place_open(pit->fd, pit->path, "live", &scene->place,
				    &scene->err), 0);
	assert_int_equal(place_stamp(&scene->place, "", &scene->old,
				     &scene->err), 0);
	stand_in = (struct stand_in){ .folder = pit->fd };
}

static int take(struct scene *scene)
{
	int rc = exchange(scene->pit->fd, "mine", &scene->place, &scene->old,
			  &scene->had, &scene->err);

	place_close(&scene->place);
	return rc;
}

/* NULL: there is no such file. */
static void expect(const struct scene *scene, const char *name,
		   const char *content)
{
	char found[16] = "";
	int fd = openat(scene->pit->fd, name, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fd >= 0, content != NULL);
	if (fd < 0)
		return;
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	assert_string_equal(found, content);
	close(fd);
}

static void two_files_exchange_their_names(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	assert_int_equal(take(&scene), 0);
	assert_true(scene.had);
	expect(&scene, "live", "new");
	expect(&scene, "mine", "old");
}

static void another_file_seen_before_is_left_alone(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	assert_int_equal(renameat(scene.pit->fd, "third", scene.pit->fd,
				  "live"), 0);
	assert_int_equal(take(&scene), ERROR_BUSY);
	assert_false(scene.had);
	assert_int_equal(stand_in.calls, 0);
	expect(&scene, "live", "third");
	expect(&scene, "mine", "new");
}

static void one_that_comes_just_then_gets_its_name_back(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.comes[0] = "third";
	assert_int_equal(take(&scene), ERROR_BUSY);
	assert_true(scene.had);
	assert_non_null(strstr(scene.err.message, "another file"));
	expect(&scene, "live", "third");
	expect(&scene, "mine", "new");
}

/* He has renamed it over the third, as far as he can tell. */
static void and_a_fourth_is_not_lost_either(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.comes[0] = "third";
	stand_in.comes[1] = "fourth";
	assert_int_equal(take(&scene), ERROR_BUSY);
	assert_true(scene.had);
	expect(&scene, "live", "fourth");
	expect(&scene, "mine", "third");
}

static void a_name_that_is_free_by_then_is_given_back(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.comes[0] = "third";
	stand_in.comes[1] = "-";
	assert_int_equal(take(&scene), ERROR_BUSY);
	expect(&scene, "live", "third");
	expect(&scene, "mine", NULL);
}

static void what_cannot_be_given_back_is_told_and_left(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.comes[0] = "third";
	stand_in.fails_from = 2;
	stand_in.failure = EIO;
	assert_int_equal(take(&scene), ERROR_IO);
	assert_true(scene.had);
	assert_non_null(strstr(scene.err.message, "left as mine"));
	expect(&scene, "live", "new");
	expect(&scene, "mine", "third");
}

static void expect_refused(void **state, int failure, int code)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.fails_from = 1;
	stand_in.failure = failure;
	assert_int_equal(take(&scene), code);
	assert_false(scene.had);
	expect(&scene, "live", "old");
	expect(&scene, "mine", "new");
}

static void not_every_file_system_can(void **state)
{
	expect_refused(state, EINVAL, ERROR_SKIPPED);
	expect_refused(state, ENOSYS, ERROR_SKIPPED);
	expect_refused(state, EIO, ERROR_IO);
	expect_refused(state, ENOSPC, ERROR_NOSPACE);
}

static void a_name_that_is_gone_is_not_made(void **state)
{
	struct scene scene;

	scene_open(&scene, state);
	stand_in.comes[0] = "-";
	assert_int_equal(take(&scene), ERROR_MISSING);
	assert_false(scene.had);
	expect(&scene, "live", NULL);
	scene_open(&scene, state);
	assert_int_equal(unlinkat(scene.pit->fd, "live", 0), 0);
	assert_int_equal(take(&scene), ERROR_MISSING);
	expect(&scene, "mine", "new");
}

#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, sandpit_open, sandpit_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_files_exchange_their_names),
		TEST(another_file_seen_before_is_left_alone),
		TEST(one_that_comes_just_then_gets_its_name_back),
		TEST(and_a_fourth_is_not_lost_either),
		TEST(a_name_that_is_free_by_then_is_given_back),
		TEST(what_cannot_be_given_back_is_told_and_left),
		TEST(not_every_file_system_can),
		TEST(a_name_that_is_gone_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
