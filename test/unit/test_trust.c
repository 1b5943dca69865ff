#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/trust.h"
#include "sandpit.h"

#define OWNER 54321
#define OTHER 54322

static struct stat of(mode_t mode, gid_t group)
{
	return (struct stat){ .st_mode = mode, .st_gid = group };
}

static void others_are_kept_out_by_the_mode(void **state)
{
	static const struct {
		mode_t mode;
		gid_t group;
		bool is_closed, may_pass;
	} cases[] = {
		{ S_IFDIR | 0755, 5, true, true },
		{ S_IFDIR | 0700, 5, true, true },
		{ S_IFDIR | 0775, 5, false, false },
		{ S_IFDIR | 0757, 5, false, false },
		{ S_IFDIR | 0757, 0, false, false },
		/* The group root is root. */
		{ S_IFDIR | 0775, 0, true, true },
		{ S_IFDIR | 01777, 0, false, true },
		{ S_IFDIR | 01770, 5, false, true },
		{ S_IFREG | 0644, 5, true, true },
		{ S_IFREG | 0664, 5, false, false },
		/* On a file that bit keeps nobody out. */
		{ S_IFREG | 01666, 5, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stat seen = of(cases[i].mode, cases[i].group);

		if (trust_is_closed(&seen) != cases[i].is_closed ||
		    trust_may_pass(&seen) != cases[i].may_pass)
			fail_msg("case %zu", i);
	}
}

static void there_is_one_owner_beside_root(void **state)
{
	uid_t writer = TRUST_NOBODY;
	uid_t root = 0;

	(void)state;
	assert_true(trust_owner(&writer, 0));
	assert_int_equal(writer, TRUST_NOBODY);
	assert_true(trust_owner(&writer, OWNER));
	assert_true(trust_owner(&writer, 0));
	assert_true(trust_owner(&writer, OWNER));
	assert_false(trust_owner(&writer, OTHER));
	assert_int_equal(writer, OWNER);
	assert_true(trust_owner(&root, 0));
	assert_false(trust_owner(&root, OWNER));
}

static void needs_root(void)
{
	if (geteuid() != 0)
		skip(); /* the folder would be its maker's, and he is trusted */
}

/* What trust_path() says of `name`, for the files of `user`. */
static int judge(const struct sandpit *sandpit, const char *name, uid_t user,
		 struct error *err)
{
	char *path = xasprintf("%s/%s", sandpit->path, name);
	int rc;

	*err = (struct error){ 0 };
	rc = trust_path(path, &user, err);
	free(path);
	return rc;
}

static void give(const struct sandpit *sandpit, const char *name, uid_t owner,
		 mode_t mode)
{
	char *path = xasprintf("%s/%s", sandpit->path, name);

	assert_int_equal(chown(path, owner, owner), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static void each_folder_on_the_way_counts(void **state)
{
	const struct sandpit *sandpit = *state;
	struct error err;

	needs_root();
	sandpit_folder(sandpit, "a");
	sandpit_folder(sandpit, "a/b");
	sandpit_file(sandpit, "a/b/file", "x", 0644);
	assert_int_equal(judge(sandpit, "a/b/file", TRUST_NOBODY, &err), 0);

	give(sandpit, "a", 0, 0757);
	assert_int_equal(judge(sandpit, "a/b/file", TRUST_NOBODY, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "chmod go-w"));
	assert_non_null(strstr(err.message, "/a may be"));
	give(sandpit, "a", 0, 01777);
	assert_int_equal(judge(sandpit, "a/b/file", TRUST_NOBODY, &err), 0);

	give(sandpit, "a/b", OWNER, 0755);
	assert_int_equal(judge(sandpit, "a/b/file", TRUST_NOBODY, &err), 0);
	assert_int_equal(judge(sandpit, "a/b/file", OWNER, &err), 0);
	assert_int_equal(judge(sandpit, "a/b/file", OTHER, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "chown 54322 "));
	assert_non_null(strstr(err.message, "54321"));

	give(sandpit, "a/b/file", OWNER, 0664);
	assert_int_equal(judge(sandpit, "a/b/file", OWNER, &err),
			 ERROR_CONFIG);
	assert_non_null(strstr(err.message, "/a/b/file may be"));
	assert_int_equal(judge(sandpit, "a/b/none", OWNER, &err),
			 ERROR_MISSING);
}

static void the_way_counts_as_it_is_written_too(void **state)
{
	const struct sandpit *sandpit = *state;
	char *link = xasprintf("%s/open/link", sandpit->path);
	struct error err;

	needs_root();
	sandpit_folder(sandpit, "open");
	sandpit_file(sandpit, "file", "x", 0644);
	sandpit_link(sandpit, "../file", "open/link");
	assert_int_equal(judge(sandpit, "open/link", TRUST_NOBODY, &err), 0);
	/* Whoever may replace the link says where it leads. */
	give(sandpit, "open", 0, 0777);
	assert_int_equal(judge(sandpit, "open/link", TRUST_NOBODY, &err),
			 ERROR_CONFIG);
	give(sandpit, "open", 0, 01777);
	assert_int_equal(judge(sandpit, "open/link", TRUST_NOBODY, &err), 0);
	assert_int_equal(lchown(link, OTHER, OTHER), 0);
	assert_int_equal(judge(sandpit, "open/link", OWNER, &err),
			 ERROR_CONFIG);
	free(link);
}

static void a_relative_path_is_one_too(void **state)
{
	const struct sandpit *sandpit = *state;
	uid_t writer = TRUST_NOBODY;
	struct error err = { 0 };

	needs_root();
	sandpit_file(sandpit, "file", "x", 0666);
	assert_int_equal(fchdir(sandpit->fd), 0);
	assert_int_equal(trust_path("file", &writer, &err), ERROR_CONFIG);
	assert_int_equal(chmod("file", 0644), 0);
	assert_int_equal(trust_path("file", &writer, &err), 0);
	assert_int_equal(chdir("/"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_kept_out_by_the_mode),
		cmocka_unit_test(there_is_one_owner_beside_root),
		cmocka_unit_test_setup_teardown(each_folder_on_the_way_counts,
						sandpit_open, sandpit_close),
		cmocka_unit_test_setup_teardown(
			the_way_counts_as_it_is_written_too, sandpit_open,
			sandpit_close),
		cmocka_unit_test_setup_teardown(a_relative_path_is_one_too,
						sandpit_open, sandpit_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
