#include "study.h"

#include <string.h>

#include "replay/replay.h"

static const char history[] =
	STUDY_STEP("user:baseline→0.1",
		   "CREATE TABLE notes(id INTEGER PRIMARY KEY, text);")
	STUDY_STEP("user:0.1→0.2", "-- nothing here")
	STUDY_STEP("user:0.2→0.3", "ALTER TABLE notes ADD COLUMN state;")
	"## Future Migrations\n"
	STUDY_STEP("user:0.3→0.4", "CREATE TABLE later(a);");

static void knows_the_schema_of_every_version(void **state)
{
	struct migrations *migrations = study(history);
	struct error err = { 0 };
	struct replay *replay;
	size_t p;

	(void)state;
	assert_int_equal(replay_new(&migrations->chains[KIND_USER], &replay,
				    &err),
			 0);
	assert_ptr_equal(replay->chain, &migrations->chains[KIND_USER]);
	assert_int_equal(replay->schemas[0]->count, 0);
	for (p = 1; p <= 3; p++) {
		const struct schema_object *notes = schema_find(
			replay->schemas[p], SCHEMA_TABLE, "notes");

		assert_int_equal(schema_table_count(replay->schemas[p]), 1);
		assert_int_equal(schema_has_column(notes, "state"), p == 3);
	}
	replay_free(replay);
	migrations_free(migrations);
}

static void replays_a_kind_without_steps(void **state)
{
	struct migrations *migrations = study(history);
	struct replay *replay;
	struct error err;

	(void)state;
	assert_int_equal(replay_new(&migrations->chains[KIND_SYSTEM], &replay,
				    &err),
			 0);
	assert_int_equal(replay->schemas[0]->count, 0);
	assert_int_equal(replay->mark_count, 0);
	replay_free(replay);
	migrations_free(migrations);
	replay_free(NULL);
}

static void names_file_line_and_statement_of_a_failure(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.1", "CREATE TABLE t(a);")
		STUDY_STEP("user:0.1→0.2",
			   "ALTER TABLE t ADD COLUMN b;\n\n"
			   "-- a typing error\nCREATE  TABEL x;"));
	struct error err = { 0 };
	struct replay *replay;

	(void)state;
	assert_int_equal(replay_new(&migrations->chains[KIND_USER], &replay,
				    &err),
			 ERROR_MIGRATION);
	assert_null(replay);
	assert_int_equal(err.code, ERROR_MIGRATION);
	assert_string_equal(err.message,
			    "t.md:11: user:0.1→0.2: near \"TABEL\": syntax "
			    "error: CREATE TABEL x");
	migrations_free(migrations);
}

static void names_what_is_forbidden(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.1", "CREATE TABLE t(a);\nCOMMIT;"));
	struct error err = { 0 };
	struct replay *replay;

	(void)state;
	assert_int_equal(replay_new(&migrations->chains[KIND_USER], &replay,
				    &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "t.md:4: user:baseline→0.1: "
					    "COMMIT is not allowed in a "
					    "migration"));
	migrations_free(migrations);
}

static void cuts_a_long_statement(void **state)
{
	char text[4000] = "```sql\n-- [user:baseline→0.1:start]\nSELECT '";
	struct error err = { 0 };
	struct migrations *migrations;
	struct replay *replay;
	size_t used = strlen(text);

	(void)state;
	memset(text + used, 'x', 3000);
	strcpy(text + used + 3000, "' FROM nowhere;\n"
				   "-- [user:baseline→0.1:end]\n```\n");
	migrations = study(text);
	assert_int_equal(replay_new(&migrations->chains[KIND_USER], &replay,
				    &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, "no such table: nowhere: SELECT "
					    "'xxx"));
	assert_true(strlen(err.message) < 400);
	assert_string_equal(err.message + strlen(err.message) - 3, "...");
	migrations_free(migrations);
}

static void leaves_the_ledger_out(void **state)
{
	struct migrations *migrations = study(
		STUDY_STEP("user:baseline→0.1",
			   "CREATE TABLE Fleet_Schema_History(a);"));
	struct error err = { 0 };
	struct replay *replay;

	(void)state;
	assert_int_equal(replay_new(&migrations->chains[KIND_USER], &replay,
				    &err),
			 ERROR_MIGRATION);
	assert_non_null(strstr(err.message, LEDGER_TABLE));
	migrations_free(migrations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_schema_of_every_version),
		cmocka_unit_test(replays_a_kind_without_steps),
		cmocka_unit_test(names_file_line_and_statement_of_a_failure),
		cmocka_unit_test(names_what_is_forbidden),
		cmocka_unit_test(cuts_a_long_statement),
		cmocka_unit_test(leaves_the_ledger_out),
	};
	return cmocka_run_group_tests(tests, study_begin, NULL);
}
