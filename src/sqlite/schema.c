#include "sqlite/schema.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/query.h"
#include "sqlite/token.h"

/* In the order of the enum. */
static const char *const type_names[] = {
	[SCHEMA_INDEX] = "index",
	[SCHEMA_TABLE] = "table",
	[SCHEMA_TRIGGER] = "trigger",
	[SCHEMA_VIEW] = "view",
};

#define TYPE_COUNT (sizeof(type_names) / sizeof(*type_names))

/* Where SQLite keeps what is its own. */
#define OWN_PREFIX "sqlite_"

static bool is_same_token(const struct token *a, const struct token *b)
{
	bool is_bare = a->type == TOKEN_WORD || a->type == TOKEN_NUMBER;

	if (a->type != b->type || a->bytes != b->bytes)
		return false;
	if (!is_bare)
		return memcmp(a->begin, b->begin, a->bytes) == 0;
	return sqlite3_strnicmp(a->begin, b->begin, (int)a->bytes) == 0;
}

bool schema_sql_is_same(const char *a, const char *b)
{
	struct token left, right;

	if (strcmp(a, b) == 0)
		return true;
	do {
		a = token_next(a, &left);
		b = token_next(b, &right);
	} while (left.type != TOKEN_END && is_same_token(&left, &right));
	return left.type == TOKEN_END && right.type == TOKEN_END;
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

/* What is being read. */
struct taking {
	struct schema *schema;
	size_t capacity; /* of its objects */
	const char *ledger;
	const struct schema_known *known; /* or NULL */
	char **indexed; /* tables that have an index; one for each index */
	size_t indexed_count, indexed_capacity;
};

/* The same object in a known schema; NULL if there is none. */
static const struct schema_object *
find_known(const struct schema_known *known, const struct schema_object *object)
{
	for (size_t i = known ? known->count : 0; i-- > 0;) {
		const struct schema_object *other = schema_find(
			known->schemas[i], object->type, object->name);

		if (other && strcmp(other->sql, object->sql) == 0 &&
		    strcmp(other->name, object->name) == 0 &&
		    strcmp(other->table, object->table) == 0)
			return other;
	}
	return NULL;
}

/* `seen` has the strings of a row, which are gone with it. */
static void add_object(struct taking *taking, struct schema_object *seen)
{
	struct schema *schema = taking->schema;
	const struct schema_object *other = NULL;
	struct schema_object *object;

	if (!seen->is_virtual)
		other = find_known(taking->known, seen);
	schema->objects =
		array_grow(schema->objects, schema->count, &taking->capacity,
			   sizeof(*schema->objects));
	object = &schema->objects[schema->count++];
	*object = other ? *other : *seen;
	object->root_page = seen->root_page;
	object->is_virtual = seen->is_virtual;
	object->has_index = false;
	object->is_borrowed = other != NULL;
	if (other)
		return;
	object->name = xstrdup(seen->name);
	object->table = xstrdup(seen->table);
	object->sql = xstrdup(seen->sql);
	/* Not by tokens: what ours would take for one word, SQLite might cut
	 * in two. */
	object->says_references =
		!sqlite3_strlike("%references%", seen->sql, 0);
	object->says_without = !sqlite3_strlike("%without%", seen->sql, 0);
}

/* Takes what is in the query's row, but for the ledger and what is on it. */
static void take_row(struct taking *taking, struct query *row)
{
	struct schema_object seen = {
		.name = (char *)or_empty(query_text(row, 1)),
		.table = (char *)or_empty(query_text(row, 2)),
		.root_page = (int)query_number(row, 3),
		.sql = (char *)or_empty(query_text(row, 4)),
	};

	if (!find_type(query_text(row, 0), &seen.type))
		return;
	seen.is_virtual = seen.type == SCHEMA_TABLE && seen.root_page == 0;
	if (seen.type == SCHEMA_INDEX) {
		taking->indexed = array_grow(
			taking->indexed, taking->indexed_count,
			&taking->indexed_capacity, sizeof(*taking->indexed));
		taking->indexed[taking->indexed_count++] = xstrdup(seen.table);
	}
	if (sqlite3_strnicmp(seen.name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
		return;
	if (seen.type != SCHEMA_VIEW &&
	    sqlite3_stricmp(seen.table, taking->ledger) == 0)
		taking->schema->has_ledger |= seen.type == SCHEMA_TABLE;
	else
		add_object(taking, &seen);
}

/* Puts the objects in order, and with the tables what belongs to them. */
static int finish(struct taking *taking, struct sqlite3 *db, struct error *err)
{
	struct schema *schema = taking->schema;
	int code = 0;

	if (schema->count > 0)
		qsort(schema->objects, schema->count, sizeof(*schema->objects),
		      compare_objects);
	for (size_t i = 0; i < taking->indexed_count; i++) {
		struct schema_object *table =
			(struct schema_object *)schema_find(
				schema, SCHEMA_TABLE, taking->indexed[i]);

		if (table)
			table->has_index = true;
	}
	for (size_t i = 0; !code && i < schema->count; i++)
		if (schema->objects[i].type == SCHEMA_TABLE &&
		    !schema->objects[i].is_borrowed)
			code = read_columns(db, &schema->objects[i], err);
	return code;
}

static void release_object(struct schema_object *object)
{
	if (object->is_borrowed)
		return;
	for (size_t i = 0; i < object->column_count; i++)
		free(object->columns[i]);
	free(object->columns);
	free(object->name);
	free(object->table);
	free(object->sql);
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

void schema_remove(struct schema *schema, const char *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < schema->count; i++) {
		struct schema_object *object = &schema->objects[i];

		if (object->type != SCHEMA_VIEW &&
		    sqlite3_stricmp(object->table, table) == 0)
			release_object(object);
		else
			schema->objects[kept++] = *object;
	}
	schema->count = kept;
}

int schema_take(struct sqlite3 *db, const char *ledger,
		const struct schema_known *known, struct schema **out,
		struct error *err)
{
	struct taking taking = {
		.schema = xcalloc(1, sizeof(struct schema)),
		.ledger = ledger,
		.known = known,
	};
	struct query query;
	bool has_row;
	int code;

	*out = NULL;
	code = query_open(&query, db,
			  "SELECT type, name, tbl_name, rootpage, sql"
			  " FROM main.sqlite_schema",
			  err);
	while (!code && !(code = query_next(&query, &has_row, err)) && has_row)
		take_row(&taking, &query);
	query_close(&query);
	if (!code)
		code = finish(&taking, db, err);
	for (size_t i = 0; i < taking.indexed_count; i++)
		free(taking.indexed[i]);
	free(taking.indexed);
	if (code)
		schema_free(taking.schema);
	else
		*out = taking.schema;
	return code;
}

const char *schema_type_name(enum schema_type type)
{
	return type_names[type];
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
	    !schema_sql_is_same(expected->sql, actual->sql))
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
