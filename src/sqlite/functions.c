#include "sqlite/functions.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/random.h>

#include "base/checksum.h"
#include "sqlite/connection.h"
#include "sqlite/regexp.h"
#include "sqlite/token.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Words before an expression: what has its name and a "(" there is a call, and
 * behind any other word the name of a table, or the type of a column. */
static const char *const expression_words[] = {
	"ALL",      "AND",   "BETWEEN", "BY",        "CASE",   "DEFAULT",
	"DISTINCT", "ELSE",  "ESCAPE",  "FROM",      "GLOB",   "HAVING",
	"IS",       "LIKE",  "LIMIT",   "MATCH",     "NOT",    "OFFSET",
	"ON",       "OR",    "REGEXP",  "RETURNING", "SELECT", "THEN",
	"WHEN",     "WHERE",
};

/* Words before a name. */
static const char *const name_words[] = {
	"AS",  "COLUMN",     "CONSTRAINT", "EXISTS",  "INDEX",  "INTO", "JOIN",
	"KEY", "REFERENCES", "TABLE",      "TRIGGER", "UPDATE", "VIEW",
};

/* ---- what they do ---- */

static void call_uuid(sqlite3_context *context, int count,
		      sqlite3_value **values)
{
	unsigned char bytes[16];
	char text[37];

	(void)count, (void)values;
	/* So few bytes come whole, but before the kernel has any. */
	while (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		if (errno == EINTR)
			continue;
		sqlite3_result_error(context,
				     "uuid(): the kernel has no "
				     "random numbers",
				     -1);
		return;
	}
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	sqlite3_snprintf(sizeof(text), text,
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
			 "%02x%02x%02x%02x%02x%02x",
			 bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
			 bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
			 bytes[10], bytes[11], bytes[12], bytes[13], bytes[14],
			 bytes[15]);
	sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void call_sha256(sqlite3_context *context, int count,
			sqlite3_value **values)
{
	char hex[CHECKSUM_HEX_BYTES];
	struct checksum sum;
	const void *data;

	(void)count;
	if (sqlite3_value_type(values[0]) == SQLITE_NULL)
		return;
	/* A blob as it is, all else as text. */
	data = sqlite3_value_type(values[0]) == SQLITE_BLOB
		       ? sqlite3_value_blob(values[0])
		       : (const void *)sqlite3_value_text(values[0]);
	checksum_init(&sum);
	if (data)
		checksum_add(&sum, data,
			     (size_t)sqlite3_value_bytes(values[0]));
	checksum_end(&sum, hex);
	sqlite3_result_text(context, hex, -1, SQLITE_TRANSIENT);
}

/* ---- that they are there, and who would keep them ---- */

static const struct {
	const char *name;
	int arguments, flags;
	void (*call)(sqlite3_context *context, int count,
		     sqlite3_value **values);
} functions[] = {
	{ "uuid", 0, 0, call_uuid },
	{ "gen_random_uuid", 0, 0, call_uuid },
	{ "sha256", 1, SQLITE_DETERMINISTIC, call_sha256 },
	{ "regexp", 2, SQLITE_DETERMINISTIC, regexp_call },
};

int functions_offer(struct sqlite3 *db, bool offered, struct error *err)
{
	int code = SQLITE_OK;

	for (size_t i = 0; code == SQLITE_OK && i < COUNT(functions); i++)
		code = sqlite3_create_function_v2(
			db, functions[i].name, functions[i].arguments,
			SQLITE_UTF8 | SQLITE_DIRECTONLY | functions[i].flags,
			NULL, offered ? functions[i].call : NULL, NULL, NULL,
			NULL);
	return code == SQLITE_OK ? 0 : connection_error(db, code, err);
}

bool functions_are_lacking(const char *message)
{
	static const char head[] = "no such function: ";

	if (strncmp(message, head, strlen(head)) != 0)
		return false;
	for (size_t i = 0; i < COUNT(functions); i++)
		if (sqlite3_stricmp(message + strlen(head),
				    functions[i].name) == 0)
			return true;
	return false;
}

static bool is_one_of(const struct token *token, const char *const *words,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (token_is(token, words[i]))
			return true;
	return false;
}

#define IS_ONE_OF(token, words) is_one_of(token, words, COUNT(words))

/* True if an expression may begin behind that token. */
static bool is_before_expression(const struct token *token)
{
	if (token->type == TOKEN_OTHER)
		return strchr("(,=<>+-*/%|&~!", *token->begin) != NULL;
	return IS_ONE_OF(token, expression_words);
}

/* True if a REGEXP that stands between them is the operator. */
static bool is_between_operands(const struct token *before,
				const struct token *behind)
{
	if (behind->type == TOKEN_END ||
	    (behind->type == TOKEN_OTHER &&
	     strchr(",).;=", *behind->begin) != NULL))
		return false;
	if (before->type == TOKEN_OTHER)
		return *before->begin == ')';
	return token_is(before, "NOT") ||
	       (before->type != TOKEN_END &&
		!IS_ONE_OF(before, expression_words) &&
		!IS_ONE_OF(before, name_words));
}

/* True if `name` is called there. */
static bool is_call(const struct token *before, const struct token *token,
		    const struct token *behind, const char *name)
{
	if (token->type == TOKEN_STRING || !token_names(token, name))
		return false;
	if (token_is(token, "regexp") && is_between_operands(before, behind))
		return true;
	return token_is_mark(behind, '(') && is_before_expression(before);
}

/* "CREATE INDEX i ON uuid (id)" is about a table. */
static const char *skip_index_head(const char *sql)
{
	struct token token;
	const char *at = token_next(sql, &token);

	at = token_next(at, &token);
	if (token_is(&token, "UNIQUE"))
		at = token_next(at, &token);
	if (!token_is(&token, "INDEX"))
		return sql;
	while (token.type != TOKEN_END && !token_is(&token, "ON"))
		at = token_next(at, &token);
	return token_next(at, &token);
}

const char *functions_called(const char *sql)
{
	struct token before = { .type = TOKEN_END }, token, behind;

	for (sql = skip_index_head(sql);
	     sql = token_next(sql, &token), token.type != TOKEN_END;
	     before = token) {
		if (!token_is_name(&token))
			continue;
		(void)token_next(sql, &behind);
		for (size_t i = 0; i < COUNT(functions); i++)
			if (is_call(&before, &token, &behind,
				    functions[i].name))
				return functions[i].name;
	}
	return NULL;
}
