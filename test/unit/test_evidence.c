#include "database/evidence.h"

#include <sqlite3.h>
#include <stdio.h>

#include "sqlite/connection.h"
#include "workshop.h"

static struct sqlite3 *open_db(struct workshop *shop, int64_t cache_bytes)
{
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.cache_bytes = cache_bytes,
		.spill = true,
	};
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db;

	if (connection_open(path, &options, &db, &err) != 0)
		fail_msg("%s", err.message);
	free(path);
	return db;
}

static void run(struct sqlite3 *db, const char *sql)
{
	struct error err = { 0 };

	if (connection_run(db, sql, &err) != 0)
		fail_msg("%s: %s", sql, err.message);
}

/* Commits `sql` and gives the evidence that was taken before the commit. */
static void commit_with(struct workshop *shop, const char *sql,
			int64_t cache_bytes, char kept[LEDGER_EVIDENCE_BYTES])
{
	struct sqlite3 *db = open_db(shop, cache_bytes);
	struct error err = { 0 };

	run(db, "BEGIN IMMEDIATE");
	run(db, sql);
	if (evidence_of_commit(db, kept, &err) != 0)
		fail_msg("%s", err.message);
	run(db, "COMMIT");
	connection_close(db);
}

/* NULL: it holds; else a part of the reason why not. */
static void expect(struct workshop *shop, const char *kept, const char *reason)
{
	struct sqlite3 *db = open_db(shop, 0);
	struct error err = { 0 };
	char why[160] = "";
	bool holds;

	run(db, "BEGIN IMMEDIATE");
	if (evidence_holds(db, kept, &holds, why, sizeof(why), &err) != 0)
		fail_msg("%s", err.message);
	if (reason == NULL && !holds)
		fail_msg("%s (%s)", why, kept);
	if (reason != NULL && (holds || strstr(why, reason) == NULL))
		fail_msg("%s: \"%s\"", holds ? "holds" : "does not", why);
	connection_close(db);
}

static void test_counter_is_the_one_that_the_commit_writes(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];

	workshop_make(shop, "a.db", 1);
	commit_with(shop, "UPDATE people SET name = 'x'", 0, kept);
	assert_memory_equal(kept, "counter:", 8);
	expect(shop, kept, NULL);
	/* Reading, and a transaction that changes nothing, are no writing. */
	workshop_sql(shop, "a.db",
		     "SELECT * FROM people; BEGIN IMMEDIATE; "
		     "COMMIT");
	expect(shop, kept, NULL);
	workshop_sql(shop, "a.db", "UPDATE people SET name = 'y' WHERE id = 1");
	expect(shop, kept, "written since");
}

static void test_counter_holds_behind_a_transaction_that_spilled(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];

	workshop_make(shop, "a.db", 1);
	commit_with(shop,
		    "CREATE TABLE big(a); WITH RECURSIVE n(i) AS (SELECT 1 "
		    "UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO "
		    "big SELECT zeroblob(1000) FROM n",
		    1, kept);
	expect(shop, kept, NULL);
}

static void test_counter_may_wrap_around(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];
	char *path = workshop_path(shop, "a.db");
	FILE *file;

	workshop_make(shop, "a.db", 1);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 24, SEEK_SET), 0);
	assert_int_equal(fwrite("\xff\xff\xff\xff", 1, 4, file), 4);
	assert_int_equal(fclose(file), 0);
	commit_with(shop, "UPDATE people SET name = 'x'", 0, kept);
	assert_string_equal(kept, "counter:0");
	expect(shop, kept, NULL);
	free(path);
}

static void test_what_is_noted_behind_it_does_not_matter(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];

	workshop_make(shop, "a.db", 1);
	commit_with(shop, "UPDATE people SET name = 'x'", 0, kept);
	assert_false(evidence_is_unbroken(kept));
	strcat(kept, " of 1f3c9a2b unbroken");
	assert_true(evidence_is_unbroken(kept));
	expect(shop, kept, NULL);
	workshop_sql(shop, "a.db", "UPDATE people SET name = 'y' WHERE id = 1");
	expect(shop, kept, "written since");
}

/* Gives the newest row evidence that is out of date, as a restore does, and
 * tells how the database was left. */
static void restore_row(struct workshop *shop, const char *evidence,
			char left[LEDGER_EVIDENCE_BYTES])
{
	struct sqlite3 *db = open_db(shop, 0);
	const struct ledger_row row = { .kind = "migrate", .to = "1" };
	struct error err = { 0 };

	run(db, "BEGIN IMMEDIATE");
	assert_int_equal(ledger_prepare(db, &err), 0);
	assert_int_equal(ledger_add(db, &row, &err), 0);
	assert_int_equal(ledger_set_evidence(db, evidence, &err), 0);
	run(db, "COMMIT");
	assert_int_equal(evidence_now(db, left, &err), 0);
	connection_close(db);
}

static void renew(struct workshop *shop, const char *left,
		  struct ledger_head *head)
{
	struct sqlite3 *db = open_db(shop, 0);
	struct error err = { 0 };

	assert_int_equal(evidence_renew(db, left, &err), 0);
	assert_int_equal(ledger_read(db, head, &err), 0);
	connection_close(db);
}

static void test_evidence_that_came_back_is_renewed(void **state)
{
	struct workshop *shop = *state;
	char left[LEDGER_EVIDENCE_BYTES];
	struct ledger_head head;

	workshop_make(shop, "a.db", 1);
	restore_row(shop, "counter:1", left);
	expect(shop, "counter:1", "written since");
	renew(shop, left, &head);
	expect(shop, head.evidence, NULL);
	assert_false(evidence_is_unbroken(head.evidence));
	/* What it says of the row below it stays true. */
	restore_row(shop, "counter:1 of 1f3c9a2b unbroken", left);
	renew(shop, left, &head);
	expect(shop, head.evidence, NULL);
	assert_true(evidence_is_unbroken(head.evidence));
	assert_non_null(strstr(head.evidence, " of 1f3c9a2b "));
}

/* Signs the newest row as that of `path`, and gives what it says then. */
static void sign(struct workshop *shop, const char *path, bool is_unbroken,
		 struct ledger_head *head)
{
	struct sqlite3 *db = open_db(shop, 0);
	struct error err = { 0 };
	bool is_signed = false;

	run(db, "BEGIN IMMEDIATE");
	assert_int_equal(evidence_sign(db, db, path, is_unbroken, &is_signed,
				       &err), 0);
	run(db, "COMMIT");
	assert_int_equal(is_signed, err.code == ERROR_NONE);
	assert_int_equal(ledger_read(db, head, &err), 0);
	connection_close(db);
}

static void expect_signed(struct workshop *shop)
{
	struct ledger_head head;

	sign(shop, "deep/below/alice_longterm.db", true, &head);
	expect(shop, head.evidence, NULL);
	assert_true(evidence_is_unbroken(head.evidence));
	assert_true(evidence_is_of(head.evidence,
				   "deep/below/alice_longterm.db"));
	assert_false(evidence_is_of(head.evidence, "alice_longterm.db"));
	assert_false(evidence_is_of(head.evidence, "bob_longterm.db"));
	sign(shop, "bob_longterm.db", false, &head);
	expect(shop, head.evidence, NULL);
	assert_false(evidence_is_unbroken(head.evidence));
	assert_true(evidence_is_of(head.evidence, "bob_longterm.db"));
}

static void test_a_row_says_whose_it_is(void **state)
{
	struct workshop *shop = *state;
	char left[LEDGER_EVIDENCE_BYTES];

	workshop_make(shop, "a.db", 1);
	restore_row(shop, "", left);
	expect_signed(shop);
	/* Behind a digest there is room for it as well. */
	workshop_sql(shop, "a.db", "PRAGMA journal_mode = WAL");
	expect_signed(shop);
	/* Rows of older versions do not say. */
	assert_true(evidence_is_of("counter:41 unbroken", "a.db"));
	assert_true(evidence_is_of("", "a.db"));
}

static int same(void *self, int a_bytes, const void *a, int b_bytes,
		const void *b)
{
	(void)self;
	return a_bytes != b_bytes ? a_bytes - b_bytes
				  : memcmp(a, b, (size_t)a_bytes);
}

/* Its rows cannot be read without the application's collation. */
static void add_own_table(struct workshop *shop)
{
	char *path = workshop_path(shop, "a.db");
	struct sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_create_collation(db, "own", SQLITE_UTF8, NULL,
						  same), SQLITE_OK);
	run(db, "CREATE TABLE own(a TEXT COLLATE own PRIMARY KEY) "
	    "WITHOUT ROWID; INSERT INTO own VALUES ('x')");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(path);
}

static void test_what_cannot_be_digested_is_not_signed(void **state)
{
	struct workshop *shop = *state;
	char left[LEDGER_EVIDENCE_BYTES];
	struct ledger_head head;

	workshop_make(shop, "a.db", 1);
	restore_row(shop, "", left);
	add_own_table(shop);
	/* With a rollback journal nothing has to be read. */
	sign(shop, "a.db", false, &head);
	expect(shop, head.evidence, NULL);
	workshop_sql(shop, "a.db", "PRAGMA journal_mode = WAL; UPDATE "
		     LEDGER_TABLE " SET evidence = NULL");
	sign(shop, "a.db", true, &head);
	assert_string_equal(head.evidence, "");
	expect(shop, head.evidence, "does not say");
	expect(shop, "digest:00", "cannot be told");
}

static void test_evidence_is_not_renewed_over_what_was_written(void **state)
{
	struct workshop *shop = *state;
	char left[LEDGER_EVIDENCE_BYTES];
	struct ledger_head head;

	workshop_make(shop, "a.db", 1);
	restore_row(shop, "counter:1", left);
	workshop_sql(shop, "a.db", "UPDATE people SET name = 'y' WHERE id = 1");
	renew(shop, left, &head);
	assert_string_equal(head.evidence, "counter:1");
}

static void test_digest_under_wal(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];

	workshop_make_wal(shop, "a.db", 1);
	commit_with(shop, "UPDATE people SET name = 'x'", 0, kept);
	assert_memory_equal(kept, "digest:", 7);
	expect(shop, kept, NULL);
	workshop_sql(shop, "a.db", "PRAGMA wal_checkpoint(TRUNCATE)");
	expect(shop, kept, NULL);
	/* One bit of one blob is writing. */
	workshop_sql(shop, "a.db",
		     "UPDATE letters SET body = x'00' WHERE "
		     "id = 60");
	expect(shop, kept, "written since");
}

static void test_the_ledger_is_not_in_the_digest(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];
	struct sqlite3 *db;
	struct error err = { 0 };

	workshop_make_wal(shop, "a.db", 1);
	commit_with(shop, "UPDATE people SET name = 'x'", 0, kept);
	db = open_db(shop, 0);
	assert_int_equal(ledger_prepare(db, &err), 0);
	connection_close(db);
	expect(shop, kept, NULL);
}

static void test_another_journal_mode_is_told(void **state)
{
	struct workshop *shop = *state;
	char kept[LEDGER_EVIDENCE_BYTES];

	workshop_make(shop, "a.db", 1);
	commit_with(shop, "UPDATE people SET name = 'x'", 0, kept);
	workshop_sql(shop, "a.db", "PRAGMA journal_mode = WAL");
	expect(shop, kept, "journal mode");
	commit_with(shop, "UPDATE people SET name = 'y'", 0, kept);
	workshop_sql(shop, "a.db", "PRAGMA journal_mode = DELETE");
	expect(shop, kept, "journal mode");
}

/* A backup is opened immutable, where SQLite itself says "delete". */
static void test_the_mode_of_a_backup_is_told(void **state)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
	};
	static const char *const modes[] = { "DELETE", "WAL" };
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };

	workshop_make(shop, "a.db", 1);
	for (int i = 0; i < 2; i++) {
		char sql[64];
		struct sqlite3 *db;
		bool is_wal;

		(void)snprintf(sql, sizeof(sql), "PRAGMA journal_mode = %s",
			       modes[i]);
		workshop_sql(shop, "a.db", sql);
		assert_int_equal(connection_open(path, &options, &db, &err), 0);
		assert_int_equal(evidence_is_wal(db, &is_wal, &err), 0);
		assert_int_equal(is_wal, i);
		connection_close(db);
	}
	free(path);
}

static void test_no_evidence_never_holds(void **state)
{
	struct workshop *shop = *state;

	workshop_make(shop, "a.db", 1);
	expect(shop, "", "does not say");
	expect(shop, "nonsense", "journal mode");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_counter_is_the_one_that_the_commit_writes),
		WORKSHOP_TEST(
			test_counter_holds_behind_a_transaction_that_spilled),
		WORKSHOP_TEST(test_counter_may_wrap_around),
		WORKSHOP_TEST(test_what_is_noted_behind_it_does_not_matter),
		WORKSHOP_TEST(test_evidence_that_came_back_is_renewed),
		WORKSHOP_TEST(test_a_row_says_whose_it_is),
		WORKSHOP_TEST(test_what_cannot_be_digested_is_not_signed),
		WORKSHOP_TEST(
			test_evidence_is_not_renewed_over_what_was_written),
		WORKSHOP_TEST(test_digest_under_wal),
		WORKSHOP_TEST(test_the_ledger_is_not_in_the_digest),
		WORKSHOP_TEST(test_another_journal_mode_is_told),
		WORKSHOP_TEST(test_the_mode_of_a_backup_is_told),
		WORKSHOP_TEST(test_no_evidence_never_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
