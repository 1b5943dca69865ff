#include "sqlite/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"
#include "sqlite/schema.h"

/* More than any database that is to be upgraded has violations, and still a
 * number of rows that can be read through. */
#define WHOLE_LIMIT 1000000

/* What SQLite stops at when it is given a table in place of a number. */
#define TABLE_LIMIT 100

/* A broken file has as many faults as pages; a few tell the story. */
#define DAMAGE_LIMIT 100

/* What rows can be guilty of while the file is sound. */
static const char *const violations[] = {
	"CHECK constraint failed in ", "NULL value in ",
	"NUMERIC value in ",           "TEXT value in ",
	"non-INT value in ",           "non-INTEGER value in ",
	"non-REAL value in ",          "non-TEXT value in ",
	"non-BLOB value in ",
};

void complaints_release(struct complaints *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->items[i].text);
	free(set->items);
	*set = (struct complaints){ 0 };
}

static struct complaint *find(const struct complaints *set, const char *text)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->items[i].text, text) == 0)
			return &set->items[i];
	return NULL;
}

static void add(struct complaints *set, const char *text, long count)
{
	struct complaint *known = find(set, text);

	if (known) {
		known->count += count;
		return;
	}
	set->items = array_grow(set->items, set->count, &set->capacity,
				sizeof(*set->items));
	set->items[set->count++] =
		(struct complaint){ .text = xstrdup(text), .count = count };
}

void complaints_add_all(struct complaints *set, const struct complaints *more)
{
	for (size_t i = 0; i < more->count; i++)
		add(set, more->items[i].text, more->items[i].count);
}

static void add_damaged(struct complaints *set, const char *text)
{
	/* The first one is kept whatever else there is. */
	if (set->count < DAMAGE_LIMIT || !set->damage) {
		add(set, text, 1);
		find(set, text)->is_damage = true;
	}
	set->damage = true;
}

/* SQLite puts several lines into one row, below a heading that says nothing:
 * each is told, and compared, by itself. */
static void add_damage(struct complaints *set, const char *text)
{
	const char *next;

	do {
		size_t bytes = strcspn(text, "\n");
		bool is_heading = bytes == 0 ||
				  text_starts_with(text, "*** in database ");
		char *line = xstrndup(text, bytes);

		next = text + bytes + (text[bytes] == '\n');
		if (!is_heading || !*next)
			add_damaged(set, line);
		free(line);
		text = next;
	} while (*text);
}

static bool is_violation(const char *text)
{
	for (size_t i = 0; i < sizeof(violations) / sizeof(*violations); i++)
		if (text_starts_with(text, violations[i]))
			return true;
	return false;
}

/* True if the failure says something about the database: then it is noted as
 * such and is no error. A check that was cut off, by the clock or for lack of
 * memory, says nothing: it would be the same before and after. */
static bool absorb(struct complaints *set, const struct error *err)
{
	if (err->code == ERROR_CORRUPT)
		add_damage(set, err->message);
	else if (connection_blames_sql(err))
		add(set, err->message, 1);
	else
		return false;
	return true;
}

/* Runs one PRAGMA and sorts what it says. */
static int listen_to(struct sqlite3 *db, const char *pragma, bool damage_only,
		     struct complaints *out, int *rows, struct error *err)
{
	struct error failure = { 0 };
	struct query query;
	bool has_row;
	int code;

	*rows = 0;
	code = query_open(&query, db, pragma, &failure);
	while (!code && !(code = query_next(&query, &has_row, &failure)) &&
	       has_row) {
		const char *text = query_text(&query, 0);

		if (!text || strcmp(text, "ok") == 0)
			continue;
		(*rows)++;
		if (!is_violation(text))
			add_damage(out, text);
		else if (!damage_only)
			add(out, text, 1);
	}
	query_close(&query);
	if (!code || absorb(out, &failure))
		return 0;
	if (err)
		*err = failure;
	return code;
}

int check_integrity_of(struct sqlite3 *db, bool full, const char *table,
		       struct complaints *out, struct error *err)
{
	const char *verb = full ? "integrity_check" : "quick_check";
	char *whole = xasprintf("PRAGMA main.%s(%d)", verb, WHOLE_LIMIT);
	char *quoted = NULL, *pragma = NULL;
	int rows;
	int code;

	if (!table) {
		code = listen_to(db, whole, false, out, &rows, err);
		goto out;
	}
	quoted = query_quote(table);
	pragma = xasprintf("PRAGMA main.%s(%s)", verb, quoted);
	code = listen_to(db, pragma, false, out, &rows, err);
	if (!code && rows >= TABLE_LIMIT && !out->damage)
		code = listen_to(db, whole, true, out, &rows, err);
out:
	free(pragma);
	free(quoted);
	free(whole);
	return code;
}

bool check_has_index_of(const struct schema_object *table)
{
	/* Without row ids the table itself is an index. */
	return table->has_index || table->says_without;
}

/* The columns of one foreign key of `table`, with commas; the caller frees it.
 */
static int read_key_columns(struct sqlite3 *db, const char *table, int64_t key,
			    char **out, struct error *err)
{
	char *quoted = query_quote(table);
	char *sql = xasprintf("PRAGMA main.foreign_key_list(%s)", quoted);
	char *columns = xstrdup("");
	struct query query;
	bool has_row;
	int code;

	code = query_open(&query, db, sql, err);
	while (!code && !(code = query_next(&query, &has_row, err)) &&
	       has_row) {
		char *longer;

		if (query_number(&query, 0) != key)
			continue;
		longer = xasprintf("%s%s%s", columns, *columns ? ", " : "",
				   query_text(&query, 3));
		free(columns);
		columns = longer;
	}
	query_close(&query);
	free(sql);
	free(quoted);
	*out = columns;
	return code;
}

/* Rows of one table that one of its foreign keys does not allow. */
struct orphans {
	int64_t key;
	char *parent;
	long count;
};

/* Tells them, and begins anew. */
static int tell_orphans(struct sqlite3 *db, const char *table,
			struct orphans *orphans, struct complaints *out,
			struct error *err)
{
	char *columns = NULL, *text;
	int code = 0;

	if (orphans->count) {
		code = read_key_columns(db, table, orphans->key, &columns, err);
		text = xasprintf("rows of %s (%s) without a row in %s", table,
				 columns, orphans->parent);
		if (!code)
			add(out, text, orphans->count);
		free(text);
		free(columns);
	}
	free(orphans->parent);
	*orphans = (struct orphans){ 0 };
	return code;
}

/* SQLite goes through one key after the other, so that the rows of each come
 * together. */
static int read_orphans(struct sqlite3 *db, const char *table,
			struct query *query, struct complaints *out,
			struct error *err)
{
	struct orphans orphans = { 0 };
	bool has_row;
	int code;

	while (!(code = query_next(query, &has_row, err)) && has_row) {
		int64_t key = query_number(query, 3);

		if (orphans.count && orphans.key != key)
			code = tell_orphans(db, table, &orphans, out, err);
		if (code)
			break;
		if (!orphans.count)
			orphans.parent = xstrdup(query_text(query, 2));
		orphans.key = key;
		orphans.count++;
	}
	if (!code)
		return tell_orphans(db, table, &orphans, out, err);
	free(orphans.parent);
	return code;
}

static int check_keys_of_table(struct sqlite3 *db, const char *table,
			       struct complaints *out, struct error *err)
{
	char *quoted = query_quote(table);
	char *sql = xasprintf("PRAGMA main.foreign_key_check(%s)", quoted);
	struct error failure = { 0 };
	struct query query;
	int code;

	code = query_open(&query, db, sql, &failure);
	if (!code)
		code = read_orphans(db, table, &query, out, &failure);
	query_close(&query);
	free(sql);
	free(quoted);
	if (!code || absorb(out, &failure))
		return 0;
	if (err)
		*err = failure;
	return code;
}

int check_foreign_keys_of(struct sqlite3 *db, const struct schema *schema,
			  struct complaints *out, struct error *err)
{
	int code = 0;

	for (size_t i = 0; !code && i < schema->count; i++) {
		const struct schema_object *object = &schema->objects[i];

		if (object->type == SCHEMA_TABLE && object->says_references)
			code = check_keys_of_table(db, object->name, out, err);
	}
	return code;
}

const char *complaints_damage(const struct complaints *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].is_damage)
			return set->items[i].text;
	return NULL;
}

const struct complaint *complaints_first_new(const struct complaints *before,
					     const struct complaints *after)
{
	for (size_t i = 0; i < after->count; i++) {
		const struct complaint *known =
			find(before, after->items[i].text);

		if (!known || known->count < after->items[i].count)
			return &after->items[i];
	}
	return NULL;
}

int check_row_count(struct sqlite3 *db, const char *table, long *out,
		    struct error *err)
{
	char *quoted = query_quote(table);
	char *sql = xasprintf("SELECT count(*) FROM main.%s", quoted);
	struct query query;
	bool has_row;
	int code;

	*out = 0;
	code = query_open(&query, db, sql, err);
	if (!code)
		code = query_next(&query, &has_row, err);
	if (!code && has_row)
		*out = (long)query_number(&query, 0);
	query_close(&query);
	free(sql);
	free(quoted);
	return code;
}
