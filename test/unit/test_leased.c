#include "database/leased.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "application.h"
#include "workshop.h"

static void expect_open(struct workshop *shop)
{
	struct job job = workshop_job(shop, "a.db");
	struct leased leased;
	struct error err = { 0 };

	if (leased_open(&job, &leased, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(leased_check(&leased, &err), 0);
	leased_close(&leased);
	leased_close(&leased);
}

static void expect_refused(struct workshop *shop, enum error_code code,
			   const char *why)
{
	struct job job = workshop_job(shop, "a.db");
	struct leased leased;
	struct error err = { 0 };

	assert_int_equal(leased_open(&job, &leased, &err), code);
	if (strstr(err.message, why) == NULL)
		fail_msg("%s", err.message);
	assert_int_equal(leased.fd, -1);
	assert_int_equal(leased.place.folder, -1);
}

static void a_database_that_nobody_has_open(void **state)
{
	workshop_make(*state, "a.db", 1);
	expect_open(*state);
}

static void one_that_somebody_has_open(void **state)
{
	char *path = workshop_path(*state, "a.db");
	struct application app;

	workshop_make(*state, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "SELECT * FROM people"), 0);
	expect_refused(*state, ERROR_BUSY, "has it open");
	application_stop(&app);
	expect_open(*state);
	free(path);
}

static void one_in_wal_mode(void **state)
{
	workshop_make_wal(*state, "a.db", 1);
	expect_refused(*state, ERROR_SKIPPED, "WAL");
}

static void one_with_something_beside(void **state)
{
	static const char *const names[] = { "a.db-journal", "a.db-wal" };

	workshop_make(*state, "a.db", 1);
	for (size_t i = 0; i < 2; i++) {
		char *path = workshop_path(*state, names[i]);
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		(void)fclose(file);
		expect_refused(*state, ERROR_SKIPPED, "beside");
		assert_int_equal(unlink(path), 0);
		free(path);
	}
	expect_open(*state);
}

static void one_with_another_name(void **state)
{
	char *path = workshop_path(*state, "a.db");
	char *other = workshop_path(*state, "b.db");

	workshop_make(*state, "a.db", 1);
	assert_int_equal(link(path, other), 0);
	expect_refused(*state, ERROR_SKIPPED, "hard link");
	free(other);
	free(path);
}

static void one_on_another_file_system(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 1);
	shop->plan.staging_device++;
	expect_refused(shop, ERROR_SKIPPED, "file system");
}

static void one_that_is_too_big(void **state)
{
	char *path = workshop_path(*state, "a.db");

	workshop_make(*state, "a.db", 1);
	assert_int_equal(truncate(path, (off_t)(257) << 20), 0);
	expect_refused(*state, ERROR_SKIPPED, "too big");
	free(path);
}

static void one_that_may_not_be_written(void **state)
{
	char *path;

	if (geteuid() == 0)
		skip(); /* root may write everything */
	path = workshop_path(*state, "a.db");
	workshop_make(*state, "a.db", 1);
	assert_int_equal(chmod(path, 0400), 0);
	expect_refused(*state, ERROR_SKIPPED, "not be written");
	free(path);
}

static void what_is_no_database(void **state)
{
	static const struct {
		const char *make, *why;
		enum error_code code;
	} cases[] = {
		{ "echo no database > a.db", "no database", ERROR_SKIPPED },
		{ "head -c 4096 /dev/zero > a.db", "begin", ERROR_SKIPPED },
		{ ": > a.db", "no database", ERROR_SKIPPED },
		{ "mkdir a.db", "", ERROR_BUSY },
		{ "mkfifo a.db", "", ERROR_BUSY },
		{ "ln -s elsewhere a.db", "", ERROR_BUSY },
		{ "true", "", ERROR_BUSY },
	};
	struct workshop *shop = *state;

	assert_int_equal(chdir(shop->data), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(system(cases[i].make), 0);
		expect_refused(shop, cases[i].code, cases[i].why);
		assert_int_equal(system("rm -rf a.db"), 0);
	}
	assert_int_equal(chdir("/"), 0);
}

static void who_asks_later_is_seen(void **state)
{
	char *path = workshop_path(*state, "a.db");
	struct leased leased;
	struct error err = { 0 };
	struct job job;

	workshop_make(*state, "a.db", 1);
	job = workshop_job(*state, "a.db");
	assert_int_equal(leased_open(&job, &leased, &err), 0);
	assert_int_equal(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(leased_check(&leased, &err), ERROR_BUSY);
	leased_close(&leased);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(a_database_that_nobody_has_open),
		WORKSHOP_TEST(one_that_somebody_has_open),
		WORKSHOP_TEST(one_in_wal_mode),
		WORKSHOP_TEST(one_with_something_beside),
		WORKSHOP_TEST(one_with_another_name),
		WORKSHOP_TEST(one_on_another_file_system),
		WORKSHOP_TEST(one_that_is_too_big),
		WORKSHOP_TEST(one_that_may_not_be_written),
		WORKSHOP_TEST(what_is_no_database),
		WORKSHOP_TEST(who_asks_later_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
