#include "database/detect.h"

#include <stdio.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* One step as Markdown. */
#define STEP(from, to, sql)                                                \
	"```sql\n-- [user:" from "→" to ":start]\n" sql "\n-- [user:" from \
	"→" to ":end]\n```\n"

/* Detects a database made by `made` against these migrations. */
static int detect(struct workshop *shop, const char *markdown, const char *made,
		  size_t *position, struct error *err)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	char *path = workshop_path(shop, "a.db");
	struct schema *schema;
	struct sqlite3 *db;
	int rc;

	workshop_release(shop, markdown);
	(void)remove(path);
	workshop_sql(shop, "a.db", made);
	assert_int_equal(connection_open(path, &options, &db, err), 0);
	assert_int_equal(schema_take(db, LEDGER_TABLE, NULL, &schema, err), 0);
	rc = detect_version(shop->replays[KIND_USER], schema, position, err);
	schema_free(schema);
	connection_close(db);
	free(path);
	return rc;
}

static void expect(void **state, const char *markdown, const char *made,
		   size_t position)
{
	struct error err = { 0 };
	size_t found;

	if (detect(*state, markdown, made, &found, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(found, position);
}

/* `parts` in the message, up to a NULL. */
static void expect_refused(void **state, const char *markdown, const char *made,
			   const char *const *parts)
{
	struct error err = { 0 };
	size_t found;

	assert_int_equal(detect(*state, markdown, made, &found, &err),
			 ERROR_UNVERSIONED);
	for (; *parts != NULL; parts++) {
		if (strstr(err.message, *parts) == NULL)
			fail_msg("no \"%s\" in \"%s\"", *parts, err.message);
	}
}

#define PARTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_each_version_of_a_plain_history(void **state)
{
	struct workshop *shop = *state;
	const struct chain *chain = &shop->migrations->chains[KIND_USER];
	char *made = xstrdup("");
	size_t p;

	for (p = 1; p <= 3; p++) {
		char *longer =
			xasprintf("%s%s", made, chain->steps[p - 1]->sql);

		free(made);
		made = longer;
		expect(state, workshop_history, made, p);
		chain = &shop->migrations->chains[KIND_USER];
	}
	free(made);
}

static void test_an_application_has_its_own_ideas(void **state)
{
	/* Other default, missing baseline table, extra table and column, index
	 * under another name, other order. */
	expect(state, workshop_history,
	       "CREATE TABLE tags(id INTEGER PRIMARY KEY, word TEXT UNIQUE);"
	       "CREATE TABLE people(id INTEGER PRIMARY KEY, mail TEXT DEFAULT "
	       "'?', name TEXT, shoe_size INTEGER, CHECK (length(name) > 0));"
	       "CREATE TABLE own(a); CREATE INDEX by_mail ON people(mail);",
	       3);
}

static void test_half_an_upgrade_by_hand_is_refused(void **state)
{
	static const char two_marks[] =
		STEP("baseline", "1", "CREATE TABLE a(x);")
			STEP("1", "2",
			     "ALTER TABLE a ADD COLUMN y; "
			     "ALTER TABLE a ADD COLUMN z; "
			     "CREATE TABLE b(x);");

	expect_refused(state, two_marks, "CREATE TABLE a(x, y)",
		       PARTS("column a.y is there already (user:1→2)",
			     "baseline --to VERSION USER", "left untouched"));
	expect_refused(
		state, two_marks, "CREATE TABLE a(x, y, z)",
		PARTS("2 comes nearest", "table b is missing (user:1→2)"));
	expect(state, two_marks, "CREATE TABLE a(x, y, z);CREATE TABLE b(q)",
	       2);
}

static void test_a_later_step_without_an_earlier_is_refused(void **state)
{
	static const char three[] = STEP("baseline", "1", "CREATE TABLE a(x);")
		STEP("1", "2", "CREATE TABLE b(x); CREATE TABLE c(x);")
			STEP("2", "3", "CREATE TABLE d(x);");

	expect_refused(state, three, "CREATE TABLE a(x); CREATE TABLE d(x)",
		       PARTS("table d is there already (user:2→3)"));
	expect_refused(state, three,
		       "CREATE TABLE a(x);CREATE TABLE c(x);CREATE TABLE d(x)",
		       PARTS("table b is missing (user:1→2)"));
}

static void test_another_applications_database_is_refused(void **state)
{
	expect_refused(state, workshop_history, "CREATE TABLE bookmarks(url)",
		       PARTS("none of the tables of user:baseline→1",
			     "--exclude", "left untouched"));
}

static void test_many_missing_marks_leave_room_for_what_to_do(void **state)
{
	char *columns = xstrdup("");
	char *markdown;
	int i;

	for (i = 0; i < 60; i++) {
		char *longer = xasprintf("%sALTER TABLE a ADD COLUMN a_rather_"
					 "long_name_of_a_column_%d;\n",
					 columns, i);
		free(columns);
		columns = longer;
	}
	markdown = xasprintf(STEP("baseline", "1", "CREATE TABLE a(x);")
				     STEP("1", "2", "CREATE TABLE b(x);")
					     STEP("2", "3", "%s"),
			     columns);
	expect_refused(
		state, markdown,
		"CREATE TABLE a(x, a_rather_long_name_of_a_column_7, "
		"a_rather_long_name_of_a_column_8); CREATE TABLE c(x)",
		PARTS("1 comes nearest", "is there already", "left untouched"));
	expect_refused(state, markdown,
		       "CREATE TABLE a(x); CREATE TABLE b(x); ALTER TABLE a "
		       "ADD COLUMN a_rather_long_name_of_a_column_7",
		       PARTS("2 comes nearest", "left untouched"));
	free(columns);
	free(markdown);
}

#define PRICES                                          \
	STEP("baseline", "1", "CREATE TABLE a(price);") \
	STEP("1", "2", "CREATE TABLE b(x);")

static void test_a_step_of_data_cannot_be_decided(void **state)
{
	static const char doubling[] =
		PRICES STEP("2", "3", "UPDATE a SET price = price * 2;");

	expect_refused(state, doubling,
		       "CREATE TABLE a(price); CREATE TABLE b(x)",
		       PARTS("whether user:2→3 has happened cannot be told",
			     "repeatable", "--to 2 USER (before it)",
			     "--to 3 (after it)"));
	/* Before its turn there is no doubt. */
	expect(state, doubling, "CREATE TABLE a(price)", 1);
	/* Nor if a later one has happened. */
	expect(state,
	       PRICES STEP("2", "3", "UPDATE a SET price = 2 * price;")
		       STEP("3", "4", "CREATE TABLE c(x);"),
	       "CREATE TABLE a(price);CREATE TABLE b(x);CREATE TABLE c(x)", 4);
}

static void test_blank_and_repeatable_steps_run_again(void **state)
{
	expect(state, PRICES STEP("2", "3", "-- nothing for users here"),
	       "CREATE TABLE a(price); CREATE TABLE b(x)", 2);
	expect(state,
	       PRICES STEP("2", "3",
			   "-- fleet-upgrade: repeatable\n"
			   "UPDATE a SET price = 0;"),
	       "CREATE TABLE a(price); CREATE TABLE b(x)", 2);
	/* But not over one that is neither. */
	expect_refused(state,
		       PRICES STEP("2", "3", "-- nothing")
			       STEP("3", "4", "DELETE FROM a;")
				       STEP("4", "5", "-- nothing"),
		       "CREATE TABLE a(price); CREATE TABLE b(x)",
		       PARTS("user:3→4", "--to 3 USER (before it)",
			     "--to 4 (after it)"));
}

static void test_what_is_added_and_removed_again_leaves_doubt(void **state)
{
	static const char coming_and_going[] =
		PRICES STEP("2", "3",
			    "CREATE TABLE c(x); "
			    "UPDATE a SET price = 2 * price;")
			STEP("3", "4", "DROP TABLE c;");

	expect_refused(state, coming_and_going,
		       "CREATE TABLE a(price); CREATE TABLE b(x)",
		       PARTS("whether user:2→3 has happened cannot be told"));
	expect(state, coming_and_going,
	       "CREATE TABLE a(price);CREATE TABLE b(x);CREATE TABLE c(x)", 3);
}

static void test_what_is_added_again_counts_with_all_else_there(void **state)
{
	static const char again[] = PRICES STEP("2", "3", "CREATE TABLE c(x);")
		STEP("3", "4", "DROP TABLE c; CREATE TABLE d(x);")
			STEP("4", "5", "CREATE TABLE c(x);");

	expect(state, again,
	       "CREATE TABLE a(price); CREATE TABLE b(x);"
	       "CREATE TABLE c(x)",
	       3);
	expect(state, again,
	       "CREATE TABLE a(price); CREATE TABLE b(x);"
	       "CREATE TABLE d(x)",
	       4);
	expect(state, again,
	       "CREATE TABLE a(price); CREATE TABLE b(x);"
	       "CREATE TABLE d(x); CREATE TABLE c(x)",
	       5);
}

static void test_a_removed_column_is_a_mark(void **state)
{
	static const char dropping[] =
		STEP("baseline", "1", "CREATE TABLE a(x, y);")
			STEP("1", "2", "ALTER TABLE a DROP COLUMN y;");

	expect(state, dropping, "CREATE TABLE a(x, y)", 1);
	expect(state, dropping, "CREATE TABLE a(x)", 2);
}

static void test_an_index_counts_where_there_is_nothing_else(void **state)
{
	static const char indexed[] = STEP("baseline", "1",
					   "CREATE TABLE a(x, y);")
		STEP("1", "2", "CREATE INDEX i ON a(x);")
			STEP("2", "3", "DROP INDEX i; CREATE INDEX i ON a(y);");

	expect(state, indexed, "CREATE TABLE a(x, y)", 1);
	expect(state, indexed, "CREATE TABLE a(x,y);create  index i on a ( x )",
	       2);
	expect(state, indexed, "CREATE TABLE a(x,y);CREATE INDEX i ON a(y)", 3);
	/* One that no version has says nothing. */
	expect_refused(state, indexed,
		       "CREATE TABLE a(x, y); CREATE INDEX i ON a(x, y)",
		       PARTS("cannot be told"));
}

static void test_a_default_of_its_own_hides_no_later_step(void **state)
{
	static const char constrained[] =
		STEP("baseline", "1", "CREATE TABLE a(x DEFAULT 1);")
			STEP("1", "2",
			     "CREATE TABLE n(x DEFAULT 1 CHECK (x > 0)); "
			     "INSERT INTO n SELECT * FROM a; DROP TABLE a; "
			     "ALTER TABLE n RENAME TO a;")
				STEP("2", "3", "ALTER TABLE a ADD COLUMN y;");

	expect(state, constrained, "CREATE TABLE a(x DEFAULT 1)", 1);
	expect(state, constrained,
	       "CREATE TABLE a(x DEFAULT 9 CHECK (x > 0), "
	       "y)",
	       3);
	expect_refused(state, constrained, "CREATE TABLE a(x DEFAULT 9)",
		       PARTS("user:1→2 has happened cannot be told"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_each_version_of_a_plain_history),
		WORKSHOP_TEST(test_an_application_has_its_own_ideas),
		WORKSHOP_TEST(test_half_an_upgrade_by_hand_is_refused),
		WORKSHOP_TEST(test_a_later_step_without_an_earlier_is_refused),
		WORKSHOP_TEST(test_another_applications_database_is_refused),
		WORKSHOP_TEST(
			test_many_missing_marks_leave_room_for_what_to_do),
		WORKSHOP_TEST(test_a_step_of_data_cannot_be_decided),
		WORKSHOP_TEST(test_blank_and_repeatable_steps_run_again),
		WORKSHOP_TEST(
			test_what_is_added_and_removed_again_leaves_doubt),
		WORKSHOP_TEST(
			test_what_is_added_again_counts_with_all_else_there),
		WORKSHOP_TEST(test_a_removed_column_is_a_mark),
		WORKSHOP_TEST(test_an_index_counts_where_there_is_nothing_else),
		WORKSHOP_TEST(test_a_default_of_its_own_hides_no_later_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
