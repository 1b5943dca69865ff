/*
 * Any rows in the table of any migration tool, matched to four steps.
 *
 * Input: a byte that chooses the tool ("0" is the first row of
 * tracker_table.c), one that chooses files ("1") or Markdown ("0"), then a line
 * for each column of a row, and so on. A line that begins with "i" is a number,
 * "b" a blob, "n" NULL, "t" a text.
 *
 * Claims: what is read is refused in words, or each is one of our steps;
 * nothing is written; and what is adopted is adopted the same way again.
 */
#include "fuzz.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "database/adoption.h"

#define MOST_ROWS 16
#define STEPS 4

static struct step steps[STEPS] = {
	{ .to = "0001", .file = "/m/0001_init.sql", .description = "init" },
	{ .to = "2", .file = "/m/2_mail/up.sql", .description = "mail" },
	{ .to = "0010", .file = "/m/0010_1975ea83b712.sql",
	  .description = "tags of 1975" },
	{ .to = "20240131120000", .file = "/m/20240131120000_more.up.sql",
	  .description = "more" },
};

static void run(struct sqlite3 *db, char *sql)
{
	fuzz_claim(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
		   "our own SQL runs");
	free(sql);
}

static size_t columns_of(const struct tracker *tracker)
{
	size_t count = 0;

	while (count < TRACKER_COLUMNS && tracker->columns[count] != NULL)
		count++;
	return count;
}

static void make_table(struct sqlite3 *db, const struct tracker *tracker)
{
	char *list = xstrdup(tracker->columns[0]);
	size_t i;

	for (i = 1; i < columns_of(tracker); i++) {
		char *longer = xasprintf("%s, %s", list, tracker->columns[i]);

		free(list);
		list = longer;
	}
	run(db, xasprintf("CREATE TABLE %s(%s)", tracker->table, list));
	if (tracker->beside != NULL)
		run(db, xasprintf("CREATE TABLE %s(key)", tracker->beside));
	free(list);
}

static void bind(sqlite3_stmt *statement, int column, char *line)
{
	const char *value = line[0] == '\0' ? line : line + 1;

	if (line[0] == 'i')
		sqlite3_bind_int64(statement, column,
				   strtoll(value, NULL, 10));
	else if (line[0] == 'b')
		sqlite3_bind_blob(statement, column, value,
				  (int)strlen(value), SQLITE_TRANSIENT);
	else if (line[0] == 't')
		sqlite3_bind_text(statement, column, value, -1,
				  SQLITE_TRANSIENT);
	free(line);
}

static void write_row(struct sqlite3 *db, const struct tracker *tracker,
		      struct fuzz_input *input)
{
	static const char *const marks[] = { "", "?", "?, ?", "?, ?, ?",
					     "?, ?, ?, ?", "?, ?, ?, ?, ?" };
	size_t count = columns_of(tracker), i;
	char *sql = xasprintf("INSERT INTO %s VALUES (%s)", tracker->table,
			      marks[count]);
	sqlite3_stmt *statement = NULL;

	fuzz_claim(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) ==
			   SQLITE_OK,
		   "a row can be written");
	for (i = 0; i < count; i++)
		bind(statement, (int)i + 1, fuzz_until(input, '\n'));
	sqlite3_step(statement);
	sqlite3_finalize(statement);
	free(sql);
}

static void claim_plain(const char *text)
{
	for (; *text != '\0'; text++)
		fuzz_claim((unsigned char)*text >= 0x20 && *text != 0x7f,
			   "a message has no control character");
}

static void claim_sound(const struct adoption *adoption)
{
	size_t count = 0, newest = 0, p;

	for (p = 0; p < STEPS; p++) {
		count += adoption->has[p];
		newest = adoption->has[p] ? p + 1 : newest;
	}
	fuzz_claim(count == adoption->count, "each step counts once");
	fuzz_claim(newest == adoption->newest, "the newest is the newest");
	fuzz_claim(adoption->chain->is_set || count == newest,
		   "a chain has no gap");
	fuzz_claim(adoption->older == 0 || adoption->has[0],
		   "what is older stands below the first step");
}

static void read_twice(struct sqlite3 *db, const struct tracker *tracker,
		       const struct chain *chain)
{
	struct adoption first = { 0 }, second = { 0 };
	struct error err = { 0 };
	int changes = sqlite3_total_changes(db);
	int rc = adoption_read(db, tracker, chain, &first, &err);

	fuzz_claim(rc == 0 || rc == ERROR_UNVERSIONED,
		   "what is not right is refused as that");
	if (rc == 0) {
		claim_sound(&first);
	} else {
		claim_plain(err.message);
		fuzz_claim(strstr(err.message, "left untouched") != NULL,
			   "a refusal says what became of it");
	}
	fuzz_claim(adoption_read(db, tracker, chain, &second, &err) == rc,
		   "the answer is the same again");
	fuzz_claim(rc != 0 || memcmp(first.has, second.has, STEPS) == 0,
		   "the steps are the same again");
	fuzz_claim(sqlite3_total_changes(db) == changes, "reading is reading");
	adoption_release(&first);
	adoption_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	const struct tracker *tracker =
		&trackers[fuzz_choice(&input, (unsigned)tracker_count)];
	struct step *list[STEPS];
	const struct chain chain = {
		.steps = list,
		.count = STEPS,
		.is_set = fuzz_choice(&input, 2) == 1,
	};
	struct sqlite3 *db = NULL;
	int i;

	for (i = 0; i < STEPS; i++)
		list[i] = &steps[i];
	for (i = 0; i < STEPS; i++)
		steps[i].name = steps[i].to;
	fuzz_claim(sqlite3_open(":memory:", &db) == SQLITE_OK, "it opens");
	if (tracker->table != NULL)
		make_table(db, tracker);
	for (i = 0; i < MOST_ROWS && input.left > 0; i++) {
		if (tracker->table != NULL) {
			write_row(db, tracker, &input);
		} else {
			char *line = fuzz_until(&input, '\n');

			run(db, xasprintf("PRAGMA user_version = %d",
					  atoi(line)));
			free(line);
		}
	}
	read_twice(db, tracker, &chain);
	sqlite3_close(db);
	return 0;
}
