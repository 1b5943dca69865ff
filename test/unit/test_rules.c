#include "study.h"

#include <string.h>

#include "replay/replay.h"
#include "replay/rules.h"

#define TABLE STUDY_STEP("user:baseline→1", "CREATE TABLE t(a, \"b c\");")

/* Looks at the statements of every step. */
static struct migrations *check(const char *markdown)
{
	struct migrations *migrations = study(markdown);
	struct sandbox sandbox;
	size_t i;

	assert_int_equal(sandbox_open(&sandbox, NULL), 0);
	for (i = 0; i < migrations->step_count; i++)
		rules_check_statements(migrations, migrations->steps[i],
				       &sandbox, SEVERITY_WARNING);
	sandbox_close(&sandbox);
	return migrations;
}

/* Looks at the strings of the second step, behind TABLE. */
static struct migrations *check_strings(const char *markdown)
{
	struct migrations *migrations = study(markdown);
	const struct chain *chain = &migrations->chains[KIND_USER];
	struct error err = { 0 };
	struct replay *replay;

	if (replay_new(chain, &replay, &err) != 0)
		fail_msg("%s", err.message);
	rules_check_strings(migrations, chain->steps[1], replay->schemas[1],
			    replay->schemas[2]);
	replay_free(replay);
	return migrations;
}

static void names_every_forbidden_statement(void **state)
{
	struct migrations *migrations = check(
		STUDY_STEP("user:baseline→1",
			   "BEGIN;\nCREATE TABLE t(a);\nSAVEPOINT s;\n"
			   "RELEASE s;\nROLLBACK;\nATTACH 'x' AS y;\n"
			   "DETACH y;\nVACUUM;\nPRAGMA journal_mode=WAL;\n"
			   "PRAGMA user_version(3);\nEND;\nCOMMIT;"));
	static const int lines[] = { 3, 5, 6, 7, 8, 9, 10, 11, 13, 14 };
	size_t i, count = sizeof(lines) / sizeof(lines[0]);

	(void)state;
	assert_int_equal(migrations->finding_count, count);
	for (i = 0; i < count; i++) {
		const struct finding *finding = &migrations->findings[i];

		assert_string_equal(finding->rule, "forbidden");
		assert_int_equal(finding->severity, SEVERITY_ERROR);
		assert_int_equal(finding->line, lines[i]);
	}
	assert_non_null(strstr(migrations->findings[0].message,
			       "BEGIN is not allowed in a migration"));
	assert_non_null(strstr(migrations->findings[7].message,
			       "PRAGMA journal_mode is not allowed"));
	migrations_free(migrations);
}

static void warns_of_what_a_planned_step_may_not_do(void **state)
{
	struct migrations *migrations = check(
		"## Future Migrations\n" STUDY_STEP("user:1→2", "COMMIT;"));

	(void)state;
	study_expect(migrations, "forbidden", SEVERITY_WARNING, 4,
		     "user:1→2: COMMIT");
	migrations_free(migrations);
}

static void notes_pragmas_that_do_nothing(void **state)
{
	struct migrations *migrations = check(
		STUDY_STEP("user:baseline→1",
			   "PRAGMA foreign_keys = OFF;\n"
			   "CREATE TABLE t(a);\n"
			   "PRAGMA main.\"Foreign_Key_Check\";\n"
			   "PRAGMA table_info(t);"));

	(void)state;
	assert_int_equal(migrations->finding_count, 2);
	assert_int_equal(study_count(migrations, "ignored-pragma"), 2);
	assert_int_equal(migrations->findings[0].severity, SEVERITY_NOTE);
	assert_int_equal(migrations->findings[0].line, 3);
	assert_int_equal(migrations->findings[1].line, 5);
	migrations_free(migrations);
}

static void warns_of_what_takes_data_away(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ STUDY_STEP("user:1→2", "DROP TABLE IF EXISTS main.t;"),
		  "user:1→2: DROP TABLE t: " },
		{ STUDY_STEP("user:1→2", "DROP TABLE t; CREATE TABLE t(a);"),
		  "DROP TABLE t: " },
		{ STUDY_STEP("user:1→2", "ALTER TABLE t DROP COLUMN \"b c\";"),
		  "DROP COLUMN b c: " },
		{ STUDY_STEP("user:1→2", "ALTER TABLE t DROP a;"),
		  "DROP COLUMN a: " },
		{ STUDY_STEP("user:1→2", "ALTER TABLE t DROP COLUMN IF EXISTS "
					 "a;"),
		  "DROP COLUMN a: " },
		{ STUDY_STEP("user:1→2", "ALTER TABLE t DROP IF EXISTS [a];"),
		  "DROP COLUMN a: " },
		{ STUDY_STEP("user:1→2", "DELETE FROM t;"),
		  "DELETE without WHERE: " },
		{ STUDY_STEP("user:1→2", "UPDATE t SET a = (SELECT max(a) FROM "
					 "t WHERE a > 1);"),
		  "UPDATE without WHERE: " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct migrations *migrations = check(cases[i].text);

		/* That it has no first step is another matter. */
		assert_int_equal(study_count(migrations, "gap"), 1);
		study_expect(migrations, "destructive", SEVERITY_WARNING, 3,
			     cases[i].part);
		migrations_free(migrations);
	}
}

static void makes_of_it_what_it_is_told(void **state)
{
	struct migrations *migrations = study(
		TABLE STUDY_STEP("user:1→2", "DELETE FROM t;")
		STUDY_STEP("user:2→3",
			   "-- fleet-upgrade: destructive (why)\n"
			   "DELETE FROM t;")
		"## Future Migrations\n"
		STUDY_STEP("user:3→4", "DELETE FROM t;"));
	static const enum severity expected[] = {
		SEVERITY_ERROR, SEVERITY_NOTE, SEVERITY_WARNING,
	};
	size_t i;

	(void)state;
	for (i = 0; i < migrations->step_count; i++)
		rules_check_destructive(migrations, migrations->steps[i],
					SEVERITY_ERROR);
	assert_int_equal(migrations->finding_count, 3);
	for (i = 0; i < 3; i++) {
		const struct finding *finding = &migrations->findings[i];

		assert_int_equal(finding->severity, expected[i]);
		assert_int_equal(strstr(finding->message,
					"say \"-- fleet-upgrade: destructive\" "
					"at the head") != NULL,
				 i == 0);
	}
	migrations_free(migrations);
}

static void lets_a_rebuild_pass(void **state)
{
	struct migrations *migrations = check(
		TABLE
		STUDY_STEP("user:1→2",
			   "CREATE TABLE n(a);\nINSERT INTO n SELECT a FROM "
			   "t;\nDROP TABLE t;\nALTER TABLE n RENAME TO \"T\";")
		STUDY_STEP("user:2→3",
			   "ALTER TABLE t RENAME TO o;\nCREATE TABLE t(a, c);\n"
			   "INSERT INTO t SELECT a, 1 FROM o;\nDROP TABLE o;")
		STUDY_STEP("user:3→4",
			   "CREATE TEMP TABLE h AS SELECT * FROM t;\n"
			   "DROP TABLE h;\nDELETE FROM t WHERE a IS NULL;\n"
			   "UPDATE t SET a = 1 WHERE a = 2;\n"
			   "CREATE TRIGGER tr AFTER INSERT ON t BEGIN\n"
			   "  DELETE FROM t; END;"));

	(void)state;
	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void warns_of_strings_in_double_quotes(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *part;
	} cases[] = {
		{ TABLE STUDY_STEP("user:1→2", "ALTER TABLE t ADD COLUMN d "
					       "DEFAULT \"NA\";"),
		  8, "\"NA\" is in the double quotes of a name" },
		{ TABLE STUDY_STEP("user:1→2", "ALTER TABLE t ADD COLUMN d "
					       "DEFAULT \"a\";"),
		  8, "\"a\"" },
		{ TABLE STUDY_STEP("user:1→2",
				   "SELECT 1;\nUPDATE t\nSET a = \"typo\", "
				   "\"b c\" = \"second\" WHERE 1;"),
		  10, "\"typo\"" },
		{ TABLE STUDY_STEP("user:1→2",
				   "CREATE TABLE u(role CHECK(role IN "
				   "(\"user\")));"),
		  8, "write it in single quotes" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct migrations *migrations = check_strings(cases[i].text);

		study_expect(migrations, "double-quoted-string",
			     SEVERITY_WARNING, cases[i].line, cases[i].part);
		migrations_free(migrations);
	}
}

static void lets_names_in_double_quotes_pass(void **state)
{
	struct migrations *migrations = check_strings(
		TABLE
		STUDY_STEP("user:1→2",
			   "CREATE TABLE \"n\"(\"a\" INTEGER, \"d\" TEXT, "
			   "CONSTRAINT \"pk\" PRIMARY KEY(\"a\"));\n"
			   "INSERT INTO \"n\"(\"a\") SELECT \"x\".\"B C\" AS "
			   "\"alias\" FROM \"t\" AS \"x\" ORDER BY \"alias\";\n"
			   "CREATE INDEX \"i\" ON \"n\"(\"d\" COLLATE "
			   "\"nocase\");\n"
			   "CREATE TRIGGER \"tr\" AFTER INSERT ON \"n\" BEGIN\n"
			   "  UPDATE \"n\" SET \"d\" = NEW.\"a\" || 'it''s';\n"
			   "END;\n"
			   "CREATE TABLE \"gone\"(a); DROP TABLE \"gone\";\n"
			   "PRAGMA table_info(\"whatever\");"));

	(void)state;
	study_expect_nothing(migrations);
	migrations_free(migrations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_every_forbidden_statement),
		cmocka_unit_test(warns_of_what_a_planned_step_may_not_do),
		cmocka_unit_test(notes_pragmas_that_do_nothing),
		cmocka_unit_test(warns_of_what_takes_data_away),
		cmocka_unit_test(makes_of_it_what_it_is_told),
		cmocka_unit_test(lets_a_rebuild_pass),
		cmocka_unit_test(warns_of_strings_in_double_quotes),
		cmocka_unit_test(lets_names_in_double_quotes_pass),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
