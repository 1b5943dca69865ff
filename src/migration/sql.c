#include "migration/sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sqlite/token.h"

bool sql_take(const char **at, const char *word)
{
	struct token token;
	const char *end = token_next(*at, &token);

	if (!token_is(&token, word))
		return false;
	*at = end;
	return true;
}

char *sql_take_name(const char **at)
{
	struct token token, dot;
	const char *end = token_next(*at, &token);
	const char *behind = token_next(end, &dot);

	if (token_is_mark(&dot, '.'))
		end = token_next(behind, &token);
	if (!token_is_name(&token))
		return NULL;
	*at = end;
	return token_name(&token);
}

static bool begins_trigger(const char *at)
{
	if (!sql_take(&at, "CREATE"))
		return false;
	if (!sql_take(&at, "TEMP"))
		(void)sql_take(&at, "TEMPORARY");
	return sql_take(&at, "TRIGGER");
}

const char *sql_next_statement(const char *at, struct sql_statement *out)
{
	struct token token, last = { .begin = "" }, before = last;
	bool is_trigger;

	do
		at = token_next(at, &token);
	while (token_is_mark(&token, ';'));
	if (token.type == TOKEN_END)
		return NULL;
	out->begin = token.begin;
	is_trigger = begins_trigger(token.begin);
	for (; token.type != TOKEN_END; at = token_next(at, &token)) {
		const char *body = token_pass_body(&token);

		if (body != NULL)
			at = body;
		/* The body ends in "; END ;": CASE has an END of its own. */
		if (token_is_mark(&token, ';') &&
		    (!is_trigger ||
		     (token_is(&last, "END") && token_is_mark(&before, ';'))))
			break;
		before = last;
		last = token;
		out->bytes = (size_t)(at - out->begin);
	}
	return at;
}

int sql_count_statements(const char *sql)
{
	struct sql_statement statement;
	int count = 0;

	while ((sql = sql_next_statement(sql, &statement)) != NULL)
		count++;
	return count;
}

char *sql_excerpt(const char *sql, size_t bytes, char *out, size_t room)
{
	char *folded = xmalloc(bytes + 1);
	const char *end = sql + bytes, *last = NULL;
	size_t used = 0, kept = 0;
	struct token token;

	for (;;) {
		sql = token_next(sql, &token);
		if (token.type == TOKEN_END || sql > end)
			break;
		if (last != NULL && token.begin > last)
			folded[used++] = ' ';
		memcpy(folded + used, token.begin, token.bytes);
		used += token.bytes;
		last = sql;
		if (!token_is_mark(&token, ';'))
			kept = used;
	}
	folded[kept] = '\0';
	(void)text_copy(out, room, folded);
	free(folded);
	return out;
}

bool sql_is_blank(const char *sql)
{
	while (*(sql = token_skip_blank(sql)) == ';')
		sql++;
	return *sql == '\0';
}

void sql_checksum(const char *sql, char out[CHECKSUM_HEX_BYTES])
{
	struct checksum sum;
	struct token token;
	bool is_first = true;

	checksum_init(&sum);
	while (sql = token_next(sql, &token), token.type != TOKEN_END) {
		if (!is_first)
			checksum_add(&sum, " ", 1);
		checksum_add(&sum, token.begin, token.bytes);
		is_first = false;
	}
	checksum_end(&sum, out);
}

int sql_line_of(const char *text, size_t bytes)
{
	const char *end = text + bytes;
	int line = 1;

	while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		text++;
		line++;
	}
	return line;
}
