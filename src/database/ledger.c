#include "database/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "database/applied.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"

/* In the order of the table; `rank` and `to_version` are what a ledger cannot
 * do without. */
static const struct {
	const char *name, *type;
} columns[] = {
	{ "rank", "INTEGER PRIMARY KEY" },
	{ "kind", "TEXT" },
	{ "from_version", "TEXT" },
	{ "to_version", "TEXT" },
	{ "description", "TEXT" },
	{ "checksum", "TEXT" },
	{ "applied_at", "TEXT" },
	{ "duration_us", "INTEGER" },
	{ "run_id", "TEXT" },
	{ "tool_version", "TEXT" },
	{ "evidence", "TEXT" },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

/* What makes the table, and what SQLite then keeps as its text. */
static const char create[] =
	"CREATE TABLE " LEDGER_TABLE "(rank INTEGER PRIMARY KEY, kind TEXT, "
	"from_version TEXT, to_version TEXT, "
	"description TEXT, checksum TEXT, "
	"applied_at TEXT, duration_us INTEGER, "
	"run_id TEXT, tool_version TEXT, "
	"evidence TEXT)";

/* Asks for the columns of a table that an older version of this program may
 * have made, or somebody else. */
static int ask_columns(struct sqlite3 *db, bool present[COLUMN_COUNT],
		       struct error *err)
{
	struct query query = { 0 };
	bool has_row;
	int rc = query_open(&query, db,
			    "PRAGMA main.table_info(" LEDGER_TABLE ")", err);

	while (rc == 0 && (rc = query_next(&query, &has_row, err)) == 0 &&
	       has_row) {
		const char *name = query_text(&query, 1);
		size_t i;

		for (i = 0; i < COLUMN_COUNT; i++) {
			if (name != NULL && strcmp(columns[i].name, name) == 0)
				present[i] = true;
		}
	}
	query_close(&query);
	if (rc == 0 && (!present[0] || !present[3]))
		rc = error_set(err, ERROR_UNVERSIONED,
			       "its table " LEDGER_TABLE " has no rank or no "
			       "to_version: it is not our ledger");
	return rc;
}

/* Which of the columns the table has; *exists is false where there is none. */
static int columns_present(struct sqlite3 *db, bool present[COLUMN_COUNT],
			   bool *exists, struct error *err)
{
	struct query query = { 0 };
	bool is_newest = false;
	bool has_row;
	int rc;

	memset(present, 0, COLUMN_COUNT * sizeof(present[0]));
	*exists = false;
	rc = query_open(&query, db,
			"SELECT type, sql FROM main.sqlite_schema WHERE name = "
			"'" LEDGER_TABLE "' COLLATE NOCASE",
			err);
	if (rc == 0)
		rc = query_next(&query, &has_row, err);
	if (rc == 0 && has_row) {
		const char *type = query_text(&query, 0);
		const char *sql = query_text(&query, 1);

		*exists = true;
		if (type == NULL || strcmp(type, "table") != 0 || sql == NULL ||
		    strncmp(sql, "CREATE TABLE", 12) != 0)
			rc = error_set(err, ERROR_UNVERSIONED,
				       "it has a %s named " LEDGER_TABLE
				       " that is not our ledger; rename it or "
				       "leave this database out with --exclude",
				       type == NULL ? "thing" : type);
		else
			is_newest = strcmp(sql, create) == 0;
	}
	query_close(&query);
	if (rc != 0 || !*exists)
		return rc;
	if (!is_newest)
		return ask_columns(db, present, err);
	memset(present, true, COLUMN_COUNT * sizeof(present[0]));
	return 0;
}

/* SELECT of all columns, with NULL for what this ledger lacks. */
static char *select_columns(const bool present[COLUMN_COUNT], const char *tail)
{
	static const char table[] = " FROM main." LEDGER_TABLE " ";
	char names[COLUMN_COUNT * 16], *end = names;
	size_t i;

	for (i = 0; i < COLUMN_COUNT; i++) {
		end = stpcpy(end, i > 0 ? ", " : "SELECT ");
		end = stpcpy(end, present[i] ? columns[i].name : "NULL");
	}
	return xasprintf("%s%s%s", names, table, tail);
}

static int head_from_row(struct query *query, struct ledger_head *out,
			 struct error *err)
{
	const char *rank = query_text(query, 0);
	const char *version = query_text(query, 3);
	char number[24];
	const char *run_id = query_text(query, 8);
	const char *evidence = query_text(query, 10);

	if (version == NULL || !version_is_valid(version)) {
		char *shown = text_escape(version == NULL ? "NULL" : version);
		int rc = error_set(err, ERROR_UNVERSIONED,
				   "its ledger names \"%.64s\", which is no "
				   "version; it was left untouched",
				   shown);
		free(shown);
		return rc;
	}
	out->rank = query_number(query, 0);
	snprintf(number, sizeof(number), "%lld", (long long)out->rank);
	if (rank == NULL || strcmp(rank, number) != 0)
		return error_set(err, ERROR_UNVERSIONED,
				 "the newest row of its ledger has a rank that "
				 "is no number, so that no row can stand "
				 "behind it; it was left untouched");
	out->exists = true;
	text_copy(out->version, sizeof(out->version), version);
	if (run_id != NULL && clock_is_run_id(run_id))
		text_copy(out->run_id, sizeof(out->run_id), run_id);
	if (evidence != NULL && strlen(evidence) < sizeof(out->evidence))
		text_copy(out->evidence, sizeof(out->evidence), evidence);
	return 0;
}

/* Steps that ran late have left the version where it was. */
static int version_before_late(struct sqlite3 *db, struct ledger_head *out,
			       struct error *err)
{
	char *version = NULL;
	int rc = connection_text(db,
				 "SELECT to_version FROM main." LEDGER_TABLE
				 " WHERE kind IS NOT '" APPLIED_LATE
				 "' ORDER BY rank DESC LIMIT 1",
				 &version, err);

	if (rc == 0 && (version == NULL || !version_is_valid(version))) {
		out->exists = false;
		rc = error_set(err, ERROR_UNVERSIONED,
			       "its ledger has nothing but steps that ran "
			       "late, or names no version before them; it was "
			       "left untouched");
	} else if (rc == 0) {
		text_copy(out->version, sizeof(out->version), version);
	}
	free(version);
	return rc;
}

int ledger_read(struct sqlite3 *db, struct ledger_head *out, struct error *err)
{
	struct query query = { 0 };
	bool present[COLUMN_COUNT];
	bool has_row, is_late;
	char *sql;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = columns_present(db, present, &has_row, err);
	if (rc != 0 || !has_row)
		return rc;
	sql = select_columns(present, "ORDER BY rank DESC LIMIT 1");
	rc = query_open(&query, db, sql, err);
	if (rc == 0)
		rc = query_next(&query, &has_row, err);
	if (rc == 0 && has_row)
		rc = head_from_row(&query, out, err);
	is_late = rc == 0 && has_row && query_text(&query, 1) != NULL &&
		  strcmp(query_text(&query, 1), APPLIED_LATE) == 0;
	query_close(&query);
	free(sql);
	return is_late ? version_before_late(db, out, err) : rc;
}

int ledger_prepare(struct sqlite3 *db, struct error *err)
{
	bool present[COLUMN_COUNT];
	bool exists;
	size_t i;
	int rc = columns_present(db, present, &exists, err);

	if (rc == 0 && !exists)
		return connection_run(db, create, err);
	for (i = 0; rc == 0 && i < COLUMN_COUNT; i++) {
		char *sql;

		if (present[i])
			continue;
		sql = xasprintf("ALTER TABLE " LEDGER_TABLE " ADD COLUMN %s %s",
				columns[i].name, columns[i].type);
		rc = connection_run(db, sql, err);
		free(sql);
	}
	return rc;
}

int ledger_add(struct sqlite3 *db, const struct ledger_row *row,
	       struct error *err)
{
	struct query query = { 0 };
	char now[TIMESTAMP_BYTES];
	int rc = query_open(&query, db,
			    "INSERT INTO " LEDGER_TABLE
			    "(rank, kind, from_version, to_version, "
			    "description, checksum, applied_at, duration_us, "
			    "run_id, tool_version) VALUES ((SELECT "
			    "coalesce(max(rank), 0) + 1 FROM " LEDGER_TABLE
			    "), ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			    err);

	if (rc == 0) {
		clock_timestamp(now);
		query_bind_text(&query, 1, row->kind);
		query_bind_text(&query, 2, row->from);
		query_bind_text(&query, 3, row->to);
		query_bind_text(&query, 4, row->description);
		query_bind_text(&query, 5, row->checksum);
		query_bind_text(&query, 6, now);
		query_bind_number(&query, 7, row->duration_us);
		query_bind_text(&query, 8, row->run_id);
		query_bind_text(&query, 9, PACKAGE_VERSION);
		rc = query_write(&query, err);
	}
	query_close(&query);
	return rc;
}

int ledger_set_evidence(struct sqlite3 *db, const char *evidence,
			struct error *err)
{
	struct query query = { 0 };
	int rc = query_open(&query, db,
			    "UPDATE " LEDGER_TABLE " SET evidence = ? WHERE "
			    "rank = (SELECT max(rank) FROM " LEDGER_TABLE ")",
			    err);

	if (rc == 0) {
		query_bind_text(&query, 1, evidence);
		rc = query_write(&query, err);
	}
	query_close(&query);
	return rc;
}

int ledger_drop(struct sqlite3 *db, struct error *err)
{
	return connection_run(db, "DROP TABLE " LEDGER_TABLE, err);
}

int ledger_each(struct sqlite3 *db,
		void (*tell)(void *self, const struct ledger_row *row),
		void *self, struct error *err)
{
	struct query query = { 0 };
	bool present[COLUMN_COUNT];
	bool has_row;
	char *sql;
	int rc = columns_present(db, present, &has_row, err);

	if (rc != 0 || !has_row)
		return rc;
	sql = select_columns(present, "ORDER BY rank");
	rc = query_open(&query, db, sql, err);
	while (rc == 0 && (rc = query_next(&query, &has_row, err)) == 0 &&
	       has_row) {
		struct ledger_row row = {
			.kind = query_text(&query, 1),
			.from = query_text(&query, 2),
			.to = query_text(&query, 3),
			.description = query_text(&query, 4),
			.checksum = query_text(&query, 5),
			.duration_us = query_number(&query, 7),
			.run_id = query_text(&query, 8),
		};
		tell(self, &row);
	}
	query_close(&query);
	free(sql);
	return rc;
}
