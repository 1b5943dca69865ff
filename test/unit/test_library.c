#include "bench.h"

#include <sqlite3.h>
#include <string.h>

#include "sqlite/library.h"

/* Stands in for SQLite's own, which says the same number all the time. */
static int version_number = SQLITE_VERSION_NUMBER;

int sqlite3_libversion_number(void)
{
	return version_number;
}

static void an_old_library_is_refused(void **state)
{
	struct error err = { 0 };

	(void)state;
	version_number = 3036000;
	assert_int_equal(library_begin(&err), ERROR_CONFIG);
	assert_non_null(strstr(err.message, "3.37"));
	version_number = SQLITE_VERSION_NUMBER;
}

static void sqlite_is_configured_once_and_in_time(void **state)
{
	struct error err = { 0 };
	int current, highest;

	(void)state;
	assert_int_equal(library_begin(&err), 0);
	assert_int_equal(library_begin(&err), ERROR_BUG);
	assert_non_null(strstr(err.message, "in use already"));

	/* With statistics this would be the bytes in use. */
	sqlite3_free(sqlite3_malloc(1000));
	assert_int_equal(sqlite3_status(SQLITE_STATUS_MEMORY_USED, &current,
					&highest, 0),
			 SQLITE_OK);
	assert_int_equal(highest, 0);
}

static void the_version_is_that_of_the_library(void **state)
{
	(void)state;
	assert_string_equal(library_version(), sqlite3_libversion());
}

static void the_wal_reset_defect_is_known_by_version(void **state)
{
	static const struct {
		int version;
		bool has_defect;
	} cases[] = {
		{ 3006023, false }, { 3007000, true },	{ 3040001, true },
		{ 3044005, true },  { 3044006, false }, { 3044099, false },
		{ 3045000, true },  { 3050006, true },	{ 3050007, false },
		{ 3051000, true },  { 3051002, true },	{ 3051003, false },
		{ 3052000, false }, { 4000000, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		version_number = cases[i].version;
		if (library_has_wal_reset_defect() != cases[i].has_defect)
			fail_msg("wrong for %d", cases[i].version);
	}
	version_number = SQLITE_VERSION_NUMBER;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_library_is_refused),
		cmocka_unit_test(sqlite_is_configured_once_and_in_time),
		cmocka_unit_test(the_version_is_that_of_the_library),
		cmocka_unit_test(the_wal_reset_defect_is_known_by_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
