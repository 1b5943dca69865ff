#include "database/scratch.h"

#include "sqlite/connection.h"
#include "workshop.h"

static struct sqlite3 *open_db(struct workshop *shop)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
	};
	char *path = workshop_path(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db;

	if (connection_open(path, &options, &db, &err) != 0)
		fail_msg("%s", err.message);
	free(path);
	return db;
}

static void test_it_may_be_written_and_nobody_sees_it(void **state)
{
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db, *copy;
	int64_t count;
	char *before;

	workshop_make(shop, "a.db", 1);
	before = workshop_print(shop);
	db = open_db(shop);
	if (scratch_open(&job, db, &copy, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(connection_run(copy,
					"DELETE FROM letters WHERE "
					"id > 10",
					&err),
			 0);
	assert_int_equal(connection_number(copy,
					   "SELECT count(*) FROM "
					   "letters",
					   &count, &err),
			 0);
	assert_int_equal(count, 10);
	assert_int_equal(connection_number(db, "SELECT count(*) FROM letters",
					   &count, &err),
			 0);
	assert_int_equal(count, 60);
	connection_close(copy);
	connection_close(db);
	workshop_untouched(shop, before);
}

static void test_one_in_wal_mode(void **state)
{
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db, *copy;

	workshop_make_wal(shop, "a.db", 1);
	db = open_db(shop);
	assert_int_equal(scratch_open(&job, db, &copy, &err), 0);
	assert_int_equal(connection_run(copy,
					"BEGIN IMMEDIATE; DROP TABLE "
					"letters; ROLLBACK",
					&err),
			 0);
	connection_close(copy);
	connection_close(db);
}

static void test_it_shows_what_a_reader_does_not(void **state)
{
	static const char check[] = "PRAGMA quick_check";
	struct workshop *shop = *state;
	struct job job = workshop_job(shop, "a.db");
	struct error err = { 0 };
	struct sqlite3 *db, *copy;
	char *reader, *owner;

	workshop_make(shop, "a.db", 3);
	workshop_sql(shop, "a.db",
		     "PRAGMA ignore_check_constraints = ON; "
		     "INSERT INTO people VALUES(9, '', '')");
	db = open_db(shop);
	assert_int_equal(scratch_open(&job, db, &copy, &err), 0);
	assert_int_equal(connection_text(db, check, &reader, &err), 0);
	assert_int_equal(connection_text(copy, check, &owner, &err), 0);
	/* The first is SQLite's; if it changes, copies may be spared. */
	assert_string_equal(reader, "ok");
	assert_string_equal(owner, "CHECK constraint failed in people");
	free(reader);
	free(owner);
	connection_close(copy);
	connection_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_may_be_written_and_nobody_sees_it),
		WORKSHOP_TEST(test_one_in_wal_mode),
		WORKSHOP_TEST(test_it_shows_what_a_reader_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
