#include "sqlite/shadow.h"

#include <sqlite3.h>

#include "sqlite/query.h"
#include "sqlite/schema.h"

static bool has_virtual(const struct schema *schema)
{
	for (size_t i = 0; i < schema->count; i++)
		if (schema->objects[i].is_virtual)
			return true;
	return false;
}

/* The table itself, and what is on it. */
static void mark(struct schema *schema, const char *table)
{
	for (size_t i = 0; i < schema->count; i++)
		if (schema->objects[i].type != SCHEMA_VIEW &&
		    sqlite3_stricmp(schema->objects[i].table, table) == 0)
			schema->objects[i].is_shadow = true;
}

int shadow_mark(struct sqlite3 *db, struct schema *schema, struct error *err)
{
	struct query query = { 0 };
	bool has_row;
	int rc;

	if (!has_virtual(schema))
		return 0;
	rc = query_open(&query, db,
			"SELECT name FROM pragma_table_list"
			" WHERE schema = 'main' AND type = 'shadow'",
			err);
	while (rc == 0 && (rc = query_next(&query, &has_row, err)) == 0 &&
	       has_row) {
		const char *name = query_text(&query, 0);

		if (name)
			mark(schema, name);
	}
	query_close(&query);
	return rc;
}
