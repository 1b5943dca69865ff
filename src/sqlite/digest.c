#include "sqlite/digest.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"
#include "sqlite/schema.h"

/* The same bytes on every machine. */
static void add_number(struct checksum *sum, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	checksum_add(sum, bytes, sizeof(bytes));
}

/* With its length, so that ("ab", "c") and ("a", "bc") differ. */
static void add_bytes(struct checksum *sum, const void *data, size_t bytes)
{
	add_number(sum, bytes);
	checksum_add(sum, data, bytes);
}

static void add_text(struct checksum *sum, const char *text)
{
	add_bytes(sum, text, strlen(text));
}

static void add_integer(struct checksum *sum, sqlite3_stmt *row, int column)
{
	add_number(sum, (uint64_t)sqlite3_column_int64(row, column));
}

static void add_real(struct checksum *sum, sqlite3_stmt *row, int column)
{
	double real = sqlite3_column_double(row, column);
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	add_number(sum, bits);
}

static void add_string(struct checksum *sum, sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	add_bytes(sum, text, (size_t)sqlite3_column_bytes(row, column));
}

static void add_blob(struct checksum *sum, sqlite3_stmt *row, int column)
{
	const void *blob = sqlite3_column_blob(row, column);

	add_bytes(sum, blob, (size_t)sqlite3_column_bytes(row, column));
}

static void add_null(struct checksum *sum, sqlite3_stmt *row, int column)
{
	(void)sum, (void)row, (void)column;
}

static void (*const adders[])(struct checksum *, sqlite3_stmt *, int) = {
	[SQLITE_INTEGER] = add_integer, [SQLITE_FLOAT] = add_real,
	[SQLITE_TEXT] = add_string,     [SQLITE_BLOB] = add_blob,
	[SQLITE_NULL] = add_null,
};

static void add_row(struct checksum *sum, sqlite3_stmt *row)
{
	int columns = sqlite3_column_count(row);

	add_number(sum, (uint64_t)columns);
	for (int i = 0; i < columns; i++) {
		int type = sqlite3_column_type(row, i);

		add_number(sum, (uint64_t)type);
		adders[type](sum, row, i);
	}
}

/* Without an order of its own: then a table is read from its first page to its
 * last, by row id or primary key, and rows that VACUUM has numbered anew still
 * come in the order they had. NOT INDEXED, for an index may be wrong. */
static int add_rows(struct checksum *sum, struct sqlite3 *db, const char *table,
		    struct error *err)
{
	char *quoted = query_quote(table);
	char *sql = xasprintf("SELECT * FROM main.%s NOT INDEXED", quoted);
	struct query rows;
	bool has_row;
	int code;

	code = query_open(&rows, db, sql, err);
	while (!code && !(code = query_next(&rows, &has_row, err)) && has_row)
		add_row(sum, rows.statement);
	add_number(sum, 0); /* no row has so few columns: the table ends */
	query_close(&rows);
	free(sql);
	free(quoted);
	return code;
}

static int add_object(struct checksum *sum, struct sqlite3 *db,
		      const struct schema_object *object, struct error *err)
{
	add_text(sum, schema_type_name(object->type));
	add_text(sum, object->name);
	add_text(sum, object->table);
	add_text(sum, object->sql);
	if (object->type != SCHEMA_TABLE || object->is_virtual)
		return 0;
	return add_rows(sum, db, object->name, err);
}

/* What an application keeps in the header. */
static int add_header(struct checksum *sum, struct sqlite3 *db,
		      struct error *err)
{
	static const char *const pragmas[] = {
		"PRAGMA main.user_version",
		"PRAGMA main.application_id",
	};
	int64_t value = 0;
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(pragmas) / sizeof(*pragmas);
	     i++) {
		code = connection_number(db, pragmas[i], &value, err);
		add_number(sum, (uint64_t)value);
	}
	return code;
}

int digest_take(struct sqlite3 *db, const char *ledger,
		char out[CHECKSUM_HEX_BYTES], struct error *err)
{
	struct schema *schema;
	struct checksum sum;
	int code;

	out[0] = '\0';
	code = schema_take(db, ledger, NULL, &schema, err);
	if (code)
		return code;
	checksum_init(&sum);
	code = add_header(&sum, db, err);
	for (size_t i = 0; !code && i < schema->count; i++)
		code = add_object(&sum, db, &schema->objects[i], err);
	if (!code)
		checksum_end(&sum, out);
	schema_free(schema);
	return code;
}

int digest_compare(struct sqlite3 *one, struct sqlite3 *other,
		   const char *ledger, bool *is_same, struct error *err)
{
	char of_one[CHECKSUM_HEX_BYTES], of_other[CHECKSUM_HEX_BYTES];
	int rc = digest_take(one, ledger, of_one, err);

	if (rc == 0)
		rc = digest_take(other, ledger, of_other, err);
	*is_same = rc == 0 && strcmp(of_one, of_other) == 0;
	return rc;
}
