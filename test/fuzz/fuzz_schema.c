/*
 * Any rows in sqlite_schema, beside those of a database of the fleet or in
 * their place.
 *
 * Input: "0" to "3" (its version), then lines: type, name, table, root page,
 * SQL; and so on. A row of a name that is there takes its place.
 */
#include "fuzz.h"
#include "night.h"

#include <sqlite3.h>
#include <stdlib.h>

#define MOST_ROWS 16

/* No statement of the input's is run here, only written. */
static void write_row(struct sqlite3 *db, struct fuzz_input *input)
{
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v2(db,
			   "INSERT INTO sqlite_schema(type, name, tbl_name, "
			   "rootpage, sql) VALUES (?1, ?2, ?3, "
			   "coalesce((SELECT rootpage FROM sqlite_schema "
			   "WHERE name = ?4), CAST(?4 AS INTEGER)), "
			   "nullif(?5, ''))",
			   -1, &statement, NULL);
	for (int i = 1; i <= 5; i++)
		sqlite3_bind_text(statement, i, fuzz_until(input, '\n'), -1,
				  free);
	sqlite3_step(statement);
	sqlite3_finalize(statement);
}

static void write_rows(struct sqlite3 *db, void *self)
{
	struct fuzz_input *input = self;

	sqlite3_exec(db, "PRAGMA writable_schema = ON; BEGIN", NULL, NULL,
		     NULL);
	for (int i = 0; i < MOST_ROWS && input->left > 0; i++)
		write_row(db, input);
	/* The newest of a name stays. */
	sqlite3_exec(db,
		     "DELETE FROM sqlite_schema WHERE rowid NOT IN (SELECT "
		     "max(rowid) FROM sqlite_schema GROUP BY name); COMMIT",
		     NULL, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };

	night_with(fuzz_choice(&input, 4), write_rows, &input);
	return 0;
}
