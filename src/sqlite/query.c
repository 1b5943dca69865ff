#include "sqlite/query.h"

#include <sqlite3.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/connection.h"

int query_open(struct query *query, struct sqlite3 *db, const char *sql,
	       struct error *err)
{
	int code;

	*query = (struct query){ .db = db };
	code = sqlite3_prepare_v2(db, sql, -1, &query->statement, NULL);
	if (code != SQLITE_OK)
		return connection_error(db, code, err);
	if (!query->statement)
		return error_set(err, ERROR_BUG, "no statement in \"%s\"", sql);
	return 0;
}

void query_close(struct query *query)
{
	sqlite3_finalize(query->statement);
	query->statement = NULL;
}

void query_reset(struct query *query)
{
	sqlite3_reset(query->statement);
}

static void note_binding(struct query *query, int code)
{
	if (query->bind_code == SQLITE_OK)
		query->bind_code = code;
}

void query_bind_text(struct query *query, int parameter, const char *text)
{
	note_binding(query, sqlite3_bind_text(query->statement, parameter, text,
					      -1, SQLITE_TRANSIENT));
}

void query_bind_blob(struct query *query, int parameter, const void *data,
		     size_t bytes)
{
	note_binding(query,
		     sqlite3_bind_blob64(query->statement, parameter, data,
					 bytes, SQLITE_TRANSIENT));
}

void query_bind_number(struct query *query, int parameter, int64_t number)
{
	note_binding(query,
		     sqlite3_bind_int64(query->statement, parameter, number));
}

int query_next(struct query *query, bool *has_row, struct error *err)
{
	int code = query->bind_code;

	if (code == SQLITE_OK)
		code = sqlite3_step(query->statement);
	*has_row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return 0;
	return connection_error(query->db, code, err);
}

int query_write(struct query *query, struct error *err)
{
	struct error ignored;
	bool has_row;
	int rc = connection_allow_triggers(query->db, false, err);

	if (rc == 0)
		rc = query_next(query, &has_row, err);
	(void)connection_allow_triggers(query->db, true,
					rc == 0 ? err : &ignored);
	return rc;
}

int query_columns(const struct query *query)
{
	return sqlite3_column_count(query->statement);
}

const char *query_text(struct query *query, int column)
{
	return (const char *)sqlite3_column_text(query->statement, column);
}

int64_t query_number(struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

bool query_is_null(struct query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

char *query_quote(const char *identifier)
{
	char *quoted = xmalloc(2 * strlen(identifier) + sizeof("\"\""));
	char *end = quoted;

	*end++ = '"';
	for (; *identifier; identifier++) {
		if (*identifier == '"')
			*end++ = '"';
		*end++ = *identifier;
	}
	*end++ = '"';
	*end = '\0';
	return quoted;
}
