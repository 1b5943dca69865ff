#include "bench.h"

#include <sqlite3.h>
#include <string.h>

#include "sqlite/check.h"
#include "sqlite/schema.h"

/* What is said about a database, all of it or one table. */
static struct complaints check(struct sqlite3 *db, bool full, const char *table)
{
	struct complaints set = { 0 };
	struct error err = { 0 };

	if (check_integrity_of(db, full, table, &set, &err))
		fail_msg("%s", err.message);
	return set;
}

static struct schema *take(struct sqlite3 *db)
{
	struct schema *schema;
	struct error err = { 0 };

	if (schema_take(db, "ledger", NULL, &schema, &err))
		fail_msg("%s", err.message);
	return schema;
}

static struct complaints check_keys(struct sqlite3 *db)
{
	struct complaints set = { 0 };
	struct schema *schema = take(db);
	struct error err = { 0 };

	if (check_foreign_keys_of(db, schema, &set, &err))
		fail_msg("%s", err.message);
	schema_free(schema);
	return set;
}

static void expect(const struct complaints *set, size_t i, const char *text,
		   long count)
{
	assert_true(i < set->count);
	assert_string_equal(set->items[i].text, text);
	assert_int_equal(set->items[i].count, count);
}

/* The same, whichever place it has. */
static void expect_some(const struct complaints *set, const char *text,
			long count)
{
	size_t i = 0;

	while (i < set->count && strcmp(set->items[i].text, text) != 0)
		i++;
	expect(set, i, text, count);
}

static void a_sound_database_has_no_complaints(void **state)
{
	static const char *const tables[] = { NULL, "t", "f", "w", "100" };
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE t(a UNIQUE, b CHECK (b > 0) NOT NULL);"
			"INSERT INTO t VALUES (1, 1), (2, 2);"
			"CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID;"
			"CREATE TABLE \"100\"(a);"
			"CREATE VIRTUAL TABLE f USING fts5(body)");

	for (size_t i = 0; i < 2 * sizeof(tables) / sizeof(*tables); i++) {
		struct complaints set = check(db, i % 2, tables[i / 2]);

		assert_int_equal(set.count, 0);
		assert_false(set.damage);
		complaints_release(&set);
	}
}

static void violations_are_counted_and_are_no_damage(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "PRAGMA ignore_check_constraints = ON;"
			"CREATE TABLE t(a CHECK (a > 0), b);"
			"INSERT INTO t VALUES (-1, 1), (-2, 2), (3, NULL);"
			"CREATE TABLE u(a CHECK (a > 0)); "
			"INSERT INTO u VALUES (0)");
	struct complaints set;

	/* A column that became NOT NULL while a row says otherwise. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	bench_run(db, "PRAGMA writable_schema = ON;"
		      "UPDATE sqlite_schema SET sql = 'CREATE TABLE"
		      " t(a CHECK (a > 0), b NOT NULL)' WHERE name = 't';"
		      "PRAGMA writable_schema = RESET;"
		      "PRAGMA ignore_check_constraints = OFF");

	set = check(db, false, NULL);
	assert_int_equal(set.count, 3);
	expect_some(&set, "CHECK constraint failed in t", 2);
	expect_some(&set, "NULL value in t.b", 1);
	expect_some(&set, "CHECK constraint failed in u", 1);
	assert_false(set.damage);
	assert_null(complaints_damage(&set));
	complaints_release(&set);

	set = check(db, true, "u");
	assert_int_equal(set.count, 1);
	expect(&set, 0, "CHECK constraint failed in u", 1);
	assert_false(set.damage);
	complaints_release(&set);
	complaints_release(&set);
}

static void values_of_the_wrong_type_are_no_damage(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE t(a); INSERT INTO t VALUES ('text')");
	struct complaints set;

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	bench_run(db, "PRAGMA writable_schema = ON;"
		      "UPDATE sqlite_schema SET sql ="
		      " 'CREATE TABLE t(a INT) STRICT';"
		      "PRAGMA writable_schema = RESET");
	set = check(db, false, NULL);
	expect(&set, 0, "non-INT value in t.a", 1);
	assert_false(set.damage);
	complaints_release(&set);
}

/* Says that the index i, which was made over other columns, is `sql`. */
static void relabel_index(struct sqlite3 *db, const char *sql)
{
	char *update = sqlite3_mprintf(
		"PRAGMA writable_schema = ON;"
		"UPDATE sqlite_schema SET sql = %Q WHERE name = 'i';"
		"PRAGMA writable_schema = RESET",
		sql);

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	bench_run(db, update);
	sqlite3_free(update);
}

static void an_index_that_disagrees_is_found_in_full_only(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE t(a, b); CREATE INDEX i ON t(b);"
			"INSERT INTO t VALUES (1, 9), (2, 8), (3, 7);"
			"CREATE TABLE other(a)");
	struct complaints set;

	relabel_index(db, "CREATE INDEX i ON t(a)");
	set = check(db, false, NULL);
	assert_false(set.damage);
	complaints_release(&set);
	set = check(db, true, "other");
	assert_false(set.damage);
	complaints_release(&set);
	set = check(db, true, "t");
	assert_true(set.damage);
	expect(&set, 0, "row 1 missing from index i", 1);
	complaints_release(&set);
	set = check(db, true, NULL);
	assert_true(set.damage);
	complaints_release(&set);
}

static void a_unique_index_with_equal_keys_is_damage(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE t(a); CREATE INDEX i ON t(a);"
			"INSERT INTO t VALUES (1), (1)");
	struct complaints set;

	relabel_index(db, "CREATE UNIQUE INDEX i ON t(a)");
	set = check(db, true, NULL);
	assert_true(set.damage);
	expect(&set, 0, "non-unique entry in index i", 1);
	assert_string_equal(complaints_damage(&set),
			    "non-unique entry in index i");
	complaints_release(&set);
}

static void damage_does_not_hide_behind_violations(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE t(a, b CHECK (b > 0));"
			"CREATE INDEX i ON t(b);"
			"PRAGMA ignore_check_constraints = ON;"
			"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
			" SELECT x + 1 FROM n WHERE x < 150)"
			" INSERT INTO t SELECT x, -x FROM n;"
			"INSERT INTO t VALUES (999, 1000);"
			"PRAGMA ignore_check_constraints = OFF");
	struct complaints set;

	/* More violations than SQLite tells of one table. */
	set = check(db, true, "t");
	assert_false(set.damage);
	expect(&set, 0, "CHECK constraint failed in t", 100);
	complaints_release(&set);
	set = check(db, false, NULL);
	expect(&set, 0, "CHECK constraint failed in t", 150);
	complaints_release(&set);

	/* Only the last row is not where the index says. */
	relabel_index(db, "CREATE INDEX i ON t(min(b, a))");
	set = check(db, true, "t");
	assert_true(set.damage);
	assert_string_equal(complaints_damage(&set),
			    "row 151 missing from index i");
	complaints_release(&set);
}

static void a_broken_page_is_damage(void **state)
{
	static const unsigned char garbage[512] = { 0xde, 0xad };
	struct bench *bench = *state;
	struct complaints set;

	bench_make(bench, "a.db",
		   "PRAGMA page_size = 1024; CREATE TABLE t(a);"
		   "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
		   " SELECT x + 1 FROM n WHERE x < 200)"
		   " INSERT INTO t SELECT randomblob(100) FROM n");
	bench_damage(bench, "a.db", 3 * 1024, garbage, sizeof(garbage));
	set = check(bench_connect(bench, "a.db", CONNECTION_READ), false, NULL);
	assert_true(set.damage);
	for (size_t i = 0; i < set.count; i++) {
		assert_null(strchr(set.items[i].text, '\n'));
		assert_null(strstr(set.items[i].text, "database main"));
	}
	complaints_release(&set);
}

static void a_check_that_cannot_be_made_is_damage(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db;
	struct complaints set;

	bench_make(bench, "a.db", "CREATE TABLE t(a)");
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	bench_damage(bench, "a.db", 0, "no more a database at all, sorry", 32);
	set = check(db, false, NULL);
	assert_true(set.damage);
	expect(&set, 0, "file is not a database", 1);
	complaints_release(&set);
}

static void only_so_much_damage_is_told(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE t(a, b); CREATE INDEX i ON t(b);"
			"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
			" SELECT x + 1 FROM n WHERE x < 500)"
			" INSERT INTO t SELECT x, -x FROM n");
	struct complaints set;

	relabel_index(db, "CREATE INDEX i ON t(a)");
	set = check(db, true, NULL);
	assert_true(set.damage);
	assert_int_equal(set.count, 100);
	complaints_release(&set);
}

static int compare_anyhow(void *self, int left_bytes, const void *left,
			  int right_bytes, const void *right)
{
	(void)self, (void)left_bytes, (void)left;
	(void)right_bytes, (void)right;
	return 0;
}

static void a_collation_of_the_application_is_a_complaint(void **state)
{
	struct bench *bench = *state;
	struct complaints before, after;
	struct sqlite3 *application, *db;

	application = bench_application(bench, "a.db");
	sqlite3_create_collation(application, "ours", SQLITE_UTF8, NULL,
				 compare_anyhow);
	bench_run(application, "CREATE TABLE t(a COLLATE ours UNIQUE)");
	connection_close(application);
	db = bench_connect(bench, "a.db", CONNECTION_READ);
	before = check(db, true, NULL);
	after = check(db, true, NULL);
	assert_false(before.damage);
	assert_null(complaints_first_new(&before, &after));
	complaints_release(&before);
	complaints_release(&after);
}

static void a_lock_and_a_stop_are_errors(void **state)
{
	atomic_bool stop_now = false;
	const struct connection_options options = { .mode = CONNECTION_READ,
						    .stop_now = &stop_now };
	struct bench *bench = *state;
	struct complaints set = { 0 };
	struct sqlite3 *application, *db;
	struct schema *schema;

	bench_make(bench, "a.db",
		   "CREATE TABLE t(a PRIMARY KEY REFERENCES t);"
		   "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
		   " SELECT x + 1 FROM n WHERE x < 5000)"
		   " INSERT INTO t SELECT x FROM n");
	assert_int_equal(
		connection_open(bench_path(bench, "a.db"), &options, &db, NULL),
		0);
	schema = take(db);
	atomic_store(&stop_now, true);
	assert_int_equal(check_integrity_of(db, true, NULL, &set, &bench->err),
			 ERROR_STOPPED);
	assert_int_equal(check_integrity_of(db, true, "t", &set, &bench->err),
			 ERROR_STOPPED);
	atomic_store(&stop_now, false);

	application = bench_application(bench, "a.db");
	bench_run(application, "BEGIN EXCLUSIVE");
	assert_int_equal(check_integrity_of(db, false, NULL, &set, &bench->err),
			 ERROR_BUSY);
	assert_int_equal(check_foreign_keys_of(db, schema, &set, &bench->err),
			 ERROR_BUSY);
	assert_int_equal(set.count, 0);
	complaints_release(&set);
	schema_free(schema);
	connection_close(application);
	connection_close(db);
}

static void a_check_that_is_cut_off_is_no_finding(void **state)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	struct bench *bench = *state;
	struct complaints set = { 0 };
	struct schema *schema;
	struct sqlite3 *db;

	bench_make(bench, "a.db",
		   "CREATE TABLE t(a PRIMARY KEY REFERENCES t);"
		   "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
		   " SELECT x + 1 FROM n WHERE x < 5000)"
		   " INSERT INTO t SELECT x FROM n");
	assert_int_equal(
		connection_open(bench_path(bench, "a.db"), &options, &db, NULL),
		0);
	schema = take(db);
	(void)connection_set_limit(
		db, (struct connection_limit){ 1, "run.database_timeout" });
	assert_int_equal(check_integrity_of(db, true, "t", &set, &bench->err),
			 ERROR_SQL);
	assert_non_null(strstr(bench->err.message, "run.database_timeout"));
	assert_int_equal(check_foreign_keys_of(db, schema, &set, &bench->err),
			 ERROR_SQL);
	assert_int_equal(set.count, 0);
	complaints_release(&set);
	schema_free(schema);
	connection_close(db);
}

static void only_an_index_needs_a_look_of_its_own(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE plain(id INTEGER PRIMARY KEY, a);"
			"CREATE TABLE made(a); CREATE INDEX i ON made(a);"
			"CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID");
	struct schema *schema = take(db);

	assert_false(
		check_has_index_of(schema_find(schema, SCHEMA_TABLE, "plain")));
	assert_true(
		check_has_index_of(schema_find(schema, SCHEMA_TABLE, "made")));
	assert_true(check_has_index_of(schema_find(schema, SCHEMA_TABLE, "w")));
	schema_free(schema);
}

static void keys_are_found_however_they_are_written(void **state)
{
	static const char *const columns[] = {
		"a references p",
		"a rEfErEnCeS[p]",
		"a, FOREIGN KEY(a)/**/REFERENCES/**/p(x)",
		"a DEFAULT 'x'REFERENCES p",
		"a -- to p\n\tREFERENCES\n\tp",
		"a \xef\xbb\xbfREFERENCES p",
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		char *sql = sqlite3_mprintf("CREATE TABLE p(x PRIMARY KEY);"
					    "CREATE TABLE c(%s);"
					    "INSERT INTO c VALUES (1)",
					    columns[i]);
		struct complaints set;

		set = check_keys(bench_memory(*state, sql));
		assert_int_equal(set.count, 1);
		expect(&set, 0, "rows of c (a) without a row in p", 1);
		complaints_release(&set);
		sqlite3_free(sql);
	}
}

static void orphans_are_counted_by_key(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state,
		"CREATE TABLE p(id INTEGER PRIMARY KEY, x, y, UNIQUE (x, y));"
		"CREATE TABLE c(a REFERENCES p(id), b, d REFERENCES gone,"
		" FOREIGN KEY (a, b) REFERENCES p(x, y));"
		"CREATE TABLE \"odd \"\" name\"(up REFERENCES p);"
		"CREATE TABLE w(k PRIMARY KEY, up REFERENCES p) WITHOUT ROWID;"
		"INSERT INTO p VALUES (1, 1, 1), (2, 2, 2);"
		"INSERT INTO c VALUES (1, 1, NULL), (2, 9, NULL), (8, 8, 1),"
		" (NULL, 5, NULL);"
		"INSERT INTO \"odd \"\" name\" VALUES (1), (NULL), (3);"
		"INSERT INTO w VALUES (1, 4), (2, 4), (3, 1)");
	struct complaints set = check_keys(db);

	assert_false(set.damage);
	assert_int_equal(set.count, 5);
	expect_some(&set, "rows of c (a, b) without a row in p", 2);
	expect_some(&set, "rows of c (d) without a row in gone", 1);
	expect_some(&set, "rows of c (a) without a row in p", 1);
	expect_some(&set, "rows of odd \" name (up) without a row in p", 1);
	expect_some(&set, "rows of w (up) without a row in p", 2);
	complaints_release(&set);
}

static void a_mismatch_hides_no_other_table(void **state)
{
	struct sqlite3 *db = bench_memory(
		*state, "CREATE TABLE memories(id PRIMARY KEY, conversation);"
			"CREATE TABLE aaa(c REFERENCES memories(conversation));"
			"CREATE TABLE zzz(m REFERENCES memories(id));"
			"INSERT INTO zzz VALUES (7)");
	struct complaints set = check_keys(db);

	assert_false(set.damage);
	assert_int_equal(set.count, 2);
	expect(&set, 0,
	       "foreign key mismatch - \"aaa\" referencing \"memories\"", 1);
	expect(&set, 1, "rows of zzz (m) without a row in memories", 1);
	complaints_release(&set);
}

static void a_rebuild_changes_no_complaint(void **state)
{
	struct sqlite3 *db =
		bench_memory(*state, "CREATE TABLE p(id INTEGER PRIMARY KEY);"
				     "CREATE TABLE c(k INTEGER PRIMARY KEY,"
				     " up REFERENCES p);"
				     "INSERT INTO c VALUES (1, 1), (2, 2)");
	struct complaints before = check_keys(db), after;

	bench_run(db, "CREATE TABLE n(k INTEGER PRIMARY KEY, up REFERENCES p,"
		      " more); INSERT INTO n SELECT k + 10, up, 0 FROM c;"
		      "DROP TABLE c; ALTER TABLE n RENAME TO c");
	after = check_keys(db);
	assert_int_equal(after.count, 1);
	assert_null(complaints_first_new(&before, &after));
	complaints_release(&after);

	bench_run(db, "INSERT INTO c VALUES (5, 3, 0)");
	after = check_keys(db);
	assert_non_null(complaints_first_new(&before, &after));
	complaints_release(&after);
	complaints_release(&before);
}

static void only_what_is_new_counts(void **state)
{
	struct complaint old[] = { { .text = "a", .count = 2 },
				   { .text = "b", .count = 1 } };
	struct complaint same[] = { { .text = "b", .count = 1 },
				    { .text = "a", .count = 1 } };
	struct complaint more[] = { { .text = "b", .count = 1 },
				    { .text = "a", .count = 3 } };
	struct complaint other[] = { { .text = "b", .count = 1 },
				     { .text = "c", .count = 1 } };
	const struct complaints none = { 0 };
	struct complaints before = { .items = old, .count = 2 };
	struct complaints after = { .items = same, .count = 2 };

	(void)state;
	assert_null(complaints_first_new(&before, &after));
	assert_null(complaints_first_new(&before, &none));
	assert_null(complaints_first_new(&none, &none));
	after.items = more;
	assert_ptr_equal(complaints_first_new(&before, &after), &more[1]);
	after.items = other;
	assert_ptr_equal(complaints_first_new(&before, &after), &other[1]);
	assert_ptr_equal(complaints_first_new(&none, &after), &other[0]);
}

static void rows_are_counted(void **state)
{
	struct bench *bench = *state;
	struct sqlite3 *db = bench_memory(
		bench, "CREATE TABLE \"a \"\" b\"(x);"
		       "INSERT INTO \"a \"\" b\" VALUES (1), (NULL), (3);"
		       "CREATE TEMP TABLE u(x)");
	long rows = -1;

	assert_int_equal(check_row_count(db, "a \" b", &rows, NULL), 0);
	assert_int_equal(rows, 3);
	assert_int_equal(check_row_count(db, "u", &rows, &bench->err),
			 ERROR_SQL);
	assert_int_equal(rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(a_sound_database_has_no_complaints),
		BENCH_TEST(violations_are_counted_and_are_no_damage),
		BENCH_TEST(values_of_the_wrong_type_are_no_damage),
		BENCH_TEST(an_index_that_disagrees_is_found_in_full_only),
		BENCH_TEST(a_unique_index_with_equal_keys_is_damage),
		BENCH_TEST(damage_does_not_hide_behind_violations),
		BENCH_TEST(a_broken_page_is_damage),
		BENCH_TEST(a_check_that_cannot_be_made_is_damage),
		BENCH_TEST(only_so_much_damage_is_told),
		BENCH_TEST(a_collation_of_the_application_is_a_complaint),
		BENCH_TEST(a_lock_and_a_stop_are_errors),
		BENCH_TEST(a_check_that_is_cut_off_is_no_finding),
		BENCH_TEST(only_an_index_needs_a_look_of_its_own),
		BENCH_TEST(keys_are_found_however_they_are_written),
		BENCH_TEST(orphans_are_counted_by_key),
		BENCH_TEST(a_mismatch_hides_no_other_table),
		BENCH_TEST(a_rebuild_changes_no_complaint),
		BENCH_TEST(only_what_is_new_counts),
		BENCH_TEST(rows_are_counted),
	};

	return cmocka_run_group_tests(tests, bench_group_setup, NULL);
}
