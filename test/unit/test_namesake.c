#include "migration/namesake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "migration/directive.h"
#include "migration/sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 2026-11-21 04:31:07 UTC */
#define NOW INT64_C(1795235467)

static void test_the_next_is_named_like_the_newest(void **state)
{
	static const struct {
		const char *newest, *up, *down, *folder;
	} cases[] = {
		{ "m/0007_add_users.sql", "m/0008_add_inbox.sql", NULL, NULL },
		{ "m/007-add-users.sql", "m/008-add-inbox.sql", NULL, NULL },
		{ "m/9_users.sql", "m/10_add_inbox.sql", NULL, NULL },
		{ "m/0099-users.sql", "m/0100-add-inbox.sql", NULL, NULL },
		{ "m/0007_add-users.sql", "m/0008_add-inbox.sql", NULL, NULL },
		{ "0007_users.sql", "0008_add_inbox.sql", NULL, NULL },
		{ "m/0007.sql", "m/0008_add_inbox.sql", NULL, NULL },
		{ "m/007_a.up.sql", "m/008_add_inbox.up.sql",
		  "m/008_add_inbox.down.sql", NULL },
		{ "m/00007_a/up.sql", "m/00008_add_inbox/up.sql",
		  "m/00008_add_inbox/down.sql", "m/00008_add_inbox" },
		{ "m/7_a/migration.sql", "m/8_add_inbox/migration.sql", NULL,
		  "m/8_add_inbox" },
		{ "m/0.10/00__users.sql", "m/0.10/01__add_inbox.sql", NULL,
		  NULL },
		/* Times: that of now. */
		{ "m/20240131120000_a.sql", "m/20261121043107_add_inbox.sql",
		  NULL, NULL },
		{ "m/202401311200_a.sql", "m/202611210431_add_inbox.sql",
		  NULL, NULL },
		{ "m/20240131_a.sql", "m/20261121_add_inbox.sql", NULL, NULL },
		{ "m/2024-01-31-120000_a/up.sql",
		  "m/2026-11-21-043107_add_inbox/up.sql",
		  "m/2026-11-21-043107_add_inbox/down.sql",
		  "m/2026-11-21-043107_add_inbox" },
		{ "m/1700000000_a.up.sql", "m/1795235467_add_inbox.up.sql",
		  "m/1795235467_add_inbox.down.sql", NULL },
		/* Ahead of its time: the clock does not go back. */
		{ "m/20261121043107_a.sql", "m/20261121043108_add_inbox.sql",
		  NULL, NULL },
		{ "m/20271121043107_a.sql", "m/20271121043108_add_inbox.sql",
		  NULL, NULL },
		/* Wide, and no time. */
		{ "m/00000000000007_a.sql", "m/00000000000008_add_inbox.sql",
		  NULL, NULL },
		{ "m/99999999_a.sql", "m/100000000_add_inbox.sql", NULL, NULL },
		{ "m/005-2fa.sql", "m/006-add-inbox.sql", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct namesake made;
		struct error err = { 0 };

		if (namesake_make(cases[i].newest, "numbered", "Add inbox!",
				  NULL, NOW, &made, &err) != 0)
			fail_msg("%s: %s", cases[i].newest, err.message);
		assert_string_equal(made.files[0].path, cases[i].up);
		if (cases[i].down)
			assert_string_equal(made.files[1].path, cases[i].down);
		else
			assert_null(made.files[1].path);
		if (cases[i].folder)
			assert_string_equal(made.folder, cases[i].folder);
		else
			assert_null(made.folder);
		namesake_release(&made);
	}
}

static char *name_for(const char *words)
{
	struct namesake made;
	struct error err = { 0 };
	char *name;

	assert_int_equal(namesake_make("0007_a.sql", "numbered", words, NULL,
				       NOW, &made, &err), 0);
	name = xstrdup(made.files[0].path);
	namesake_release(&made);
	return name;
}

static void test_words_become_a_plain_name(void **state)
{
	static const char *const cases[][2] = {
		{ "Add  INBOX", "0008_add_inbox.sql" },
		{ "  a/b; ../c\" ", "0008_a_b_c.sql" },
		{ "käse", "0008_käse.sql" },
		{ "2fa", "0008_2fa.sql" },
		{ "--x--", "0008_x.sql" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *name = name_for(cases[i][0]);

		assert_string_equal(name, cases[i][1]);
		free(name);
	}
}

static void test_a_number_may_be_said(void **state)
{
	static const struct {
		const char *number, *path, *problem;
	} cases[] = {
		{ "12", "m/0012_x.sql", NULL },
		{ "00012", "m/00012_x.sql", NULL },
		{ "0008", "m/0008_x.sql", NULL },
		{ "7", NULL, "numbers only rise" },
		{ "0003", NULL, "numbers only rise" },
		{ "next", NULL, "has a number" },
		{ "8/../../x", NULL, "has a number" },
		{ "", NULL, "has a number" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct namesake made;
		struct error err = { 0 };
		int rc = namesake_make("m/0007_a.sql", "numbered", "x",
				       cases[i].number, NOW, &made, &err);

		assert_int_equal(rc, cases[i].path ? 0 : ERROR_USAGE);
		if (cases[i].path)
			assert_string_equal(made.files[0].path, cases[i].path);
		else
			assert_non_null(strstr(err.message, cases[i].problem));
		namesake_release(&made);
	}
}

static void refused(const char *newest, const char *words, int code)
{
	struct namesake made;
	struct error err = { 0 };

	assert_int_equal(namesake_make(newest, "numbered", words, NULL, NOW,
				       &made, &err), code);
	assert_null(made.files[0].path);
	namesake_release(&made);
}

static void test_what_cannot_be_followed_is_told(void **state)
{
	(void)state;
	refused("m/0007_a.sql", " ;- ", ERROR_USAGE);
	refused("m/005-populate.py", "x", ERROR_MIGRATION);
	refused("m/history.md", "x", ERROR_MIGRATION);
	refused("m/users.sql", "x", ERROR_MIGRATION);
}

/* The line in which the SQL is to stand: behind all that is there. */
static int last_line(const char *text, const char *until)
{
	const char *end = until[0] ? strstr(text, until) : NULL;

	return sql_line_of(text, end ? (size_t)(end - text) : strlen(text));
}

static void test_each_format_has_its_marks(void **state)
{
	static const struct {
		const char *format, *begin, *down;
	} cases[] = {
		{ "numbered", "-- fleet-upgrade: planned\n", "" },
		{ "dbmate", "-- migrate:up\n-- fleet-upgrade: planned\n",
		  "\n-- migrate:down\n" },
		{ "goose", "-- +goose Up\n-- fleet-upgrade: planned\n",
		  "\n-- +goose Down\n" },
		{ "sql-migrate", "-- +migrate Up\n-- fleet-upgrade: planned\n",
		  "\n-- +migrate Down\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct directives directives;
		struct namesake made;
		struct error err = { 0 };
		const char *text;

		assert_int_equal(namesake_make("m/7_a.sql", cases[i].format,
					       "add inbox", NULL, NOW, &made,
					       &err), 0);
		text = made.files[0].text;
		assert_ptr_equal(strstr(text, cases[i].begin), text);
		assert_non_null(strstr(text, "-- Migration 8: add inbox\n"));
		assert_non_null(strstr(text, cases[i].down));
		/* A mark is an SQL comment as well. */
		assert_true(sql_is_blank(text));
		directives_read(text, &directives, NULL, NULL);
		assert_true(directives.is_planned);
		assert_int_equal(made.files[0].line,
				 last_line(text, cases[i].down));
		namesake_release(&made);
	}
}

static void test_a_way_down_has_its_own_file(void **state)
{
	struct namesake made;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(namesake_make("m/7_a.up.sql", "pairs", "add inbox",
				       NULL, NOW, &made, &err), 0);
	assert_true(sql_is_blank(made.files[1].text));
	assert_non_null(strstr(made.files[1].text, "taken back"));
	assert_int_equal(made.files[1].line, 2);
	assert_null(strstr(made.files[0].text, "taken back"));
	namesake_release(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_next_is_named_like_the_newest),
		cmocka_unit_test(test_words_become_a_plain_name),
		cmocka_unit_test(test_a_number_may_be_said),
		cmocka_unit_test(test_what_cannot_be_followed_is_told),
		cmocka_unit_test(test_each_format_has_its_marks),
		cmocka_unit_test(test_a_way_down_has_its_own_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
