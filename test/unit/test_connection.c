#include "bench.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define ENDLESS                                                           \
	"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)" \
	" SELECT count(*) FROM n"

static int try_open(struct bench *bench, const char *name,
		    enum connection_mode mode)
{
	const struct connection_options options = { .mode = mode };
	struct sqlite3 *db = (struct sqlite3 *)bench;
	int code = connection_open(bench_path(bench, name), &options, &db,
				   &bench->err);

	if (code)
		assert_null(db);
	else
		connection_close(db);
	return code;
}

static const enum connection_mode existing_modes[] = {
	CONNECTION_WRITE, CONNECTION_READ, CONNECTION_COPY,
	CONNECTION_IMMUTABLE, CONNECTION_PRIVATE
};

#define MODES (sizeof(existing_modes) / sizeof(*existing_modes))

static void any_file_name_is_opened_as_it_stands(void **state)
{
	static const char *const names[] = {
		"plain.db",
		"a?mode=memory",
		"a#b",
		"100%41.db",
		"with space & +",
		"file:x",
		"line\nbreak\x01\x7f",
		"\xff\xfe\x80",
		"gr\xc3\xbc\xc3\x9f",
		"a?immutable=1#%00",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *sql = sqlite3_mprintf("CREATE TABLE t AS SELECT %d AS a",
					    (int)i);
		char number[16];

		bench_make(bench, names[i], sql);
		sqlite3_free(sql);
		snprintf(number, sizeof(number), "%zu", i);
		for (size_t j = 0; j < MODES; j++) {
			struct sqlite3 *db = bench_connect(bench, names[i],
							   existing_modes[j]);

			bench_expect(db, "SELECT a FROM t", number);
			connection_close(db);
			bench->connection_count--;
		}
	}
	assert_int_equal(bench_file_count(bench),
			 sizeof(names) / sizeof(*names));
}

static void a_path_that_looks_like_a_host_is_a_path(void **state)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	struct bench *bench = *state;
	struct sqlite3 *db;
	char *path;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	path = sqlite3_mprintf("/%s", bench_path(bench, "a.db"));
	assert_int_equal(connection_open(path, &options, &db, NULL), 0);
	connection_close(db);
	sqlite3_free(path);
}

static void a_missing_file_is_not_made(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < MODES; i++) {
		assert_int_equal(try_open(bench, "none.db", existing_modes[i]),
				 ERROR_IO);
		assert_non_null(strstr(bench->err.message,
				       "No such file or directory"));
	}
	assert_int_equal(bench_file_count(bench), 0);
}

static void a_link_is_not_followed(void **state)
{
	struct bench *bench = *state;

	bench_make(bench, "real.db", "CREATE TABLE t(a)");
	assert_int_equal(symlink("real.db", bench_path(bench, "link.db")), 0);
	for (size_t i = 0; i < MODES; i++) {
		assert_int_equal(try_open(bench, "link.db", existing_modes[i]),
				 ERROR_IO);
		assert_int_equal(bench->err.sqlite_code,
				 SQLITE_CANTOPEN_SYMLINK);
	}
	assert_int_equal(try_open(bench, "link.db", CONNECTION_JOURNAL),
			 ERROR_IO);
}

static void damage_shows_at_once(void **state)
{
	struct bench *bench = *state;

	bench_damage(bench, "text", 0, "this is no database, for sure", 30);
	bench_make(bench, "schema.db",
		   "CREATE TABLE t(a); PRAGMA writable_schema=ON;"
		   "UPDATE sqlite_schema SET sql = 'CREATE nonsense'");
	for (size_t i = 0; i < MODES; i++) {
		assert_int_equal(try_open(bench, "text", existing_modes[i]),
				 ERROR_CORRUPT);
		assert_int_equal(bench->err.sqlite_code, SQLITE_NOTADB);
		/* One that only copies does not take the time to see it. */
		if (existing_modes[i] == CONNECTION_COPY) {
			assert_int_equal(
				try_open(bench, "schema.db", CONNECTION_COPY),
				0);
			continue;
		}
		assert_int_equal(
			try_open(bench, "schema.db", existing_modes[i]),
			ERROR_CORRUPT);
		assert_non_null(strstr(bench->err.message, "malformed"));
	}
}

/* The last connection that is closed takes the WAL in, and unlinks it. */
static void damage_keeps_its_wal(void **state)
{
	struct bench *bench = *state;
	const char *live = bench_path(bench, "a.db");
	const char *wreck = bench_path(bench, "b.db");
	struct sqlite3 *application;
	char *command;

	bench_make(bench, "a.db",
		   "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
	application = bench_application(bench, "a.db");
	bench_run(application, "INSERT INTO t VALUES('only in the WAL')");
	command = xasprintf("cp %s %s && cp %s-wal %s-wal && printf wreck | "
			    "dd of=%s conv=notrunc 2>&1 && cat %s %s-wal "
			    ">%s.was", live, wreck, live, wreck, wreck, wreck,
			    wreck, wreck);
	assert_int_equal(system(command), 0);
	free(command);
	assert_int_equal(try_open(bench, "b.db", CONNECTION_WRITE),
			 ERROR_CORRUPT);
	command = xasprintf("cat %s %s-wal | cmp - %s.was", wreck, wreck,
			    wreck);
	assert_int_equal(system(command), 0);
	free(command);
	connection_close(application);
}

static void a_lock_is_waited_for_as_long_as_told(void **state)
{
	struct connection_options options = { .mode = CONNECTION_WRITE };
	struct bench *bench = *state;
	struct sqlite3 *application, *db;
	int64_t begin;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	application = bench_application(bench, "a.db");
	bench_run(application, "BEGIN EXCLUSIVE");
	assert_int_equal(try_open(bench, "a.db", CONNECTION_READ), ERROR_BUSY);
	assert_int_equal(bench->err.sqlite_code, SQLITE_BUSY);

	options.busy_timeout_ms = 200;
	begin = clock_now_us();
	assert_int_equal(
		connection_open(bench_path(bench, "a.db"), &options, &db, NULL),
		ERROR_BUSY);
	assert_true(clock_now_us() - begin >= 150 * 1000);

	bench_run(application, "ROLLBACK; BEGIN IMMEDIATE");
	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	begin = clock_now_us();
	connection_set_busy_timeout(db, 200);
	assert_int_equal(connection_run(db, "BEGIN IMMEDIATE", NULL),
			 ERROR_BUSY);
	assert_true(clock_now_us() - begin >= 150 * 1000);
	connection_close(application);
}

static void writing_is_set_up_to_last(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	bench_expect(db, "PRAGMA synchronous", "3");
	bench_expect(db, "PRAGMA wal_autocheckpoint", "0");
	bench_expect(db, "PRAGMA cache_spill", "0");
	bench_run(db, "INSERT INTO t VALUES (1)");
	bench_expect(db, "SELECT a FROM t", "1");
}

static void memory_is_what_was_told(void **state)
{
	struct connection_options options = { .mode = CONNECTION_WRITE,
					      .cache_bytes = 3 << 20,
					      .spill = true };
	struct bench *bench = *state;
	struct sqlite3 *db;
	int64_t spill;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	assert_int_equal(
		connection_open(bench_path(bench, "a.db"), &options, &db, NULL),
		0);
	bench_expect(db, "PRAGMA cache_size", "-3072");
	assert_int_equal(
		connection_number(db, "PRAGMA cache_spill", &spill, NULL), 0);
	assert_true(spill > 0);
	connection_close(db);

	options.cache_bytes = INT64_MAX;
	assert_int_equal(
		connection_open(bench_path(bench, "a.db"), &options, &db, NULL),
		0);
	bench_expect(db, "PRAGMA cache_size", "-2147483647");
	connection_close(db);
}

static void hostile_content_reaches_nothing(void **state)
{
	static const char *const refused[][2] = {
		{ "SELECT load_extension('x')", "not authorized" },
		{ "SELECT fts3_tokenizer('simple', x'0011223344556677')",
		  "not authorized" },
		{ "SELECT fts3_tokenizer('simple')", "not authorized" },
		{ "UPDATE sqlite_schema SET sql = 'x'", "may not be modified" },
		{ "PRAGMA writable_schema = ON;"
		  "UPDATE sqlite_schema SET sql = 'x'",
		  "may not be modified" },
		{ "ATTACH ':memory:' AS other", "not authorized" },
		{ "SELECT length(zeroblob(1000000000))", "too big" },
		{ "INSERT INTO f_content VALUES (1, 2)",
		  "may not be modified" },
	};
	struct bench *bench = *state;
	int is_on = -1;

	bench_make(bench, "a.db",
		   "CREATE TABLE p(a PRIMARY KEY);"
		   "CREATE TABLE c(a REFERENCES p ON DELETE CASCADE);"
		   "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);"
		   "CREATE VIRTUAL TABLE f USING fts5(body)");
	for (size_t i = 0; i < MODES; i++) {
		struct sqlite3 *db =
			bench_connect(bench, "a.db", existing_modes[i]);

		for (size_t j = 0; j < sizeof(refused) / sizeof(*refused);
		     j++) {
			assert_int_equal(
				connection_run(db, refused[j][0], &bench->err),
				ERROR_SQL);
			assert_non_null(
				strstr(bench->err.message, refused[j][1]));
		}
		assert_int_equal(
			sqlite3_db_config(db,
					  SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
					  -1, &is_on),
			SQLITE_OK);
		assert_false(is_on);
		bench_expect(db, "PRAGMA foreign_keys", "0");
		bench_expect(db, "PRAGMA cell_size_check", "1");
		bench_expect(db, "PRAGMA mmap_size", "0");
		bench_expect(db, "PRAGMA trusted_schema",
			     sqlite3_libversion_number() >= 3044000 ? "0"
								    : "1");
	}
}

static void reading_writes_nothing(void **state)
{
	struct bench *bench = *state;
	struct stat before, after;
	struct sqlite3 *db;

	bench_make(bench, "a.db", "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
	assert_int_equal(stat(bench_path(bench, "a.db"), &before), 0);
	for (size_t i = 1; i <= 3; i++) {
		db = bench_connect(bench, "a.db", existing_modes[i]);
		bench_expect(db, "SELECT a FROM t", "1");
		assert_int_equal(connection_run(db, "DELETE FROM t", NULL),
				 ERROR_IO);
	}
	assert_int_equal(stat(bench_path(bench, "a.db"), &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim,
			    sizeof(before.st_mtim));
	assert_memory_equal(&before.st_ctim, &after.st_ctim,
			    sizeof(before.st_ctim));
	assert_int_equal(bench_file_count(bench), 1);
}

static void an_idle_wal_database_is_read_without_a_trace(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "PRAGMA journal_mode=WAL; CREATE TABLE t AS SELECT 1 AS a");
	assert_int_equal(bench_file_count(bench), 1);
	db = bench_connect(bench, "a.db", CONNECTION_IMMUTABLE);
	bench_expect(db, "SELECT a FROM t", "1");
	assert_int_equal(bench_file_count(bench), 1);
}

static void a_wal_in_use_is_read_and_left(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *application, *db;
	struct stat before, after;

	application = bench_application(bench, "a.db");
	bench_run(application, "PRAGMA journal_mode=WAL;"
			       "CREATE TABLE t(a); INSERT INTO t VALUES (7)");
	assert_int_equal(stat(bench_path(bench, "a.db-wal"), &before), 0);
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	bench_expect(db, "SELECT a FROM t", "7");
	bench_run(application, "UPDATE t SET a = 8");
	bench_expect(db, "SELECT a FROM t", "8");
	connection_close(application);
	connection_close(db);
	bench->connection_count--;

	/* The application was not the last, and we did not clean up. */
	assert_int_equal(stat(bench_path(bench, "a.db-wal"), &after), 0);
	assert_true(after.st_size >= before.st_size);
	bench_make(bench, "a.db", "UPDATE t SET a = 9");
	assert_false(bench_has_file(bench, "a.db-wal"));
}

static void a_private_file_has_no_journal(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_damage(bench, "a.db", 0, "", 0);
	db = bench_connect(bench, "a.db", CONNECTION_PRIVATE);
	bench_expect(db, "PRAGMA journal_mode", "off");
	bench_expect(db, "PRAGMA synchronous", "0");
	bench_run(db, "BEGIN; CREATE TABLE t(a)");
	assert_false(bench_has_file(bench, "a.db-journal"));
	bench_run(db, "COMMIT");
	bench_expect(db, "SELECT count(*) FROM t", "0");
}

static void a_private_file_has_no_locks(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *other, *db;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	other = bench_application(bench, "a.db");
	bench_run(other, "BEGIN EXCLUSIVE");
	db = bench_connect(bench, "a.db", CONNECTION_PRIVATE);
	bench_run(db, "INSERT INTO t VALUES (1)");
	bench_run(other, "ROLLBACK");
	bench_run(db, "INSERT INTO t VALUES (2)");
	bench_run(other, "BEGIN EXCLUSIVE; ROLLBACK");
	connection_close(other);
	bench_expect(db, "SELECT count(*) FROM t", "2");
	bench_expect(db, "PRAGMA integrity_check", "ok");
}

static void a_temporary_database_can_roll_back(void **state)
{
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY, .cache_bytes = 64 * 1024
	};
	struct bench *bench = *state;
	struct sqlite3 *db;

	assert_int_equal(
		connection_open("/nowhere/at/all", &options, &db, &bench->err),
		0);
	bench_run(db, "CREATE TABLE t(a); INSERT INTO t VALUES ('old');"
		      "BEGIN; CREATE TABLE u(a); UPDATE t SET a = 'new'");
	/* Far more than the cache holds. */
	bench_run(db, "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
		      " SELECT x + 1 FROM n WHERE x < 2000)"
		      " INSERT INTO u SELECT randomblob(1000) FROM n");
	bench_expect(db, "SELECT count(*) FROM u", "2000");
	bench_run(db, "ROLLBACK");
	bench_expect(db, "SELECT a FROM t", "old");
	bench_expect(db, "PRAGMA integrity_check", "ok");
	assert_int_equal(connection_run(db, "SELECT * FROM u", NULL),
			 ERROR_SQL);
	connection_close(db);
	assert_int_equal(bench_file_count(bench), 0);
}

static void our_journal_is_for_nobody_else(void **state)
{
	struct bench *bench = *state;
	mode_t mask = umask(0);
	struct sqlite3 *db;
	struct stat status;

	db = bench_connect(bench, "journal.db", CONNECTION_JOURNAL);
	umask(mask);
	bench_run(db, "CREATE TABLE runs(a)");
	bench_expect(db, "PRAGMA synchronous", "1");
	assert_int_equal(stat(bench_path(bench, "journal.db"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	db = bench_connect(bench, "journal.db", CONNECTION_JOURNAL);
	bench_expect(db, "SELECT count(*) FROM runs", "0");

	assert_int_equal(try_open(bench, "none/journal.db", CONNECTION_JOURNAL),
			 ERROR_IO);
	assert_non_null(strstr(bench->err.message, "cannot be made"));
}

static void closing_undoes_what_was_not_committed(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;

	connection_close(NULL);
	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	assert_false(connection_in_transaction(db));
	bench_run(db, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
	assert_true(connection_in_transaction(db));
	connection_close(db);
	bench->connection_count--;
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	bench_expect(db, "SELECT count(*) FROM t", "0");
}

static void triggers_can_be_switched_off(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db =
		bench_memory(bench, "CREATE TABLE t(a); CREATE TABLE log(a);"
				    "CREATE TRIGGER g AFTER INSERT ON t BEGIN"
				    " INSERT INTO log VALUES (new.a); END");

	assert_int_equal(connection_allow_triggers(db, false, NULL), 0);
	bench_run(db, "INSERT INTO t VALUES (1)");
	bench_expect(db, "SELECT count(*) FROM log", "0");
	assert_int_equal(connection_allow_triggers(db, true, NULL), 0);
	bench_run(db, "INSERT INTO t VALUES (2)");
	bench_expect(db, "SELECT count(*) FROM log", "1");
}

static void single_values_are_read(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, "CREATE TABLE t(a)");
	int64_t number = -1;
	char *text = (char *)db;

	assert_int_equal(connection_number(db, "SELECT 1 << 40", &number, NULL),
			 0);
	assert_int_equal(number, INT64_C(1) << 40);
	assert_int_equal(
		connection_number(db, "SELECT a FROM t", &number, NULL), 0);
	assert_int_equal(number, 0);
	bench_expect(db, "SELECT 'text'", "text");
	bench_expect(db, "SELECT a FROM t", NULL);
	bench_expect(db, "SELECT NULL", NULL);
	assert_int_equal(
		connection_text(db, "SELECT b FROM t", &text, &bench->err),
		ERROR_SQL);
	assert_null(text);
	assert_string_equal(bench->err.message, "no such column: b");
	assert_int_equal(bench->err.sqlite_code, SQLITE_ERROR);
}

static void the_stop_flag_ends_a_statement(void **state)
{
	atomic_bool stop_now = false;
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY, .stop_now = &stop_now
	};
	struct bench *bench = *state;
	struct sqlite3 *db;

	assert_int_equal(connection_open("", &options, &db, NULL), 0);
	bench_run(db, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1)");
	atomic_store(&stop_now, true);
	assert_int_equal(connection_run(db, ENDLESS, &bench->err),
			 ERROR_STOPPED);
	atomic_store(&stop_now, false);
	bench_expect(db, "SELECT count(*) FROM t", "1");
	connection_close(db);
}

static void what_takes_too_long_fails(void **state)
{
	struct bench *bench = *state;
	struct connection_options options = { .mode = CONNECTION_WRITE,
					      .limit_ms = 50 };
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
	assert_int_equal(connection_open(bench_path(bench, "a.db"), &options,
					 &db, NULL),
			 0);
	assert_int_equal(connection_run(db, "BEGIN; DELETE FROM t", NULL), 0);
	assert_null(connection_over(db));
	assert_int_equal(connection_run(db, "WITH RECURSIVE r(n) AS (SELECT 1 "
					"UNION ALL SELECT n FROM r) "
					"SELECT count(*) FROM r", &bench->err),
			 ERROR_SQL);
	assert_non_null(strstr(bench->err.message, "run.database_timeout"));
	assert_string_equal(connection_over(db), "run.database_timeout");
	/* It can still be undone. */
	if (connection_in_transaction(db))
		assert_int_equal(connection_run(db, "ROLLBACK", NULL), 0);
	bench_expect(db, "SELECT count(*) FROM t", "1");
	connection_close(db);
}

static void foreign_keys_are_enforced_only_when_asked(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE p(id INTEGER PRIMARY KEY);"
		       "CREATE TABLE c(p REFERENCES p(id) ON DELETE CASCADE);"
		       "INSERT INTO p VALUES (1), (2);"
		       "INSERT INTO c VALUES (1), (2);");

	bench_run(db, "DELETE FROM p WHERE id = 1");
	bench_expect(db, "SELECT count(*) FROM c", "2");
	assert_int_equal(connection_enforce_keys(db, true, NULL), 0);
	bench_run(db, "DELETE FROM p WHERE id = 2");
	bench_expect(db, "SELECT count(*) FROM c", "1");
	assert_int_equal(connection_enforce_keys(db, false, NULL), 0);
	bench_run(db, "INSERT INTO c VALUES (99)");
}

static void a_vacuum_shrinks_the_file(void **state)
{
	struct bench *bench = *state;
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
	};
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "CREATE TABLE fleet_schema_history(a);"
		   "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION "
		   "ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO t SELECT "
		   "zeroblob(4000) FROM n; DELETE FROM t WHERE rowid > 1");
	assert_int_equal(connection_open(bench_path(bench, "a.db"), &options,
					 &db, NULL),
			 0);
	bench_expect(db, "SELECT freelist_count > 40 FROM "
			 "pragma_freelist_count", "1");
	assert_int_equal(connection_vacuum(db, &bench->err), 0);
	bench_expect(db, "PRAGMA freelist_count", "0");
	bench_expect(db, "SELECT count(*) FROM t", "1");
	/* And nothing else may be attached because of it. */
	assert_int_equal(connection_run(db, "ATTACH '' AS x", NULL),
			 ERROR_SQL);
	bench_run(db, "BEGIN");
	assert_int_equal(connection_vacuum(db, &bench->err), ERROR_SQL);
	connection_close(db);
}

static void the_stop_flag_ends_the_wait_for_a_lock(void **state)
{
	atomic_bool stop_now = false;
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = 60000,
		.stop_now = &stop_now,
	};
	struct bench *bench = *state;
	struct sqlite3 *application, *db;
	int64_t begin;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	assert_int_equal(
		connection_open(bench_path(bench, "a.db"), &options, &db, NULL),
		0);
	application = bench_application(bench, "a.db");
	bench_run(application, "BEGIN IMMEDIATE");
	atomic_store(&stop_now, true);
	begin = clock_now_us();
	assert_int_equal(connection_run(db, "BEGIN IMMEDIATE", NULL),
			 ERROR_BUSY);
	assert_true(clock_now_us() - begin < 10 * 1000 * 1000);
	connection_close(db);
	connection_close(application);
}

static void the_file_is_read_through_its_own_descriptor(void **state)
{
	static const unsigned char magic[16] = "SQLite format 3";
	struct bench *bench = *state;
	unsigned char bytes[16];
	struct sqlite3 *db, *other;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	bench_run(db, "BEGIN IMMEDIATE");
	assert_int_equal(connection_read_file(db, bytes, 16, 0, NULL), 0);
	assert_memory_equal(bytes, magic, sizeof(magic));

	/* The lock is still there. */
	other = bench_connect(bench, "a.db", CONNECTION_WRITE);
	assert_int_equal(connection_run(other, "BEGIN IMMEDIATE", NULL),
			 ERROR_BUSY);

	assert_int_equal(
		connection_read_file(db, bytes, 16, 1 << 20, &bench->err),
		ERROR_CORRUPT);
	assert_string_equal(bench->err.message,
			    "the file ends before byte 1048592");
	db = bench_memory(bench, "SELECT 1");
	assert_int_equal(connection_read_file(db, bytes, 16, 0, NULL),
			 ERROR_BUG);
}

static void a_file_that_was_moved_away_is_noticed(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	db = bench_connect(bench, "a.db", CONNECTION_WRITE);
	assert_false(connection_has_moved(db));
	assert_int_equal(
		rename(bench_path(bench, "a.db"), bench_path(bench, "b.db")),
		0);
	assert_true(connection_has_moved(db));
	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	assert_true(connection_has_moved(db));
}

static void codes_have_the_error_that_the_operator_needs(void **state)
{
	static const struct {
		int sqlite_code;
		enum error_code code;
	} cases[] = {
		{ SQLITE_BUSY, ERROR_BUSY },
		{ SQLITE_BUSY_SNAPSHOT, ERROR_BUSY },
		{ SQLITE_LOCKED, ERROR_BUSY },
		{ SQLITE_CORRUPT_INDEX, ERROR_CORRUPT },
		{ SQLITE_NOTADB, ERROR_CORRUPT },
		{ SQLITE_FULL, ERROR_NOSPACE },
		{ SQLITE_IOERR_FSYNC, ERROR_IO },
		{ SQLITE_CANTOPEN, ERROR_IO },
		{ SQLITE_READONLY_DBMOVED, ERROR_IO },
		{ SQLITE_PERM, ERROR_IO },
		{ SQLITE_INTERRUPT, ERROR_STOPPED },
		{ SQLITE_CONSTRAINT_CHECK, ERROR_SQL },
		{ SQLITE_NOMEM, ERROR_SQL },
		{ SQLITE_ERROR, ERROR_SQL },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(connection_error(NULL, cases[i].sqlite_code,
						  &bench->err),
				 cases[i].code);
		assert_int_equal(bench->err.code, cases[i].code);
		assert_int_equal(bench->err.sqlite_code, cases[i].sqlite_code);
		assert_string_not_equal(bench->err.message, "");
		assert_int_equal(connection_blames_sql(&bench->err),
				 cases[i].sqlite_code == SQLITE_ERROR);
	}
	assert_int_equal(connection_error(NULL, SQLITE_BUSY, NULL), ERROR_BUSY);
}

static void codes_have_names(void **state)
{
	(void)state;
	assert_string_equal(connection_code_name(SQLITE_CONSTRAINT_UNIQUE),
			    "SQLITE_CONSTRAINT_UNIQUE");
	assert_string_equal(connection_code_name(SQLITE_ERROR), "SQLITE_ERROR");
	assert_string_equal(connection_code_name(SQLITE_OK), "SQLITE_OK");
	assert_string_equal(connection_code_name(SQLITE_IOERR | 200 << 8),
			    "SQLITE_IOERR");
	assert_string_equal(connection_code_name(99), "SQLITE_UNKNOWN");
	assert_string_equal(connection_code_name(-1), "SQLITE_UNKNOWN");
}

/* What one worker does; the result is looked at after it is joined. */
struct worker {
	const char *path;
	atomic_bool *stop_now;
	int code;
	int64_t rows;
};

static void *work(void *self)
{
	struct worker *worker = self;
	struct connection_options options = { .mode = CONNECTION_WRITE,
					      .busy_timeout_ms = 10000,
					      .stop_now = worker->stop_now };
	struct sqlite3 *db;

	for (int i = 0; i < 20 && !worker->code; i++) {
		worker->code =
			connection_open(worker->path, &options, &db, NULL);
		if (worker->code)
			break;
		worker->code = connection_run(
			db, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1); COMMIT",
			NULL);
		if (!worker->code)
			worker->code =
				connection_number(db, "SELECT count(*) FROM t",
						  &worker->rows, NULL);
		connection_close(db);
	}
	return NULL;
}

static void threads_have_their_own_connections(void **state)
{
	struct bench *bench = *state;
	atomic_bool stop_now = false;
	struct worker workers[3] = { 0 };
	pthread_t threads[3];

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	bench_make(bench, "b.db", "CREATE TABLE t(a)");
	for (int i = 0; i < 3; i++) {
		workers[i].path = bench_path(bench, i ? "b.db" : "a.db");
		workers[i].stop_now = &stop_now;
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, &workers[i]),
			0);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(workers[i].code, 0);
	assert_int_equal(workers[0].rows, 20);
	bench_expect(bench_connect(bench, "b.db", CONNECTION_READ),
		     "SELECT count(*) FROM t", "40");
}

static void a_pipe_beside_it_keeps_nobody_waiting(void **state)
{
	static const char *const names[] = { "a.db-journal", "a.db-wal" };
	static const enum connection_mode modes[] = {
		CONNECTION_WRITE, CONNECTION_READ, CONNECTION_COPY,
	};
	struct bench *bench = *state;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	for (size_t i = 0; i < 6; i++) {
		const struct connection_options options = {
			.mode = modes[i / 2],
		};
		const char *pipe = bench_path(bench, names[i % 2]);
		struct sqlite3 *db = NULL;

		assert_int_equal(mkfifo(pipe, 0600), 0);
		assert_int_equal(connection_open(bench_path(bench, "a.db"),
						 &options, &db, &bench->err),
				 ERROR_IO);
		assert_null(db);
		assert_non_null(strstr(bench->err.message, "is a pipe"));
		assert_int_equal(unlink(pipe), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(any_file_name_is_opened_as_it_stands),
		BENCH_TEST(a_path_that_looks_like_a_host_is_a_path),
		BENCH_TEST(a_missing_file_is_not_made),
		BENCH_TEST(a_link_is_not_followed),
		BENCH_TEST(damage_shows_at_once),
		BENCH_TEST(damage_keeps_its_wal),
		BENCH_TEST(a_lock_is_waited_for_as_long_as_told),
		BENCH_TEST(writing_is_set_up_to_last),
		BENCH_TEST(memory_is_what_was_told),
		BENCH_TEST(hostile_content_reaches_nothing),
		BENCH_TEST(reading_writes_nothing),
		BENCH_TEST(an_idle_wal_database_is_read_without_a_trace),
		BENCH_TEST(a_wal_in_use_is_read_and_left),
		BENCH_TEST(a_private_file_has_no_journal),
		BENCH_TEST(a_private_file_has_no_locks),
		BENCH_TEST(a_temporary_database_can_roll_back),
		BENCH_TEST(our_journal_is_for_nobody_else),
		BENCH_TEST(closing_undoes_what_was_not_committed),
		BENCH_TEST(triggers_can_be_switched_off),
		BENCH_TEST(single_values_are_read),
		BENCH_TEST(the_stop_flag_ends_a_statement),
		BENCH_TEST(what_takes_too_long_fails),
		BENCH_TEST(foreign_keys_are_enforced_only_when_asked),
		BENCH_TEST(a_vacuum_shrinks_the_file),
		BENCH_TEST(the_stop_flag_ends_the_wait_for_a_lock),
		BENCH_TEST(the_file_is_read_through_its_own_descriptor),
		BENCH_TEST(a_file_that_was_moved_away_is_noticed),
		BENCH_TEST(codes_have_the_error_that_the_operator_needs),
		BENCH_TEST(codes_have_names),
		BENCH_TEST(threads_have_their_own_connections),
		BENCH_TEST(a_pipe_beside_it_keeps_nobody_waiting),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
