#include "database/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "application.h"
#include "base/memory.h"
#include "fault.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* Private copies lie in a folder of the workshop's, so that what is left of
 * them would be seen. */
static int setup(void **state)
{
	struct workshop *shop;
	char *folder;
	int rc = workshop_setup(state);

	shop = *state;
	folder = xasprintf("%s/tmp", shop->root);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	free(folder);
	return rc;
}

static int teardown(void **state)
{
	struct workshop *shop = *state;
	char *folder = xasprintf("%s/tmp", shop->root);

	/* Fails if there is something in it. */
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	free(folder);
	return workshop_teardown(state);
}

#define LOOK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Looks, asks for one value, closes; nothing in data/ or state/ may change. */
static void expect(struct workshop *shop, const char *sql, const char *expected,
		   bool by_copy)
{
	struct job job = workshop_job(shop, "a.db");
	char *before = workshop_print(shop);
	struct error err = { 0 };
	char *answer = NULL;
	struct look look;

	if (look_open(&job, &look, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(look.copy != NULL, by_copy);
	assert_int_equal(connection_text(look.db, sql, &answer, &err), 0);
	if (look_confirm(&look, &err) != 0)
		fail_msg("%s", err.message);
	look_close(&look);
	assert_non_null(answer);
	assert_string_equal(answer, expected);
	free(answer);
	workshop_untouched(shop, before);
}

static void expect_error(struct workshop *shop, const char *name,
			 enum error_code code, const char *part)
{
	struct job job = workshop_job(shop, name);
	char *before = workshop_print(shop);
	struct error err = { 0 };
	struct look look;

	assert_int_equal(look_open(&job, &look, &err), code);
	if (strstr(err.message, part) == NULL)
		fail_msg("%s", err.message);
	assert_null(look.db);
	workshop_untouched(shop, before);
}

static const char letters[] = "SELECT count(*) FROM letters";

static void test_an_idle_database(void **state)
{
	workshop_make(*state, "a.db", 1);
	expect(*state, letters, "60", false);
}

static void test_an_idle_wal_database_gets_no_wal(void **state)
{
	workshop_make_wal(*state, "a.db", 1);
	expect(*state, letters, "60", false);
}

static void test_a_running_application(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;

	workshop_make_wal(shop, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "INSERT INTO letters VALUES"
					      "(61, 1, 'new')"),
			 0);
	expect(shop, letters, "61", false);
	/* In the middle of its transaction: what is committed. */
	assert_int_equal(application_do(&app, "BEGIN; DELETE FROM letters"), 0);
	expect(shop, letters, "61", false);
	application_stop(&app);
	free(path);
}

/* What it has written before its end is neither the old nor the new one, and
 * shows as damage, or not at all. */
static void test_an_application_with_its_journal_in_memory(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct job job = workshop_job(shop, "a.db");
	struct application app;
	struct error err = { 0 };
	struct look look;

	workshop_make(shop, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "PRAGMA journal_mode = MEMORY;"
					"BEGIN; DELETE FROM letters"), 0);
	/* In its own memory so far. */
	expect(shop, letters, "60", false);
	assert_int_equal(application_do(&app, "COMMIT; BEGIN EXCLUSIVE"), 0);
	assert_int_equal(look_open(&job, &look, &err), 0);
	assert_int_equal(look_confirm(&look, &err), ERROR_BUSY);
	assert_non_null(strstr(err.message, "lets nobody read it"));
	look_close(&look);
	assert_int_equal(application_do(&app, "COMMIT"), 0);
	expect(shop, letters, "0", false);
	application_stop(&app);
	free(path);
}

static void test_a_running_application_with_a_journal(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;

	workshop_make(shop, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "BEGIN; DELETE FROM letters"), 0);
	expect(shop, letters, "60", false);
	application_stop(&app);
	/* One that keeps its journal between transactions. */
	application_start(&app, path);
	assert_int_equal(application_do(&app, "PRAGMA journal_mode = PERSIST;"
					      "DELETE FROM letters WHERE "
					      "id = 1"),
			 0);
	expect(shop, letters, "59", false);
	application_stop(&app);
	free(path);
}

/* A journal whose transaction is over, beside a database in WAL mode: to SQLite
 * it is none, and to open it would leave a -wal. */
static void test_a_spent_journal_is_none(void **state)
{
	static const char spent[512];
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db-journal");
	char *before;
	FILE *file;

	workshop_make_wal(shop, "a.db", 1);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(spent, 1, sizeof(spent), file), sizeof(spent));
	assert_int_equal(fclose(file), 0);
	before = workshop_print(shop);
	expect(shop, letters, "60", false);
	workshop_untouched(shop, before);
	free(path);
}

static void test_a_hot_journal_is_undone_in_a_copy(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 1);
	workshop_leave_journal(shop, "a.db");
	expect(shop, "SELECT count(*) FROM people WHERE name = 'half'", "0",
	       true);
	expect(shop, "SELECT count(*) FROM letters WHERE length(body) = 2000",
	       "0", true);
}

static void test_a_wal_left_over_is_read(void **state)
{
	struct workshop *shop = *state;
	char *shm = workshop_path(shop, "a.db-shm");

	workshop_make(shop, "a.db", 1);
	workshop_leave_wal(shop, "a.db");
	expect(shop, letters, "61", false);
	/* A machine that was switched off leaves no -shm that is of use. */
	assert_int_equal(unlink(shm), 0);
	expect(shop, letters, "61", true);
	free(shm);
}

static void test_what_is_no_database_is_skipped(void **state)
{
	struct workshop *shop = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = workshop_path(shop, "b.db");
	int fd;

	workshop_make(shop, "a.db", 1);
	assert_int_equal(symlink("a.db", path), 0);
	expect_error(shop, "b.db", ERROR_SKIPPED, "symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_error(shop, "b.db", ERROR_SKIPPED, "named pipe");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_error(shop, "b.db", ERROR_SKIPPED, "folder");
	assert_int_equal(rmdir(path), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(close(fd), 0);
	expect_error(shop, "b.db", ERROR_SKIPPED, "socket");
	expect_error(shop, "c.db", ERROR_SKIPPED, "vanished");
	expect_error(shop, "folder/c.db", ERROR_SKIPPED, "vanished");
	free(path);
}

static void test_a_link_on_the_way_is_not_followed(void **state)
{
	struct workshop *shop = *state;
	char *folder = workshop_path(shop, "real");
	char *link = workshop_path(shop, "link");

	assert_int_equal(mkdir(folder, 0700), 0);
	workshop_make(shop, "real/a.db", 1);
	assert_int_equal(symlink("real", link), 0);
	expect_error(shop, "link/a.db", ERROR_SKIPPED, "link");
	free(folder);
	free(link);
}

static void write_file(struct workshop *shop, const char *name,
		       const char *text, size_t bytes)
{
	char *path = workshop_path(shop, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, bytes), bytes);
	assert_int_equal(close(fd), 0);
	free(path);
}

static void test_empty_garbage_and_cut_off_files(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	char garbage[5000];

	write_file(shop, "a.db", "", 0);
	expect_error(shop, "a.db", ERROR_SKIPPED, "0 bytes");
	memset(garbage, 'g', sizeof(garbage));
	write_file(shop, "a.db", garbage, sizeof(garbage));
	expect_error(shop, "a.db", ERROR_CORRUPT, "not a database");
	write_file(shop, "a.db", "tiny", 4);
	expect_error(shop, "a.db", ERROR_CORRUPT, "not a database");
	assert_int_equal(unlink(path), 0);
	workshop_make(shop, "a.db", 3);
	assert_int_equal(truncate(path, 6000), 0);
	expect_error(shop, "a.db", ERROR_CORRUPT, "malformed");
	free(path);
}

/* SQLite takes one byte for nothing, and a -wal beside nothing for a stale one,
 * which it deletes. */
static void test_a_wal_beside_one_byte_stays(void **state)
{
	struct workshop *shop = *state;
	char *wal = workshop_path(shop, "a.db-wal");

	write_file(shop, "a.db", "~", 1);
	write_file(shop, "a.db-wal", "what was not checkpointed", 25);
	expect_error(shop, "a.db", ERROR_CORRUPT, "1 byte");
	assert_int_equal(access(wal, F_OK), 0);
	free(wal);
}

static void test_an_unreadable_file_is_an_error(void **state)
{
	struct workshop *shop = *state;
	char *path;

	if (geteuid() == 0)
		skip(); /* root may read everything */
	path = workshop_path(shop, "a.db");
	workshop_make(shop, "a.db", 1);
	assert_int_equal(chmod(path, 0), 0);
	expect_error(shop, "a.db", ERROR_IO, "Permission denied");
	free(path);
}

static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"a'b\".db",  "a?mode=memory.db", "a%41#.db", "a\nb.db",
		"file:a.db", ":memory:",         "-rf.db",   "\xff.db",
	};
	struct workshop *shop = *state;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct job job = workshop_job(shop, names[i]);
		struct error err = { 0 };
		struct look look;
		int64_t count;

		workshop_make(shop, names[i], 1);
		if (look_open(&job, &look, &err) != 0)
			fail_msg("%s: %s", names[i], err.message);
		assert_int_equal(
			connection_number(look.db, letters, &count, &err), 0);
		assert_int_equal(count, 60);
		look_close(&look);
	}
}

static void test_what_is_written_meanwhile_is_not_believed(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct job job;
	struct application app;
	struct error err = { 0 };
	struct look look;

	workshop_make(shop, "a.db", 1);
	application_start(&app, path);
	job = workshop_job(shop, "a.db");
	assert_int_equal(look_open(&job, &look, &err), 0);
	assert_int_equal(look_confirm(&look, &err), 0);
	assert_int_equal(application_do(&app, "DELETE FROM letters"), 0);
	assert_int_equal(look_confirm(&look, &err), ERROR_BUSY);
	look_close(&look);

	/* A WAL that comes up while a quiet WAL database is read. */
	assert_int_equal(look_open(&job, &look, &err), 0);
	assert_int_equal(application_do(&app, "PRAGMA journal_mode = WAL;"
					      "DELETE FROM people"),
			 0);
	assert_int_equal(look_confirm(&look, &err), ERROR_BUSY);
	look_close(&look);
	application_stop(&app);
	free(path);
}

/* A writer, seen in the middle of what he writes, and at its end. */
static void write_in_two(struct fault *fault, const char *path)
{
	static const char torn[] = "in the middle";
	char *whole = fault->self;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	if (fault->opens == 1) {
		assert_int_equal(pread(fd, whole, sizeof(torn), 100),
				 sizeof(torn));
		assert_int_equal(pwrite(fd, torn, sizeof(torn), 100),
				 sizeof(torn));
	} else if (fault->opens == 2) {
		assert_int_equal(pwrite(fd, whole, sizeof(torn), 100),
				 sizeof(torn));
	}
	close(fd);
}

static int count_reads(struct job *job, struct look *look, void *self,
		       struct error *err)
{
	(void)job;
	(void)look;
	(void)err;
	++*(int *)self;
	return 0;
}

/* Damage that is found as it is opened is none, if it was written meanwhile. */
static void test_what_is_torn_as_it_is_opened_is_looked_at_again(void **state)
{
	struct workshop *shop = *state;
	char whole[64];
	struct fault fault = { .after_open = write_in_two, .self = whole };
	struct error err = { 0 };
	struct job job;
	int reads = 0;

	workshop_make(shop, "a.db", 1);
	job = workshop_job(shop, "a.db");
	fault_open(&fault);
	if (look_with(&job, count_reads, &reads, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(fault.opens, 3);
	assert_int_equal(reads, 2);
	fault_close(&fault);
}

struct restless {
	struct application app;
	int reads, writes_left;
};

static int read_and_be_disturbed(struct job *job, struct look *look, void *self,
				 struct error *err)
{
	struct restless *restless = self;

	(void)job;
	(void)look;
	restless->reads++;
	if (restless->writes_left-- > 0) {
		assert_int_equal(application_do(&restless->app,
						"UPDATE people SET name = "
						"name || '!'"),
				 0);
		/* What was read so is not what counts. */
		return error_set(err, ERROR_CORRUPT, "torn");
	}
	return 0;
}

static void test_looking_is_tried_three_times(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct restless restless = { .writes_left = 2 };
	struct error err = { 0 };
	struct job job;

	workshop_make(shop, "a.db", 1);
	application_start(&restless.app, path);
	job = workshop_job(shop, "a.db");
	assert_int_equal(
		look_with(&job, read_and_be_disturbed, &restless, &err), 0);
	assert_int_equal(restless.reads, 3);
	restless.writes_left = 10;
	assert_int_equal(
		look_with(&job, read_and_be_disturbed, &restless, &err),
		ERROR_BUSY);
	assert_int_equal(restless.reads, 6);
	application_stop(&restless.app);
	free(path);
}

static void test_no_room_for_a_copy_is_busy(void **state)
{
	struct workshop *shop = *state;
	char *folder = xasprintf("%s/tmp", shop->root);

	workshop_make(shop, "a.db", 1);
	workshop_leave_journal(shop, "a.db");
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	expect_error(shop, "a.db", ERROR_BUSY, "needs recovery by an upgrade");
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	free(folder);
}

static bool is_at_rest(struct workshop *shop)
{
	struct job job = workshop_job(shop, "a.db");
	struct error err = { 0 };
	struct look look;
	bool is_at_rest;

	if (look_open(&job, &look, &err) != 0)
		fail_msg("%s", err.message);
	is_at_rest = look_is_at_rest(&look);
	look_close(&look);
	return is_at_rest;
}

static void test_a_file_is_at_rest_after_two_seconds(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	int64_t made_s;

	workshop_make(shop, "a.db", 1);
	made_s = clock_seconds();
	while (clock_seconds() < made_s + 2) {
		assert_false(is_at_rest(shop));
		clock_sleep_ms(100);
	}
	clock_sleep_ms(1100);
	assert_true(is_at_rest(shop));
	/* Whatever a backup that is put back says of itself. */
	times[1].tv_sec = 1000;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_false(is_at_rest(shop));
	times[1].tv_sec = clock_seconds() + 1000;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	clock_sleep_ms(3100);
	assert_false(is_at_rest(shop));
	free(path);
}

static void test_what_has_company_is_not_at_rest(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct application app;
	struct stat seen;

	workshop_make_wal(shop, "a.db", 1);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "INSERT INTO people VALUES"
					      "(77, 'x')"), 0);
	assert_int_equal(stat(path, &seen), 0);
	clock_sleep_ms(3100);
	assert_true(seen.st_ctim.tv_sec < clock_seconds() - 2);
	assert_false(is_at_rest(shop));
	application_stop(&app);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOK_TEST(test_an_idle_database),
		LOOK_TEST(test_an_idle_wal_database_gets_no_wal),
		LOOK_TEST(test_a_running_application),
		LOOK_TEST(test_an_application_with_its_journal_in_memory),
		LOOK_TEST(test_a_running_application_with_a_journal),
		LOOK_TEST(test_a_spent_journal_is_none),
		LOOK_TEST(test_a_hot_journal_is_undone_in_a_copy),
		LOOK_TEST(test_a_wal_left_over_is_read),
		LOOK_TEST(test_what_is_no_database_is_skipped),
		LOOK_TEST(test_a_link_on_the_way_is_not_followed),
		LOOK_TEST(test_empty_garbage_and_cut_off_files),
		LOOK_TEST(test_a_wal_beside_one_byte_stays),
		LOOK_TEST(test_an_unreadable_file_is_an_error),
		LOOK_TEST(test_hostile_names),
		LOOK_TEST(test_what_is_written_meanwhile_is_not_believed),
		LOOK_TEST(
			test_what_is_torn_as_it_is_opened_is_looked_at_again),
		LOOK_TEST(test_looking_is_tried_three_times),
		LOOK_TEST(test_no_room_for_a_copy_is_busy),
		LOOK_TEST(test_a_file_is_at_rest_after_two_seconds),
		LOOK_TEST(test_what_has_company_is_not_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
