#include "sqlite/regexp.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/expression.h"

static void fail(sqlite3_context *context, char *message)
{
	sqlite3_result_error(context, message, -1);
	free(message);
}

/* NULL: the context has the error. */
static struct expression *compile(sqlite3_context *context, const char *pattern)
{
	const char *why = NULL;
	struct expression *expression = expression_new(pattern, &why);

	if (!expression)
		fail(context,
		     xasprintf("regexp: bad pattern '%.100s%s': %s", pattern,
			       strlen(pattern) > 100 ? "..." : "", why));
	return expression;
}

static void free_expression(void *self)
{
	expression_free(self);
}

static void match(sqlite3_context *context, struct expression *expression,
		  sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);
	size_t bytes = (size_t)sqlite3_value_bytes(value);
	size_t most = expression_text_bytes(expression);

	if (bytes > most)
		fail(context,
		     xasprintf("regexp: a text of %zu bytes; this pattern is "
			       "matched with at most %zu, use substr()",
			       bytes, most));
	else
		sqlite3_result_int(
			context,
			expression_fits(expression, text ? text : "", bytes));
}

void regexp_call(struct sqlite3_context *context, int count,
		 struct sqlite3_value **values)
{
	struct expression *expression = sqlite3_get_auxdata(context, 0);
	bool is_new = !expression;

	(void)count;
	if (sqlite3_value_type(values[0]) == SQLITE_NULL ||
	    sqlite3_value_type(values[1]) == SQLITE_NULL)
		return;
	if (is_new) {
		const char *pattern =
			(const char *)sqlite3_value_text(values[0]);

		expression = compile(context, pattern ? pattern : "");
	}
	if (!expression)
		return;
	match(context, expression, values[1]);
	/* Only now: SQLite may free it at once. */
	if (is_new)
		sqlite3_set_auxdata(context, 0, expression, free_expression);
}
