#include "database/losses.h"

#include "replay/replay.h"
#include "workshop.h"

/* What an upgrade with this step comes to, for a database at version 3 to which
 * the application has added `own`. */
static struct result upgrade(struct workshop *shop, const char *own,
			     const char *step)
{
	workshop_ready(shop, "a.db", own);
	workshop_release_step(shop, step);
	return workshop_do(shop, work_upgrade, "a.db");
}

static void expect_lost(void **state, const char *own, const char *step,
			const char *part)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	char *before, *after;
	struct result result;

	workshop_ready(shop, "a.db", own);
	workshop_release_step(shop, step);
	before = workshop_ask(shop, path,
			      "SELECT group_concat(sql) FROM "
			      "sqlite_schema");
	result = workshop_do(shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_FAILED);
	workshop_failure(&result, ERROR_CHECK, part);
	after = workshop_ask(shop, path,
			     "SELECT group_concat(sql) FROM "
			     "sqlite_schema");
	assert_string_equal(before, after);
	workshop_expect(shop, "a.db",
			"SELECT max(to_version) FROM " LEDGER_TABLE, "3");
	assert_false(result.has_backup);
	free(before);
	free(after);
	free(path);
}

static void expect_fine(void **state, const char *own, const char *step)
{
	struct result result = upgrade(*state, own, step);

	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_expect(*state, "a.db",
			"SELECT max(to_version) FROM " LEDGER_TABLE, "4");
}

#define REBUILD(columns, rows)           \
	"CREATE TABLE n(" columns ");"   \
	"INSERT INTO n SELECT " rows ";" \
	"DROP TABLE people; ALTER TABLE n RENAME TO people;"
#define PEOPLE "id INTEGER PRIMARY KEY, name TEXT, mail TEXT"
#define ALL    "id, name, mail FROM people"

static void test_a_rebuild_that_knows_everything_is_fine(void **state)
{
	expect_fine(state, NULL,
		    REBUILD(PEOPLE ", age", "id, name, mail, 0 FROM people"));
}

static void test_a_trigger(void **state)
{
	static const char trigger[] =
		"CREATE TABLE log(a); CREATE TRIGGER watch AFTER DELETE ON "
		"people BEGIN INSERT INTO log VALUES(old.id); END";

	expect_lost(state, trigger, REBUILD(PEOPLE, ALL),
		    "trigger watch of people would be lost");
}

static void test_a_trigger_that_is_made_again(void **state)
{
	static const char step[] = REBUILD(
		PEOPLE, ALL) "CREATE TRIGGER watch AFTER DELETE ON people "
			     "BEGIN SELECT 1; END;";

	expect_fine(state,
		    "CREATE TABLE log(a); CREATE TRIGGER watch AFTER DELETE ON "
		    "people BEGIN INSERT INTO log VALUES(old.id); END",
		    step);
}

static void test_an_index(void **state)
{
	expect_lost(state, "CREATE INDEX by_name ON people(name)",
		    REBUILD(PEOPLE, ALL),
		    "index by_name of people would be lost");
}

static void test_an_index_dropped_by_name(void **state)
{
	expect_fine(state, "CREATE INDEX by_name ON people(name)",
		    "DROP INDEX IF EXISTS by_name;" REBUILD(PEOPLE, ALL));
}

static void test_a_column_of_the_applications_own(void **state)
{
	expect_lost(state, "ALTER TABLE people ADD COLUMN shoe_size",
		    REBUILD(PEOPLE, ALL),
		    "column people.shoe_size would be lost");
}

static void test_a_column_dropped_by_name_or_by_the_replay(void **state)
{
	expect_fine(state, "ALTER TABLE people ADD COLUMN shoe_size",
		    "ALTER TABLE people RENAME COLUMN mail TO post;");
	workshop_expect(*state, "a.db",
			"SELECT count(shoe_size) + "
			"count(post) FROM people",
			"3");
}

static void test_rows_that_the_select_misses(void **state)
{
	expect_lost(state, NULL, REBUILD(PEOPLE, ALL " WHERE id <> 7"),
		    "table people would have 2 rows where it had 3");
}

static void test_rows_deleted_on_purpose(void **state)
{
	expect_fine(state, NULL,
		    "DELETE FROM letters WHERE person = 7;"
		    "DELETE FROM people WHERE id = 7;" REBUILD(PEOPLE, ALL));
	workshop_expect(*state, "a.db", "SELECT count(*) FROM people", "2");
}

static void test_rows_lost_where_the_table_takes_its_old_place(void **state)
{
	/* Through a temporary table, so that the new one may begin on the page
	 * that the old one has left. */
	expect_lost(state, "INSERT INTO tags VALUES(1, 'a'), (2, 'b')",
		    "CREATE TEMP TABLE keep AS SELECT * FROM tags; DROP TABLE "
		    "tags; CREATE TABLE tags(id INTEGER PRIMARY KEY, word TEXT "
		    "UNIQUE, more); INSERT INTO tags SELECT *, 1 FROM keep "
		    "LIMIT 1; DROP TABLE keep;",
		    "table tags would have 1 rows where it had 2");
}

#define RENAMED_AWAY(columns, rows)                                   \
	"ALTER TABLE tags RENAME TO old_tags; CREATE TABLE tags(id "  \
	"INTEGER PRIMARY KEY, word TEXT UNIQUE" columns "); INSERT "  \
	"INTO tags SELECT *" rows ";  DROP TABLE old_tags;"

static void test_rows_lost_where_another_one_gives_its_place(void **state)
{
	/* The second begins on the page that the first has left. */
	expect_lost(state, "INSERT INTO tags VALUES(1, 'a'), (2, 'b')",
		    RENAMED_AWAY(", more", ", 1 FROM old_tags")
		    RENAMED_AWAY(", more, most", ", 2 FROM old_tags LIMIT 1"),
		    "table tags would have 1 rows where it had 2");
}

static void test_rows_lost_where_vacuum_gives_the_old_place(void **state)
{
	expect_lost(state,
		    "INSERT INTO tags VALUES(1, 'a'), (2, 'b');"
		    "PRAGMA auto_vacuum = FULL; VACUUM",
		    RENAMED_AWAY("", " FROM old_tags LIMIT 1"),
		    "table tags would have 1 rows where it had 2");
}

#define WITH_CHILD \
	"INSERT INTO tags VALUES(1, 'a'), (2, 'b'); CREATE TABLE child(tag " \
	"REFERENCES tags(id) ON DELETE CASCADE); INSERT INTO child VALUES(1)"
#define WITH_KEYS "-- fleet-upgrade: foreign_keys=on\n"
#define REBUILD_TAGS \
	"CREATE TABLE n(id INTEGER PRIMARY KEY, word TEXT UNIQUE, more); " \
	"INSERT INTO n SELECT *, 1 FROM tags; DROP TABLE tags; " \
	"ALTER TABLE n RENAME TO tags;"

static void test_rows_that_a_dropped_table_takes_along(void **state)
{
	expect_lost(state, WITH_CHILD, WITH_KEYS REBUILD_TAGS,
		    "table child would have 0 rows where it had 1");
}

static void test_rows_that_a_deletion_takes_along(void **state)
{
	expect_fine(state, WITH_CHILD,
		    WITH_KEYS "DELETE FROM tags WHERE id = 1;");
	workshop_expect(*state, "a.db", "SELECT count(*) FROM child", "0");
}

static void test_a_trigger_of_a_view(void **state)
{
	expect_lost(state,
		    "CREATE VIEW names AS SELECT name FROM people; CREATE "
		    "TRIGGER rename_them INSTEAD OF UPDATE ON names BEGIN "
		    "SELECT 1; END",
		    "DROP VIEW IF EXISTS names; CREATE VIEW names AS SELECT "
		    "id, name FROM people;",
		    "trigger rename_them of names would be lost");
}

static void test_what_goes_with_its_table(void **state)
{
	expect_fine(state, "CREATE INDEX own ON tags(word)",
		    "DROP TABLE tags;");
}

static void test_what_a_table_takes_along_when_renamed(void **state)
{
	expect_fine(state, "CREATE INDEX own ON tags(word)",
		    "ALTER TABLE tags RENAME TO words;");
	workshop_expect(*state, "a.db",
			"SELECT tbl_name FROM sqlite_schema "
			"WHERE name = 'own'",
			"words");
}

static void test_case_does_not_matter(void **state)
{
	expect_fine(state, "CREATE INDEX By_Name ON people(name)",
		    "drop index if exists BY_NAME;" REBUILD(PEOPLE, ALL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_a_rebuild_that_knows_everything_is_fine),
		WORKSHOP_TEST(test_a_trigger),
		WORKSHOP_TEST(test_a_trigger_that_is_made_again),
		WORKSHOP_TEST(test_an_index),
		WORKSHOP_TEST(test_an_index_dropped_by_name),
		WORKSHOP_TEST(test_a_column_of_the_applications_own),
		WORKSHOP_TEST(test_a_column_dropped_by_name_or_by_the_replay),
		WORKSHOP_TEST(test_rows_that_the_select_misses),
		WORKSHOP_TEST(test_rows_deleted_on_purpose),
		WORKSHOP_TEST(
			test_rows_lost_where_the_table_takes_its_old_place),
		WORKSHOP_TEST(
			test_rows_lost_where_another_one_gives_its_place),
		WORKSHOP_TEST(
			test_rows_lost_where_vacuum_gives_the_old_place),
		WORKSHOP_TEST(test_rows_that_a_dropped_table_takes_along),
		WORKSHOP_TEST(test_rows_that_a_deletion_takes_along),
		WORKSHOP_TEST(test_a_trigger_of_a_view),
		WORKSHOP_TEST(test_what_goes_with_its_table),
		WORKSHOP_TEST(test_what_a_table_takes_along_when_renamed),
		WORKSHOP_TEST(test_case_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
