#include "database/offline.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* Puts data/source.db in the place of data/sub/a.db. */
static int replace(struct workshop *shop, struct job *job, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
	};
	char *path = workshop_path(shop, "source.db");
	struct sqlite3 *source;
	struct stamp like;
	struct place live;
	int rc;

	assert_int_equal(
		stamp_take(shop->plan.data_dir, "source.db", &like, err), 0);
	assert_int_equal(connection_open(path, &options, &source, err), 0);
	assert_int_equal(place_open(shop->plan.data_dir, shop->data,
				    job->subject->path, &live, err),
			 0);
	rc = offline_replace(job, &live, source, &like, err);
	place_close(&live);
	connection_close(source);
	free(path);
	return rc;
}

static void make(struct workshop *shop, const char *name, const char *text)
{
	char *path = workshop_path(shop, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
	free(path);
}

/* The text of the one hidden file that begins so and ends so. */
static char *aside(struct workshop *shop, const char *suffix)
{
	char *path = xasprintf("%s/sub/.a.db.aside-%s%s", shop->data,
			       shop->plan.run_id, suffix);
	FILE *file = fopen(path, "r");
	char *text = xcalloc(1, 64);

	free(path);
	if (file == NULL) {
		free(text);
		return NULL;
	}
	(void)!fgets(text, 64, file);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void expect_aside(struct workshop *shop, const char *suffix,
			 const char *text)
{
	char *found = aside(shop, suffix);

	assert_non_null(found);
	assert_string_equal(found, text);
	free(found);
}

static struct job begin(struct workshop *shop)
{
	char *folder = workshop_path(shop, "sub");
	char *source = workshop_path(shop, "source.db");

	assert_int_equal(mkdir(folder, 0700), 0);
	workshop_make(shop, "source.db", 1);
	assert_int_equal(chmod(source, 0640), 0);
	free(folder);
	free(source);
	return workshop_job(shop, "sub/a.db");
}

static void expect_replaced(struct workshop *shop)
{
	char *live = workshop_path(shop, "sub/a.db");
	char *source = workshop_path(shop, "source.db");
	char *rows, *expected;
	struct stat status;

	assert_int_equal(stat(live, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	rows = workshop_rows(shop, live);
	expected = workshop_rows(shop, source);
	assert_string_equal(rows, expected);
	free(rows);
	free(expected);
	free(live);
	free(source);
}

/* How many entries sub/ has, hidden ones too. */
static int entries(struct workshop *shop)
{
	char *command =
		xasprintf("find '%s/sub' -mindepth 1 | wc -l", shop->data);
	FILE *stream = popen(command, "r");
	int count = -1;

	assert_int_equal(fscanf(stream, "%d", &count), 1);
	assert_int_equal(pclose(stream), 0);
	free(command);
	return count;
}

static void test_where_there_is_nothing(void **state)
{
	struct job job = begin(*state);
	struct error err = { 0 };

	if (replace(*state, &job, &err) != 0)
		fail_msg("%s", err.message);
	expect_replaced(*state);
	assert_int_equal(entries(*state), 1);
	assert_string_equal(job.result.notes, "");
}

static void test_everything_that_was_there_is_kept_aside(void **state)
{
	struct workshop *shop = *state;
	struct job job = begin(shop);
	struct error err = { 0 };

	make(shop, "sub/a.db", "garbage");
	make(shop, "sub/a.db-wal", "a wal");
	make(shop, "sub/a.db-shm", "its index");
	make(shop, "sub/a.db-journal", "a journal");
	make(shop, "sub/b.db", "another's");
	if (replace(shop, &job, &err) != 0)
		fail_msg("%s", err.message);
	expect_aside(shop, "", "garbage");
	expect_aside(shop, "-wal", "a wal");
	expect_aside(shop, "-shm", "its index");
	expect_aside(shop, "-journal", "a journal");
	/* Nothing of it is replayed on top. */
	expect_replaced(shop);
	assert_int_equal(entries(shop), 6);
	assert_non_null(strstr(job.result.notes, "a.db-wal was moved aside to "
						 ".a.db.aside-"));
}

static void test_a_journal_without_its_database(void **state)
{
	struct workshop *shop = *state;
	struct job job = begin(shop);
	struct error err = { 0 };

	make(shop, "sub/a.db-journal", "a journal");
	assert_int_equal(replace(shop, &job, &err), 0);
	expect_aside(shop, "-journal", "a journal");
	expect_replaced(shop);
}

static void test_what_a_dead_attempt_left_is_in_nobodys_way(void **state)
{
	struct workshop *shop = *state;
	struct job job = begin(shop);
	struct error err = { 0 };

	/* Killed between moving aside and the rename: no file has the name. */
	make(shop, "sub/.a.db.new-20261121T043100Z-9f3c", "half");
	make(shop, "sub/.a.db.aside-20261121T043100Z-9f3c", "garbage");
	assert_int_equal(replace(shop, &job, &err), 0);
	expect_replaced(shop);
	assert_int_equal(entries(shop), 3);
}

static void test_a_failure_leaves_what_was_there(void **state)
{
	struct workshop *shop = *state;
	struct job job = begin(shop);
	struct error err = { 0 };
	char *obstacle, *path, *left;

	make(shop, "sub/a.db", "garbage");
	obstacle =
		xasprintf("%s/sub/.a.db.new-%s", shop->data, shop->plan.run_id);
	assert_int_equal(mkdir(obstacle, 0700), 0);
	assert_int_not_equal(replace(shop, &job, &err), 0);
	path = workshop_path(shop, "sub/a.db");
	left = aside(shop, "");
	assert_null(left);
	assert_int_equal(access(path, F_OK), 0);
	free(obstacle);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_where_there_is_nothing),
		WORKSHOP_TEST(test_everything_that_was_there_is_kept_aside),
		WORKSHOP_TEST(test_a_journal_without_its_database),
		WORKSHOP_TEST(test_what_a_dead_attempt_left_is_in_nobodys_way),
		WORKSHOP_TEST(test_a_failure_leaves_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
