#include "replay/dump.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sqlite/token.h"

/* What goes first is needed by what goes later. */
static const struct {
	enum schema_type type;
	bool is_virtual;
} order[] = {
	{ SCHEMA_TABLE, false },
	{ SCHEMA_TABLE, true },
	{ SCHEMA_INDEX, false },
	{ SCHEMA_VIEW, false },
	{ SCHEMA_TRIGGER, false },
};

static char *copy_statement(const char *sql)
{
	const char *end = sql, *at = sql;
	struct token token;

	while (at = token_next(at, &token), token.type != TOKEN_END)
		end = token.begin + token.bytes;
	return xstrndup(sql, (size_t)(end - sql));
}

void dump_each(const struct schema *schema,
	       void (*tell)(void *self, const struct schema_object *object,
			    const char *sql),
	       void *self)
{
	for (size_t o = 0; o < sizeof(order) / sizeof(*order); o++)
		for (size_t i = 0; i < schema->count; i++) {
			const struct schema_object *object =
				&schema->objects[i];
			char *sql;

			if (object->type != order[o].type ||
			    object->is_virtual != order[o].is_virtual ||
			    object->is_shadow)
				continue;
			sql = copy_statement(object->sql);
			tell(self, object, sql);
			free(sql);
		}
}
