#include "database/applied.h"

#include <stdio.h>

#include "replay/replay.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* Which of the three steps of workshop_history a ledger with these rows has:
 * "110" for the first two. A row is (kind, from, to, checksum). */
static void expect(struct workshop *shop, const char *rows,
		   const char *expected)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	const struct chain *chain = &shop->migrations->chains[KIND_USER];
	char *path = workshop_path(shop, "a.db");
	char sql[600], told[4] = "";
	struct error err = { 0 };
	struct sqlite3 *db;
	bool has[3];

	(void)snprintf(sql, sizeof(sql),
		       "DROP TABLE IF EXISTS " LEDGER_TABLE
		       "; CREATE TABLE " LEDGER_TABLE
		       "(rank INTEGER PRIMARY KEY, kind, from_version, "
		       "to_version, checksum); INSERT INTO " LEDGER_TABLE
		       "(kind, from_version, to_version, checksum) VALUES %s",
		       rows);
	workshop_sql(shop, "a.db", sql);
	assert_int_equal(chain->count, 3);
	assert_int_equal(connection_open(path, &options, &db, &err), 0);
	if (applied_read(db, chain, has, &err) != 0)
		fail_msg("%s", err.message);
	connection_close(db);
	free(path);
	for (size_t p = 0; p < 3; p++)
		told[p] = has[p] ? '1' : '0';
	assert_string_equal(told, expected);
}

static void rows_with_a_checksum_are_about_one_step(void **state)
{
	struct workshop *shop = *state;

	expect(shop, "('migrate', NULL, '1', 'c')", "100");
	expect(shop, "('migrate', NULL, '1', 'c'), ('migrate', '1', '3', 'c')",
	       "101");
	expect(shop, "('migrate', '2', '3', 'c'), ('late', '1', '2', 'c')",
	       "011");
	expect(shop, "('baseline', '1', '2', 'c')", "010");
	expect(shop, "('migrate', '1', '2.5', 'c')", "000");
	expect(shop, "('migrate', '1', 'junk', 'c'), (1, 2, NULL, 3)", "000");
}

static void rows_without_are_about_all_up_to_there(void **state)
{
	struct workshop *shop = *state;

	expect(shop, "('baseline', NULL, '2', NULL)", "110");
	expect(shop, "('detect', NULL, '3', NULL)", "111");
	expect(shop, "('baseline', NULL, '2.5', NULL)", "110");
	expect(shop, "('detect', NULL, '1', NULL), ('migrate', '2', '3', 'c')",
	       "101");
}

static void what_was_undone_is_not_there(void **state)
{
	struct workshop *shop = *state;

	expect(shop, "('detect', NULL, '3', NULL), ('undo', '3', '2', 'c')",
	       "110");
	expect(shop, "('detect', NULL, '3', NULL), ('undo', '3', '2', 'c'), "
		     "('migrate', '2', '3', 'c')", "111");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(rows_with_a_checksum_are_about_one_step),
		WORKSHOP_TEST(rows_without_are_about_all_up_to_there),
		WORKSHOP_TEST(what_was_undone_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
