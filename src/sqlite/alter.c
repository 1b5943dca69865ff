#include "sqlite/alter.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"
#include "sqlite/schema.h"
#include "sqlite/token.h"

/* No column has it, and whoever meets it in a message knows whose it is. */
#define PROBE "\"fleet_upgrade_probe\""

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Where a column's type ends. */
static const char *const constraints[] = {
	"CONSTRAINT", "PRIMARY", "NOT",        "NULL",
	"UNIQUE",     "CHECK",   "DEFAULT",    "COLLATE",
	"GENERATED",  "AS",      "REFERENCES", "DEFERRABLE",
};

/* What is compared of a column. */
struct declaration {
	char *type;     /* "" if it has none */
	char *fallback; /* the DEFAULT; NULL: none, or NULL */
	bool is_not_null, is_generated;
};

/* Where the reading of a statement is. */
struct cursor {
	const char *at;     /* behind `token` */
	struct token token; /* the one that is looked at */
};

static void advance(struct cursor *cursor)
{
	cursor->at = token_next(cursor->at, &cursor->token);
}

static bool take(struct cursor *cursor, const char *word)
{
	if (!token_is(&cursor->token, word))
		return false;
	advance(cursor);
	return true;
}

static bool take_name(struct cursor *cursor, char **out)
{
	if (!token_is_name(&cursor->token))
		return false;
	free(*out);
	*out = token_name(&cursor->token);
	advance(cursor);
	return true;
}

/* Takes the words of the condition, and notes where they stand. */
static bool take_condition(struct cursor *cursor, bool is_add,
			   struct token words[3])
{
	static const char *const condition[] = { "IF", "NOT", "EXISTS" };

	for (size_t i = 0; i < COUNT(condition); i++) {
		words[i] = cursor->token;
		if (i == 1 && !is_add)
			words[i].bytes = 0;
		else if (!take(cursor, condition[i]))
			return false;
	}
	return true;
}

static bool read_table(struct cursor *cursor, struct alter *out)
{
	if (!take(cursor, "ALTER") || !take(cursor, "TABLE") ||
	    !take_name(cursor, &out->table))
		return false;
	if (!token_is_mark(&cursor->token, '.'))
		return true;
	out->schema = out->table;
	out->table = NULL;
	advance(cursor);
	return take_name(cursor, &out->table);
}

/* Goes on to the end, and tells where the last token ends. A DROP has nothing
 * behind the name: what stands there (another DROP and a comma before it,
 * CASCADE) must not be lost where the column is missing. */
static bool read_rest(struct cursor *cursor, bool is_add, const char **end)
{
	bool is_alone = true;

	for (; cursor->token.type != TOKEN_END; advance(cursor)) {
		if (token_is_mark(&cursor->token, ';'))
			break;
		*end = cursor->at;
		is_alone = false;
	}
	return is_alone || is_add;
}

/* Reads all of it but the condition's effect. */
static bool read_statement(struct cursor *cursor, struct alter *out,
			   struct token words[3], struct token *name,
			   const char **end)
{
	if (!read_table(cursor, out))
		return false;
	out->is_add = token_is(&cursor->token, "ADD");
	if (!take(cursor, "ADD") && !take(cursor, "DROP"))
		return false;
	(void)take(cursor, "COLUMN");
	if (!take_condition(cursor, out->is_add, words))
		return false;
	*name = cursor->token;
	*end = cursor->at;
	return take_name(cursor, &out->column) &&
	       read_rest(cursor, out->is_add, end);
}

bool alter_read(const char *sql, struct alter *out)
{
	struct cursor cursor = { .at = sql };
	struct token words[3], name;
	const char *end;

	*out = (struct alter){ 0 };
	advance(&cursor);
	if (!read_statement(&cursor, out, words, &name, &end)) {
		alter_release(out);
		return false;
	}
	out->bytes = (size_t)(cursor.at - sql);
	/* SQLite keeps what stands behind the last token with the table, and
	 * cannot read that back where it is a "--" comment. */
	out->plain = xstrndup(sql, (size_t)(end - sql));
	for (size_t i = 0; i < COUNT(words); i++)
		memset(out->plain + (words[i].begin - sql), ' ',
		       words[i].bytes);
	if (out->is_add) {
		out->definition =
			xstrdup(out->plain + (name.begin - sql) + name.bytes);
		out->probe =
			xasprintf("%.*s" PROBE "%s", (int)(name.begin - sql),
				  out->plain, out->definition);
	}
	return true;
}

void alter_release(struct alter *alter)
{
	free(alter->schema);
	free(alter->table);
	free(alter->column);
	free(alter->plain);
	free(alter->probe);
	free(alter->definition);
	*alter = (struct alter){ 0 };
}

static bool is_constraint(const struct token *token)
{
	for (size_t i = 0; i < COUNT(constraints); i++)
		if (token_is(token, constraints[i]))
			return true;
	return false;
}

/* Goes behind the ")" that closes the "(" which is looked at, and returns where
 * that stands. */
static const char *pass_parentheses(struct cursor *cursor)
{
	const char *close;
	int depth = 0;

	do {
		depth += token_is_mark(&cursor->token, '(');
		depth -= token_is_mark(&cursor->token, ')');
		close = cursor->token.begin;
		advance(cursor);
	} while (depth > 0 && cursor->token.type != TOKEN_END);
	return close;
}

/* As SQLite tells a DEFAULT: what stands inside of its parentheses. */
static char *read_default(struct cursor *cursor)
{
	const char *begin = cursor->token.begin, *end;

	if (token_is_mark(&cursor->token, '(')) {
		begin++;
		end = pass_parentheses(cursor);
		return xstrndup(begin, (size_t)(end - begin));
	}
	if (token_is_mark(&cursor->token, '-') ||
	    token_is_mark(&cursor->token, '+'))
		advance(cursor);
	else if (token_is(&cursor->token, "NULL"))
		return NULL;
	end = cursor->token.begin + cursor->token.bytes;
	return xstrndup(begin, (size_t)(end - begin));
}

static void read_declaration(const char *definition, struct declaration *out)
{
	struct cursor cursor = { .at = definition };
	const char *begin, *end;

	advance(&cursor);
	begin = end = cursor.token.begin;
	while (cursor.token.type != TOKEN_END &&
	       !token_is_mark(&cursor.token, ';') &&
	       !is_constraint(&cursor.token)) {
		end = cursor.at;
		advance(&cursor);
	}
	out->type = xstrndup(begin, (size_t)(end - begin));
	while (cursor.token.type != TOKEN_END) {
		if (take(&cursor, "NOT")) {
			out->is_not_null |= token_is(&cursor.token, "NULL");
		} else if (take(&cursor, "DEFAULT")) {
			free(out->fallback);
			out->fallback = read_default(&cursor);
		} else if (token_is_mark(&cursor.token, '(')) {
			(void)pass_parentheses(&cursor);
		} else {
			out->is_generated |= token_is(&cursor.token, "AS");
			advance(&cursor);
		}
	}
}

static void release_declaration(struct declaration *declaration)
{
	free(declaration->type);
	free(declaration->fallback);
}

/* The column as the database has it; *found is false if it has none. */
static int look_up(const struct alter *alter, struct sqlite3 *db, bool *found,
		   struct declaration *out, struct error *err)
{
	char *table = query_quote(alter->table);
	char *schema = alter->schema ? query_quote(alter->schema) : NULL;
	char *sql = xasprintf("PRAGMA %s%stable_xinfo(%s)",
			      schema ? schema : "", schema ? "." : "", table);
	struct query query;
	bool has_row;
	int code = query_open(&query, db, sql, err);

	*found = false;
	while (!code && !*found &&
	       !(code = query_next(&query, &has_row, err)) && has_row) {
		const char *type = query_text(&query, 2);
		const char *fallback;

		if (sqlite3_stricmp(query_text(&query, 1), alter->column) != 0)
			continue;
		*found = true;
		out->type = xstrdup(type ? type : "");
		out->is_not_null = query_number(&query, 3) != 0;
		fallback = query_text(&query, 4);
		if (fallback && sqlite3_stricmp(fallback, "NULL") != 0)
			out->fallback = xstrdup(fallback);
		out->is_generated = query_number(&query, 6) >= 2;
	}
	query_close(&query);
	free(sql);
	free(schema);
	free(table);
	return code;
}

int alter_is_needed(const struct alter *alter, struct sqlite3 *db, bool *out,
		    struct error *err)
{
	struct declaration there = { 0 };
	bool is_there;
	int code = look_up(alter, db, &is_there, &there, err);

	release_declaration(&there);
	*out = alter->is_add != is_there;
	/* Without a column's name it tells whether the table is one. */
	if (!code && !*out && !alter->is_add)
		*out = sqlite3_table_column_metadata(
			       db, alter->schema, alter->table, NULL, NULL,
			       NULL, NULL, NULL, NULL) != SQLITE_OK;
	return code;
}

static bool is_same_type(const char *a, const char *b)
{
	struct token left, right;
	bool is_same = true;

	do {
		a = token_next(a, &left);
		b = token_next(b, &right);
		if (token_is_name(&left)) {
			char *name = token_name(&left);

			is_same = token_names(&right, name);
			free(name);
		} else {
			is_same = left.bytes == right.bytes &&
				  memcmp(left.begin, right.begin, left.bytes) ==
					  0;
		}
	} while (is_same && left.type != TOKEN_END);
	return is_same;
}

static bool is_same(const struct declaration *a, const struct declaration *b)
{
	if (!a->fallback != !b->fallback ||
	    (a->fallback && !schema_sql_is_same(a->fallback, b->fallback)))
		return false;
	return a->is_not_null == b->is_not_null &&
	       a->is_generated == b->is_generated &&
	       is_same_type(a->type, b->type);
}

/* For people: "TEXT NOT NULL DEFAULT ''"; the caller frees it. */
static char *describe(const struct declaration *declaration)
{
	return xasprintf("%s%s%s%s%s",
			 declaration->type[0] ? declaration->type : "no type",
			 declaration->is_not_null ? " NOT NULL" : "",
			 declaration->fallback ? " DEFAULT " : "",
			 declaration->fallback ? declaration->fallback : "",
			 declaration->is_generated ? " GENERATED" : "");
}

int alter_compare(const struct alter *alter, struct sqlite3 *db,
		  struct error *err)
{
	struct declaration there = { 0 }, asked = { 0 };
	bool is_there;
	int code = look_up(alter, db, &is_there, &there, err);

	if (!code && is_there) {
		read_declaration(alter->definition, &asked);
		if (!is_same(&there, &asked)) {
			char *has = describe(&there), *wants = describe(&asked);

			code = error_set(
				err, ERROR_SQL,
				"column %s.%s is there already, as %s, but the "
				"step adds it as %s; make the step ask for "
				"what is there, or rebuild the table in it",
				alter->table, alter->column, has, wants);
			free(has);
			free(wants);
		}
	}
	release_declaration(&there);
	release_declaration(&asked);
	return code;
}
