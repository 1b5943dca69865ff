#include "study.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/section.h"

/* Reads the text from memory that ends where it ends, and expects this way up,
 * beginning in that line. */
static struct migrations *read_text(const char *text, const char *format,
				    const char *up, int line, bool has_down)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	size_t bytes = strlen(text);
	char *copy = xmalloc(bytes + 1);
	struct section section;

	memcpy(copy, text, bytes);
	section_read("1_a.sql", copy, bytes, NULL, &section, migrations);
	if (format == NULL)
		assert_null(section.format);
	else
		assert_string_equal(section.format, format);
	assert_int_equal(section.up.text.bytes, strlen(up));
	assert_memory_equal(section.up.text.at, up, strlen(up));
	assert_int_equal(section.up.line, line);
	assert_int_equal(section.down.line > 0, has_down);
	free(copy);
	return migrations;
}

static void reads_well(const char *text, const char *format, const char *up,
		       int line, bool has_down)
{
	struct migrations *migrations =
		read_text(text, format, up, line, has_down);

	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void finds(const char *text, const char *rule, int line,
		  const char *part)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct section section;

	section_read("1_a.sql", text, strlen(text), NULL, &section, migrations);
	study_expect_in(migrations, "1_a.sql", rule, SEVERITY_ERROR, line,
			part);
	assert_int_equal(migrations->finding_count, 1);
	migrations_free(migrations);
}

static void without_marks_all_of_it_is_the_way_up(void **state)
{
	(void)state;
	reads_well("", NULL, "", 1, false);
	reads_well("a;\nb;", NULL, "a;\nb;", 1, false);
	reads_well("\xef\xbb\xbf" "a;\n", NULL, "a;\n", 1, false);
	reads_well("-- migrate: the old rows\na;\n--> statement-breakpoint\nb;",
		   NULL,
		   "-- migrate: the old rows\na;\n--> statement-breakpoint\nb;",
		   1, false);
	/* Words that go on, or stand behind other words. */
	reads_well("-- migrate:upper\n-- see migrate:up\na;\n", NULL,
		   "-- migrate:upper\n-- see migrate:up\na;\n", 1, false);
}

static void dbmate(void **state)
{
	(void)state;
	reads_well("-- migrate:up\na;\nb;\n-- migrate:down\nc;\n", "dbmate",
		   "a;\nb;\n", 2, true);
	reads_well("-- about it\n\n--migrate:up transaction:true \r\na;",
		   "dbmate",
		   "a;", 4, false);
	reads_well("-- migrate:down\nc;\n-- migrate:up\na;\n", "dbmate", "a;\n",
		   4, true);
	/* An empty way up is a step that changes nothing. */
	reads_well("-- migrate:up\n-- migrate:down\n", "dbmate", "", 2, true);
}

static void goose(void **state)
{
	(void)state;
	reads_well("-- +goose Up\n-- +goose StatementBegin\na;\n"
		   "-- +goose StatementEnd\nb;\n-- +goose Down\nc;\n",
		   "goose",
		   "-- +goose StatementBegin\na;\n-- +goose StatementEnd\nb;\n",
		   2, true);
	reads_well("--  +GOOSE  up\na;\n", "goose", "a;\n", 2, false);
	reads_well("/* what for\n*/\n-- +goose ENVSUB OFF\n-- +goose Up\na;",
		   "goose", "a;", 5, false);
}

static void sql_migrate(void **state)
{
	(void)state;
	reads_well("-- +migrate Up\na;\n-- +migrate Down notransaction\nb;\n",
		   "sql-migrate", "a;\n", 2, true);
}

/* Which parts of the text ask to run outside of a transaction. */
static void asks(const char *text, bool up, bool down)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct section section;

	section_read("1_a.sql", text, strlen(text), NULL, &section, migrations);
	study_expect_nothing(migrations);
	assert_int_equal(section.up.is_outside_transaction, up);
	assert_int_equal(section.down.is_outside_transaction, down);
	migrations_free(migrations);
}

static void no_transaction_is_told(void **state)
{
	(void)state;
	asks("-- migrate:up\na;\n-- migrate:down\nb;\n", false, false);
	asks("-- migrate:up transaction:false\na;\n", true, false);
	asks("-- migrate:up\na;\n-- migrate:down transaction:false\nb;\n",
	     false, true);
	asks("-- +goose NO TRANSACTION\n-- +goose Up\na;\n-- +goose Down\nb;",
	     true, true);
	asks("\n-- +migrate Up notransaction\na;\n", true, false);
}

static void the_way_down_is_the_other_part(void **state)
{
	static const char text[] = "-- migrate:up\na;\n-- migrate:down\nb;\nc;";
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct section section;

	(void)state;
	section_read("1_a.sql", text, strlen(text), NULL, &section, migrations);
	assert_int_equal(section.down.line, 4);
	assert_int_equal(section.down.text.bytes, strlen("b;\nc;"));
	assert_memory_equal(section.down.text.at, "b;\nc;", 6);
	migrations_free(migrations);
}

/* Somebody said whose marks are marks. */
static void marks_of_others_are_comments(void **state)
{
	static const char text[] = "-- +goose Up\na;\n";
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct section section;

	(void)state;
	section_read("1_a.sql", text, strlen(text), "", &section, migrations);
	assert_null(section.format);
	assert_int_equal(section.up.text.bytes, strlen(text));
	section_read("1_a.sql", text, strlen(text), "dbmate", &section,
		     migrations);
	assert_null(section.format);
	section_read("1_a.sql", text, strlen(text), "goose", &section,
		     migrations);
	assert_string_equal(section.format, "goose");
	study_expect_nothing(migrations);
	migrations_free(migrations);
}

static void what_would_be_misread_is_told(void **state)
{
	(void)state;
	finds("-- +goose Upp\na;\n-- +goose Up\nb;\n", "mark", 1,
	      "like a mark of goose");
	finds("-- migrate:up twice\n-- migrate:up\na;", "mark", 1, "dbmate");
	finds("-- +goose ENVSUB ON\n-- +goose Up\na;\n", "mark", 1, "mend it");
	finds("-- +goose Up\na;\n-- +goose Up\nb;\n", "same-mark", 3,
	      "in the file already");
	finds("-- migrate:down\na;\n", "no-up", 1, "where the way up begins");
	finds("-- +goose StatementBegin\na;\n-- +goose Down\n", "no-up", 3,
	      "no mark");
	finds("-- it\n\na;\n-- migrate:up\nb;\n", "outside", 3,
	      "would never run");
	finds("-- fleet-upgrade: vacuum\n-- migrate:up\nb;\n", "directive", 1,
	      "behind the mark of the way up");
	finds("-- +goose Up\na;\n-- migrate:down\nb;\n", "two-formats", 3,
	      "a mark of dbmate in a file with marks of goose");
}

static void a_nul_byte_is_found_in_its_line(void **state)
{
	static const char text[] = "a;\nb\0c;\n";
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct section section;

	(void)state;
	section_read("1_a.sql", text, sizeof(text) - 1, NULL,
		     &section, migrations);
	study_expect_in(migrations, "1_a.sql", "nul", SEVERITY_ERROR, 2,
			"UTF-8");
	migrations_free(migrations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_marks_all_of_it_is_the_way_up),
		cmocka_unit_test(dbmate),
		cmocka_unit_test(goose),
		cmocka_unit_test(sql_migrate),
		cmocka_unit_test(no_transaction_is_told),
		cmocka_unit_test(the_way_down_is_the_other_part),
		cmocka_unit_test(marks_of_others_are_comments),
		cmocka_unit_test(what_would_be_misread_is_told),
		cmocka_unit_test(a_nul_byte_is_found_in_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
