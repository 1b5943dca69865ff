#include "fleet/seen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fleet/arena.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"

#define WAIT_MS 250	  /* the loop stands still meanwhile */
#define ROWS_AT_ONCE 1024 /* some 200 KiB */

struct seen {
	struct listener listener; /* first: it is what hear() is given */
	struct sqlite3 *db;	  /* NULL: nothing is written any more */
	struct sighting *rows;	  /* to be written */
	size_t count, capacity;
	struct stamp *gone; /* device and inode of what is to be dropped */
	size_t gone_count, gone_capacity;
};

static const char schema_sql[] =
	"CREATE TABLE IF NOT EXISTS boot(id TEXT);"
	"CREATE TABLE IF NOT EXISTS seen(device INTEGER, inode INTEGER, "
	"bytes INTEGER, modified_ns INTEGER, changed_ns INTEGER, version TEXT, "
	"PRIMARY KEY(device, inode)) WITHOUT ROWID";

static const char boot_sql[] = "SELECT id FROM boot";

static const char recall_sql[] =
	"SELECT device, inode, bytes, modified_ns, changed_ns, version "
	"FROM seen ORDER BY device, inode";

static const char add_sql[] =
	"INSERT OR REPLACE INTO seen VALUES(?1, ?2, ?3, ?4, ?5, ?6)";

static const char drop_sql[] =
	"DELETE FROM seen WHERE device = ?1 AND inode = ?2";

/* A time far away wraps around, as it does each time. */
static int64_t nanoseconds(const struct timespec *time)
{
	return (int64_t)((uint64_t)time->tv_sec * 1000000000 +
			 (uint64_t)time->tv_nsec);
}

/* ---- recalling ---- */

/* The few versions that there are, each once. */
struct versions {
	struct arena *arena;
	const char **texts;
	size_t count, capacity;
};

static const char *versions_add(struct versions *versions, const char *text)
{
	for (size_t i = versions->count; i-- > 0;)
		if (strcmp(versions->texts[i], text) == 0)
			return versions->texts[i];
	versions->texts = array_grow(versions->texts, versions->count,
				     &versions->capacity,
				     sizeof(*versions->texts));
	text = arena_add(versions->arena, text, strlen(text));
	versions->texts[versions->count++] = text;
	return text;
}

static void compare_row(struct query *row, struct subject *subject,
			struct versions *versions)
{
	const struct stamp *stamp = &subject->stamp;
	const char *version = query_text(row, 5);

	if (subject->is_alone && version != NULL &&
	    query_number(row, 2) == stamp->bytes &&
	    query_number(row, 3) == nanoseconds(&stamp->modified) &&
	    query_number(row, 4) == nanoseconds(&stamp->changed))
		subject->known_version = versions_add(versions, version);
}

static void note_gone(struct seen *seen, const struct stamp *key)
{
	seen->gone = array_grow(seen->gone, seen->gone_count,
				&seen->gone_capacity, sizeof(*seen->gone));
	seen->gone[seen->gone_count++] = *key;
}

/* Rows and subjects come in the same order. `seen` notes rows without a
 * subject; it may be NULL. */
static int merge(struct query *row, const struct fleet *fleet,
		 struct seen *seen, struct error *err)
{
	struct versions versions = { .arena = fleet->arena };
	bool has_row = false;
	size_t i = 0;
	int rc;

	while ((rc = query_next(row, &has_row, err)) == 0 && has_row) {
		const struct stamp key = {
			.device = (dev_t)query_number(row, 0),
			.inode = (ino_t)query_number(row, 1),
		};
		int order = 1;

		while (i < fleet->file_count &&
		       (order = stamp_compare_file(&fleet->by_file[i]->stamp,
						   &key)) < 0)
			i++;
		if (order == 0)
			compare_row(row, fleet->by_file[i], &versions);
		else if (seen != NULL)
			note_gone(seen, &key);
	}
	free(versions.texts);
	return rc;
}

static int recall(struct sqlite3 *db, const struct fleet *fleet,
		  struct seen *seen, struct error *err)
{
	struct query query = { 0 };
	int rc = query_open(&query, db, recall_sql, err);

	if (rc == 0)
		rc = merge(&query, fleet, seen, err);
	query_close(&query);
	/* What a damaged file said before it broke off is no better. */
	for (size_t i = 0; rc != 0 && i < fleet->file_count; i++)
		fleet->by_file[i]->known_version = NULL;
	return rc;
}

/* This start of the machine, and the scope; NULL where it has no name. The
 * caller frees it. */
static char *occasion(const char *scope)
{
	char boot[BOOT_ID_BYTES];

	clock_boot_id(boot);
	return boot[0] == '\0' ? NULL : xasprintf("%s %s", boot, scope);
}

/* ERROR_MISSING: it is of another start of the machine, or another scope. */
static int check_occasion(struct sqlite3 *db, const char *scope,
			  struct error *err)
{
	char *now = occasion(scope), *then = NULL;
	int rc = connection_text(db, boot_sql, &then, err);

	if (rc == 0 && (now == NULL || then == NULL || strcmp(now, then) != 0))
		rc = error_set(err, ERROR_MISSING, "of another occasion");
	free(then);
	free(now);
	return rc;
}

void seen_recall(const char *state_path, const char *scope,
		 const struct fleet *fleet)
{
	const struct connection_options options = {
		.mode = CONNECTION_READ,
		.busy_timeout_ms = WAIT_MS,
	};
	struct error ignored = { 0 };
	struct sqlite3 *db = NULL;
	char *path;

	if (state_path == NULL)
		return;
	path = xasprintf("%s/" SEEN_NAME, state_path);
	if (access(path, F_OK) == 0 &&
	    connection_open(path, &options, &db, &ignored) == 0 &&
	    check_occasion(db, scope, &ignored) == 0)
		(void)recall(db, fleet, NULL, &ignored);
	connection_close(db);
	free(path);
}

/* ---- remembering ---- */

static int run_once(struct query *query, struct error *err)
{
	bool has_row;
	int rc = query_next(query, &has_row, err);

	query_reset(query);
	return rc;
}

static int add_rows(struct seen *seen, struct error *err)
{
	struct query query = { 0 };
	int rc = query_open(&query, seen->db, add_sql, err);

	for (size_t i = 0; rc == 0 && i < seen->count; i++) {
		const struct stamp *stamp = &seen->rows[i].stamp;

		query_bind_number(&query, 1, (int64_t)stamp->device);
		query_bind_number(&query, 2, (int64_t)stamp->inode);
		query_bind_number(&query, 3, stamp->bytes);
		query_bind_number(&query, 4, nanoseconds(&stamp->modified));
		query_bind_number(&query, 5, nanoseconds(&stamp->changed));
		query_bind_text(&query, 6, seen->rows[i].version);
		rc = run_once(&query, err);
	}
	query_close(&query);
	return rc;
}

static int drop_rows(struct seen *seen, struct error *err)
{
	struct query query = { 0 };
	int rc = query_open(&query, seen->db, drop_sql, err);

	for (size_t i = 0; rc == 0 && i < seen->gone_count; i++) {
		query_bind_number(&query, 1, (int64_t)seen->gone[i].device);
		query_bind_number(&query, 2, (int64_t)seen->gone[i].inode);
		rc = run_once(&query, err);
	}
	query_close(&query);
	return rc;
}

/* Gone ones first: an inode may have come back as another file since. */
static void write_all(struct seen *seen)
{
	struct error err = { 0 };
	int rc;

	if (seen->db == NULL || seen->count + seen->gone_count == 0)
		return;
	rc = connection_run(seen->db, "BEGIN IMMEDIATE", &err);
	if (rc == 0)
		rc = drop_rows(seen, &err);
	if (rc == 0)
		rc = add_rows(seen, &err);
	if (rc == 0)
		rc = connection_run(seen->db, "COMMIT", &err);
	seen->count = seen->gone_count = 0;
	if (rc != 0) {
		connection_close(seen->db);
		seen->db = NULL;
	}
}

static void seen_hear(struct listener *listener, const struct event *event)
{
	struct seen *seen = (struct seen *)listener;

	if (event->type == EVENT_DATABASE &&
	    event->result->sighting.stamp.mode != 0) {
		seen->rows = array_grow(seen->rows, seen->count,
					&seen->capacity, sizeof(*seen->rows));
		seen->rows[seen->count++] = event->result->sighting;
		if (seen->count == ROWS_AT_ONCE)
			write_all(seen);
	} else if (event->type == EVENT_RUN_END) {
		write_all(seen);
	}
}

static int open_once(struct seen *seen, const char *path, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_JOURNAL,
		.busy_timeout_ms = WAIT_MS,
	};
	int rc = connection_open(path, &options, &seen->db, err);

	if (rc == 0)
		rc = connection_run(seen->db, "PRAGMA synchronous=OFF", err);
	return rc;
}

static void begin_anew(struct seen *seen, const char *path, const char *scope)
{
	char *journal = xasprintf("%s-journal", path);
	char *now = occasion(scope);
	char *sql = xasprintf("BEGIN IMMEDIATE;%s;INSERT INTO boot "
			      "VALUES('%s');COMMIT", schema_sql,
			      now == NULL ? "" : now);
	struct error ignored = { 0 };

	connection_close(seen->db);
	seen->db = NULL;
	seen->gone_count = 0;
	(void)unlink(journal);
	if (unlink(path) != 0 ||
	    open_once(seen, path, &ignored) != 0 ||
	    connection_run(seen->db, sql, &ignored) != 0) {
		connection_close(seen->db);
		seen->db = NULL;
	}
	free(sql);
	free(now);
	free(journal);
}

struct seen *seen_open(const char *state_path, const char *scope,
		       const struct fleet *fleet)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));
	char *path = xasprintf("%s/" SEEN_NAME, state_path);
	bool is_whole = fleet->not_selected == 0;
	struct error err = { 0 };
	int rc = open_once(seen, path, &err);

	seen->listener.hear = seen_hear;
	if (rc == 0)
		rc = check_occasion(seen->db, scope, &err);
	if (rc == 0)
		rc = recall(seen->db, fleet, is_whole ? seen : NULL, &err);
	if (rc != 0 && rc != ERROR_BUSY)
		begin_anew(seen, path, scope);
	free(path);
	return seen;
}

void seen_close(struct seen *seen)
{
	if (seen == NULL)
		return;
	connection_close(seen->db);
	free(seen->rows);
	free(seen->gone);
	free(seen);
}

struct listener *seen_listener(struct seen *seen)
{
	return &seen->listener;
}
