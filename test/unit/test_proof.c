#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "replay/lint.h"
#include "replay/replay.h"

#define TABLE STUDY_STEP("user:baseline→1", "CREATE TABLE t(a TEXT, b);")
#define REPEATABLE "-- fleet-upgrade: repeatable\n"

/* Asserts that lint has that error and no other, and that a run is refused with
 * the same words. */
static void expect_owed(const char *markdown, const char *rule, int line,
			const char *part)
{
	struct migrations *migrations = study(markdown);
	const struct chain *chain = &migrations->chains[KIND_USER];
	struct error err = { 0 };
	struct replay *replay;
	char *where = xasprintf("t.md:%d: user:", line);
	size_t errors;

	assert_int_equal(replay_new(chain, &replay, &err), ERROR_MIGRATION);
	assert_null(replay);
	if (strncmp(err.message, where, strlen(where)) != 0 ||
	    strstr(err.message, part) == NULL)
		fail_msg("%s", err.message);
	lint_migrations(migrations);
	study_expect(migrations, rule, SEVERITY_ERROR, line, part);
	(void)migrations_first_error(migrations, &errors);
	assert_int_equal(errors, 1);
	migrations_free(migrations);
	free(where);
}

static void expect_proved(const char *markdown)
{
	struct migrations *migrations = study(markdown);
	struct error err = { 0 };
	struct replay *replay;

	if (replay_new(&migrations->chains[KIND_USER], &replay, &err) != 0)
		fail_msg("%s", err.message);
	replay_free(replay);
	lint_migrations(migrations);
	study_expect_no_error(migrations);
	migrations_free(migrations);
}

static void no_schema_keeps_our_functions(void **state)
{
	static const struct {
		const char *sql;
		int line;
		const char *part;
	} cases[] = {
		{ TABLE STUDY_STEP("user:1→2",
				   "SELECT uuid();\nCREATE TABLE u(\n"
				   "  id TEXT DEFAULT (uuid()));"),
		  9, "table u calls uuid(), which is there only while steps" },
		{ TABLE STUDY_STEP("user:1→2",
				   "ALTER TABLE t ADD COLUMN c DEFAULT "
				   "(gen_random_uuid());"),
		  8, "table t calls gen_random_uuid()" },
		{ TABLE STUDY_STEP("user:1→2",
				   "CREATE TABLE u(a);\nCREATE TRIGGER g AFTER "
				   "INSERT ON t BEGIN\n UPDATE t SET b = "
				   "sha256(a); END;"),
		  9, "trigger g calls sha256()" },
		{ TABLE STUDY_STEP("user:1→2",
				   "CREATE VIEW v AS SELECT a REGEXP 'x' FROM "
				   "t;\nCREATE VIEW w AS SELECT 1;"),
		  8, "view v calls regexp()" },
		{ TABLE STUDY_STEP("user:1→2",
				   "CREATE TABLE n(a DEFAULT (uuid()));\n"
				   "DROP TABLE t;\nALTER TABLE n RENAME TO t;"),
		  8, "table t calls uuid()" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		expect_owed(cases[i].sql, "own-function", cases[i].line,
			    cases[i].part);
	/* What was renamed stands in no statement with the function. */
	expect_owed(cases[4].sql, "own-function", 8, cases[4].part);
}

/* SQLite itself says no, and the step fails. */
static void indexes_and_checks_fail(void **state)
{
	static const char *const cases[] = {
		TABLE STUDY_STEP("user:1→2", "CREATE INDEX i ON t(sha256(a));"),
		TABLE STUDY_STEP("user:1→2",
				 "CREATE INDEX i ON t(a) WHERE a REGEXP 'x';"),
		TABLE STUDY_STEP("user:1→2",
				 "CREATE TABLE u(a CHECK (a REGEXP 'x'));"),
		TABLE STUDY_STEP("user:1→2",
				 "CREATE TABLE u(a, b AS (sha256(a)));"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_owed(cases[i], "own-function", 8,
			    "the application does not have it");
}

static void steps_may_call_them(void **state)
{
	(void)state;
	expect_proved(
		TABLE
		STUDY_STEP("user:1→2",
			   "INSERT INTO t(a) VALUES (uuid());\n"
			   "UPDATE t SET b = sha256(a) WHERE a REGEXP '^.';\n"
			   "CREATE TABLE gone(a DEFAULT (uuid()));\n"
			   "DROP TABLE gone;\n"
			   "CREATE TEMP VIEW v AS SELECT uuid();")
		STUDY_STEP("user:2→3", "CREATE TABLE uuid (regexp TEXT);\n"
				       "CREATE INDEX sha256 ON uuid "
				       "(regexp);"));
}

static void an_application_may_have_its_own(void **state)
{
	(void)state;
	expect_proved(
		TABLE
		STUDY_STEP("user:1→2",
			   "-- fleet-upgrade: application-functions\n"
			   "CREATE VIEW v AS SELECT a REGEXP 'x' FROM t;")
		/* What was there stays there. */
		STUDY_STEP("user:2→3", "CREATE TABLE u(a);"));
}

static void what_is_repeatable_can_be_repeated(void **state)
{
	(void)state;
	expect_proved(
		TABLE
		STUDY_STEP("user:1→2",
			   REPEATABLE
			   "ALTER TABLE t ADD COLUMN IF NOT EXISTS c;\n"
			   "ALTER TABLE t DROP COLUMN IF EXISTS b;\n"
			   "CREATE TABLE IF NOT EXISTS u(a UNIQUE);\n"
			   "INSERT OR IGNORE INTO u VALUES (1);\n"
			   "UPDATE u SET a = uuid() WHERE a = 1;\n"
			   "INSERT INTO t(a) SELECT 'x' WHERE NOT EXISTS "
			   "(SELECT 1 FROM t);\n"
			   "DELETE FROM u WHERE a <> '';")
		STUDY_STEP("user:2→3", "CREATE TABLE w(a);"));
}

static void what_is_not_is_told(void **state)
{
	(void)state;
	expect_owed(TABLE STUDY_STEP("user:1→2",
				     REPEATABLE "CREATE TABLE IF NOT EXISTS "
						"u(a);\nALTER TABLE t ADD c;"),
		    "not-repeatable", 10,
		    "fails when it is run again: duplicate column name: c: "
		    "ALTER TABLE t ADD c");
	expect_owed(TABLE STUDY_STEP("user:1→2",
				     REPEATABLE "INSERT INTO t VALUES (1, 2)"),
		    "not-repeatable", 8, "other rows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_schema_keeps_our_functions),
		cmocka_unit_test(indexes_and_checks_fail),
		cmocka_unit_test(steps_may_call_them),
		cmocka_unit_test(an_application_may_have_its_own),
		cmocka_unit_test(what_is_repeatable_can_be_repeated),
		cmocka_unit_test(what_is_not_is_told),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
