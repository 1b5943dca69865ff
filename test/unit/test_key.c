#include "cli/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pattern.h"
#include "cli/config.h"
#include "database/job.h"
#include "database/tracker.h"
#include "sqlite/check.h"

static int parse(struct config *config, enum key key, const char *text)
{
	const struct key_row *row = &key_rows[key];
	struct error err = { 0 };
	int rc = row->type->parse(row, text, (char *)config + row->offset,
				  &err);

	assert_int_equal(rc, err.code);
	if (rc) {
		assert_int_equal(rc, ERROR_CONFIG);
		assert_true(err.message[0] != '\0');
	}
	return rc;
}

static void test_every_row_is_whole(void **state)
{
	(void)state;
	for (int key = 0; key < KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];

		assert_non_null(row->section);
		assert_non_null(row->name);
		assert_non_null(row->type);
		assert_non_null(row->help);
		assert_int_equal(row->choices != NULL, row->form != NULL);
		assert_int_equal(key_find(row->section, row->name), key);
		assert_true(key_is_section(row->section));
	}
	assert_int_equal(key_find("run", "job"), KEY_COUNT);
	assert_int_equal(key_find("fleet", "jobs"), KEY_COUNT);
	assert_int_equal(key_find("", "jobs"), KEY_COUNT);
	assert_false(key_is_section("ru"));
	assert_false(key_is_section(""));
}

/* The table of the manual. */
static void test_the_defaults_are_those_of_the_manual(void **state)
{
	static const struct {
		enum key key;
		const char *text;
	} cases[] = {
		{ KEY_SYSTEM_DB, "system.db" },
		{ KEY_USER_DB, "**/{username}_longterm.db" },
		{ KEY_STATE_DIR, ".fleet-upgrade" },
		{ KEY_TARGET, "latest" },
		{ KEY_UNVERSIONED, "detect" },
		{ KEY_RUN_USER, "owner" },
		{ KEY_JOBS, "auto" },
		{ KEY_STRATEGY, "auto" },
		{ KEY_BUSY_TIMEOUT, "5s" },
		{ KEY_RETRIES, "3" },
		{ KEY_LOCK_WAIT, "0s" },
		{ KEY_INTEGRITY, "touched" },
		{ KEY_FOREIGN_KEYS, "new" },
		{ KEY_DESTRUCTIVE, "warning" },
		{ KEY_KEEP, "3" },
		{ KEY_MAX_AGE, "30d" },
		{ KEY_MIN_FREE, "5%" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(key_rows[cases[i].key].standard,
				    cases[i].text);
	assert_null(key_rows[KEY_DATA_DIR].standard);
	assert_null(key_rows[KEY_MIGRATIONS_SYSTEM].standard);
	assert_null(key_rows[KEY_MIGRATIONS_USER].standard);
}

static void test_good_values_are_understood(void **state)
{
	struct config config = { 0 };

	(void)state;
	assert_int_equal(parse(&config, KEY_JOBS, "1024"), 0);
	assert_int_equal(config.jobs, 1024);
	assert_int_equal(parse(&config, KEY_JOBS, "auto"), 0);
	assert_int_equal(config.jobs, 0);
	assert_int_equal(parse(&config, KEY_BUSY_TIMEOUT, "250ms"), 0);
	assert_int_equal(config.busy_timeout_ms, 250);
	assert_int_equal(parse(&config, KEY_LOCK_WAIT, "600"), 0);
	assert_int_equal(config.lock_wait_ms, 600000);
	assert_int_equal(parse(&config, KEY_INTEGRITY, "full"), 0);
	assert_int_equal(config.integrity, CHECK_INTEGRITY_FULL);
	assert_int_equal(parse(&config, KEY_FOREIGN_KEYS, "strict"), 0);
	assert_int_equal(config.foreign_keys, CHECK_FOREIGN_KEYS_STRICT);
	assert_int_equal(parse(&config, KEY_DESTRUCTIVE, "error"), 0);
	assert_int_equal(config.destructive, SEVERITY_ERROR);
	assert_int_equal(parse(&config, KEY_UNVERSIONED, "from-start"), 0);
	assert_int_equal(config.unversioned, UNVERSIONED_FROM_START);
	assert_int_equal(parse(&config, KEY_UNVERSIONED, "adopt"), 0);
	assert_int_equal(config.unversioned, UNVERSIONED_ADOPT);
	assert_int_equal(parse(&config, KEY_LEDGER, "goose"), 0);
	assert_ptr_equal(config.ledger, tracker_find("goose"));
	assert_int_equal(parse(&config, KEY_LEDGER, "own"), 0);
	assert_null(config.ledger);
	assert_int_equal(parse(&config, KEY_MAX_AGE, "0s"), 0);
	assert_int_equal(config.max_age_ms, 0);
	assert_int_equal(parse(&config, KEY_MIN_FREE, "10G"), 0);
	assert_int_equal(config.min_free.percent, -1);
	assert_int_equal(config.min_free.bytes, UINT64_C(10) << 30);
	assert_int_equal(parse(&config, KEY_SYSTEM_DB, "sys/system.db"), 0);
	assert_string_equal(config.system_db, "sys/system.db");
	assert_int_equal(parse(&config, KEY_SYSTEM_DB, ""), 0);
	assert_string_equal(config.system_db, "");
	assert_int_equal(parse(&config, KEY_SYSTEM_DB, "a/.../b..db"), 0);
	assert_int_equal(parse(&config, KEY_TARGET, "0.3.20"), 0);
	assert_string_equal(config.target, "0.3.20");
	assert_int_equal(parse(&config, KEY_USER_DB, "longterm/{username}.db"),
			 0);
	assert_true(pattern_matches(config.user_db, "longterm/bob.db", NULL,
				    NULL));
	config_release(&config);
}

static void test_bad_values_are_refused(void **state)
{
	static const struct {
		enum key key;
		const char *text;
	} cases[] = {
		{ KEY_DATA_DIR, "" },	    { KEY_STATE_DIR, "" },
		{ KEY_RUN_USER, "" },	    { KEY_SYSTEM_DB, "/a" },
		{ KEY_SYSTEM_DB, "../a" },  { KEY_SYSTEM_DB, "a/../b" },
		{ KEY_SYSTEM_DB, "a//b" },  { KEY_SYSTEM_DB, "a/" },
		{ KEY_SYSTEM_DB, "." },	    { KEY_SYSTEM_DB, "a/." },
		{ KEY_USER_DB, "" },	    { KEY_USER_DB, "user.db" },
		{ KEY_USER_DB, "/{username}" },
		{ KEY_USER_DB, "{username}{username}" },
		{ KEY_TARGET, "" },	    { KEY_TARGET, "newest" },
		{ KEY_TARGET, "0.3 " },	    { KEY_JOBS, "0" },
		{ KEY_JOBS, "1025" },	    { KEY_JOBS, "-1" },
		{ KEY_JOBS, "four" },	    { KEY_JOBS, "" },
		{ KEY_JOBS, "4 # four" },   { KEY_BUSY_TIMEOUT, "2h" },
		{ KEY_BUSY_TIMEOUT, "5x" }, { KEY_LOCK_WAIT, "2d" },
		{ KEY_RETRIES, "101" },	    { KEY_INTEGRITY, "on" },
		{ KEY_INTEGRITY, "" },	    { KEY_FOREIGN_KEYS, "New" },
		{ KEY_UNVERSIONED, "no" },  { KEY_KEEP, "0" },
		{ KEY_MAX_AGE, "-1d" },	    { KEY_MIN_FREE, "101%" },
		{ KEY_MIN_FREE, "much" },   { KEY_STRATEGY, "fast" },
	};
	struct config config = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(parse(&config, cases[i].key, cases[i].text),
				 ERROR_CONFIG);
	config_release(&config);
}

static void test_a_refused_value_leaves_the_one_before(void **state)
{
	struct config config = { 0 };
	const struct pattern *before;

	(void)state;
	assert_int_equal(parse(&config, KEY_JOBS, "7"), 0);
	assert_int_equal(parse(&config, KEY_JOBS, "0"), ERROR_CONFIG);
	assert_int_equal(config.jobs, 7);
	assert_int_equal(parse(&config, KEY_SYSTEM_DB, "a.db"), 0);
	assert_int_equal(parse(&config, KEY_SYSTEM_DB, "/b.db"), ERROR_CONFIG);
	assert_string_equal(config.system_db, "a.db");
	assert_int_equal(parse(&config, KEY_USER_DB, "{username}"), 0);
	before = config.user_db;
	assert_int_equal(parse(&config, KEY_USER_DB, "x"), ERROR_CONFIG);
	assert_ptr_equal(config.user_db, before);
	config_release(&config);
}

static void test_a_choice_lists_what_there_is(void **state)
{
	const struct key_row *row = &key_rows[KEY_INTEGRITY];
	struct config config = { 0 };
	struct error err = { 0 };

	(void)state;
	row->type->parse(row, "on", &config.integrity, &err);
	for (const struct key_choice *choice = row->choices; choice->word;
	     choice++)
		assert_non_null(strstr(err.message, choice->word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_whole),
		cmocka_unit_test(test_the_defaults_are_those_of_the_manual),
		cmocka_unit_test(test_good_values_are_understood),
		cmocka_unit_test(test_bad_values_are_refused),
		cmocka_unit_test(
			test_a_refused_value_leaves_the_one_before),
		cmocka_unit_test(test_a_choice_lists_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
