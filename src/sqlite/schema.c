#include "sqlite/schema.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/query.h"
#include "sqlite/token.h"

/* In the order of the enum, which is that of the alphabet: the query below
 * sorts by it. */
static const char *const type_names[] = {
	[SCHEMA_INDEX] = "index",
	[SCHEMA_TABLE] = "table",
	[SCHEMA_TRIGGER] = "trigger",
	[SCHEMA_VIEW] = "view",
};

#define TYPE_COUNT (sizeof(type_names) / sizeof(*type_names))

char *schema_fold(const char *sql)
{
	/* A token may be one byte long, and a blank stands between each two. */
	char *folded = xmalloc(2 * strlen(sql) + 1);
	char *out = folded;
	struct token token;

	while (sql = token_next(sql, &token), token.type != TOKEN_END) {
		bool is_bare = token.type == TOKEN_WORD ||
			       token.type == TOKEN_NUMBER;

		if (out > folded)
			*out++ = ' ';
		for (size_t i = 0; i < token.bytes; i++)
			*out++ = is_bare ? token_lower(token.begin[i])
					 : token.begin[i];
	}
	*out = '\0';
	return folded;
}

static bool find_type(const char *name, enum schema_type *out)
{
	for (size_t i = 0; name && i < TYPE_COUNT; i++)
		if (strcmp(type_names[i], name) == 0) {
			*out = (enum schema_type)i;
			return true;
		}
	return false;
}

static int read_columns(struct sqlite3 *db, struct schema_object *table,
			struct error *err)
{
	char *quoted = query_quote(table->name);
	char *sql = xasprintf("PRAGMA main.table_xinfo(%s)", quoted);
	size_t capacity = 0;
	struct query query;
	bool has_row;
	int code;

	code = query_open(&query, db, sql, err);
	while (!code && !(code = query_next(&query, &has_row, err)) &&
	       has_row) {
		table->columns = array_grow(table->columns, table->column_count,
					    &capacity, sizeof(*table->columns));
		table->columns[table->column_count++] =
			xstrdup(query_text(&query, 1));
	}
	query_close(&query);
	free(sql);
	free(quoted);
	/* A virtual table of an extension that only the application loads, or
	 * one that is broken, has no columns that could be told. */
	if (!table->is_virtual ||
	    (code != (int)ERROR_SQL && code != (int)ERROR_CORRUPT))
		return code;
	if (err)
		*err = (struct error){ 0 };
	return 0;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Adds the object in the query's row, but for the ledger and what is on it. */
static void add_object(struct schema *schema, size_t *capacity,
		       const char *ledger, struct query *row)
{
	struct schema_object *object;
	enum schema_type type;

	if (!find_type(query_text(row, 0), &type))
		return;
	if (type != SCHEMA_VIEW &&
	    sqlite3_stricmp(or_empty(query_text(row, 2)), ledger) == 0) {
		schema->has_ledger |= type == SCHEMA_TABLE;
		return;
	}
	schema->objects = array_grow(schema->objects, schema->count, capacity,
				     sizeof(*schema->objects));
	object = &schema->objects[schema->count++];
	*object = (struct schema_object){
		.type = type,
		.name = xstrdup(or_empty(query_text(row, 1))),
		.table = xstrdup(or_empty(query_text(row, 2))),
		.sql = xstrdup(or_empty(query_text(row, 4))),
		.root_page = (int)query_number(row, 3),
	};
	object->folded = schema_fold(object->sql);
	object->is_virtual = type == SCHEMA_TABLE && object->root_page == 0;
}

int schema_take(struct sqlite3 *db, const char *ledger, struct schema **out,
		struct error *err)
{
	struct schema *schema = xcalloc(1, sizeof(*schema));
	size_t capacity = 0;
	struct query query;
	bool has_row;
	int code;

	*out = NULL;
	code = query_open(&query, db,
			  "SELECT type, name, tbl_name, rootpage, sql"
			  " FROM main.sqlite_schema"
			  " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
			  " ORDER BY type, name COLLATE NOCASE",
			  err);
	while (!code && !(code = query_next(&query, &has_row, err)) && has_row)
		add_object(schema, &capacity, ledger, &query);
	query_close(&query);
	for (size_t i = 0; !code && i < schema->count; i++)
		if (schema->objects[i].type == SCHEMA_TABLE)
			code = read_columns(db, &schema->objects[i], err);
	if (code)
		schema_free(schema);
	else
		*out = schema;
	return code;
}

static void release_object(struct schema_object *object)
{
	for (size_t i = 0; i < object->column_count; i++)
		free(object->columns[i]);
	free(object->columns);
	free(object->name);
	free(object->table);
	free(object->sql);
	free(object->folded);
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	for (size_t i = 0; i < schema->count; i++)
		release_object(&schema->objects[i]);
	free(schema->objects);
	free(schema);
}

const char *schema_type_name(enum schema_type type)
{
	return type_names[type];
}

static int compare_objects(const void *a, const void *b)
{
	const struct schema_object *left = a, *right = b;

	if (left->type != right->type)
		return left->type < right->type ? -1 : 1;
	return sqlite3_stricmp(left->name, right->name);
}

const struct schema_object *schema_find(const struct schema *schema,
					enum schema_type type, const char *name)
{
	const struct schema_object key = { .type = type, .name = (char *)name };

	if (schema->count == 0)
		return NULL;
	return bsearch(&key, schema->objects, schema->count,
		       sizeof(*schema->objects), compare_objects);
}

bool schema_has_column(const struct schema_object *table, const char *column)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (sqlite3_stricmp(table->columns[i], column) == 0)
			return true;
	return false;
}

size_t schema_table_count(const struct schema *schema)
{
	size_t tables = 0;

	for (size_t i = 0; i < schema->count; i++)
		tables += schema->objects[i].type == SCHEMA_TABLE;
	return tables;
}

/* Who hears of differences, and how many there were. */
struct listener {
	void (*tell)(void *self, const char *difference);
	void *self;
	size_t told;
};

static const char is_missing[] = "is missing";
static const char is_unknown[] = "is not in the migrations";

/* Takes `text` over. */
static void tell_text(struct listener *listener, char *text)
{
	listener->told++;
	if (listener->tell)
		listener->tell(listener->self, text);
	free(text);
}

static void tell_object(struct listener *listener,
			const struct schema_object *object, const char *what)
{
	tell_text(listener, xasprintf("%s %s %s", type_names[object->type],
				      object->name, what));
}

/* Tells every column of `table` that `other` lacks. */
static void tell_columns(struct listener *listener,
			 const struct schema_object *table,
			 const struct schema_object *other, const char *what)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (!schema_has_column(other, table->columns[i]))
			tell_text(listener,
				  xasprintf("column %s.%s %s", table->name,
					    table->columns[i], what));
}

static void compare_object(struct listener *listener,
			   const struct schema_object *expected,
			   const struct schema_object *actual)
{
	size_t told = listener->told;

	tell_columns(listener, expected, actual, is_missing);
	tell_columns(listener, actual, expected, is_unknown);
	if (listener->told == told &&
	    strcmp(expected->folded, actual->folded) != 0)
		tell_object(listener, expected, "differs");
}

size_t schema_compare(const struct schema *expected,
		      const struct schema *actual,
		      void (*tell)(void *self, const char *difference),
		      void *self)
{
	struct listener listener = { .tell = tell, .self = self };

	for (size_t i = 0; i < expected->count; i++) {
		const struct schema_object *object = &expected->objects[i];
		const struct schema_object *other =
			schema_find(actual, object->type, object->name);

		if (other)
			compare_object(&listener, object, other);
		else
			tell_object(&listener, object, is_missing);
	}
	for (size_t i = 0; i < actual->count; i++) {
		const struct schema_object *object = &actual->objects[i];

		if (!schema_find(expected, object->type, object->name))
			tell_object(&listener, object, is_unknown);
	}
	return listener.told;
}
