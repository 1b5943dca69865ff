#include "migration/removals.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "migration/sql.h"
#include "sqlite/token.h"

static const char column[] = "COLUMN";

static const char *const kinds[] = { "TABLE", "INDEX", "TRIGGER", "VIEW",
				     column };

/* Before the name of the table whose rows go. */
static const char *const forms[][3] = {
	{ "DELETE", "FROM", NULL },
	{ "REPLACE", "INTO", NULL },
	{ "UPDATE", "OR", "REPLACE" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Adds the name that stands there, if one does. */
static void add(struct removals *removals, const char *kind, const char *at)
{
	char *name = sql_take_name(&at);

	if (name == NULL)
		return;
	removals->items =
		array_grow(removals->items, removals->count,
			   &removals->capacity, sizeof(*removals->items));
	removals->items[removals->count++] =
		(struct removal){ .kind = kind, .name = name };
}

/* `sql` stands behind DROP. */
static void find_drops(const char *sql, struct removals *out)
{
	size_t k;

	for (k = 0; k < COUNT(kinds); k++) {
		const char *at = sql;

		if (!sql_take(&at, kinds[k]) && kinds[k] != column)
			continue;
		if (sql_take(&at, "IF"))
			(void)sql_take(&at, "EXISTS");
		add(out, kinds[k], at);
	}
}

/* `sql` stands behind ALTER. What has another name takes its own away. */
static void find_rename(const char *sql, struct removals *out)
{
	const char *at = sql, *behind;
	char *name;

	if (!sql_take(&at, "TABLE"))
		return;
	behind = at;
	name = sql_take_name(&behind);
	if (name != NULL && sql_take(&behind, "RENAME") &&
	    sql_take(&behind, "TO"))
		add(out, "TABLE", at);
	free(name);
}

static void find_deletions(const char *sql, struct removals *out)
{
	size_t form, word;

	for (form = 0; form < COUNT(forms); form++) {
		const char *at = sql;

		for (word = 0; word < COUNT(forms[form]); word++) {
			if (forms[form][word] != NULL &&
			    !sql_take(&at, forms[form][word]))
				break;
		}
		if (word == COUNT(forms[form]))
			add(out, NULL, at);
	}
}

void removals_find(const char *sql, struct removals *out)
{
	struct token token;

	do {
		find_deletions(sql, out);
		sql = token_next(sql, &token);
		if (token_is(&token, "DROP"))
			find_drops(sql, out);
		if (token_is(&token, "ALTER"))
			find_rename(sql, out);
	} while (token.type != TOKEN_END);
}

void removals_release(struct removals *removals)
{
	size_t i;

	for (i = 0; i < removals->count; i++)
		free(removals->items[i].name);
	free(removals->items);
	memset(removals, 0, sizeof(*removals));
}

bool removals_drop(const struct removals *removals, const char *kind,
		   const char *name)
{
	size_t i;

	for (i = 0; i < removals->count; i++) {
		const struct removal *item = &removals->items[i];

		if (item->kind != NULL && strcasecmp(item->kind, kind) == 0 &&
		    strcasecmp(item->name, name) == 0)
			return true;
	}
	return false;
}

bool removals_delete_from(const struct removals *removals, const char *table)
{
	size_t i;

	for (i = 0; i < removals->count; i++) {
		const struct removal *item = &removals->items[i];

		if (item->kind == NULL &&
		    (table == NULL || strcasecmp(item->name, table) == 0))
			return true;
	}
	return false;
}
