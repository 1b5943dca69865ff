#include "replay/beside.h"

#include "replay/lint.h"
#include "study.h"

#define STEP(up) "```sql\n-- [user:baseline→0.1:start]\n" up "\n"
#define PART(name, sql) "-- [user:baseline→0.1:" name "]\n" sql "\n"
#define END "-- [user:baseline→0.1:end]\n```\n"

static struct migrations *linted(const char *markdown)
{
	struct migrations *migrations = study(markdown);

	study_expect_no_error(migrations);
	lint_migrations(migrations);
	return migrations;
}

static void finds_nothing(const char *markdown)
{
	struct migrations *migrations = linted(markdown);

	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void finds(const char *markdown, const char *rule, int line,
		  const char *part)
{
	struct migrations *migrations = linted(markdown);

	study_expect(migrations, rule, SEVERITY_WARNING, line, part);
	migrations_free(migrations);
}

static void parts_that_can_be_asked_are_no_finding(void **state)
{
	(void)state;
	finds_nothing(STEP("CREATE TABLE t(id);")
		      PART("check", "SELECT 1; SELECT name FROM sqlite_schema;")
		      PART("verify", "SELECT id FROM t;") END);
}

static void a_check_comes_before_and_a_look_behind(void **state)
{
	(void)state;
	finds(STEP("CREATE TABLE t(id);")
	      PART("check", "SELECT 1;\nSELECT id FROM t;") END,
	      "part", 6, "its check: no such table: t");
	finds(STEP("CREATE TABLE t(id);\nDROP TABLE t;\n"
		   "CREATE TABLE u(id);")
	      PART("verify", "SELECT id FROM t;") END,
	      "part", 7, "its verify: no such table: t");
	finds(STEP("CREATE TABLE t(id);")
	      PART("verify", "INSERT INTO t VALUES(1);") END,
	      "part", 5, "it writes, where only questions are asked");
}

static void a_way_down_leads_back(void **state)
{
	(void)state;
	finds_nothing(STEP("CREATE TABLE t(id); CREATE INDEX i ON t(id);")
		      PART("down", "DROP INDEX i; DROP TABLE t;") END);
	finds_nothing(STEP("CREATE TABLE t(id);")
		      PART("down", "-- to be written") END);
}

static void one_that_does_not_is_told(void **state)
{
	(void)state;
	finds(STEP("CREATE TABLE t(id); CREATE TABLE u(id);")
	      PART("down", "DROP TABLE t;") END,
	      "way-down", 5,
	      "its way down does not lead back to the schema that was there "
	      "before (1 difference, the first: ");
	finds(STEP("CREATE TABLE t(id);")
	      PART("down", "DROP TABLE t;\nDROP TABLE u;") END,
	      "way-down", 6, "its way down: no such table: u");
}

/* The step that follows is tried on what the way up made. */
static void the_sandbox_stays_as_it_was(void **state)
{
	(void)state;
	finds_nothing(STEP("CREATE TABLE t(id);")
		      PART("down", "DROP TABLE t;") END
		      STUDY_STEP("user:0.1→0.2",
				 "ALTER TABLE t ADD COLUMN x;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_that_can_be_asked_are_no_finding),
		cmocka_unit_test(a_check_comes_before_and_a_look_behind),
		cmocka_unit_test(a_way_down_leads_back),
		cmocka_unit_test(one_that_does_not_is_told),
		cmocka_unit_test(the_sandbox_stays_as_it_was),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
