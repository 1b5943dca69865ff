#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "migration/removals.h"

static bool drops(const char *sql, const char *kind, const char *name)
{
	struct removals found = { 0 };
	bool is_dropped;

	removals_find(sql, &found);
	is_dropped = removals_drop(&found, kind, name);
	removals_release(&found);
	assert_int_equal(found.count, 0);
	return is_dropped;
}

static bool deletes_from(const char *sql, const char *table)
{
	struct removals found = { 0 };
	bool is_deleted;

	removals_find(sql, &found);
	is_deleted = removals_delete_from(&found, table);
	removals_release(&found);
	return is_deleted;
}

static void finds_what_is_dropped(void **state)
{
	(void)state;
	assert_true(drops("DROP TABLE t", "TABLE", "t"));
	assert_true(drops("x; drop table if exists \"T\";", "TABLE", "t"));
	assert_true(drops("DROP TABLE main.[t]", "TABLE", "t"));
	assert_true(drops("DROP INDEX a; DROP INDEX b", "INDEX", "b"));
	assert_true(drops("DROP TRIGGER t", "TRIGGER", "t"));
	assert_true(drops("DROP VIEW v", "VIEW", "v"));
	assert_true(drops("ALTER TABLE t DROP COLUMN c", "COLUMN", "c"));
	assert_true(drops("ALTER TABLE t DROP c", "COLUMN", "c"));
	assert_true(drops("ALTER TABLE t DROP COLUMN IF EXISTS c", "COLUMN",
			  "c"));
	assert_true(drops("ALTER TABLE t DROP/**/IF EXISTS `c`", "COLUMN",
			  "c"));
}

static void what_is_renamed_is_gone_by_its_name(void **state)
{
	(void)state;
	assert_true(drops("ALTER TABLE t RENAME TO u", "TABLE", "t"));
	assert_true(drops("x; alter table main.\"T\" rename to u", "TABLE",
			  "t"));
	assert_false(drops("ALTER TABLE t RENAME TO u", "TABLE", "u"));
	assert_false(drops("ALTER TABLE t RENAME c TO d", "TABLE", "t"));
	assert_false(drops("ALTER TABLE t RENAME COLUMN c TO d", "TABLE", "t"));
	assert_false(drops("ALTER TABLE t ADD COLUMN c", "TABLE", "t"));
	assert_false(drops("ALTER TABLE", "TABLE", "t"));
}

static void takes_nothing_else_for_a_drop(void **state)
{
	(void)state;
	assert_false(drops("DROP TABLE t", "TABLE", "u"));
	assert_false(drops("DROP INDEX t", "TABLE", "t"));
	assert_false(drops("-- DROP TABLE t\n", "TABLE", "t"));
	assert_false(drops("SELECT 'DROP TABLE t'", "TABLE", "t"));
	assert_false(drops("DROP TABLE t.u", "TABLE", "t"));
	assert_false(drops("DROP", "TABLE", "t"));
	assert_false(drops("DROP TABLE", "TABLE", "t"));
}

static void finds_what_loses_rows_on_purpose(void **state)
{
	(void)state;
	assert_true(deletes_from("DELETE FROM t", "t"));
	assert_true(deletes_from("x; delete from main.T where a", "t"));
	assert_true(deletes_from("REPLACE INTO t VALUES(1)", "t"));
	assert_true(
		deletes_from("INSERT OR REPLACE INTO \"t\" VALUES(1)", "t"));
	assert_true(deletes_from("UPDATE OR REPLACE t SET a = 1", "t"));
	assert_true(deletes_from("DELETE FROM u", NULL));
	assert_false(deletes_from("DROP TABLE u", NULL));
	assert_false(deletes_from("DELETE FROM u", "t"));
	assert_false(deletes_from("UPDATE t SET a = 1", "t"));
	assert_false(deletes_from("INSERT INTO t VALUES(1)", "t"));
	assert_false(deletes_from("-- DELETE FROM t\n", "t"));
	assert_false(deletes_from("", "t"));
}

static void keeps_the_two_apart(void **state)
{
	(void)state;
	assert_false(deletes_from("DROP TABLE t", "t"));
	assert_false(drops("DELETE FROM t", "TABLE", "t"));
}

static void reads_in_two_ways_what_can_be(void **state)
{
	static const char sql[] = "ALTER TABLE t DROP view; DROP TABLE u";

	(void)state;
	assert_true(drops(sql, "COLUMN", "view"));
	assert_true(drops(sql, "TABLE", "u"));
	assert_false(drops(sql, "COLUMN", "u"));
}

static void lists_all_of_many(void **state)
{
	struct removals found = { 0 };

	(void)state;
	removals_find("DROP TABLE a; DELETE FROM b; DROP INDEX IF EXISTS c;"
		      "DROP TRIGGER d; DROP VIEW e; REPLACE INTO f SELECT 1;"
		      "DROP TABLE g; DELETE FROM h; DELETE FROM i",
		      &found);
	assert_true(removals_drop(&found, "TABLE", "a"));
	assert_true(removals_drop(&found, "INDEX", "C"));
	assert_true(removals_drop(&found, "TABLE", "g"));
	assert_true(removals_delete_from(&found, "b"));
	assert_true(removals_delete_from(&found, "F"));
	assert_true(removals_delete_from(&found, "i"));
	assert_false(removals_delete_from(&found, "a"));
	removals_release(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_dropped),
		cmocka_unit_test(what_is_renamed_is_gone_by_its_name),
		cmocka_unit_test(takes_nothing_else_for_a_drop),
		cmocka_unit_test(finds_what_loses_rows_on_purpose),
		cmocka_unit_test(keeps_the_two_apart),
		cmocka_unit_test(reads_in_two_ways_what_can_be),
		cmocka_unit_test(lists_all_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
