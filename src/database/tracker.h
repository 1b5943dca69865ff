/*
 * tracker: the tables in which other migration tools keep what they applied.
 *
 * Runs on: any thread; the table of tools is const. A struct tracker lives as
 * long as the program. tracker_read() runs on the thread of the connection.
 *
 * One row for each tool says by what its table is told apart and what its rows
 * mean, in SQL of ours. Several tools use one name: schema_migrations is that
 * of golang-migrate if it has "version" and "dirty"; of Rails if it has
 * "version" alone and ar_internal_metadata stands beside it; of dbmate if it
 * has "version" alone. A number in PRAGMA user_version may be anybody's, so
 * that one is never told, only asked for by name.
 *
 * What users write into their databases is read here: a table has to be a
 * table (a view or a virtual table is refused); a text is read to 255 bytes,
 * so many rows and no more, all of it with the settings of the connection. The
 * table itself is only read.
 *
 * Sources of what the tables hold: each tool's own code. dbmate
 * pkg/driver/sqlite, golang-migrate database/sqlite3, goose
 * dialects/sqlite3.go, sqlx sqlx-sqlite/src/migrate.rs, diesel
 * migration/setup_migration_table.sql,
 * Prisma's sql-migration-connector, wrangler d1/migrations/helpers.ts, Flyway
 * SQLiteDatabase.java, Atlas ent/schema/revision.go and sql/migrate, Alembic
 * runtime/migration.py, ActiveRecord SchemaMigration, sqlite-migrate.
 */
#ifndef FLEET_DATABASE_TRACKER_H
#define FLEET_DATABASE_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sqlite/schema.h"

struct sqlite3;

#define TRACKER_COLUMNS 5

/* How a text of theirs names a step of ours: matching.h. */
enum tracker_match {
	TRACKER_BY_NUMBER, /* it is the number of a version */
	TRACKER_BY_FILE,   /* it is the name of a file, or of its folder */
	TRACKER_BY_NAME,   /* it is what a file's name says behind its number */
	TRACKER_BY_WORD,   /* it is a word in a file's name or description */
	TRACKER_MATCH_COUNT
};

/* What one of their rows covers: also the values that `applied` gives. */
enum tracker_span {
	TRACKER_ONE = 0,      /* one step */
	TRACKER_UP_TO = 1,    /* that step and all before it */
	TRACKER_BASELINE = 2, /* the same; there need be no such step where it
			       * stands before the first */
};

struct tracker {
	const char *name;  /* as people type it: "golang-migrate" */
	const char *table; /* NULL: PRAGMA user_version */
	const char *columns[TRACKER_COLUMNS]; /* which it has to have */
	bool has_no_others;	/* and no more than these */
	const char *beside;	/* a table that has to be there too, or NULL */
	enum tracker_match match;
	const char *applied; /* SELECT text, span: what is applied */
	const char *trouble; /* SELECT text, what about it ("is dirty"): no row
			      * if all is well; NULL: there can be none */
	const char *passed;  /* SELECT count(*), of what is no step; or NULL */
	const char *passed_words; /* what those are, for people */

	/* How to keep it current (mirror.h); `record` NULL: it is not. */
	const char *create; /* statements that make it, as the tool does */
	const char *clear;  /* before a record, where there is but one; NULL */
	const char *record; /* ?1 version, ?2 file name, ?3 words, ?4 SHA-384 */
	const char *remove; /* the same, of a step that was undone; NULL with
			     * `clear` */
	bool records_integers; /* its versions are 64-bit numbers */
	bool records_files;    /* it needs a file for each step */
	bool records_sums;     /* it needs ?4, the SHA-384 of that file */
};

extern const struct tracker trackers[];
extern const size_t tracker_count;

/* NULL if no tool has that name. */
const struct tracker *tracker_find(const char *name);

/* The names of all, or of those that can be kept, with ", " between; the caller
 * frees it. */
char *tracker_names(bool kept_only);

/* Whose table is to be kept current: "own" (NULL) or a tool that has a record.
 * ERROR_CONFIG lists those; then *out is as it was. */
int tracker_choose_kept(const char *name, const struct tracker **out,
			struct error *err);

/* "its schema_migrations", "its user_version": for messages. Returns `out`. */
char *tracker_describe(const struct tracker *tracker, char *out, size_t room);

/* Whose table is in that schema? *out is NULL if none is. ERROR_UNVERSIONED:
 * those of several tools are, or something with the name of one that is no
 * table, or not that tool's. */
int tracker_tell(const struct schema *schema, const struct tracker **out,
		 struct error *err);

/* Is the table of this tool in it? *there is false if nothing has its name.
 * ERROR_UNVERSIONED: something else has. user_version is always there. */
int tracker_is_there(const struct tracker *tracker,
		     const struct schema *schema, bool *there,
		     struct error *err);

/* Takes the tables of all tools out of `schema`, with what is on them, except
 * what the migrations make themselves (in one of `known`): such a table is
 * neither evidence nor drift. */
void tracker_hide(struct schema *schema, const struct schema_known *known);

/* Tells each row of what is applied, in no order. `tell` returns 0 or ends the
 * reading with an error. ERROR_UNVERSIONED: the tool itself calls something in
 * it dirty, failed or half done; or what is in it is nothing that the tool
 * writes. */
int tracker_read(struct sqlite3 *db, const struct tracker *tracker,
		 int (*tell)(void *self, const char *text,
			     enum tracker_span span, struct error *err),
		 void *self, struct error *err);

/* How many of its rows are no steps. */
int tracker_passed(struct sqlite3 *db, const struct tracker *tracker,
		   int64_t *out, struct error *err);

#endif
