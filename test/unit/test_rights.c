#include "sqlite/rights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

/* A folder with a file, of whoever runs the test and of nobody's. */
struct ground {
	char folder[64], file[80];
	uid_t was;
};

static int open_ground(void **state)
{
	static struct ground ground;
	FILE *out;

	snprintf(ground.folder, sizeof(ground.folder), "/tmp/rights.XXXXXX");
	assert_non_null(mkdtemp(ground.folder));
	snprintf(ground.file, sizeof(ground.file), "%s/a.db", ground.folder);
	out = fopen(ground.file, "w");
	assert_non_null(out);
	fclose(out);
	ground.was = geteuid();
	if (ground.was == 0) {
		assert_int_equal(chown(ground.file, NOBODY, NOBODY), 0);
		assert_int_equal(chown(ground.folder, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	*state = &ground;
	return 0;
}

static int close_ground(void **state)
{
	struct ground *ground = *state;

	assert_int_equal(seteuid(ground->was), 0);
	chmod(ground->folder, 0700);
	unlink(ground->file);
	return rmdir(ground->folder);
}

static void expect(const struct ground *ground, mode_t file, mode_t folder,
		   bool writes, const char *expected)
{
	struct error err = { .code = ERROR_IO, .message = "no" };
	char who[64];

	assert_int_equal(chmod(ground->file, file), 0);
	assert_int_equal(chmod(ground->folder, folder), 0);
	rights_explain(ground->file, writes, &err);
	chmod(ground->folder, 0700);
	if (!expected) {
		assert_string_equal(err.message, "no");
		return;
	}
	snprintf(who, sizeof(who), "no; user id %u, which", geteuid());
	assert_non_null(strstr(err.message, who));
	assert_non_null(strstr(err.message, expected));
}

static void test_the_one_that_is_in_the_way_is_named(void **state)
{
	char folder[128];

	expect(*state, 0000, 0700, false, "may not read the file (mode 0000");
	expect(*state, 0444, 0700, true, "may not write the file (mode 0444");
	snprintf(folder, sizeof(folder), "may not write %s/ (mode 0555",
		 ((struct ground *)*state)->folder);
	expect(*state, 0644, 0555, true, folder);
	expect(*state, 0644, 0000, true, "may not enter the folders above it");
}

static void test_where_nothing_is_in_the_way_nothing_is_said(void **state)
{
	expect(*state, 0644, 0700, true, NULL);
	expect(*state, 0444, 0555, false, NULL);
}

static void test_nor_of_what_is_not_there(void **state)
{
	struct error err = { .code = ERROR_IO, .message = "no" };

	(void)state;
	rights_explain("/nowhere/a.db", true, &err);
	assert_string_equal(err.message, "no");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_ground, close_ground)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_one_that_is_in_the_way_is_named),
		TEST(test_where_nothing_is_in_the_way_nothing_is_said),
		TEST(test_nor_of_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
