/*
 * Any text as the SQL of a migration: looked at, cut into tokens and
 * statements, and run on an empty database with the rights of a step. Whatever
 * it is, it gets at nothing but that database.
 *
 * Input: the text.
 */
#include "fuzz.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/directive.h"
#include "migration/removals.h"
#include "migration/source.h"
#include "migration/sql.h"
#include "replay/dialect.h"
#include "replay/lint.h"
#include "replay/sandbox.h"
#include "sqlite/alter.h"
#include "sqlite/connection.h"
#include "sqlite/digest.h"
#include "sqlite/functions.h"
#include "sqlite/token.h"

#define MOST_STEPS 2000	   /* of SQLite's machine, in hundreds */
#define MOST_BYTES 4096	   /* longer ones only take longer */
#define MOST_VALUE 1000000 /* bytes in one */

/* Every token on a line of its own is the same SQL. */
static void check_tokens(const char *sql)
{
	char *apart = xmalloc(2 * strlen(sql) + 1), *to = apart;
	char sum[CHECKSUM_HEX_BYTES], again[CHECKSUM_HEX_BYTES];
	const char *at = sql;
	struct token token;

	for (;;) {
		const char *end = token_next(at, &token);

		fuzz_claim(token.begin >= at &&
				   end == token.begin + token.bytes,
			   "a token lies where it was looked for");
		if (token.type == TOKEN_END)
			break;
		fuzz_claim(token.bytes > 0, "a token has some bytes");
		if (token_is_name(&token))
			free(token_name(&token));
		/* An open quote at the end takes whatever stands behind it. */
		if (to > apart)
			*to++ = '\n';
		memcpy(to, token.begin, token.bytes);
		to += token.bytes;
		at = end;
	}
	*to = '\0';
	sql_checksum(sql, sum);
	sql_checksum(apart, again);
	fuzz_claim(strcmp(sum, again) == 0, "wrapping is no change");
	fuzz_claim(sql_count_statements(sql) == sql_count_statements(apart),
		   "wrapping makes no statements");
	free(apart);
}

static void check_statements(const char *sql)
{
	struct sql_statement statement;
	const char *at = sql;
	char small[40], *excerpt = xmalloc(strlen(sql) + 8);
	int count = 0;

	for (; (at = sql_next_statement(at, &statement)) != NULL; count++) {
		fuzz_claim(statement.bytes > 0 &&
				   statement.begin + statement.bytes <= at,
			   "a statement ends before the next");
		sql_excerpt(statement.begin, statement.bytes, small,
			    sizeof(small));
		sql_excerpt(statement.begin, statement.bytes, excerpt,
			    statement.bytes + 1);
		fuzz_claim(strlen(small) < sizeof(small) &&
				   strlen(excerpt) <= statement.bytes,
			   "an excerpt is no longer than what it is of");
	}
	fuzz_claim(count == sql_count_statements(sql) &&
			   (count == 0) == sql_is_blank(sql),
		   "statements are counted in the same way everywhere");
	free(excerpt);
}

static void count_mistake(void *self, size_t offset, const char *what)
{
	const char *sql = self;

	fuzz_claim(offset < strlen(sql) && *what != '\0',
		   "a mistake stands in the text, and is told");
}

static void check_directives(char *sql)
{
	struct directives read;

	directives_read(sql, &read, count_mistake, sql);
	fuzz_claim(read.limit_ms >= 0, "no time is below none");
	if (!directives_begin(sql))
		fuzz_claim(!read.vacuums && read.limit_ms == 0,
			   "who asks for nothing gets nothing");
}

static void check_removals(const char *sql)
{
	struct removals removals = { 0 };

	removals_find(sql, &removals);
	for (size_t i = 0; i < removals.count; i++)
		fuzz_claim(removals.items[i].kind != NULL
				   ? removals_drop(&removals,
						   removals.items[i].kind,
						   removals.items[i].name)
				   : removals_delete_from(
					     &removals, removals.items[i].name),
			   "what is removed is found under its name");
	removals_release(&removals);
}

/* What is found lies in the text, one behind the other, and a statement that
 * SQLite lacks is a part of it. */
static void check_forms(const char *sql)
{
	const char *end = sql + strlen(sql), *last = sql;
	struct dialect_find find;
	struct dialect dialect;
	struct alter alter;

	dialect_begin(&dialect, sql);
	while (dialect_next(&dialect, &find)) {
		fuzz_claim(find.begin >= last && find.end > find.begin &&
				   find.end <= end,
			   "a form lies behind the last one");
		last = find.begin + 1;
	}
	(void)functions_called(sql);
	if (!alter_read(sql, &alter))
		return;
	fuzz_claim(alter.bytes <= strlen(sql) &&
			   strlen(alter.plain) <= alter.bytes &&
			   alter.is_add == (alter.probe != NULL),
		   "a statement that SQLite lacks is a part of the text");
	alter_release(&alter);
}

static int give_up(void *steps)
{
	return ++*(int *)steps > MOST_STEPS;
}

static void expect_number(struct sqlite3 *db, const char *sql, int64_t number)
{
	struct error err = { 0 };
	int64_t got = -1;

	fuzz_claim(connection_number(db, sql, &got, &err) == 0 &&
			   got == number,
		   sql);
}

/* What a step must not be able to change, whatever it says. */
static void check_untouched(struct sandbox *sandbox)
{
	struct sqlite3 *db = sandbox->db;

	fuzz_claim(!connection_in_transaction(db), "the step is over");
	sqlite3_set_authorizer(db, NULL, NULL);
	expect_number(db, "SELECT count(*) FROM pragma_database_list WHERE "
			  "name NOT IN ('main', 'temp')", 0);
	expect_number(db, "PRAGMA foreign_keys", 0);
	expect_number(db, "PRAGMA writable_schema", 0);
	expect_number(db, "PRAGMA ignore_check_constraints", 0);
	expect_number(db, "PRAGMA query_only", 0);
	expect_number(db, "PRAGMA hard_heap_limit", 0);
	expect_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = "
			  "'fleet_schema_history'", 0);
}

static void check_run(const char *sql)
{
	struct sandbox sandbox;
	struct error err = { 0 };
	struct step step = { .sql = (char *)(uintptr_t)sql, .line = 1 };
	char digest[CHECKSUM_HEX_BYTES];
	int steps = 0, line = 0, rc;

	fuzz_claim(sandbox_open(&sandbox, &err) == 0, "a sandbox opens");
	sqlite3_progress_handler(sandbox.db, 100, give_up, &steps);
	sqlite3_limit(sandbox.db, SQLITE_LIMIT_LENGTH, MOST_VALUE);
	rc = sandbox_run(&sandbox, &step, &line, &err);
	fuzz_claim(rc == 0 || (line >= 1 && err.message[0] != '\0'),
		   "a step that fails says where");
	sqlite3_progress_handler(sandbox.db, 0, NULL, NULL);
	check_untouched(&sandbox);
	fuzz_claim(digest_take(sandbox.db, "fleet_schema_history", digest,
			       &err) == 0 || digest[0] == '\0',
		   "a digest is whole or none");
	sandbox_close(&sandbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static bool has_begun;
	char *sql = fuzz_text(data, bytes);

	if (!has_begun)
		fuzz_claim(library_begin(NULL) == 0, "SQLite begins");
	has_begun = true;
	check_tokens(sql);
	check_statements(sql);
	check_removals(sql);
	check_forms(sql);
	check_directives(sql);
	fuzz_claim(sql_line_of(sql, strlen(sql)) >= 1, "lines count from 1");
	if (bytes <= MOST_BYTES)
		check_run(sql);
	free(sql);
	return 0;
}
