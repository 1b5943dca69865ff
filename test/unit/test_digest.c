#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/digest.h"

static const char ledger[] = "fleet_schema_history";

static const char fixture[] =
	"CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY KEY, note);"
	"CREATE TABLE t(a, b); CREATE INDEX i ON t(b);"
	"INSERT INTO t(rowid, a, b) VALUES (1, 'one', 1), (5, 'five', 5.5),"
	" (9, NULL, x'00ff');"
	"CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID;"
	"INSERT INTO w VALUES ('z', 1), ('a', 2);"
	"CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, c AS (id + 1));"
	"INSERT INTO n VALUES (3);"
	"CREATE TABLE \"odd \"\" name\"(\"a b\"); "
	"INSERT INTO \"odd \"\" name\" VALUES (1);"
	"CREATE TABLE empty(a);"
	"CREATE VIEW v AS SELECT a FROM t;"
	"CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT 1; END;"
	"CREATE VIRTUAL TABLE f USING fts5(body);"
	"INSERT INTO f VALUES ('some words');";

struct digest {
	char text[CHECKSUM_HEX_BYTES];
};

static struct digest take(struct sqlite3 *db)
{
	struct error err = { 0 };
	struct digest digest;

	if (digest_take(db, ledger, digest.text, &err))
		fail_msg("%s", err.message);
	assert_int_equal(strlen(digest.text), CHECKSUM_HEX_BYTES - 1);
	return digest;
}

static void what_is_no_writing_changes_nothing(void **state)
{
	static const char *const harmless[] = {
		"SELECT * FROM t",
		"ANALYZE",
		"DELETE FROM sqlite_stat1",
		"INSERT INTO fleet_schema_history(note) VALUES ('upgraded')",
		"DELETE FROM fleet_schema_history",
		"ALTER TABLE fleet_schema_history ADD COLUMN evidence TEXT",
		"CREATE INDEX h ON fleet_schema_history(note)",
		"DROP TABLE fleet_schema_history",
		"UPDATE sqlite_sequence SET seq = 99",
		"REINDEX",
		"VACUUM",
		"UPDATE t SET a = a",
		"BEGIN; DELETE FROM t; ROLLBACK",
		"CREATE TABLE x(a); DROP TABLE x",
		"CREATE TEMP TABLE x(a)",
	};
	struct bench *bench = *state;
	struct sqlite3 *db;
	struct digest before;

	/* VACUUM attaches, which ours may not. */
	bench_make(bench, "a.db", fixture);
	db = bench_application(bench, "a.db");
	before = take(db);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
		bench_run(db, harmless[i]);
		if (strcmp(take(db).text, before.text) != 0)
			fail_msg("%s changes it", harmless[i]);
	}
	connection_close(db);
}

static void any_writing_changes_it(void **state)
{
	static const char *const writes[] = {
		"INSERT INTO t VALUES (NULL, NULL)",
		"INSERT INTO empty VALUES (NULL)",
		"DELETE FROM t WHERE a = 'five'",
		"UPDATE t SET a = 'One' WHERE a = 'one'",
		"UPDATE t SET a = 'one' || char(0) || 'x' WHERE a = 'one'",
		"UPDATE t SET b = 1.0 WHERE b = 1",
		"UPDATE t SET b = '1' WHERE b = 1",
		"UPDATE t SET b = 2 WHERE b = 1",
		"UPDATE t SET b = 5.25 WHERE b = 5.5",
		"UPDATE t SET b = x'00fe' WHERE a IS NULL",
		"UPDATE t SET b = x'' WHERE a IS NULL",
		"UPDATE t SET b = '' WHERE a IS NULL",
		"UPDATE t SET b = 0 WHERE a IS NULL",
		"UPDATE t SET a = b, b = a",
		"UPDATE w SET v = 3 WHERE k = 'a'",
		"UPDATE n SET id = 4",
		"UPDATE \"odd \"\" name\" SET \"a b\" = 2",
		"INSERT INTO f VALUES ('more')",
		"CREATE TABLE x(a)",
		"ALTER TABLE empty ADD COLUMN b",
		"ALTER TABLE empty RENAME TO void",
		"CREATE INDEX j ON t(a)",
		"DROP INDEX i",
		"DROP VIEW v",
		"DROP TRIGGER g",
		"PRAGMA user_version = 1",
		"PRAGMA application_id = 1",
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, fixture);
	struct digest before = take(db);

	for (size_t i = 0; i < sizeof(writes) / sizeof(*writes); i++) {
		bench_run(db, "BEGIN");
		bench_run(db, writes[i]);
		if (strcmp(take(db).text, before.text) == 0)
			fail_msg("%s does not change it", writes[i]);
		bench_run(db, "ROLLBACK");
		assert_string_equal(take(db).text, before.text);
	}
}

static void values_do_not_run_into_each_other(void **state)
{
	static const char *const contents[] = {
		"INSERT INTO t VALUES ('ab', 'c')",
		"INSERT INTO t VALUES ('a', 'bc')",
		"INSERT INTO t VALUES ('abc', '')",
		"INSERT INTO t VALUES ('abc', NULL)",
		"INSERT INTO t VALUES (x'616263', NULL)",
		"INSERT INTO u VALUES ('ab', 'c')",
		"INSERT INTO t VALUES ('ab', NULL), ('c', NULL)",
		/* A value that reads like the end of one and the next. */
		"INSERT INTO t VALUES (x'61040000000000000062', x'63')",
		"INSERT INTO t VALUES (x'61', x'62040000000000000063')",
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a, b); CREATE TABLE u(a, b)");
	struct digest digests[9];

	for (size_t i = 0; i < 9; i++) {
		bench_run(db, "BEGIN");
		bench_run(db, contents[i]);
		digests[i] = take(db);
		bench_run(db, "ROLLBACK");
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i].text,
						digests[j].text);
	}
}

static void equal_content_has_equal_digests(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *a = bench_memory(bench, fixture);
	struct sqlite3 *b;

	/* Made in another order, on other pages. */
	bench_make(bench, "b.db",
		   "PRAGMA page_size = 512; PRAGMA journal_mode = WAL;"
		   "CREATE TABLE x(a); INSERT INTO x VALUES (zeroblob(9000));");
	bench_make(bench, "b.db", fixture);
	bench_make(bench, "b.db", "DROP TABLE x");
	b = bench_connect(bench, "b.db", CONNECTION_IMMUTABLE);
	assert_string_equal(take(a).text, take(b).text);
	assert_string_equal(take(a).text, take(a).text);
}

static void an_index_that_is_wrong_is_not_believed(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a, b); CREATE INDEX i ON t(a, b);"
		       "INSERT INTO t VALUES (1, 9), (2, 8);"
		       "CREATE TABLE u(a, b); CREATE INDEX j ON u(a, b)");
	struct digest before = take(db);

	/* It holds all that is asked for, is cheap, and says: no rows. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	bench_run(db, "PRAGMA writable_schema = ON;"
		      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage"
		      " FROM sqlite_schema WHERE name = 'j')"
		      " WHERE name = 'i';"
		      "PRAGMA writable_schema = RESET; ANALYZE;"
		      "INSERT INTO sqlite_stat1 VALUES ('t', 'i',"
		      " '1000 1 1 sz=1'); ANALYZE sqlite_schema");
	bench_expect(db, "SELECT * FROM t", NULL);
	assert_string_equal(take(db).text, before.text);
}

static void a_module_of_the_application_is_passed_over(void **state)
{
	struct bench *bench = *state;
	struct digest before, after;

	bench_make(bench, "a.db",
		   "CREATE TABLE vectors_data(a); PRAGMA writable_schema = ON;"
		   "INSERT INTO sqlite_schema VALUES ('table', 'vectors',"
		   " 'vectors', 0, 'CREATE VIRTUAL TABLE vectors"
		   " USING vec0(embedding float[4])')");
	before = take(bench_connect(bench, "a.db", CONNECTION_READ));
	bench_make(bench, "a.db", "INSERT INTO vectors_data VALUES (1)");
	after = take(bench_connect(bench, "a.db", CONNECTION_READ));
	assert_string_not_equal(before.text, after.text);
}

static void what_cannot_be_read_has_no_digest(void **state)
{
	struct bench *bench = *state;
	char text[CHECKSUM_HEX_BYTES] = "left over";
	struct sqlite3 *application, *db;

	bench_make(bench, "a.db", fixture);
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	application = bench_application(bench, "a.db");
	bench_run(application, "BEGIN EXCLUSIVE");
	assert_int_equal(digest_take(db, ledger, text, &bench->err),
			 ERROR_BUSY);
	assert_string_equal(text, "");
	connection_close(application);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(what_is_no_writing_changes_nothing),
		BENCH_TEST(any_writing_changes_it),
		BENCH_TEST(values_do_not_run_into_each_other),
		BENCH_TEST(equal_content_has_equal_digests),
		BENCH_TEST(an_index_that_is_wrong_is_not_believed),
		BENCH_TEST(a_module_of_the_application_is_passed_over),
		BENCH_TEST(what_cannot_be_read_has_no_digest),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
