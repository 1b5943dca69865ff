/*
 * Any values in a ledger, of any columns.
 *
 * Input: "0" to "3" (the database's version); lines: the ledger's columns, as
 * SQL has them between the brackets (nothing: those of the program), and how
 * many they are taken for; then a value in each line: "#" and a number, "%" and
 * a number with a fraction, "x" and a blob, nothing for NULL, else text.
 */
#include "fuzz.h"
#include "night.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COLUMNS 12
#define MOST_ROWS 16

static const char our_columns[] =
	"rank INTEGER PRIMARY KEY, kind TEXT, from_version TEXT, "
	"to_version TEXT, description TEXT, checksum TEXT, applied_at TEXT, "
	"duration_us INTEGER, run_id TEXT, tool_version TEXT, evidence TEXT";

static void bind(sqlite3_stmt *statement, int parameter, char *value)
{
	switch (value[0]) {
	case '\0':
		break;
	case '#':
		sqlite3_bind_int64(statement, parameter,
				   strtoll(value + 1, NULL, 10));
		break;
	case '%':
		sqlite3_bind_double(statement, parameter,
				    strtod(value + 1, NULL));
		break;
	case 'x':
		sqlite3_bind_blob(statement, parameter, value + 1,
				  (int)strlen(value + 1), SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_bind_text(statement, parameter, value, -1,
				  SQLITE_TRANSIENT);
	}
	free(value);
}

static void write_row(struct sqlite3 *db, struct fuzz_input *input, int columns)
{
	char *sql = sqlite3_mprintf("INSERT INTO fleet_schema_history VALUES "
				    "(?1%.*s)", 2 * (columns - 1),
				    ",?,?,?,?,?,?,?,?,?,?,?");
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	for (int i = 1; i <= columns; i++)
		bind(statement, i, fuzz_until(input, '\n'));
	sqlite3_step(statement);
	sqlite3_finalize(statement);
	sqlite3_free(sql);
}

/* No statement is run but this one, which makes a table. */
static void write_ledger(struct sqlite3 *db, void *self)
{
	struct fuzz_input *input = self;
	char *columns = fuzz_until(input, '\n');
	int count = (int)fuzz_choice(input, MOST_COLUMNS);
	char *sql = sqlite3_mprintf("CREATE TABLE fleet_schema_history(%s)",
				    columns[0] != '\0' ? columns : our_columns);
	sqlite3_stmt *statement = NULL;

	free(fuzz_until(input, '\n'));
	sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	sqlite3_step(statement);
	sqlite3_finalize(statement);
	for (int i = 0; i < MOST_ROWS && input->left > 0; i++)
		write_row(db, input,
			  columns[0] != '\0' && count > 0 ? count : 11);
	sqlite3_free(sql);
	free(columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };

	night_with(fuzz_choice(&input, 4), write_ledger, &input);
	return 0;
}
