#include "database/tracker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"

/* The longest text that is read; names of files have no more bytes. */
#define TEXT_BYTES 255

/* More rows than this no tool has written. */
#define MOST_ROWS 65536

#define AS_TEXT(number)	     AS_TEXT_ITSELF(number)
#define AS_TEXT_ITSELF(number) #number

const struct tracker *tracker_find(const char *name)
{
	size_t i;

	for (i = 0; i < tracker_count; i++) {
		if (strcmp(trackers[i].name, name) == 0)
			return &trackers[i];
	}
	return NULL;
}

char *tracker_names(bool kept_only)
{
	char *names = xstrdup("");
	size_t i;

	for (i = 0; i < tracker_count; i++) {
		char *more;

		if (kept_only && trackers[i].record == NULL)
			continue;
		more = xasprintf("%s%s%s", names, names[0] == '\0' ? "" : ", ",
				 trackers[i].name);
		free(names);
		names = more;
	}
	return names;
}

int tracker_choose_kept(const char *name, const struct tracker **out,
			struct error *err)
{
	const struct tracker *tracker = tracker_find(name);
	char *names;
	int rc;

	if (strcmp(name, "own") == 0 ||
	    (tracker != NULL && tracker->record != NULL)) {
		*out = tracker;
		return 0;
	}
	names = tracker_names(true);
	rc = error_set(err, ERROR_CONFIG, "\"%s\": write own, or one of %s",
		       name, names);
	free(names);
	return rc;
}

char *tracker_describe(const struct tracker *tracker, char *out, size_t room)
{
	(void)snprintf(out, room, "its %s",
		       tracker->table == NULL ? "user_version"
					      : tracker->table);
	return out;
}

/* True if that table is as this tool makes it. */
static bool is_made_by(const struct tracker *tracker,
		       const struct schema_object *table,
		       const struct schema *schema)
{
	size_t count = 0;

	while (count < TRACKER_COLUMNS && tracker->columns[count] != NULL) {
		if (!schema_has_column(table, tracker->columns[count]))
			return false;
		count++;
	}
	if (tracker->has_no_others && table->column_count != count)
		return false;
	return tracker->beside == NULL ||
	       schema_find(schema, SCHEMA_TABLE, tracker->beside) != NULL;
}

/* The tool whose table that is: the first row that fits. */
static const struct tracker *maker_of(const struct schema_object *table,
				      const char *name,
				      const struct schema *schema)
{
	size_t i;

	for (i = 0; i < tracker_count; i++) {
		if (trackers[i].table != NULL &&
		    strcmp(trackers[i].table, name) == 0 &&
		    is_made_by(&trackers[i], table, schema))
			return &trackers[i];
	}
	return NULL;
}

/* The table named `name`, NULL if nothing has that name. ERROR_UNVERSIONED:
 * what has it is no table. */
static int find_table(const struct schema *schema, const char *name,
		      const struct schema_object **out, struct error *err)
{
	const char *what = NULL;

	*out = schema_find(schema, SCHEMA_TABLE, name);
	if (*out != NULL && (*out)->is_virtual)
		what = "virtual table";
	else if (*out == NULL && schema_find(schema, SCHEMA_VIEW, name) != NULL)
		what = "view";
	if (what == NULL)
		return 0;
	return error_set(err, ERROR_UNVERSIONED,
			 "it has a %s named %s, which no migration tool makes; "
			 "it was left untouched; record its version with "
			 "fleet-upgrade baseline --to VERSION USER",
			 what, name);
}

int tracker_is_there(const struct tracker *tracker,
		     const struct schema *schema, bool *there,
		     struct error *err)
{
	const struct schema_object *table;
	const struct tracker *maker;
	int rc;

	*there = tracker->table == NULL;
	if (*there)
		return 0;
	rc = find_table(schema, tracker->table, &table, err);
	if (rc != 0 || table == NULL)
		return rc;
	maker = maker_of(table, tracker->table, schema);
	*there = maker == tracker;
	if (*there)
		return 0;
	return error_set(err, ERROR_UNVERSIONED,
			 "its table %s is %s%s, not %s; it was left untouched",
			 tracker->table, maker == NULL ? "of no tool known" :
			 "that of ", maker == NULL ? "" : maker->name,
			 tracker->name);
}

int tracker_tell(const struct schema *schema, const struct tracker **out,
		 struct error *err)
{
	size_t i;

	*out = NULL;
	for (i = 0; i < tracker_count; i++) {
		const struct tracker *tracker = &trackers[i];
		const struct schema_object *table;
		int rc;

		if (tracker->table == NULL)
			continue;
		rc = find_table(schema, tracker->table, &table, err);
		if (rc != 0)
			return rc;
		if (table == NULL ||
		    maker_of(table, tracker->table, schema) != tracker)
			continue;
		if (*out != NULL)
			return error_set(
				err, ERROR_UNVERSIONED,
				"it has the tables of two migration tools, "
				"%s (%s) and %s (%s); it was left untouched; "
				"say which one counts: fleet-upgrade baseline "
				"--from %s USER",
				(*out)->table, (*out)->name, tracker->table,
				tracker->name, tracker->name);
		*out = tracker;
	}
	return 0;
}

static bool is_known(const struct schema_known *known, const char *table)
{
	size_t i;

	for (i = 0; known != NULL && i < known->count; i++) {
		if (schema_find(known->schemas[i], SCHEMA_TABLE, table) != NULL)
			return true;
	}
	return false;
}

static void hide(struct schema *schema, const struct schema_known *known,
		 const char *table)
{
	if (table != NULL && !is_known(known, table))
		schema_remove(schema, table);
}

void tracker_hide(struct schema *schema, const struct schema_known *known)
{
	size_t i;

	for (i = 0; i < tracker_count; i++) {
		const struct tracker *tracker = &trackers[i];
		const char *name = tracker->table;
		const struct schema_object *table;

		if (name == NULL)
			continue;
		table = schema_find(schema, SCHEMA_TABLE, name);
		if (table == NULL || table->is_virtual ||
		    maker_of(table, name, schema) != tracker)
			continue;
		hide(schema, known, tracker->beside);
		hide(schema, known, tracker->table);
	}
}

/* What the tool itself says is wrong. */
static int check_trouble(struct sqlite3 *db, const struct tracker *tracker,
			 struct error *err)
{
	struct query query = { 0 };
	char *sql, *shown;
	bool has_row;
	int rc;

	if (tracker->trouble == NULL)
		return 0;
	sql = xasprintf("WITH found(about, what) AS (%s) SELECT "
			"substr(CAST(about AS BLOB), 1, 64), what FROM found "
			"LIMIT 1",
			tracker->trouble);
	rc = query_open(&query, db, sql, err);
	if (rc == 0)
		rc = query_next(&query, &has_row, err);
	if (rc == 0 && has_row) {
		const char *about = query_text(&query, 0);

		shown = text_escape(about == NULL ? "NULL" : about);
		rc = error_set(err, ERROR_UNVERSIONED,
			       "its %s says that %.80s %s; it was left "
			       "untouched; set it right with %s, then run "
			       "again",
			       tracker->table, shown, query_text(&query, 1),
			       tracker->name);
		free(shown);
	}
	query_close(&query);
	free(sql);
	return rc;
}

static int refuse_row(const struct tracker *tracker, const char *what,
		      struct error *err)
{
	char name[64];

	return error_set(err, ERROR_UNVERSIONED,
			 "%s has a row that %s never wrote: %s; it was left "
			 "untouched; record its version with fleet-upgrade "
			 "baseline --to VERSION USER",
			 tracker_describe(tracker, name, sizeof(name)),
			 tracker->name, what);
}

/* Row: text, its type, its bytes, span. */
static int check_row(const struct tracker *tracker, struct query *query,
		     struct error *err)
{
	const char *text = query_text(query, 0);
	const char *type = query_text(query, 1);

	if (text == NULL || type == NULL ||
	    (strcmp(type, "text") != 0 && strcmp(type, "integer") != 0)) {
		char what[64];

		(void)snprintf(what, sizeof(what), "its version is a %s",
			       type == NULL ? "secret" : type);
		return refuse_row(tracker, what, err);
	}
	if (query_number(query, 2) > TEXT_BYTES)
		return refuse_row(
			tracker, "a text of over " AS_TEXT(TEXT_BYTES) " bytes",
			err);
	if ((int64_t)strlen(text) != query_number(query, 2))
		return refuse_row(tracker, "a text with a NUL in it", err);
	if (text[0] == '\0')
		return refuse_row(tracker, "an empty text", err);
	return 0;
}

int tracker_read(struct sqlite3 *db, const struct tracker *tracker,
		 int (*tell)(void *self, const char *text,
			     enum tracker_span span, struct error *err),
		 void *self, struct error *err)
{
	struct query query = { 0 };
	char name[64], *sql;
	size_t rows = 0;
	bool has_row;
	int rc = check_trouble(db, tracker, err);

	if (rc != 0)
		return rc;
	sql = xasprintf("WITH found(version, span) AS (%s) SELECT "
			"substr(version, 1, %d), typeof(version), "
			"length(CAST(version AS BLOB)), span FROM found",
			tracker->applied, TEXT_BYTES);
	rc = query_open(&query, db, sql, err);
	while (rc == 0 && (rc = query_next(&query, &has_row, err)) == 0 &&
	       has_row) {
		if (++rows > MOST_ROWS)
			rc = refuse_row(tracker,
					"the one after " AS_TEXT(MOST_ROWS)
					" others", err);
		if (rc == 0)
			rc = check_row(tracker, &query, err);
		if (rc == 0)
			rc = tell(self, query_text(&query, 0),
				  (enum tracker_span)query_number(&query, 3),
				  err);
	}
	query_close(&query);
	free(sql);
	if (rc != 0 && rc != ERROR_UNVERSIONED)
		error_prefix(err, "%s",
			     tracker_describe(tracker, name, sizeof(name)));
	return rc;
}

int tracker_passed(struct sqlite3 *db, const struct tracker *tracker,
		   int64_t *out, struct error *err)
{
	*out = 0;
	return tracker->passed == NULL
		       ? 0
		       : connection_number(db, tracker->passed, out, err);
}
