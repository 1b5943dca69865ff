#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fleet/company.h"

static void what_belongs_to_a_database_is_none(void **state)
{
	struct company company = { 0 };

	(void)state;
	assert_true(company_note(&company, "a.db-wal"));
	assert_true(company_note(&company, "a.db-shm"));
	assert_true(company_note(&company, "a.db-journal"));
	assert_true(company_note(&company, "-wal"));
	assert_false(company_note(&company, "a.db"));
	assert_false(company_note(&company, "a.db-wal2"));
	assert_false(company_note(&company, "a-wal.db"));
	assert_false(company_note(&company, "wal"));
	assert_false(company_note(&company, ""));
	company_release(&company);
}

static void a_wal_and_a_journal_are_company(void **state)
{
	struct company company = { 0 };

	(void)state;
	company_note(&company, "a.db-wal");
	company_note(&company, "b.db-journal");
	company_note(&company, "c.db-shm");
	assert_true(company_is_kept(&company, "a.db"));
	assert_true(company_is_kept(&company, "b.db"));
	assert_false(company_is_kept(&company, "c.db"));
	assert_false(company_is_kept(&company, "a.d"));
	assert_false(company_is_kept(&company, "a.db-wal"));
	assert_false(company_is_kept(&company, ""));
	company_release(&company);
}

/* Folders give their names in any order, and a -wal before its database. */
static void any_number_in_any_order(void **state)
{
	struct company company = { 0 };
	char name[32];

	(void)state;
	assert_false(company_is_kept(&company, "0.db"));
	for (int i = 0; i < 3000; i += 3) {
		snprintf(name, sizeof(name), "%d.db-wal", i * 7 % 3000);
		company_note(&company, name);
	}
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "%d.db", i);
		assert_int_equal(company_is_kept(&company, name), i % 3 == 0);
	}
	/* Also after the first question. */
	assert_false(company_is_kept(&company, "1.db"));
	company_note(&company, "1.db-journal");
	assert_true(company_is_kept(&company, "1.db"));
	company_release(&company);
	assert_false(company_is_kept(&company, "1.db"));
	company_release(&company);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_belongs_to_a_database_is_none),
		cmocka_unit_test(a_wal_and_a_journal_are_company),
		cmocka_unit_test(any_number_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
