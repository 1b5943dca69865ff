#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/copy.h"

/* Asserts that the copy of `from` into a new private file works. */
static void copy_to_file(struct bench *bench, struct sqlite3 *from,
			 const char *name)
{
	struct sqlite3 *to;

	bench_damage(bench, name, 0, "", 0);
	to = bench_connect(bench, name, CONNECTION_PRIVATE);
	if (copy_database(from, to, &bench->err))
		fail_msg("%s", bench->err.message);
	connection_close(to);
	bench->connection_count--;
}

static void a_copy_keeps_everything(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "PRAGMA page_size = 8192; PRAGMA encoding = 'UTF-16';"
		   "CREATE TABLE t(a); INSERT INTO t(rowid, a) VALUES"
		   " (1, 'one'), (30, 'thirty');"
		   "PRAGMA user_version = 7; PRAGMA application_id = 8");
	copy_to_file(bench, bench_connect(bench, "a.db", CONNECTION_READ),
		     "b.db");
	db = bench_connect(bench, "b.db", CONNECTION_READ);
	bench_expect(db, "PRAGMA page_size", "8192");
	bench_expect(db, "PRAGMA encoding", "UTF-16le");
	bench_expect(db, "PRAGMA user_version", "7");
	bench_expect(db, "PRAGMA application_id", "8");
	bench_expect(db, "SELECT rowid FROM t WHERE a = 'thirty'", "30");
	bench_expect(db, "PRAGMA integrity_check", "ok");
}

static void what_stands_in_the_wal_is_copied(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *application = bench_application(bench, "a.db");
	struct sqlite3 *db;
	char header[20];

	bench_run(application, "PRAGMA journal_mode = WAL; CREATE TABLE t(a);"
			       "INSERT INTO t VALUES ('only in the WAL')");
	copy_to_file(bench, bench_connect(bench, "a.db", CONNECTION_READ),
		     "b.db");
	assert_false(bench_has_file(bench, "b.db-wal"));
	assert_false(bench_has_file(bench, "b.db-shm"));
	assert_false(bench_has_file(bench, "b.db-journal"));

	db = bench_connect(bench, "b.db", CONNECTION_IMMUTABLE);
	bench_expect(db, "SELECT a FROM t", "only in the WAL");
	assert_int_equal(connection_read_file(db, header, 20, 0, NULL), 0);
	assert_int_equal(header[18], 2);
	assert_int_equal(header[19], 2);

	/* Into a temporary database as well, for a rehearsal. */
	db = bench_connect(bench, "", CONNECTION_TEMPORARY);
	assert_int_equal(copy_database(application, db, NULL), 0);
	bench_expect(db, "SELECT a FROM t", "only in the WAL");
	bench_run(db, "BEGIN; UPDATE t SET a = 'x'; ROLLBACK");
	bench_expect(db, "SELECT a FROM t", "only in the WAL");
	connection_close(application);
}

static void a_locked_database_is_copied_by_a_second_connection(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *ours, *to;

	bench_make(bench, "a.db", "CREATE TABLE t AS SELECT 1 AS a");
	ours = bench_connect(bench, "a.db", CONNECTION_WRITE);
	bench_run(ours, "BEGIN IMMEDIATE; UPDATE t SET a = 2");
	to = bench_connect(bench, "", CONNECTION_TEMPORARY);
	assert_int_equal(copy_database(ours, to, &bench->err), ERROR_BUSY);

	copy_to_file(bench, bench_connect(bench, "a.db", CONNECTION_READ),
		     "b.db");
	bench_run(ours, "COMMIT");
	bench_expect(bench_connect(bench, "b.db", CONNECTION_READ),
		     "SELECT a FROM t", "1");
}

static void locks_are_waited_for_and_then_busy(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *application, *from, *to;

	bench_make(bench, "a.db", "CREATE TABLE t AS SELECT 1 AS a");
	bench_make(bench, "b.db", "CREATE TABLE t AS SELECT 2 AS a");
	from = bench_connect(bench, "a.db", CONNECTION_READ);
	to = bench_connect(bench, "b.db", CONNECTION_WRITE);
	connection_set_busy_timeout(to, 50);

	application = bench_application(bench, "b.db");
	bench_run(application, "BEGIN IMMEDIATE");
	assert_int_equal(copy_database(from, to, &bench->err), ERROR_BUSY);
	assert_string_equal(bench->err.message, "database is locked");
	connection_close(application);

	/* A reader of the target is as much in the way with this journal. */
	application = bench_application(bench, "b.db");
	bench_run(application, "BEGIN; SELECT * FROM t");
	assert_int_equal(copy_database(from, to, &bench->err), ERROR_BUSY);
	connection_close(application);
	bench_expect(to, "SELECT a FROM t", "2");

	application = bench_application(bench, "a.db");
	bench_run(application, "BEGIN EXCLUSIVE");
	assert_int_equal(copy_database(from, to, &bench->err), ERROR_BUSY);
	connection_close(application);

	assert_int_equal(copy_database(from, to, &bench->err), 0);
	bench_expect(to, "SELECT a FROM t", "1");
}

static void an_empty_source_empties_nothing(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *from, *to;

	bench_damage(bench, "a.db", 0, "", 0);
	bench_make(bench, "b.db", "CREATE TABLE t AS SELECT 2 AS a");
	from = bench_connect(bench, "a.db", CONNECTION_READ);
	to = bench_connect(bench, "b.db", CONNECTION_WRITE);
	assert_int_equal(copy_database(from, to, &bench->err), ERROR_CORRUPT);
	bench_expect(to, "SELECT a FROM t", "2");
}

static void a_damaged_source_leaves_the_target(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *from, *to;

	bench_make(bench, "b.db", "CREATE TABLE t AS SELECT 2 AS a");
	bench_make(bench, "a.db", "CREATE TABLE t AS SELECT 1 AS a");
	from = bench_connect(bench, "a.db", CONNECTION_READ);
	bench_damage(bench, "a.db", 0, "no more a database at all, sorry", 32);
	to = bench_connect(bench, "b.db", CONNECTION_WRITE);
	assert_int_equal(copy_database(from, to, &bench->err), ERROR_CORRUPT);
	bench_expect(to, "SELECT a FROM t", "2");
	bench_expect(to, "PRAGMA integrity_check", "ok");
}

/* A live file in WAL mode with an application on it, and its backup. */
struct live {
	struct sqlite3 *application, *backup, *target;
};

static struct live begin(struct bench *bench)
{
	struct live live;

	bench_make(bench, "backup.db",
		   "PRAGMA journal_mode = WAL;"
		   "CREATE TABLE t AS SELECT 'old' AS a");
	live.application = bench_application(bench, "live.db");
	bench_run(live.application, "PRAGMA journal_mode = WAL;"
				    "CREATE TABLE t AS SELECT 'new' AS a");
	live.backup = bench_connect(bench, "backup.db", CONNECTION_IMMUTABLE);
	live.target = bench_connect(bench, "live.db", CONNECTION_WRITE);
	return live;
}

static void nobody_writes_between_begin_and_end(void **state)
{
	struct bench *bench = *state;
	struct live live = begin(bench);
	struct sqlite3 *evidence;
	struct copy *copy;

	assert_int_equal(copy_begin(live.backup, live.target, &copy,
				    &bench->err),
			 0);
	assert_int_equal(connection_run(live.application,
					"UPDATE t SET a = 'newer'", NULL),
			 ERROR_BUSY);
	assert_int_equal(connection_run(live.application, "BEGIN IMMEDIATE",
					NULL),
			 ERROR_BUSY);
	bench_expect(live.application, "SELECT a FROM t", "new");
	evidence = bench_connect(bench, "live.db", CONNECTION_READ);
	bench_expect(evidence, "SELECT a FROM t", "new");

	assert_int_equal(copy_end(copy, true, &bench->err), 0);
	bench_expect(live.application, "SELECT a FROM t", "old");
	bench_run(live.application, "UPDATE t SET a = 'newest'");
	bench_expect(live.application, "PRAGMA journal_mode", "wal");
	bench_expect(live.application, "PRAGMA integrity_check", "ok");
	connection_close(live.application);
}

static void letting_go_changes_nothing(void **state)
{
	struct bench *bench = *state;
	struct live live = begin(bench);
	struct copy *copy;

	assert_int_equal(copy_begin(live.backup, live.target, &copy, NULL), 0);
	assert_int_equal(copy_end(copy, false, &bench->err), 0);
	bench_expect(live.application, "SELECT a FROM t", "new");
	bench_run(live.application, "UPDATE t SET a = 'newer'");
	bench_expect(live.target, "SELECT a FROM t", "newer");
	assert_int_equal(copy_end(NULL, true, NULL), 0);
	connection_close(live.application);
}

static void a_writer_at_work_keeps_us_out(void **state)
{
	struct bench *bench = *state;
	struct live live = begin(bench);
	struct copy *copy = (struct copy *)bench;

	bench_run(live.application, "BEGIN IMMEDIATE");
	assert_int_equal(copy_begin(live.backup, live.target, &copy,
				    &bench->err),
			 ERROR_BUSY);
	assert_null(copy);
	bench_run(live.application, "UPDATE t SET a = 'newer'; COMMIT");
	bench_expect(live.target, "SELECT a FROM t", "newer");
	connection_close(live.application);
}

static void another_page_size_is_refused_in_wal_mode(void **state)
{
	struct bench *bench = *state;
	struct live live = begin(bench);
	struct sqlite3 *from = bench_memory(
		bench, "PRAGMA page_size = 1024; CREATE TABLE t(a)");

	bench_expect(from, "PRAGMA page_size", "1024");
	assert_int_equal(copy_database(from, live.target, &bench->err),
			 ERROR_IO);
	assert_int_equal(bench->err.sqlite_code, SQLITE_READONLY);
	bench_expect(live.application, "SELECT a FROM t", "new");
	connection_close(live.application);
}

static void a_connection_that_holds_the_lock_can_be_the_target(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *application, *from, *to;

	bench_make(bench, "a.db", "CREATE TABLE t AS SELECT 'old' AS a");
	bench_make(bench, "b.db", "CREATE TABLE t AS SELECT 'new' AS a");
	from = bench_connect(bench, "a.db", CONNECTION_READ);
	to = bench_connect(bench, "b.db", CONNECTION_WRITE);
	application = bench_application(bench, "b.db");
	bench_run(to, "PRAGMA locking_mode = EXCLUSIVE;"
		      "BEGIN IMMEDIATE; SELECT * FROM t; ROLLBACK");
	assert_int_equal(connection_run(application, "BEGIN IMMEDIATE", NULL),
			 ERROR_BUSY);
	assert_int_equal(copy_database(from, to, &bench->err), 0);
	connection_close(to);
	bench->connection_count--;
	bench_expect(application, "SELECT a FROM t", "old");
	connection_close(application);
}

static void the_size_is_that_of_all_pages(void **state)
{
	struct bench *bench = *state;
	int64_t bytes = -1;

	bench_make(bench, "a.db",
		   "PRAGMA page_size = 1024; CREATE TABLE t(a);"
		   "CREATE TABLE u(a)");
	assert_int_equal(copy_size(bench_connect(bench, "a.db",
						 CONNECTION_READ),
				   &bytes, NULL),
			 0);
	assert_int_equal(bytes, 3 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_copy_keeps_everything),
		BENCH_TEST(what_stands_in_the_wal_is_copied),
		BENCH_TEST(a_locked_database_is_copied_by_a_second_connection),
		BENCH_TEST(locks_are_waited_for_and_then_busy),
		BENCH_TEST(an_empty_source_empties_nothing),
		BENCH_TEST(a_damaged_source_leaves_the_target),
		BENCH_TEST(nobody_writes_between_begin_and_end),
		BENCH_TEST(letting_go_changes_nothing),
		BENCH_TEST(a_writer_at_work_keeps_us_out),
		BENCH_TEST(another_page_size_is_refused_in_wal_mode),
		BENCH_TEST(a_connection_that_holds_the_lock_can_be_the_target),
		BENCH_TEST(the_size_is_that_of_all_pages),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
