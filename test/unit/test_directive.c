#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "migration/directive.h"

struct heard {
	int count;
	size_t offset;
	char what[400];
};

static void hear(void *self, size_t offset, const char *what)
{
	struct heard *heard = self;

	heard->count++;
	heard->offset = offset;
	strncpy(heard->what, what, sizeof(heard->what) - 1);
}

/* Reads a text in which all is well. */
static struct directives read_well(const char *sql)
{
	struct heard heard = { 0 };
	struct directives read;

	directives_read(sql, &read, hear, &heard);
	if (heard.count > 0)
		fail_msg("%s: %s", sql, heard.what);
	return read;
}

/* Reads a text with one mistake, whose message has `part`. */
static struct directives read_badly(const char *sql, size_t offset,
				    const char *part)
{
	struct heard heard = { 0 };
	struct directives read;

	directives_read(sql, &read, hear, &heard);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.offset, offset);
	if (strstr(heard.what, part) == NULL)
		fail_msg("%s: %s", sql, heard.what);
	return read;
}

static void expect_none(const struct directives *read)
{
	const struct directives none = { 0 };

	assert_int_equal(read->is_repeatable, none.is_repeatable);
	assert_int_equal(read->has_foreign_keys, none.has_foreign_keys);
	assert_int_equal(read->is_outside_transaction,
			 none.is_outside_transaction);
	assert_int_equal(read->analyzes, none.analyzes);
	assert_int_equal(read->vacuums, none.vacuums);
	assert_int_equal(read->limit_ms, none.limit_ms);
}

static void reads_each_word(void **state)
{
	(void)state;
	assert_true(read_well("-- fleet-upgrade: repeatable\n").is_repeatable);
	assert_true(read_well("-- fleet-upgrade: foreign_keys=on\nSELECT 1;")
			    .has_foreign_keys);
	assert_true(read_well("-- fleet-upgrade: no-transaction\n")
			    .is_outside_transaction);
	assert_true(read_well("-- fleet-upgrade: analyze\n").analyzes);
	assert_true(read_well("-- fleet-upgrade: vacuum\n").vacuums);
	assert_int_equal(read_well("-- fleet-upgrade: timeout=30s\n").limit_ms,
			 30000);
	assert_int_equal(read_well("-- fleet-upgrade: timeout=2h\n").limit_ms,
			 7200000);
}

static void sets_nothing_else(void **state)
{
	struct directives read = read_well("-- fleet-upgrade: analyze\n");

	(void)state;
	read.analyzes = false;
	expect_none(&read);
}

static void reads_lists(void **state)
{
	struct directives read =
		read_well("-- fleet-upgrade: analyze, foreign_keys=on,"
			  "timeout=5m\n-- why\n--fleet-upgrade:vacuum");

	(void)state;
	assert_true(read.analyzes);
	assert_true(read.has_foreign_keys);
	assert_true(read.vacuums);
	assert_int_equal(read.limit_ms, 300000);
	assert_false(read.is_repeatable);
}

static void passes_over_what_explains(void **state)
{
	struct directives read =
		read_well("/* x */ -- Fleet-Upgrade: Repeatable (it says IF "
			  "NOT EXISTS, and OR IGNORE), vacuum since it shrinks"
			  "\r\nSELECT 1");

	(void)state;
	assert_true(read.is_repeatable);
	assert_true(read.vacuums);
}

static void takes_nothing_else_for_one(void **state)
{
	static const char *const texts[] = {
		"",
		"--",
		"-- repeatable\n",
		"-- see fleet-upgrade: vacuum\n",
		"/* -- fleet-upgrade: vacuum */",
		"SELECT '-- fleet-upgrade: vacuum';",
		"SELECT 1; -- vacuum\n",
		"-- fleet-upgrader: vacuum\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct directives read = read_well(texts[i]);

		expect_none(&read);
	}
}

static void tells_of_a_word_that_is_none(void **state)
{
	struct directives read =
		read_badly("-- a\n-- fleet-upgrade: vaccum, analyze\nSELECT 1",
			   5, "\"vaccum\" is no directive");

	(void)state;
	/* The others count. */
	assert_true(read.analyzes);
	assert_false(read.vacuums);
	read_badly("-- fleet-upgrade: not repeatable\n", 0, "\"not\"");
	read_badly("-- fleet-upgrade: repeatables\n", 0, "\"repeatables\"");
	read_badly("-- fleet-upgrade: foreign_keys=off", 0, "foreign_keys=on");
	read_badly("-- fleet-upgrade: foreign_keys", 0, "foreign_keys=on");
	read_badly("-- fleet-upgrade:\nSELECT 1", 0, "\"\" is no directive");
	read_badly("-- fleet-upgrade: vacuum,", 0, "\"\" is no directive");
	read_badly("-- fleet-upgrade: vacuum,,analyze", 0, "\"\"");
}

static void tells_of_each(void **state)
{
	struct heard heard = { 0 };
	struct directives read;

	(void)state;
	directives_read("-- fleet-upgrade: a, b\n-- fleet-upgrade: c", &read,
			hear, &heard);
	assert_int_equal(heard.count, 3);
	assert_int_equal(heard.offset, 23);
	/* Nobody has to listen. */
	directives_read("-- fleet-upgrade: a, vacuum", &read, NULL, NULL);
	assert_true(read.vacuums);
}

static void tells_of_a_time_that_is_none(void **state)
{
	struct directives read;

	(void)state;
	read_badly("-- fleet-upgrade: timeout=soon", 0, "timeout=soon: ");
	read_badly("-- fleet-upgrade: timeout=", 0, "timeout=: ");
	read_badly("-- fleet-upgrade: timeout", 0, "\"timeout\"");
	read = read_badly("-- fleet-upgrade: timeout=0", 0, "no time at all");
	assert_int_equal(read.limit_ms, 0);
}

static void tells_of_one_in_the_wrong_place(void **state)
{
	struct directives read =
		read_badly("SELECT 1; -- fleet-upgrade: vacuum\n", 10,
			   "before the first statement");

	(void)state;
	expect_none(&read);
	read = read_badly("SELECT\n-- fleet-upgrade: vacuum\n1;", 7,
			  "before the first statement");
	expect_none(&read);
	read = read_badly("/* fleet-upgrade: vacuum */ SELECT 1", 0,
			  "begin with \"--\"");
	expect_none(&read);
}

static void sees_where_a_list_begins(void **state)
{
	(void)state;
	assert_true(directives_begin("\n-- x\n-- fleet-upgrade: vacuum\n"));
	assert_true(directives_begin("/* fleet-upgrade: x */"));
	assert_false(directives_begin("SELECT 1; -- fleet-upgrade: vacuum"));
	assert_false(directives_begin("-- vacuum"));
	assert_false(directives_begin(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_word),
		cmocka_unit_test(sets_nothing_else),
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(passes_over_what_explains),
		cmocka_unit_test(takes_nothing_else_for_one),
		cmocka_unit_test(tells_of_a_word_that_is_none),
		cmocka_unit_test(tells_of_each),
		cmocka_unit_test(tells_of_a_time_that_is_none),
		cmocka_unit_test(tells_of_one_in_the_wrong_place),
		cmocka_unit_test(sees_where_a_list_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
