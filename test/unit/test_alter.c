#include "bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/alter.h"
#include "sqlite/script.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void reads_both_forms(void **state)
{
	static const struct {
		const char *sql, *schema, *table, *column, *plain;
		bool is_add;
	} cases[] = {
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS c TEXT;", NULL, "t",
		  "c", "ALTER TABLE t ADD COLUMN               c TEXT", true },
		{ "alter table T add if not exists C", NULL, "T", "C",
		  "alter table T add               C", true },
		{ " -- why\nALTER TABLE main.\"a \"\"b\" ADD COLUMN IF NOT "
		  "EXISTS [c ;d] INT",
		  "main", "a \"b", "c ;d",
		  " -- why\nALTER TABLE main.\"a \"\"b\" ADD COLUMN        "
		  "       [c ;d] INT",
		  true },
		{ "/*1*/ALTER/*2*/TABLE/*3*/`m`/*4*/./*5*/`t`/*6*/DROP/*7*/"
		  "COLUMN/*8*/IF/*9*/EXISTS/*;*/`c`/*b*/;",
		  "m", "t", "c",
		  "/*1*/ALTER/*2*/TABLE/*3*/`m`/*4*/./*5*/`t`/*6*/DROP/*7*/"
		  "COLUMN/*8*/  /*9*/      /*;*/`c`",
		  false },
		{ "ALTER TABLE 't' DROP IF EXISTS 'größe'", NULL, "t", "größe",
		  "ALTER TABLE 't' DROP           'größe'", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = xasprintf("%s\nSELECT 1;", cases[i].sql);
		struct alter alter;

		/* A statement without a ";" goes to the end of the text. */
		if (strchr(cases[i].sql, '\0')[-1] != ';')
			text[strlen(cases[i].sql)] = '\0';
		assert_true(alter_read(text, &alter));
		assert_int_equal(alter.is_add, cases[i].is_add);
		assert_string_equal(alter.table, cases[i].table);
		assert_string_equal(alter.column, cases[i].column);
		assert_string_equal(alter.plain, cases[i].plain);
		assert_int_equal(alter.bytes, strlen(cases[i].sql));
		if (cases[i].schema)
			assert_string_equal(alter.schema, cases[i].schema);
		else
			assert_null(alter.schema);
		assert_int_equal(alter.probe != NULL, cases[i].is_add);
		alter_release(&alter);
		free(text);
	}
}

static void leaves_all_else_to_sqlite(void **state)
{
	static const char *const cases[] = {
		"",
		"SELECT 1",
		"ALTER",
		"ALTER TABLE t",
		"ALTER TABLE t ADD COLUMN c TEXT",
		"ALTER TABLE t ADD COLUMN \"IF\" NOT EXISTS c",
		"ALTER TABLE t ADD IF TEXT",
		"ALTER TABLE t ADD COLUMN IF NOT NULL",
		"ALTER TABLE t ADD COLUMN IF EXISTS c",
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS",
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS;",
		"ALTER TABLE t DROP COLUMN c",
		"ALTER TABLE t DROP COLUMN if",
		"ALTER TABLE t DROP COLUMN IF NOT EXISTS c",
		/* Nothing of it may be lost where c is missing. */
		"ALTER TABLE t DROP COLUMN IF EXISTS c CASCADE;",
		"ALTER TABLE t DROP COLUMN IF EXISTS c, DROP COLUMN d",
		"ALTER TABLE t RENAME COLUMN IF EXISTS c TO d",
		"EXPLAIN ALTER TABLE t DROP COLUMN IF EXISTS c",
		"ALTER TABLE (t) DROP COLUMN IF EXISTS c",
		"ALTER TABLE t. ADD COLUMN IF NOT EXISTS",
		"ALTER TABLE m.5 ADD COLUMN IF NOT EXISTS c",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct alter alter;

		if (alter_read(cases[i], &alter))
			fail_msg("taken: %s", cases[i]);
		assert_null(alter.plain);
		alter_release(&alter);
	}
}

static int run(struct bench *bench, struct sqlite3 *db, const char *sql)
{
	struct script script = { .text = sql };

	memset(&bench->err, 0, sizeof(bench->err));
	return script_run(db, &script, &bench->err);
}

static void expect_run(struct bench *bench, struct sqlite3 *db, const char *sql)
{
	if (run(bench, db, sql) != 0)
		fail_msg("%s: %s", sql, bench->err.message);
}

static const char shape[] =
	"SELECT group_concat(name || ' ' || type, ',') FROM "
	"pragma_table_xinfo('t')";

static void adds_what_is_missing_once(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a INT); INSERT INTO t VALUES (1)");
	static const char add[] =
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS b TEXT DEFAULT ';' "
		"-- why; so\n;"
		"ALTER TABLE main.[t] ADD /* here */ IF NOT EXISTS \"c d\" "
		"VARCHAR (10) NOT NULL DEFAULT ('x)') /* ) */;"
		"UPDATE t SET a = a + 1";

	expect_run(bench, db, add);
	bench_expect(db, shape, "a INT,b TEXT,c d VARCHAR (10)");
	bench_expect(db, "SELECT a || b FROM t", "2;");
	expect_run(bench, db, add);
	bench_expect(db, shape, "a INT,b TEXT,c d VARCHAR (10)");
	bench_expect(db, "SELECT a FROM t", "3");
	/* What is stored has no trace of the words. */
	bench_expect(db, "SELECT instr(sql, 'EXISTS') FROM sqlite_schema", "0");
}

static void drops_what_is_there_once(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a INT, \"b;\" TEXT, c BLOB)");
	static const char drop[] =
		"ALTER TABLE t DROP COLUMN IF EXISTS \"B;\";"
		"alter table `main`.`T` drop if exists c;"
		"ALTER TABLE t DROP COLUMN IF EXISTS nothing";

	expect_run(bench, db, drop);
	bench_expect(db, shape, "a INT");
	expect_run(bench, db, drop);
	bench_expect(db, shape, "a INT");
	/* Every row has an id, but no table has that column. */
	expect_run(bench, db, "ALTER TABLE t DROP COLUMN IF EXISTS rowid");
	expect_run(bench, db,
		   "ALTER TABLE t ADD COLUMN IF NOT EXISTS oid TEXT");
	bench_expect(db, shape, "a INT,oid TEXT");
}

static void takes_the_same_declaration_for_the_same(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench,
		"CREATE TABLE t(a INTEGER, b VARCHAR ( 10,2 ), c, d TEXT NOT "
		"NULL DEFAULT -1, e UNSIGNED BIG INT, f TEXT DEFAULT (lower( "
		"'X')), g INT AS (a + 1), h \"Text\" DEFAULT NULL, i "
		"DEFAULT current_timestamp REFERENCES t(a), j TEXT "
		"GENERATED ALWAYS AS (a) STORED)");
	static const char *const same[] = {
		"a integer", "A INTEGER CHECK (a IS NOT NULL)",
		"b varchar(10, 2)", "b VARCHAR/*x*/(10,2)", "c", "c NULL",
		"c DEFAULT NULL", "d text DEFAULT - 1 NOT NULL",
		"d TEXT CONSTRAINT n NOT NULL DEFAULT -1 COLLATE nocase",
		"e unsigned  big int", "e [Unsigned] big int",
		"f text DEFAULT ( LOWER('X') ) -- )", "g int AS (a)",
		"g INT GENERATED ALWAYS AS (a) VIRTUAL", "h text",
		"i DEFAULT CURRENT_TIMESTAMP REFERENCES t(a)",
		"i REFERENCES t(a) DEFAULT Current_Timestamp",
		"j TEXT AS (1)",
	};

	for (size_t i = 0; i < COUNT(same); i++) {
		char *sql = xasprintf("ALTER TABLE t ADD COLUMN IF NOT EXISTS "
				      "%s\n;", same[i]);

		expect_run(bench, db, sql);
		free(sql);
	}
}

static void names_both_where_they_differ(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a INTEGER, b TEXT NOT NULL DEFAULT 'x', "
		       "c, d INT AS (a))");
	static const char *const cases[][3] = {
		{ "a TEXT", "as INTEGER,", "as TEXT;" },
		{ "a", "as INTEGER,", "as no type;" },
		{ "a INT", "as INTEGER,", "as INT;" },
		{ "a INTEGER(4)", "as INTEGER,", "as INTEGER(4);" },
		{ "a INTEGER DEFAULT 0", "as INTEGER,",
		  "as INTEGER DEFAULT 0;" },
		{ "b TEXT", "as TEXT NOT NULL DEFAULT 'x',", "as TEXT;" },
		{ "b TEXT NOT NULL DEFAULT 'X'",
		  "as TEXT NOT NULL DEFAULT 'x',",
		  "as TEXT NOT NULL DEFAULT 'X';" },
		{ "b TEXT DEFAULT ('x')", "as TEXT NOT NULL DEFAULT 'x',",
		  "as TEXT DEFAULT 'x';" },
		{ "c BLOB", "as no type,", "as BLOB;" },
		{ "c AS (a)", "as no type,", "as no type GENERATED;" },
		{ "d INT", "as INT GENERATED,", "as INT;" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *sql = xasprintf("ALTER TABLE t ADD IF NOT EXISTS %s",
				      cases[i][0]);

		assert_int_equal(run(bench, db, sql), ERROR_SQL);
		if (!strstr(bench->err.message, cases[i][1]) ||
		    !strstr(bench->err.message, cases[i][2]))
			fail_msg("%s: %s", sql, bench->err.message);
		assert_non_null(strstr(bench->err.message, "column t."));
		free(sql);
	}
	bench_expect(db, shape, "a INTEGER,b TEXT,c ,d INT");
}

static void says_what_sqlite_says(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE t(a, b UNIQUE); CREATE VIEW v AS SELECT "
		       "a FROM t; CREATE VIRTUAL TABLE f USING fts5(a)");
	static const char *const cases[][2] = {
		{ "ALTER TABLE none ADD COLUMN IF NOT EXISTS c",
		  "no such table: none" },
		{ "ALTER TABLE none DROP COLUMN IF EXISTS c",
		  "no such table: none" },
		{ "ALTER TABLE nowhere.t DROP COLUMN IF EXISTS c",
		  "unknown database" },
		{ "ALTER TABLE v ADD COLUMN IF NOT EXISTS a",
		  "Cannot add a column to a view" },
		{ "ALTER TABLE v DROP COLUMN IF EXISTS c", "view" },
		{ "ALTER TABLE f ADD COLUMN IF NOT EXISTS a",
		  "virtual tables may not be altered" },
		{ "ALTER TABLE t DROP COLUMN IF EXISTS b",
		  "cannot drop UNIQUE column" },
		/* Also where the column is there, and nothing would be done. */
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS a DEFAULT",
		  "incomplete input" },
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS a, ADD COLUMN c",
		  "near \",\": syntax error" },
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS c, ADD COLUMN d",
		  "near \",\": syntax error" },
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS a DEFAULT (1",
		  "incomplete input" },
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS a PRIMARY KEY",
		  "Cannot add a PRIMARY KEY column" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		if (run(bench, db, cases[i][0]) != ERROR_SQL ||
		    !strstr(bench->err.message, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], bench->err.message);
	}
	bench_expect(db, shape, "a ,b ");
}

/* A table of that name would be a trap for whoever asks by SELECT. */
static void looks_at_the_right_table(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench,
		"CREATE TABLE pragma_table_xinfo(name, type, hidden);"
		"INSERT INTO pragma_table_xinfo VALUES ('c', 'TEXT', 0);"
		"CREATE TABLE \"two \"\"words\"(a); CREATE TABLE t(a);"
		"CREATE TEMP TABLE t(a, c TEXT)");

	expect_run(bench, db,
		   "ALTER TABLE \"two \"\"words\" ADD COLUMN IF NOT EXISTS c "
		   "INT; ALTER TABLE main.t ADD COLUMN IF NOT EXISTS c INT;"
		   "ALTER TABLE t ADD COLUMN IF NOT EXISTS c TEXT;"
		   "ALTER TABLE temp.t DROP COLUMN IF EXISTS c;");
	bench_expect(db, "SELECT count(c) FROM \"two \"\"words\"", "0");
	bench_expect(db, "SELECT count(c) FROM main.t", "0");
	bench_expect(db, "SELECT count(*) FROM sqlite_temp_schema WHERE sql "
			 "LIKE '%c TEXT%'", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_forms),
		cmocka_unit_test(leaves_all_else_to_sqlite),
		BENCH_TEST(adds_what_is_missing_once),
		BENCH_TEST(drops_what_is_there_once),
		BENCH_TEST(takes_the_same_declaration_for_the_same),
		BENCH_TEST(names_both_where_they_differ),
		BENCH_TEST(says_what_sqlite_says),
		BENCH_TEST(looks_at_the_right_table),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
