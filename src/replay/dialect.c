#include "replay/dialect.h"

#include <string.h>

#include "sqlite/token.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Forms, with "|" between. Each is words and marks with blanks between: a word
 * is itself, whatever its case; "%" any name; "^" the beginning of a statement,
 * and "..." anything in it; "<" a column's name, so that its type follows; "'"
 * a string; "$$" a body in dollar quotes. The first row that fits counts. */
static const struct form {
	const char *forms;
	enum severity severity;
	const char *why, *instead;
} rows[] = {
	{ "^ CREATE EXTENSION|^ DROP EXTENSION", SEVERITY_ERROR,
	  "SQLite loads no extensions by SQL",
	  "take it out; uuid() and sha256() are there while steps run" },
	{ "^ CREATE FUNCTION|^ CREATE OR REPLACE FUNCTION|^ CREATE PROCEDURE|^ "
	  "CREATE OR REPLACE PROCEDURE|^ DROP FUNCTION|^ DROP PROCEDURE",
	  SEVERITY_ERROR, "SQLite has no functions that are written in SQL",
	  "put what a trigger is to do into it: CREATE TRIGGER ... BEGIN ...; "
	  "END" },
	{ "^ CREATE OR REPLACE", SEVERITY_ERROR,
	  "SQLite replaces nothing that is there",
	  "write DROP ... IF EXISTS, and then CREATE" },
	{ "^ CREATE TYPE|^ DROP TYPE|^ ALTER TYPE|^ CREATE DOMAIN",
	  SEVERITY_ERROR, "SQLite has no types of one's own",
	  "write TEXT CHECK (column IN ('one', 'two')) for an ENUM" },
	{ "^ CREATE SEQUENCE|^ ALTER SEQUENCE|^ DROP SEQUENCE", SEVERITY_ERROR,
	  "SQLite has no sequences",
	  "an INTEGER PRIMARY KEY counts by itself" },
	{ "^ CREATE SCHEMA|^ DROP SCHEMA", SEVERITY_ERROR,
	  "a SQLite database has one schema, main", "take it out" },
	{ "^ CREATE MATERIALIZED VIEW", SEVERITY_ERROR,
	  "SQLite has no materialized views",
	  "make a table, and triggers that keep it" },
	{ "^ CREATE UNLOGGED TABLE", SEVERITY_ERROR,
	  "SQLite has no unlogged tables", "take the word out" },
	{ "^ DO $$|^ DO '", SEVERITY_ERROR, "SQLite has no blocks of code",
	  "write the statements out; IF NOT EXISTS and INSERT ... ON CONFLICT "
	  "serve for most conditions" },
	{ "^ COMMENT ON", SEVERITY_ERROR, "SQLite has no comments on objects",
	  "write an SQL comment into CREATE TABLE, where it is kept" },
	{ "^ TRUNCATE", SEVERITY_ERROR, "SQLite has no TRUNCATE",
	  "write DELETE FROM table" },
	{ "^ GRANT|^ REVOKE|^ CREATE ROLE|^ CREATE USER|^ ALTER DEFAULT "
	  "PRIVILEGES",
	  SEVERITY_ERROR, "SQLite has no users, the rights of the file decide",
	  "take it out" },
	{ "^ ALTER TABLE ... OWNER TO|^ ALTER TABLE ... ROW LEVEL SECURITY|^ "
	  "CREATE POLICY",
	  SEVERITY_ERROR, "SQLite has no users, the rights of the file decide",
	  "take it out" },
	{ "^ SET %", SEVERITY_ERROR, "SQLite sets nothing by SET",
	  "take it out" },
	{ "^ LOCK|^ UNLOCK", SEVERITY_ERROR,
	  "the program has the database locked", "take it out" },
	{ "^ COPY", SEVERITY_ERROR, "SQLite has no COPY",
	  "write INSERT INTO table VALUES (...), (...)" },
	{ "^ INSERT IGNORE", SEVERITY_ERROR, "SQLite has another word for it",
	  "write INSERT OR IGNORE" },
	{ "^ DROP INDEX CONCURRENTLY|^ CREATE INDEX CONCURRENTLY|^ CREATE "
	  "UNIQUE INDEX CONCURRENTLY",
	  SEVERITY_ERROR, "SQLite makes an index in the transaction",
	  "take CONCURRENTLY out" },
	{ "^ DROP ... CASCADE|^ DROP ... RESTRICT", SEVERITY_ERROR,
	  "SQLite drops a table with its indexes and triggers, and nothing "
	  "else",
	  "take the word out, and drop before what depends on it" },
	{ "^ CREATE INDEX ... USING|^ CREATE UNIQUE INDEX ... USING",
	  SEVERITY_ERROR, "all indexes of SQLite are b-trees",
	  "take USING and its word out; for a search in texts make an FTS5 "
	  "table" },
	{ "^ CREATE INDEX ... INCLUDE (|^ CREATE UNIQUE INDEX ... INCLUDE (",
	  SEVERITY_ERROR,
	  "SQLite's indexes include nothing beside their columns",
	  "add them to the columns of the index" },
	{ "^ CREATE TRIGGER ... EXECUTE FUNCTION|^ CREATE TRIGGER ... EXECUTE "
	  "PROCEDURE",
	  SEVERITY_ERROR, "a trigger of SQLite has its statements in itself",
	  "write CREATE TRIGGER ... BEGIN ...; END" },
	{ "^ ALTER TABLE IF EXISTS|^ ALTER TABLE ONLY", SEVERITY_ERROR,
	  "SQLite knows no such word there", "write ALTER TABLE table" },
	{ "^ ALTER TABLE ... ALTER COLUMN|^ ALTER TABLE % ALTER|^ ALTER TABLE "
	  "... MODIFY|^ ALTER TABLE % CHANGE",
	  SEVERITY_ERROR,
	  "SQLite does not change a column (NOT NULL alone, and only from "
	  "3.53.0 on)",
	  "rebuild the table: CREATE TABLE new, INSERT INTO new SELECT, DROP "
	  "TABLE old, ALTER TABLE new RENAME TO old" },
	{ "^ ALTER TABLE ... ADD CONSTRAINT|^ ALTER TABLE ... DROP "
	  "CONSTRAINT|^ ALTER TABLE ... ADD PRIMARY KEY|^ ALTER TABLE ... ADD "
	  "FOREIGN KEY|^ ALTER TABLE ... ADD UNIQUE (|^ ALTER TABLE ... ADD "
	  "CHECK (|^ ALTER TABLE ... ADD INDEX|^ ALTER TABLE ... ADD KEY",
	  SEVERITY_ERROR,
	  "SQLite changes no constraints of a table that is there (CHECK "
	  "alone, and only from 3.53.0 on)",
	  "write CREATE UNIQUE INDEX for UNIQUE, CREATE INDEX for INDEX or "
	  "KEY; for any other rebuild the table" },
	{ "^ ALTER TABLE ... , ADD|^ ALTER TABLE ... , DROP", SEVERITY_ERROR,
	  "SQLite does one thing in each ALTER TABLE",
	  "write a statement for each" },
	{ "DEFAULT GEN_RANDOM_UUID (|DEFAULT UUID_GENERATE_V4 (|DEFAULT UUID (",
	  SEVERITY_ERROR,
	  "a call needs parentheses around it to be a DEFAULT, and the "
	  "application has no such function",
	  "let the application make the id, or write DEFAULT "
	  "(lower(hex(randomblob(16))))" },
	{ "DEFAULT NOW (|NOW (", SEVERITY_ERROR, "SQLite has no now()",
	  "write CURRENT_TIMESTAMP, which is UTC" },
	{ "DEFAULT NEXTVAL (", SEVERITY_ERROR, "SQLite has no sequences",
	  "an INTEGER PRIMARY KEY counts by itself" },
	{ "DEFAULT % (", SEVERITY_ERROR,
	  "a call needs parentheses around it to be a DEFAULT",
	  "write DEFAULT (call())" },
	{ ": :", SEVERITY_ERROR, "SQLite has no :: to cast",
	  "write CAST(value AS type)" },
	{ "$$", SEVERITY_ERROR, "SQLite has no strings in dollar quotes",
	  "write '...'" },
	{ "ON DUPLICATE KEY", SEVERITY_ERROR, "SQLite has other words for it",
	  "write ON CONFLICT (column) DO UPDATE SET column = excluded.column" },
	{ "ON UPDATE CURRENT_TIMESTAMP", SEVERITY_ERROR,
	  "SQLite changes no column by itself",
	  "write a trigger: AFTER UPDATE ON table BEGIN UPDATE ...; END" },
	{ ") ENGINE =|DEFAULT CHARSET|CHARACTER SET UTF8MB4|CHARACTER SET UTF8",
	  SEVERITY_ERROR, "it is an option of MySQL's tables", "take it out" },
	{ "AUTO_INCREMENT", SEVERITY_ERROR,
	  "SQLite counts an INTEGER PRIMARY KEY by itself, and nothing else",
	  "write INTEGER PRIMARY KEY" },
	{ "ALWAYS AS IDENTITY|DEFAULT AS IDENTITY", SEVERITY_ERROR,
	  "SQLite counts an INTEGER PRIMARY KEY by itself, and nothing else",
	  "write INTEGER PRIMARY KEY" },
	{ "ENUM (", SEVERITY_ERROR, "SQLite has no ENUM",
	  "write TEXT CHECK (column IN ('one', 'two'))" },
	{ "INFORMATION_SCHEMA .|PG_CATALOG .", SEVERITY_ERROR,
	  "SQLite tells of its schema elsewhere",
	  "ask sqlite_schema, or pragma_table_info('table')" },
	{ "ILIKE", SEVERITY_ERROR, "SQLite has no ILIKE",
	  "write LIKE, for which the case of ASCII letters does not count" },
	{ "AT TIME ZONE", SEVERITY_ERROR, "SQLite has no time zones",
	  "keep UTC, and write datetime(value, 'localtime') where it is "
	  "shown" },
	{ "INTERVAL '", SEVERITY_ERROR, "SQLite has no intervals",
	  "write datetime(value, '+1 day')" },
	{ "< SERIAL|< BIGSERIAL|< SMALLSERIAL", SEVERITY_WARNING,
	  "to SQLite it is a type like any other, and counts nothing: rows get "
	  "NULL",
	  "write INTEGER PRIMARY KEY" },
	{ "< JSONB", SEVERITY_WARNING,
	  "to SQLite it is a name only, of NUMERIC affinity: a text that looks "
	  "like a number becomes one",
	  "write TEXT, which JSON functions take" },
	{ "< UUID", SEVERITY_WARNING,
	  "to SQLite it is a name only, of NUMERIC affinity: an id that looks "
	  "like a number becomes one",
	  "write TEXT" },
	{ "< TIMESTAMP WITH TIME ZONE|< TIMESTAMP WITHOUT TIME ZONE|< "
	  "TIMESTAMPTZ",
	  SEVERITY_WARNING,
	  "to SQLite it is a name only, of NUMERIC affinity: no zone is kept "
	  "or converted",
	  "write TEXT, and keep UTC in it, as CURRENT_TIMESTAMP is" },
	{ "< BYTEA", SEVERITY_WARNING,
	  "to SQLite it is a name only, of NUMERIC affinity", "write BLOB" },
	{ "< INTERVAL", SEVERITY_WARNING,
	  "to SQLite it has INT in its name, and so INTEGER affinity",
	  "write TEXT, or INTEGER for seconds" },
};

static const struct form psql = { "\\", SEVERITY_ERROR,
				  "it is a command to psql, and no SQL",
				  "take it out" };

/* Before what is no column, though it is a name. */
static const char *const other_words[] = {
	"TABLE", "EXISTS", "REFERENCES", "COLUMN", "ADD",    "TO",   "DROP",
	"ON",    "RENAME", "CONSTRAINT", "KEY",    "UNIQUE", "AS",   "SELECT",
	"NOT",   "NULL",   "DEFAULT",    "CHECK",  "FROM",   "WITH",
};

static bool is_column(const struct token *token)
{
	size_t i;

	for (i = 0; i < COUNT(other_words); i++) {
		if (token_is(token, other_words[i]))
			return false;
	}
	return token->type == TOKEN_WORD || token->type == TOKEN_QUOTED;
}

/* True if one part of a form, `bytes` long, is that token. */
static bool is_part(const char *part, size_t bytes, const struct token *token)
{
	char word[32] = "";

	if (bytes == 2 && memcmp(part, "$$", 2) == 0)
		return token_pass_body(token) != NULL;
	if (bytes == 1 && *part == '%')
		return token_is_name(token);
	if (bytes == 1 && *part == '\'')
		return token->type == TOKEN_STRING;
	if (bytes == 1 && token->type == TOKEN_OTHER)
		return *token->begin == *part;
	if (bytes < sizeof(word))
		memcpy(word, part, bytes);
	return token_is(token, word);
}

/* True if a form, up to its "|", fits at `at`; *end is behind it. Where a part
 * does not, what the last "..." stands for is made longer. */
static bool fits(const char *form, const char *at, const char **end)
{
	const char *rest = NULL, *retry = at;
	struct token token;

	for (;;) {
		size_t bytes = strcspn(form, " |");

		if (bytes == 3 && memcmp(form, "...", 3) == 0) {
			rest = form += 4;
			retry = at;
			continue;
		}
		at = token_next(at, &token);
		if (is_part(form, bytes, &token)) {
			*end = at;
			form += bytes;
			if (*form++ != ' ')
				return true;
			continue;
		}
		if (rest == NULL)
			return false;
		form = rest;
		at = retry = token_next(retry, &token);
		if (token.type == TOKEN_END || token_is_mark(&token, ';'))
			return false;
	}
}

static bool row_fits(const struct dialect *dialect, const struct form *row,
		     const char **end)
{
	const char *form = row->forms;

	while (form != NULL) {
		bool is_anchored = *form == '^', is_typed = *form == '<';

		if ((!is_anchored || dialect->is_begin) &&
		    (!is_typed ||
		     (dialect->is_table && is_column(&dialect->last))) &&
		    fits(form + (is_anchored || is_typed ? 2 : 0), dialect->at,
			 end))
			return true;
		form = strchr(form, '|');
		form = form == NULL ? NULL : form + 1;
	}
	return false;
}

static const struct form *find_row(const struct dialect *dialect,
				   const char **end)
{
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		if (row_fits(dialect, &rows[i], end))
			return &rows[i];
	}
	return NULL;
}

void dialect_begin(struct dialect *dialect, const char *sql)
{
	memset(dialect, 0, sizeof(*dialect));
	dialect->at = sql;
	dialect->is_begin = true;
	dialect->last.begin = "";
}

static void advance(struct dialect *dialect)
{
	struct token token;
	const char *end = token_next(dialect->at, &token);
	const char *body = token_pass_body(&token);

	if (dialect->is_begin)
		dialect->is_table =
			token_is(&token, "CREATE") || token_is(&token, "ALTER");
	else if (token_is(&dialect->last, "CREATE") ||
		 token_is(&dialect->last, "ALTER"))
		dialect->is_table &= token_is(&token, "TABLE") ||
				     token_is(&token, "TEMP") ||
				     token_is(&token, "TEMPORARY");
	dialect->is_begin = token_is_mark(&token, ';');
	dialect->last = token;
	dialect->at = body != NULL ? body : end;
}

bool dialect_next(struct dialect *dialect, struct dialect_find *out)
{
	const struct form *row = NULL;
	struct token token;
	const char *end;

	for (; row == NULL; advance(dialect)) {
		(void)token_next(dialect->at, &token);
		if (token.type == TOKEN_END)
			return false;
		end = token.begin + strcspn(token.begin, "\n");
		row = dialect->is_begin && token_is_mark(&token, '\\')
			      ? &psql
			      : find_row(dialect, &end);
		if (row == NULL)
			continue;
		out->severity = row->severity;
		out->begin = token.begin;
		out->end = end;
		out->why = row->why;
		out->instead = row->instead;
		if (row == &psql) {
			dialect->at = end;
			return true;
		}
		/* A statement that is another's as a whole is told once. */
		do
			advance(dialect);
		while (*dialect->at != '\0' && !dialect->is_begin &&
		       (dialect->at < end || strncmp(row->forms, "^", 1) == 0));
		return true;
	}
	return false;
}

/* True if what SQLite names in quotes stands in the form, or right behind. */
static bool is_named(const struct dialect_find *find, const char *message)
{
	const char *name = strchr(message, '"'), *end, *at;
	struct token behind;
	size_t bytes;

	if (name == NULL || (end = strchr(++name, '"')) == NULL || end == name)
		return false;
	bytes = (size_t)(end - name);
	end = token_next(find->end, &behind);
	for (at = find->begin; at + bytes <= end; at++) {
		if (memcmp(at, name, bytes) == 0)
			return true;
	}
	return false;
}

bool dialect_explain(const char *sql, size_t begin, size_t end,
		     const char *message, struct dialect_find *out)
{
	struct dialect_find find;
	struct dialect dialect;
	bool is_found = false;

	dialect_begin(&dialect, sql + begin);
	while (dialect_next(&dialect, &find) && find.begin < sql + end) {
		bool is_better = is_named(&find, message);

		if (find.severity != SEVERITY_ERROR || (is_found && !is_better))
			continue;
		*out = find;
		is_found = true;
		if (is_better)
			break;
	}
	return is_found;
}
