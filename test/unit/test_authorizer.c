#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/authorizer.h"
#include "sqlite/script.h"

static const char ledger[] = "fleet_schema_history";

static const char fixture[] =
	"CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY KEY, kind);"
	"INSERT INTO fleet_schema_history VALUES (1, 'migrate');"
	"CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT);"
	"CREATE TABLE child(id INTEGER PRIMARY KEY, parent REFERENCES parent,"
	" note TEXT DEFAULT \"NA\");"
	"CREATE TABLE log(what);"
	"CREATE INDEX child_parent ON child(parent);"
	"CREATE VIEW names AS SELECT name FROM parent;"
	"CREATE TRIGGER logged AFTER INSERT ON parent BEGIN"
	" INSERT INTO log VALUES (new.name); END;"
	"INSERT INTO parent VALUES (1, 'a'), (2, 'b');"
	"INSERT INTO child(parent) VALUES (1), (2);";

/* What migrations of real applications are made of. */
static const char *const allowed[] = {
	"CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)",
	"CREATE TABLE IF NOT EXISTS parent(id)",
	"CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID",
	"CREATE TABLE t AS SELECT * FROM child",
	"ALTER TABLE parent ADD COLUMN age INTEGER DEFAULT 1",
	"ALTER TABLE parent ADD COLUMN age INTEGER NOT NULL DEFAULT 1"
	" CHECK (age > 0)",
	"ALTER TABLE child RENAME COLUMN note TO remark",
	"ALTER TABLE child DROP COLUMN note",
	"ALTER TABLE parent RENAME TO parents",
	"CREATE INDEX i ON child(note) WHERE note IS NOT NULL",
	"CREATE UNIQUE INDEX i ON child(lower(note), id)",
	"DROP INDEX child_parent",
	"CREATE VIEW v AS SELECT * FROM child JOIN parent USING (id)",
	"DROP VIEW names",
	"CREATE TRIGGER g AFTER DELETE ON child BEGIN"
	" INSERT INTO log VALUES (old.id); DELETE FROM log; END",
	"DROP TRIGGER logged",
	"DROP TABLE child",
	"INSERT INTO parent VALUES (3, 'c')",
	"INSERT OR IGNORE INTO parent VALUES (1, 'z')",
	"INSERT INTO parent VALUES (1, 'z') ON CONFLICT (id) DO UPDATE"
	" SET name = excluded.name",
	"REPLACE INTO parent VALUES (1, 'z')",
	"UPDATE parent SET name = upper(name) WHERE id IN"
	" (SELECT parent FROM child)",
	"DELETE FROM child WHERE parent = 1 RETURNING id",
	"DELETE FROM child",
	"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n"
	" WHERE x < 9) INSERT INTO log SELECT x FROM n",
	"SELECT json_extract('{\"a\":1}', '$.a'), date('now'), random()",
	"SELECT * FROM pragma_table_info('child')",
	"SELECT rank FROM fleet_schema_history",
	"CREATE TEMP TABLE t AS SELECT * FROM child; DROP TABLE t",
	"CREATE TEMP TABLE t(a); CREATE INDEX temp.i ON t(a);"
	"DROP INDEX temp.i",
	"CREATE TEMP VIEW v AS SELECT 1; DROP VIEW v",
	"CREATE TEMP TRIGGER g AFTER INSERT ON log BEGIN SELECT 1; END;"
	"DROP TRIGGER g",
	"CREATE VIRTUAL TABLE f USING fts4(body);"
	"INSERT INTO f VALUES ('words'); SELECT * FROM f WHERE f MATCH 'words';"
	"INSERT INTO f(f) VALUES ('optimize'); ALTER TABLE f RENAME TO g;"
	"DROP TABLE g",
	"CREATE VIRTUAL TABLE f USING fts3(body); DROP TABLE f",
	"CREATE VIRTUAL TABLE f USING fts5(what, content='log',"
	" content_rowid='rowid'); INSERT INTO f(f) VALUES ('rebuild');"
	"SELECT * FROM f WHERE f MATCH 'a'; INSERT INTO f(f) VALUES "
	"('integrity-check'); DROP TABLE f",
	"CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);"
	"INSERT INTO r VALUES (1, 0, 1); DELETE FROM r; DROP TABLE r",
	"CREATE VIRTUAL TABLE r USING rtree_i32(id, x0, x1)",
	"REINDEX", "REINDEX child", "ANALYZE", "ANALYZE child",
	"CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT);"
	"UPDATE sqlite_sequence SET seq = 5 WHERE name = 'none'",
	"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys",
	"PRAGMA foreign_key_check", "PRAGMA foreign_key_check(child)",
	"PRAGMA FOREIGN_KEYS=off", "PRAGMA main.foreign_keys = 1",
	"PRAGMA foreign_key_list(child)", "PRAGMA table_info('child')",
	"PRAGMA table_xinfo(child)", "PRAGMA table_list",
	"PRAGMA index_list(child)", "PRAGMA index_info(child_parent)",
	"PRAGMA index_xinfo(child_parent)", "PRAGMA integrity_check",
	"PRAGMA quick_check", "PRAGMA data_version",
	"PRAGMA defer_foreign_keys = ON", "PRAGMA legacy_alter_table = OFF",
	"PRAGMA recursive_triggers = OFF", "PRAGMA incremental_vacuum(10)",
	"PRAGMA user_version", "PRAGMA user_version = 7",
	"PRAGMA application_id", "PRAGMA schema_version", "PRAGMA page_size",
	"PRAGMA page_count", "PRAGMA encoding", "PRAGMA auto_vacuum",
	"PRAGMA freelist_count",
};

/* What is refused, and how it is named. */
static const char *const denied[][2] = {
	{ "BEGIN", "BEGIN" },
	{ "BEGIN IMMEDIATE", "BEGIN" },
	{ "COMMIT", "COMMIT" },
	{ "END TRANSACTION", "COMMIT" },
	{ "ROLLBACK", "ROLLBACK" },
	{ "SAVEPOINT s", "SAVEPOINT" },
	{ "RELEASE s", "RELEASE" },
	{ "ROLLBACK TO s", "ROLLBACK TO" },
	{ "ATTACH '/etc/passwd' AS x", "ATTACH" },
	{ "DETACH main", "DETACH" },
	{ "PRAGMA journal_mode = OFF", "PRAGMA journal_mode" },
	{ "PRAGMA journal_mode", "PRAGMA journal_mode" },
	{ "PRAGMA writable_schema = ON", "PRAGMA writable_schema" },
	{ "PRAGMA Synchronous=0", "PRAGMA Synchronous" },
	{ "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode" },
	{ "PRAGMA temp_store_directory = '/'", "PRAGMA temp_store_directory" },
	{ "PRAGMA hard_heap_limit = 1", "PRAGMA hard_heap_limit" },
	{ "PRAGMA soft_heap_limit = 1", "PRAGMA soft_heap_limit" },
	{ "PRAGMA ignore_check_constraints = ON",
	  "PRAGMA ignore_check_constraints" },
	{ "PRAGMA trusted_schema = ON", "PRAGMA trusted_schema" },
	{ "PRAGMA cell_size_check = OFF", "PRAGMA cell_size_check" },
	{ "PRAGMA mmap_size = 1", "PRAGMA mmap_size" },
	{ "PRAGMA max_page_count = 1", "PRAGMA max_page_count" },
	{ "PRAGMA query_only = ON", "PRAGMA query_only" },
	{ "PRAGMA busy_timeout = 9", "PRAGMA busy_timeout" },
	{ "PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint" },
	{ "PRAGMA optimize", "PRAGMA optimize" },
	{ "PRAGMA no_such_pragma", "PRAGMA no_such_pragma" },
	{ "PRAGMA schema_version = 9", "PRAGMA schema_version with a value" },
	{ "PRAGMA application_id = 9", "PRAGMA application_id with a value" },
	{ "PRAGMA encoding = 'UTF-16'", "PRAGMA encoding with a value" },
	{ "PRAGMA page_size = 512", "PRAGMA page_size with a value" },
	{ "SELECT load_extension('x')", "function load_extension()" },
	{ "SELECT LOAD_EXTENSION('x')", "function load_extension()" },
	{ "SELECT fts3_tokenizer('simple')", "function fts3_tokenizer()" },
	{ "CREATE TRIGGER g AFTER INSERT ON log BEGIN"
	  " SELECT load_extension('x'); END; INSERT INTO log VALUES (1)",
	  "function load_extension()" },
	{ "CREATE VIEW v AS SELECT load_extension('x') AS a;"
	  "SELECT a FROM v",
	  "" }, /* SQLite itself is first */
	{ "CREATE VIRTUAL TABLE d USING dbstat",
	  "a virtual table of module dbstat" },
	{ "CREATE VIRTUAL TABLE d USING csv(filename='/etc/passwd')",
	  "a virtual table of module csv" },
	{ "INSERT INTO fleet_schema_history VALUES (9, 'x')", "changing" },
	{ "UPDATE Fleet_Schema_History SET kind = 'x'", "changing" },
	{ "DELETE FROM main.fleet_schema_history", "changing" },
	{ "DROP TABLE fleet_schema_history", "changing" },
	{ "ALTER TABLE fleet_schema_history ADD COLUMN x", "changing" },
	{ "ALTER TABLE fleet_schema_history RENAME TO x", "changing" },
	{ "CREATE INDEX i ON fleet_schema_history(kind)", "changing" },
	{ "CREATE TRIGGER g AFTER INSERT ON fleet_schema_history BEGIN"
	  " SELECT 1; END",
	  "changing" },
	{ "CREATE TEMP TRIGGER g AFTER INSERT ON fleet_schema_history BEGIN"
	  " SELECT 1; END",
	  "changing" },
	{ "CREATE TEMP TABLE fleet_schema_history(rank)", "changing" },
	{ "CREATE TEMP TABLE Fleet_Schema_History(rank)", "changing" },
	{ "CREATE TEMP VIEW fleet_schema_history AS SELECT 1", "changing" },
	{ "CREATE TRIGGER g AFTER INSERT ON log BEGIN"
	  " DELETE FROM fleet_schema_history; END;"
	  "INSERT INTO log VALUES (1)",
	  "changing" },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The fixture, in a transaction, with the authorizer of a migration. */
static struct sqlite3 *begin(struct bench *bench, struct authorizer *authorizer)
{
	struct sqlite3 *db = bench_memory(bench, fixture);

	bench_run(db, "BEGIN");
	authorizer_init(authorizer, ledger);
	authorizer->mode = AUTHORIZE_STEPS;
	authorizer_install(db, authorizer);
	return db;
}

static void end(struct sqlite3 *db, struct authorizer *authorizer)
{
	authorizer->mode = AUTHORIZE_OURS;
	bench_run(db, "ROLLBACK");
	authorizer_install(db, NULL);
	authorizer_release(authorizer);
}

static int run(struct bench *bench, struct sqlite3 *db,
	       struct authorizer *authorizer, const char *sql)
{
	struct script script = { .text = sql,
				 .in_transaction = true,
				 .authorizer = authorizer };

	return script_run(db, &script, &bench->err);
}

static void what_migrations_do_is_allowed(void **state)
{
	struct bench *bench = *state;
	struct authorizer authorizer;

	for (size_t i = 0; i < COUNT(allowed); i++) {
		struct sqlite3 *db = begin(bench, &authorizer);

		if (run(bench, db, &authorizer, allowed[i]))
			fail_msg("%s: %s", allowed[i], bench->err.message);
		end(db, &authorizer);
		connection_close(db);
		bench->connection_count--;
	}
}

static void what_is_dangerous_is_refused(void **state)
{
	struct bench *bench = *state;
	struct authorizer authorizer;

	for (size_t i = 0; i < COUNT(denied); i++) {
		struct sqlite3 *db = begin(bench, &authorizer);

		if (run(bench, db, &authorizer, denied[i][0]) != ERROR_SQL)
			fail_msg("%s works", denied[i][0]);
		if (strncasecmp(authorizer.denied, denied[i][1],
				strlen(denied[i][1])) != 0)
			fail_msg("%s: denied is \"%s\"", denied[i][0],
				 authorizer.denied);
		assert_true(connection_in_transaction(db));
		end(db, &authorizer);
		bench_expect(db, "SELECT count(*) FROM fleet_schema_history",
			     "1");
		connection_close(db);
		bench->connection_count--;
	}
}

/* Outside a transaction of ours. */
static void who_is_alone_has_transactions_of_his_own(void **state)
{
	static const char *const fine[] = {
		"BEGIN; INSERT INTO log VALUES (1); COMMIT",
		"BEGIN EXCLUSIVE; DELETE FROM log; ROLLBACK",
		"SAVEPOINT s; DELETE FROM log; ROLLBACK TO s; RELEASE s",
		"VACUUM",
		"VACUUM main",
		/* What VACUUM does in SQLite 3.53, step by step. */
		"ATTACH '' AS vacuum_0123456789abcdef",
		"CREATE TABLE vacuum_0123456789abcdef.fleet_schema_history(a)",
	};
	static const char *const not[] = {
		"VACUUM INTO '/tmp/x'",
		"ATTACH '/etc/passwd' AS x",
		"PRAGMA journal_mode = OFF",
		"DELETE FROM fleet_schema_history",
		"BEGIN; DROP TABLE fleet_schema_history; COMMIT",
		"CREATE TEMP TABLE fleet_schema_history(a)",
		"SELECT load_extension('x')",
	};
	struct bench *bench = *state;
	struct authorizer authorizer;
	struct sqlite3 *db = bench_memory(bench, fixture);
	struct script script = { .authorizer = &authorizer };

	authorizer_init(&authorizer, ledger);
	authorizer.mode = AUTHORIZE_ALONE;
	authorizer_install(db, &authorizer);
	connection_allow_vacuum(db, true);
	for (size_t i = 0; i < COUNT(fine); i++) {
		script.text = fine[i];
		if (script_run(db, &script, &bench->err) != 0)
			fail_msg("%s: %s", fine[i], bench->err.message);
	}
	for (size_t i = 0; i < COUNT(not); i++) {
		script.text = not[i];
		if (script_run(db, &script, &bench->err) != ERROR_SQL)
			fail_msg("%s works", not[i]);
		if (connection_in_transaction(db))
			bench_run(db, "ROLLBACK");
	}
	authorizer.mode = AUTHORIZE_OURS;
	bench_expect(db, "SELECT count(*) FROM fleet_schema_history", "1");
	authorizer_install(db, NULL);
	authorizer_release(&authorizer);
}

static void foreign_key_pragmas_do_nothing(void **state)
{
	struct bench *bench = *state;
	struct authorizer authorizer;
	struct sqlite3 *db = bench_memory(bench, fixture);

	authorizer_init(&authorizer, ledger);
	authorizer.mode = AUTHORIZE_STEPS;
	authorizer_install(db, &authorizer);
	assert_int_equal(connection_run(db, "PRAGMA foreign_keys = ON", NULL),
			 0);
	/* A violation, about which the steps are told nothing. */
	bench_run(db, "INSERT INTO child(parent) VALUES (77)");
	bench_expect(db, "PRAGMA foreign_key_check", NULL);
	bench_run(db, "PRAGMA user_version = 7");
	authorizer.mode = AUTHORIZE_OURS;
	bench_expect(db, "PRAGMA foreign_keys", "0");
	bench_expect(db, "PRAGMA foreign_key_check", "child");
	bench_expect(db, "PRAGMA user_version", "7");
	authorizer_install(db, NULL);
	authorizer_release(&authorizer);
}

/* "a b c", in the order in which they were touched; static. */
static const char *touched(const struct authorizer *authorizer)
{
	static char text[200];

	text[0] = '\0';
	for (size_t i = 0; i < authorizer->touched_count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, authorizer->touched[i]);
	}
	return text;
}

static void what_may_remove_is_remembered(void **state)
{
	static const struct {
		const char *sql;
		bool removes;
	} cases[] = {
		{ "SELECT * FROM parent", false },
		{ "CREATE TABLE t(a PRIMARY KEY); CREATE INDEX i ON t(a)",
		  false },
		{ "ALTER TABLE child ADD COLUMN x DEFAULT 7", false },
		{ "ALTER TABLE child RENAME TO kid", false },
		{ "INSERT INTO child SELECT * FROM child WHERE 0", false },
		{ "CREATE TEMP TABLE t(a); DELETE FROM t; DROP TABLE t",
		  false },
		{ "ANALYZE; PRAGMA user_version = 9", false },
		{ "UPDATE child SET note = ''", true },
		{ "DELETE FROM child", true },
		{ "DROP TABLE log", true },
		{ "DROP INDEX child_parent", true },
		{ "CREATE TRIGGER x AFTER INSERT ON child BEGIN DELETE FROM "
		  "child; END; INSERT INTO child SELECT * FROM child",
		  true },
	};
	struct bench *bench = *state;
	struct authorizer authorizer;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sqlite3 *db = begin(bench, &authorizer);

		assert_false(authorizer.removes);
		(void)run(bench, db, &authorizer, cases[i].sql);
		if (authorizer.removes != cases[i].removes)
			fail_msg("%s", cases[i].sql);
		end(db, &authorizer);
		connection_close(db);
		bench->connection_count--;
	}
}

static void touched_tables_are_remembered(void **state)
{
	static const char *const cases[][2] = {
		{ "SELECT * FROM parent JOIN child", "" },
		{ "CREATE TEMP TABLE t(a); INSERT INTO t VALUES (1)", "" },
		{ "CREATE VIEW v AS SELECT 1", "" },
		{ "DROP VIEW names", "names" },
		{ "ANALYZE; PRAGMA user_version = 9", "" },
		{ "UPDATE child SET note = ''; UPDATE CHILD SET note = ''",
		  "child" },
		{ "INSERT INTO parent VALUES (9, 'x')", "parent log" },
		{ "DELETE FROM child", "child" },
		{ "CREATE INDEX i ON child(note)", "child" },
		{ "DROP INDEX child_parent", "child" },
		{ "CREATE TABLE t(a PRIMARY KEY)", "t" },
		{ "DROP TABLE log", "log" },
		{ "ALTER TABLE child ADD COLUMN x", "child" },
		{ "ALTER TABLE child RENAME TO kid", "child" },
		{ "CREATE TABLE new(a); INSERT INTO new SELECT id FROM child;"
		  "DROP TABLE child; ALTER TABLE new RENAME TO child",
		  "new child" },
	};
	struct bench *bench = *state;
	struct authorizer authorizer;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sqlite3 *db = begin(bench, &authorizer);

		if (run(bench, db, &authorizer, cases[i][0]))
			fail_msg("%s: %s", cases[i][0], bench->err.message);
		if (strcmp(touched(&authorizer), cases[i][1]) != 0)
			fail_msg("%s: touched \"%s\"", cases[i][0],
				 touched(&authorizer));
		end(db, &authorizer);
		connection_close(db);
		bench->connection_count--;
	}
}

static void shadow_tables_are_touched_with_theirs(void **state)
{
	struct bench *bench = *state;
	struct authorizer authorizer;
	struct sqlite3 *db = begin(bench, &authorizer);

	assert_int_equal(run(bench, db, &authorizer,
			     "CREATE VIRTUAL TABLE f USING fts4(body)"),
			 0);
	assert_non_null(strstr(touched(&authorizer), "f_content"));
	end(db, &authorizer);
}

static void our_own_statements_are_free(void **state)
{
	static const char *const free_ones[] = {
		"BEGIN; INSERT INTO fleet_schema_history VALUES (2, 'x')",
		"SAVEPOINT s; RELEASE s",
		"CREATE INDEX i ON fleet_schema_history(kind); ROLLBACK",
		"PRAGMA foreign_key_check; PRAGMA synchronous = OFF",
	};
	static const char *const outside[] = {
		"ATTACH ':memory:' AS x",
		"DETACH main",
		"SELECT load_extension('x')",
		"SELECT fts3_tokenizer('simple')",
		"CREATE VIRTUAL TABLE d USING dbstat",
	};
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(bench, fixture);
	struct authorizer authorizer;

	authorizer_init(&authorizer, ledger);
	authorizer_install(db, &authorizer);
	for (size_t i = 0; i < COUNT(free_ones); i++)
		bench_run(db, free_ones[i]);
	for (size_t i = 0; i < COUNT(outside); i++)
		if (!connection_run(db, outside[i], NULL))
			fail_msg("%s works", outside[i]);
	assert_int_equal(authorizer.touched_count, 0);
	/* Taken away, it leaves the one of every connection, and is told of
	 * nothing any more. */
	authorizer_install(db, NULL);
	authorizer.denied[0] = '\0';
	for (size_t i = 0; i < COUNT(outside); i++)
		if (!connection_run(db, outside[i], NULL))
			fail_msg("%s works", outside[i]);
	assert_string_equal(authorizer.denied, "");
	bench_run(db, "PRAGMA synchronous = FULL");
	authorizer_release(&authorizer);
	authorizer_release(&authorizer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(what_migrations_do_is_allowed),
		BENCH_TEST(what_is_dangerous_is_refused),
		BENCH_TEST(who_is_alone_has_transactions_of_his_own),
		BENCH_TEST(foreign_key_pragmas_do_nothing),
		BENCH_TEST(what_may_remove_is_remembered),
		BENCH_TEST(touched_tables_are_remembered),
		BENCH_TEST(shadow_tables_are_touched_with_theirs),
		BENCH_TEST(our_own_statements_are_free),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
