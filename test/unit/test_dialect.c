#include "study.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "replay/dialect.h"
#include "replay/lint.h"
#include "replay/replay.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TABLE STUDY_STEP("user:baseline→1", "CREATE TABLE t(a, b, c);")

/* What SQLite cannot do, the place that is pointed at, and a part of the
 * advice. */
static const struct {
	const char *sql, *at, *part;
} errors[] = {
	{ "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"", "CREATE", "take it" },
	{ "CREATE TABLE u(\n id UUID PRIMARY KEY DEFAULT gen_random_uuid())",
	  "DEFAULT", "let the application make the id" },
	{ "CREATE TABLE u(id TEXT DEFAULT uuid_generate_v4 ())", "DEFAULT",
	  "randomblob(16)" },
	{ "CREATE TABLE u(a TIMESTAMP\n DEFAULT NOW())", "DEFAULT",
	  "CURRENT_TIMESTAMP" },
	{ "CREATE TABLE u(a INT DEFAULT nextval('s'))", "DEFAULT", "counts" },
	{ "CREATE TABLE u(a TEXT DEFAULT md5('x'))", "DEFAULT",
	  "DEFAULT (call())" },
	{ "CREATE TABLE u(a TEXT DEFAULT 'x'::text)", "::", "CAST(value" },
	{ "UPDATE t SET a = NOW() WHERE b", "NOW", "CURRENT_TIMESTAMP" },
	{ "SELECT a::int FROM t", "::", "CAST(value AS type)" },
	{ "CREATE INDEX i ON t USING GIN (a)", "CREATE", "b-trees" },
	{ "CREATE UNIQUE INDEX IF NOT EXISTS i ON t\n USING btree(a)",
	  "CREATE", "take USING" },
	{ "CREATE INDEX CONCURRENTLY i ON t(a)", "CREATE", "CONCURRENTLY out" },
	{ "CREATE INDEX i ON t(a) INCLUDE (b)", "CREATE", "columns of the" },
	{ "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN NEW.a := 1; RETURN "
	  "NEW; END; $$ LANGUAGE plpgsql", "CREATE", "CREATE TRIGGER ... " },
	{ "CREATE OR REPLACE FUNCTION f() RETURNS int AS $x$ SELECT 1; $x$",
	  "CREATE", "functions that are written in SQL" },
	{ "CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE", "DROP ... IF" },
	{ "DO $$ BEGIN SELECT 1; END $$", "DO", "write the statements out" },
	{ "INSERT INTO t VALUES ($q$it's; fine$q$, 1, 2)", "$q$",
	  "dollar quotes" },
	{ "CREATE TYPE mood AS ENUM ('a', 'b')", "CREATE", "TEXT CHECK" },
	{ "CREATE TABLE u(a ENUM('a', 'b'))", "ENUM", "TEXT CHECK" },
	{ "DROP TABLE t CASCADE", "DROP", "depends on it" },
	{ "DROP TABLE IF EXISTS t, u CASCADE", "DROP", "depends on it" },
	{ "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", "ALTER", "rebuild" },
	{ "ALTER TABLE t ALTER a TYPE text", "ALTER", "rebuild the table" },
	{ "ALTER TABLE t MODIFY COLUMN a INT", "ALTER", "rebuild the table" },
	{ "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)", "ALTER",
	  "CREATE UNIQUE INDEX" },
	{ "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u(a)", "ALTER",
	  "rebuild" },
	{ "ALTER TABLE t ADD COLUMN d INT, ADD COLUMN e INT", "ALTER",
	  "a statement for each" },
	{ "ALTER TABLE t DROP COLUMN IF EXISTS a, DROP COLUMN b", "ALTER",
	  "a statement for each" },
	{ "ALTER TABLE IF EXISTS t ADD COLUMN d", "ALTER", "write ALTER" },
	{ "COMMENT ON TABLE t IS 'x'", "COMMENT", "SQL comment" },
	{ "TRUNCATE TABLE t", "TRUNCATE", "DELETE FROM" },
	{ "GRANT SELECT ON t TO me", "GRANT", "take it out" },
	{ "SET search_path = public", "SET", "take it out" },
	{ "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION "
	  "f()", "CREATE", "BEGIN ...; END" },
	{ "SELECT * FROM information_schema.tables", "information_schema",
	  "sqlite_schema" },
	{ "SELECT * FROM t WHERE a ILIKE 'x%'", "ILIKE", "LIKE" },
	{ "CREATE TABLE u(a INT NOT NULL AUTO_INCREMENT PRIMARY KEY)",
	  "AUTO_INCREMENT", "INTEGER PRIMARY KEY" },
	{ "CREATE TABLE u(a INT) ENGINE=InnoDB", ") ENGINE", "take it out" },
	{ "CREATE TABLE u(a INT GENERATED ALWAYS AS IDENTITY)", "ALWAYS",
	  "INTEGER PRIMARY KEY" },
	{ "INSERT IGNORE INTO t VALUES (1, 2, 3)", "INSERT", "OR IGNORE" },
	{ "INSERT INTO t VALUES (1, 2, 3) ON DUPLICATE KEY UPDATE a = 1", "ON",
	  "ON CONFLICT" },
	{ "SELECT a AT TIME ZONE 'UTC' FROM t", "AT TIME", "localtime" },
	{ "\\d t", "\\d", "a command to psql" },
	{ "\\c db\nCREATE TABLE u(a)", "\\c", "a command to psql" },
};

static int line_of(const char *sql, const char *at)
{
	const char *place = strstr(sql, at);
	int line = 8;

	assert_non_null(place);
	for (; sql < place; sql++)
		line += *sql == '\n';
	return line;
}

/* lint says it first, and a run says the same. */
static void explains_what_sqlite_cannot_do(void **state)
{
	size_t i, count;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		char *markdown = xasprintf(
			TABLE STUDY_STEP("user:1→2", "%s;\nSELECT 1;"),
			errors[i].sql);
		int line = line_of(errors[i].sql, errors[i].at);
		char *where = xasprintf("t.md:%d: user:1→2: ", line);
		struct migrations *migrations = study(markdown);
		const struct finding *first;
		struct error err = { 0 };
		struct replay *replay;

		assert_int_equal(replay_new(&migrations->chains[KIND_USER],
					    &replay, &err),
				 ERROR_MIGRATION);
		if (strncmp(err.message, where, strlen(where)) != 0 ||
		    strstr(err.message, errors[i].part) == NULL ||
		    strstr(err.message, "(SQLite says: ") == NULL)
			fail_msg("%s\n%s", errors[i].sql, err.message);
		lint_migrations(migrations);
		first = migrations_first_error(migrations, &count);
		if (count != 1 || first->line != line ||
		    strcmp(first->rule, "dialect") != 0 ||
		    strstr(first->message, errors[i].part) == NULL)
			fail_msg("%s\n%zu errors, %d: %s [%s]", errors[i].sql,
				 count, first->line, first->message,
				 first->rule);
		migrations_free(migrations);
		free(where);
		free(markdown);
	}
}

static void what_only_a_newer_sqlite_takes_is_told(void **state)
{
	static const char *const cases[] = {
		"ALTER TABLE t ALTER COLUMN a SET NOT NULL",
		"ALTER TABLE t ALTER a DROP NOT NULL",
		"ALTER TABLE t ADD CONSTRAINT k CHECK (a > 1)",
		"ALTER TABLE t ADD CHECK (a > 1)",
	};
	enum severity severity = sqlite3_libversion_number() >= 3053000
					 ? SEVERITY_WARNING
					 : SEVERITY_ERROR;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char *markdown = xasprintf(
			TABLE STUDY_STEP("user:1→2", "%s;"), cases[i]);
		struct migrations *migrations = study(markdown);

		lint_migrations(migrations);
		study_expect(migrations, "dialect", severity, 8, "3.53.0");
		migrations_free(migrations);
		free(markdown);
	}
}

static void warns_of_what_means_something_else(void **state)
{
	static const char *const cases[][2] = {
		{ "CREATE TABLE u(id SERIAL PRIMARY KEY)", "rows get NULL" },
		{ "CREATE TABLE u(\"a b\" BigSerial)", "INTEGER PRIMARY KEY" },
		{ "CREATE TABLE u(a JSONB NOT NULL)", "NUMERIC affinity" },
		{ "CREATE TABLE u(a /**/ UUID)", "write TEXT" },
		{ "ALTER TABLE t ADD COLUMN d TIMESTAMP WITH TIME ZONE",
		  "no zone is kept" },
		{ "ALTER TABLE t ADD COLUMN IF NOT EXISTS d timestamptz",
		  "no zone is kept" },
		{ "CREATE TABLE u(a BYTEA)", "write BLOB" },
		{ "CREATE TABLE u(a INTERVAL)", "INTEGER affinity" },
		{ "CREATE TABLE u(a INT AUTO_INCREMENT)", "INTEGER PRIMARY" },
		{ "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = "
		  "now(); END", "CURRENT_TIMESTAMP" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		char *markdown = xasprintf(
			TABLE STUDY_STEP("user:1→2", "%s;"), cases[i][0]);
		struct migrations *migrations = study(markdown);

		lint_migrations(migrations);
		study_expect(migrations, "dialect", SEVERITY_WARNING, 8,
			     cases[i][1]);
		study_expect_no_error(migrations);
		migrations_free(migrations);
		free(markdown);
	}
}

static void sqlite_s_own_is_no_dialect(void **state)
{
	struct migrations *migrations = study(
		TABLE
		STUDY_STEP(
			"user:1→2",
			"CREATE TABLE uuid(uuid TEXT, serial, enum TEXT "
			"DEFAULT 'a::b', engine TEXT, comment TEXT, "
			"\"interval\" TEXT, now TEXT DEFAULT (datetime('now')),"
			" z REFERENCES uuid(uuid) ON DELETE CASCADE ON UPDATE "
			"SET NULL, j TEXT CHECK (json_valid(j)));\n"
			"ALTER TABLE uuid ADD COLUMN jsonb TEXT DEFAULT '$$';\n"
			"ALTER TABLE uuid RENAME COLUMN serial TO bytea;\n"
			"UPDATE uuid SET engine = 'x', now = '\\d', comment = "
			"':: NOW()' WHERE enum IN (SELECT a FROM t JOIN "
			"(SELECT 1 AS b) USING (b));\n"
			"CREATE INDEX i ON uuid(uuid) -- USING GIN\n;\n"
			"CREATE TRIGGER g AFTER UPDATE OF now ON uuid BEGIN\n"
			"  INSERT INTO t(a) VALUES (NEW.now); END;\n"
			"CREATE VIRTUAL TABLE f USING fts5(a);\n"
			"INSERT INTO t VALUES (1, 2, 3) ON CONFLICT DO "
			"NOTHING;"));

	(void)state;
	lint_migrations(migrations);
	assert_int_equal(study_count(migrations, "dialect"), 0);
	study_expect_no_error(migrations);
	migrations_free(migrations);
}

/* Behind the step that fails too, so that all can be mended at once. */
static void tells_all_at_once(void **state)
{
	struct migrations *migrations = study(
		TABLE
		STUDY_STEP("user:1→2",
			   "CREATE EXTENSION pgcrypto;\n"
			   "CREATE TABLE u(id SERIAL,\n  a JSONB,\n"
			   "  b TIMESTAMPTZ DEFAULT NOW());\n"
			   "\\d u\n"
			   "CREATE FUNCTION f() AS $$\nSELECT now();\n$$;\n"
			   "TRUNCATE u;")
		STUDY_STEP("user:2→3", "SELECT a::int FROM u;")
		"## Future Migrations\n"
		STUDY_STEP("user:3→4", "TRUNCATE u;"));
	static const struct {
		int line;
		enum severity severity;
	} expected[] = {
		{ 8, SEVERITY_ERROR },	  { 9, SEVERITY_WARNING },
		{ 10, SEVERITY_WARNING }, { 11, SEVERITY_WARNING },
		{ 11, SEVERITY_ERROR },	  { 12, SEVERITY_ERROR },
		{ 13, SEVERITY_ERROR },	  { 16, SEVERITY_ERROR },
		{ 21, SEVERITY_ERROR },	  { 27, SEVERITY_WARNING },
	};
	size_t i, f = 0;

	(void)state;
	lint_migrations(migrations);
	assert_int_equal(study_count(migrations, "dialect"), COUNT(expected));
	for (i = 0; i < migrations->finding_count; i++) {
		const struct finding *finding = &migrations->findings[i];

		if (strcmp(finding->rule, "dialect") != 0)
			continue;
		assert_int_equal(finding->line, expected[f].line);
		if (finding->line != 11)
			assert_int_equal(finding->severity,
					 expected[f].severity);
		f++;
	}
	assert_int_equal(study_count(migrations, "replay"), 0);
	migrations_free(migrations);
}

/* Of two forms in one statement the one that SQLite stumbled over. */
static void explains_what_sqlite_names(void **state)
{
	static const char sql[] =
		"SELECT 1; CREATE TABLE u(a INT AUTO_INCREMENT, b TEXT DEFAULT "
		"'x'::text); SELECT 2::int";
	struct dialect_find find;
	size_t begin = 9, end = strlen(sql) - strlen(" SELECT 2::int");

	(void)state;
	assert_true(dialect_explain(sql, begin, end,
				    "unrecognized token: \":\"", &find));
	assert_memory_equal(find.begin, "::text", 6);
	assert_true(dialect_explain(sql, begin, end, "near \"zzz\": syntax "
				    "error", &find));
	assert_memory_equal(find.begin, "AUTO_INCREMENT", 14);
	assert_int_equal(find.end - find.begin, 14);
	assert_true(dialect_explain(sql, begin, end, "it failed", &find));
	assert_false(dialect_explain(sql, 0, begin, "near \":\"", &find));
	assert_false(dialect_explain("SELECT $1 FROM $", 0, 16, "", &find));
	assert_false(dialect_explain("", 0, 0, "", &find));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_what_sqlite_cannot_do),
		cmocka_unit_test(what_only_a_newer_sqlite_takes_is_told),
		cmocka_unit_test(warns_of_what_means_something_else),
		cmocka_unit_test(sqlite_s_own_is_no_dialect),
		cmocka_unit_test(tells_all_at_once),
		cmocka_unit_test(explains_what_sqlite_names),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
