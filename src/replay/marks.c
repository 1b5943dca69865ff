#include "replay/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "replay/replay.h"

/* Whoever looks for marks of one step. */
struct search {
	struct replay *replay;
	size_t capacity; /* of replay->marks */
	size_t step;
	size_t found; /* marks of this step, listed before or not */
};

static bool is_same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcasecmp(a, b) == 0;
}

static bool is_listed(const struct replay *replay, const struct mark *mark)
{
	size_t i;

	for (i = 0; i < replay->mark_count; i++) {
		const struct mark *other = &replay->marks[i];

		if (other->type == mark->type &&
		    other->by_text == mark->by_text &&
		    is_same_name(other->name, mark->name) &&
		    is_same_name(other->column, mark->column))
			return true;
	}
	return false;
}

static void add(struct search *search, const struct schema_object *object,
		const char *column, bool by_text)
{
	struct replay *replay = search->replay;
	const struct mark mark = {
		.type = object->type,
		.name = object->name,
		.column = column,
		.by_text = by_text,
		.step = search->step,
	};

	search->found++;
	if (is_listed(replay, &mark))
		return;
	replay->marks = array_grow(replay->marks, replay->mark_count,
				   &search->capacity, sizeof(mark));
	replay->marks[replay->mark_count++] = mark;
}

/* The columns of `table` that `other`, the same at another version, lacks. */
static void add_columns(struct search *search,
			const struct schema_object *table,
			const struct schema_object *other)
{
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		if (!schema_has_column(other, table->columns[i]))
			add(search, table, table->columns[i], false);
	}
}

/* What `one` has and `other` has not: tables, and columns of tables that both
 * have. */
static void add_shape(struct search *search, const struct schema *one,
		      const struct schema *other)
{
	size_t i;

	for (i = 0; i < one->count; i++) {
		const struct schema_object *table = &one->objects[i];
		const struct schema_object *there;

		if (table->type != SCHEMA_TABLE)
			continue;
		there = schema_find(other, SCHEMA_TABLE, table->name);
		if (there == NULL)
			add(search, table, NULL, false);
		else
			add_columns(search, table, there);
	}
}

/* What `one` has and `other` has not, or has with another text. */
static void add_texts(struct search *search, const struct schema *one,
		      const struct schema *other)
{
	size_t i;

	for (i = 0; i < one->count; i++) {
		const struct schema_object *object = &one->objects[i];
		const struct schema_object *there =
			schema_find(other, object->type, object->name);

		if (there == NULL ||
		    !schema_sql_is_same(there->sql, object->sql))
			add(search, object, NULL, true);
	}
}

static void add_marks_of(struct search *search)
{
	const struct schema *before, *after;

	before = search->replay->schemas[search->step - 1];
	after = search->replay->schemas[search->step];
	search->found = 0;
	add_shape(search, before, after);
	add_shape(search, after, before);
	if (search->found > 0)
		return;
	add_texts(search, before, after);
	add_texts(search, after, before);
}

bool mark_state_is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : schema_sql_is_same(a, b);
}

static bool has_marks(const struct replay *replay, size_t step)
{
	size_t i;

	for (i = 0; i < replay->mark_count; i++) {
		const struct mark *mark = &replay->marks[i];

		if (!mark_state_is_same(
			    mark_state(mark, replay->schemas[step - 1]),
			    mark_state(mark, replay->schemas[step])))
			return true;
	}
	return false;
}

void marks_build(struct replay *replay)
{
	struct search search = { .replay = replay };
	size_t count = replay->chain->count;

	for (search.step = 2; search.step <= count; search.step++)
		add_marks_of(&search);
	replay->has_marks = xcalloc(count + 1, sizeof(bool));
	for (search.step = 1; search.step <= count; search.step++)
		replay->has_marks[search.step] = has_marks(replay, search.step);
}

void marks_release(struct replay *replay)
{
	free(replay->marks);
	free(replay->has_marks);
}

const char *mark_state(const struct mark *mark, const struct schema *schema)
{
	const struct schema_object *object =
		schema_find(schema, mark->type, mark->name);

	if (object == NULL)
		return NULL;
	if (mark->column != NULL)
		return schema_has_column(object, mark->column) ? "" : NULL;
	return mark->by_text ? object->sql : "";
}

char *mark_describe(const struct mark *mark, char *out, size_t room)
{
	char *text;

	if (mark->column != NULL)
		text = xasprintf("column %s.%s", mark->name, mark->column);
	else
		text = xasprintf("%s %s", schema_type_name(mark->type),
				 mark->name);
	(void)text_copy(out, room, text);
	free(text);
	return out;
}
