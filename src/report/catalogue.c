#include "report/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define NOTHING "–"

static const char *const headings[KIND_COUNT] = {
	[KIND_SYSTEM] = "System database",
	[KIND_USER] = "User databases",
};

/* One row: a step and what is known of it. */
struct row {
	FILE *out;
	const struct step *step;
	const struct schema *before, *after; /* NULL: it is planned */
	const struct needs *needs;
	size_t position;
	size_t folder_bytes; /* what all files have in front */
	size_t told;	     /* in the cell that is being written */
};

/* As plain text that is taken for nothing else; "|" too would be taken by some
 * for the end of the cell behind a backslash. */
static void put_text(FILE *out, const char *text)
{
	char *safe = text_escape(text);

	for (const char *at = safe; *at != '\0'; at++)
		if (strchr("\\`|*[]<>&~", *at))
			fprintf(out, "&#%d;", *at);
		else
			fputc(*at, out);
	free(safe);
}

static void put_name(FILE *out, const char *name)
{
	char *safe = text_escape(name);
	size_t bytes = strlen(safe);

	if (bytes > 0 && safe[strcspn(safe, "\\`|")] == '\0' &&
	    safe[0] != ' ' && safe[bytes - 1] != ' ')
		fprintf(out, "`%s`", safe);
	else
		put_text(out, name);
	free(safe);
}

static void begin_item(struct row *row)
{
	if (row->told++ > 0)
		fputs(", ", row->out);
}

static void put_column(struct row *row, const struct schema_object *table,
		       const char *column)
{
	char *name = xasprintf("%s.%s", table->name, column);

	begin_item(row);
	put_name(row->out, name);
	free(name);
}

static const struct schema_object *other_of(const struct schema *schema,
					    const struct schema_object *object)
{
	return schema_find(schema, object->type, object->name);
}

static void put_version(struct row *row)
{
	put_name(row->out, row->step->to);
	row->told++;
}

static void put_file(struct row *row)
{
	put_name(row->out, row->step->file + row->folder_bytes);
	row->told++;
}

static void put_date(struct row *row)
{
	put_text(row->out, row->step->date);
	row->told += row->step->date[0] != '\0';
}

static void put_purpose(struct row *row)
{
	put_text(row->out, row->step->description);
	row->told += row->step->description[0] != '\0';
}

static void put_applied(struct row *row)
{
	const struct step *step = row->step;
	size_t total, applied;

	row->told++;
	if (!row->after) {
		fputs("planned", row->out);
		return;
	}
	if (!row->needs) {
		fputs("no fleet known", row->out);
		return;
	}
	total = needs_total(row->needs, step->kind);
	applied = total - row->needs->unknown[step->kind] -
		  needs_count(row->needs, step->kind, row->position);
	fprintf(row->out, "%s (%zu of %zu)",
		applied == 0 ? "no" : applied == total ? "yes" : "partly",
		applied, total);
}

static void put_created(struct row *row, enum schema_type type)
{
	for (size_t i = 0; row->after && i < row->after->count; i++) {
		const struct schema_object *object = &row->after->objects[i];

		if (object->type != type || object->is_shadow ||
		    other_of(row->before, object))
			continue;
		begin_item(row);
		put_name(row->out, object->name);
	}
}

static void put_tables(struct row *row)
{
	put_created(row, SCHEMA_TABLE);
}

static void put_indexes(struct row *row)
{
	put_created(row, SCHEMA_INDEX);
}

static void put_triggers(struct row *row)
{
	put_created(row, SCHEMA_TRIGGER);
}

static void put_views(struct row *row)
{
	put_created(row, SCHEMA_VIEW);
}

/* The columns of `table` that `other` lacks; returns how many. */
static size_t put_columns_of(struct row *row, const struct schema_object *table,
			     const struct schema_object *other,
			     const char *behind)
{
	size_t found = 0;

	if (table->type != SCHEMA_TABLE || table->is_shadow)
		return 0;
	for (size_t i = 0; i < table->column_count; i++) {
		if (schema_has_column(other, table->columns[i]))
			continue;
		put_column(row, table, table->columns[i]);
		fputs(behind, row->out);
		found++;
	}
	return found;
}

static void put_columns(struct row *row)
{
	for (size_t i = 0; row->after && i < row->after->count; i++) {
		const struct schema_object *object = &row->after->objects[i];
		const struct schema_object *old = other_of(row->before, object);

		if (old)
			put_columns_of(row, object, old, "");
	}
}

static bool has_new_column(const struct schema_object *table,
			   const struct schema_object *old)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (!schema_has_column(old, table->columns[i]))
			return true;
	return false;
}

static void put_object(struct row *row, const struct schema_object *object,
		       const char *what)
{
	begin_item(row);
	fprintf(row->out, "%s ", schema_type_name(object->type));
	put_name(row->out, object->name);
	fprintf(row->out, " %s", what);
}

static void put_changes(struct row *row)
{
	for (size_t i = 0; row->before && i < row->before->count; i++) {
		const struct schema_object *old = &row->before->objects[i];
		const struct schema_object *new = other_of(row->after, old);

		if (old->is_shadow)
			continue;
		if (!new)
			put_object(row, old, "removed");
		else if (put_columns_of(row, old, new, " removed") == 0 &&
			 !has_new_column(new, old) &&
			 !schema_sql_is_same(old->sql, new->sql))
			put_object(row, old, "changed");
	}
}

static const struct {
	const char *title;
	void (*put)(struct row *row);
} columns[] = {
	{ "Version", put_version },
	{ "File", put_file },
	{ "Date", put_date },
	{ "Purpose", put_purpose },
	{ "Applied", put_applied },
	{ "Tables created", put_tables },
	{ "Indexes created", put_indexes },
	{ "Triggers created", put_triggers },
	{ "Views created", put_views },
	{ "Columns added", put_columns },
	{ "Changed or removed", put_changes },
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

static void put_head(FILE *out, enum kind kind, bool is_first)
{
	fprintf(out, "%s## %s\n\n", is_first ? "" : "\n", headings[kind]);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		fprintf(out, "| %s ", columns[i].title);
	fputs("|\n", out);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		fputs("| --- ", out);
	fputs("|\n", out);
}

static void put_row(struct row *row)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		fputs("| ", row->out);
		row->told = 0;
		columns[i].put(row);
		fputs(row->told > 0 ? " " : NOTHING " ", row->out);
	}
	fputs("|\n", row->out);
}

/* How many bytes of folders the files of all steps have in common: where the
 * migrations lie says nothing about them. */
static size_t folder_bytes_of(const struct migrations *migrations)
{
	size_t bytes = 0, same;

	for (size_t i = 0; i < migrations->step_count; i++) {
		const char *first = migrations->steps[0]->file;
		const char *file = migrations->steps[i]->file;

		for (same = 0; first[same] && first[same] == file[same];)
			same++;
		while (same > 0 && first[same - 1] != '/')
			same--;
		bytes = i == 0 || same < bytes ? same : bytes;
	}
	return bytes;
}

void catalogue_print(FILE *out, const struct migrations *migrations,
		     const struct replay *const replays[KIND_COUNT],
		     const struct needs *needs)
{
	struct row row = {
		.out = out,
		.needs = needs,
		.folder_bytes = folder_bytes_of(migrations),
	};
	bool is_first = true;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct chain *chain = &migrations->chains[kind];

		if (chain->count + chain->planned_count == 0)
			continue;
		put_head(out, (enum kind)kind, is_first);
		is_first = false;
		for (row.position = 1; row.position <= chain->count;
		     row.position++) {
			row.step = chain->steps[row.position - 1];
			row.before = replays[kind]->schemas[row.position - 1];
			row.after = replays[kind]->schemas[row.position];
			put_row(&row);
		}
		row.before = row.after = NULL;
		for (size_t i = 0; i < chain->planned_count; i++) {
			row.step = chain->planned[i];
			put_row(&row);
		}
	}
	fflush(out);
}
