#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "replay/lint.h"

static struct migrations *lint(const char *markdown)
{
	struct migrations *migrations = study(markdown);

	lint_migrations(migrations);
	return migrations;
}

static void finds_nothing_in_good_migrations(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("system:baseline→1", "CREATE TABLE s(a);")
		STUDY_STEP("user:baseline→1", "CREATE TABLE t(a);")
		STUDY_STEP("user:1→2", "ALTER TABLE t ADD COLUMN b;"));

	(void)state;
	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void finds_nothing_in_nothing(void **state)
{
	struct migrations *migrations = lint("");

	(void)state;
	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void runs_every_statement(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1", "CREATE TABLE t(a);")
		STUDY_STEP("user:1→2", "ALTER TABLE t ADD COLUMN b;\n"
				       "ALTER TABLE t ADD COLUMN A;")
		STUDY_STEP("user:2→3", "SELECT * FROM t;"));

	(void)state;
	study_expect(migrations, "replay", SEVERITY_ERROR, 9,
		     "user:1→2: duplicate column name: A: ALTER TABLE t ADD "
		     "COLUMN A");
	assert_int_equal(migrations->finding_count, 1);
	migrations_free(migrations);
}

static void looks_at_one_kind_after_the_other(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("system:baseline→1", "CREATE TABLE t(a")
		STUDY_STEP("user:baseline→1", "SELECT b;"));

	(void)state;
	assert_int_equal(study_count(migrations, "replay"), 2);
	assert_int_equal(migrations->findings[0].line, 3);
	assert_int_equal(migrations->findings[1].line, 8);
	migrations_free(migrations);
}

static void names_a_forbidden_statement_once(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1", "CREATE TABLE t(a);\nCOMMIT;"));

	(void)state;
	study_expect(migrations, "forbidden", SEVERITY_ERROR, 4, "COMMIT");
	assert_int_equal(migrations->finding_count, 1);
	migrations_free(migrations);
}

static void finds_what_only_the_authorizer_sees(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1",
			   "CREATE TABLE t(a);\n"
			   "SELECT load_extension('x') FROM t;"));

	(void)state;
	study_expect(migrations, "forbidden", SEVERITY_ERROR, 4,
		     "load_extension");
	migrations_free(migrations);
}

static void looks_at_planned_steps_as_text(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1", "CREATE TABLE t(a);")
		"## Future Migrations\n"
		STUDY_STEP("user:1→2",
			   "DROP TABLE t;\nSELECT * FROM nowhere;"));

	(void)state;
	study_expect(migrations, "destructive", SEVERITY_WARNING, 9,
		     "DROP TABLE t");
	assert_int_equal(migrations->finding_count, 1);
	migrations_free(migrations);
}

static void refuses_what_the_options_make_an_error(void **state)
{
	const struct lint_options strict = { SEVERITY_ERROR };
	const struct lint_options usual = { SEVERITY_WARNING };
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→1",
			   "CREATE TABLE t(a);\nDELETE FROM t;\nUPDATE t SET a "
			   "= 1;")
		STUDY_STEP("user:1→2",
			   "-- fleet-upgrade: destructive\nDROP TABLE t;"));
	struct error err = { 0 };

	(void)state;
	assert_int_equal(lint_refuse(migrations, &usual, &err), 0);
	assert_int_equal(lint_refuse(migrations, &strict, &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message,
			       "t.md:4: user:baseline→1: DELETE without"));
	assert_non_null(strstr(err.message, "and 1 more"));
	/* It adds nothing to what is told. */
	assert_int_equal(migrations->finding_count, 0);
	lint_with(migrations, &strict);
	assert_int_equal(study_count(migrations, "destructive"), 3);
	assert_int_equal(migrations->findings[0].severity, SEVERITY_ERROR);
	assert_int_equal(migrations->findings[2].severity, SEVERITY_NOTE);
	migrations_free(migrations);
}

static void warns_of_double_quotes(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1",
			   "CREATE TABLE t(a,\n\"b\" DEFAULT \"NA\");"));

	(void)state;
	study_expect(migrations, "double-quoted-string", SEVERITY_WARNING, 4,
		     "\"NA\"");
	migrations_free(migrations);
}

/* As in the application's real schema: a key that is no key. */
static void warns_of_a_foreign_key_to_no_key(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1",
			   "CREATE TABLE p(id INTEGER PRIMARY KEY, x, y "
			   "UNIQUE);\n"
			   "CREATE TABLE good(a REFERENCES p(y));\n"
			   "CREATE TABLE bad(\n"
			   "  a REFERENCES p(x));")
		STUDY_STEP("user:1→2", "CREATE TABLE other(a);"));

	(void)state;
	study_expect(migrations, "foreign-key", SEVERITY_WARNING, 5,
		     "user:baseline→1: foreign key mismatch - \"bad\" "
		     "referencing \"p\": ");
	assert_int_equal(migrations->finding_count, 1);
	migrations_free(migrations);
}

static void tells_of_each_step_what_it_adds(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1", "CREATE TABLE p(x);\n"
					      "CREATE TABLE a(b);")
		STUDY_STEP("user:1→2",
			   "ALTER TABLE a ADD COLUMN c REFERENCES p(x);")
		STUDY_STEP("user:2→3", "CREATE UNIQUE INDEX i ON p(x);"));

	(void)state;
	study_expect(migrations, "foreign-key", SEVERITY_WARNING, 9,
		     "user:1→2");
	migrations_free(migrations);
}

static void runs_nothing_of_a_broken_chain(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1", "SELECT * FROM nowhere;")
		STUDY_STEP("user:2→3", "COMMIT;"));

	(void)state;
	(void)study_finding(migrations, "gap");
	(void)study_finding(migrations, "forbidden");
	assert_int_equal(study_count(migrations, "replay"), 0);
	migrations_free(migrations);
}

static void puts_findings_in_order(void **state)
{
	struct migrations *migrations = lint(
		STUDY_STEP("user:baseline→1",
			   "CREATE TABLE t(a DEFAULT \"x\");\nDELETE FROM t;")
		STUDY_STEP("user:1→2", "DROP TABLE t;")
		"```sql\n-- [user:old→new:start]\n```\n");
	size_t i;

	(void)state;
	migrations_add_finding(migrations, SEVERITY_NOTE, "a.md", 99, "z", "a");
	lint_migrations(migrations);
	assert_string_equal(migrations->findings[0].file, "a.md");
	for (i = 2; i < migrations->finding_count; i++)
		assert_true(migrations->findings[i - 1].line <=
			    migrations->findings[i].line);
	migrations_free(migrations);
}

/* The migrations that are installed: the history of a real application. */
static void finds_only_the_old_sin_of_the_shipped_history(void **state)
{
	const char *folder = getenv("SRCDIR");
	char *path = xasprintf("%s/migrations/history.md",
			       folder == NULL ? "." : folder);
	const struct source source = { .path = path };
	struct migrations *migrations;
	struct error err = { 0 };
	const struct finding *sin;

	(void)state;
	if (migrations_read(&source, &migrations, &err) != 0)
		fail_msg("%s", err.message);
	lint_migrations(migrations);
	assert_int_equal(migrations->version_count, 2);
	assert_string_equal(migrations->versions[0], "0.3.19");
	assert_string_equal(migrations->versions[1], "0.3.20");
	assert_int_equal(migrations->chains[KIND_SYSTEM].count, 2);
	assert_true(migrations->chains[KIND_SYSTEM].steps[1]->is_blank);
	assert_int_equal(migrations->chains[KIND_USER].count, 2);
	assert_int_equal(migrations->chains[KIND_USER].planned_count, 3);
	assert_int_equal(migrations->finding_count, 1);
	sin = study_finding(migrations, "foreign-key");
	assert_non_null(strstr(sin->message, "\"conversation_topics\" "
					     "referencing \"memories\""));
	migrations_free(migrations);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_in_good_migrations),
		cmocka_unit_test(finds_nothing_in_nothing),
		cmocka_unit_test(runs_every_statement),
		cmocka_unit_test(looks_at_one_kind_after_the_other),
		cmocka_unit_test(names_a_forbidden_statement_once),
		cmocka_unit_test(finds_what_only_the_authorizer_sees),
		cmocka_unit_test(looks_at_planned_steps_as_text),
		cmocka_unit_test(refuses_what_the_options_make_an_error),
		cmocka_unit_test(warns_of_double_quotes),
		cmocka_unit_test(warns_of_a_foreign_key_to_no_key),
		cmocka_unit_test(tells_of_each_step_what_it_adds),
		cmocka_unit_test(runs_nothing_of_a_broken_chain),
		cmocka_unit_test(puts_findings_in_order),
		cmocka_unit_test(finds_only_the_old_sin_of_the_shipped_history),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
