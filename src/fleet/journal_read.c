#include "fleet/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"

#define WAIT_MS 2000 /* a run writes for some milliseconds at a time */

static const char runs_sql[] =
	"SELECT id, command, dry_run, began, ended, target_system, "
	"target_user, databases, not_begun, exit_status, signal "
	"FROM run ORDER BY began DESC, rowid DESC LIMIT ?1";

static const char totals_sql[] =
	"SELECT outcome, databases FROM total WHERE run = ?1";

static const char results_sql[] =
	"SELECT kind, username, data_dir || '/' || path, from_version, "
	"to_version, outcome, strategy, steps, duration_us, backup, "
	"error_code, message, migration, file, line, statement, notes "
	"FROM result JOIN run ON run.id = result.run "
	"WHERE result.run = ?1 AND (?2 IS NULL OR username = ?2) "
	"ORDER BY result.rowid";

/* With max() SQLite takes the other columns from that very row. */
static const char unfinished_sql[] =
	"SELECT username, path, outcome, max(result.rowid) "
	"FROM result JOIN run ON run.id = result.run "
	"WHERE run.command = 'upgrade' AND NOT run.dry_run GROUP BY path "
	"HAVING outcome NOT IN ('upgraded', 'current', 'newer') "
	"ORDER BY username, path";

/* Opens the journal; *out stays NULL if there is none, or an empty one. */
static int reader_open(const char *state_path, struct sqlite3 **out,
		       struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_READ,
		.busy_timeout_ms = WAIT_MS,
	};
	char *path, *hot;
	int64_t tables = 0;
	int rc = 0;

	*out = NULL;
	if (state_path == NULL)
		return 0;
	path = xasprintf("%s/%s", state_path, JOURNAL_NAME);
	hot = xasprintf("%s-journal", path);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		goto out;
	rc = connection_open(path, &options, out, err);
	if (rc == 0)
		rc = connection_number(*out, "SELECT count(*) FROM "
				       "sqlite_schema WHERE name IN ('run', "
				       "'total', 'result')", &tables, err);
	if (rc == 0 && tables == 3)
		goto out;
	connection_close(*out);
	*out = NULL;
	if (rc == 0)
		goto out;
	error_prefix(err, "%s", path);
	if (access(hot, F_OK) == 0)
		error_append(err, "a run was cut off while it wrote; the next "
			     "run that writes puts it right");
out:
	free(hot);
	free(path);
	return rc;
}

static int read_totals(struct query *query, struct journal_run *run,
		       struct error *err)
{
	bool has_row;
	int rc;

	query_bind_text(query, 1, run->id);
	while ((rc = query_next(query, &has_row, err)) == 0 && has_row) {
		const char *name = query_text(query, 0);

		for (int i = 0; name != NULL && i < OUTCOME_COUNT; i++)
			if (strcmp(name, outcome_name((enum outcome)i)) == 0)
				run->outcomes[i] =
					(size_t)query_number(query, 1);
	}
	query_reset(query);
	return rc;
}

/* What every row has; unless somebody else wrote the file, or its disk did. */
static const char *text_of(struct query *query, int column)
{
	const char *text = query_text(query, column);

	return text != NULL ? text : "";
}

int journal_each_run(const char *state_path, size_t limit,
		     void (*tell)(void *self, const struct journal_run *run),
		     void *self, struct error *err)
{
	struct query runs = { 0 }, totals = { 0 };
	struct sqlite3 *db;
	bool has_row = false;
	int rc = reader_open(state_path, &db, err);

	if (rc != 0 || db == NULL)
		return rc;
	rc = query_open(&totals, db, totals_sql, err);
	if (rc == 0)
		rc = query_open(&runs, db, runs_sql, err);
	if (rc == 0)
		query_bind_number(&runs, 1, limit > 0 ? (int64_t)limit : -1);
	while (rc == 0 && (rc = query_next(&runs, &has_row, err)) == 0 &&
	       has_row) {
		struct journal_run run = {
			.id = text_of(&runs, 0),
			.command = text_of(&runs, 1),
			.dry_run = query_number(&runs, 2) != 0,
			.began = text_of(&runs, 3),
			.ended = query_text(&runs, 4),
			.target_system = query_text(&runs, 5),
			.target_user = query_text(&runs, 6),
			.databases = (size_t)query_number(&runs, 7),
			.not_begun = (size_t)query_number(&runs, 8),
			.exit_status = (int)query_number(&runs, 9),
			.signal = (int)query_number(&runs, 10),
		};

		rc = read_totals(&totals, &run, err);
		if (rc == 0)
			tell(self, &run);
	}
	query_close(&runs);
	query_close(&totals);
	connection_close(db);
	return rc;
}

static void tell_result(struct query *query,
			void (*tell)(void *self,
				     const struct journal_result *result),
			void *self)
{
	const struct journal_result result = {
		.kind = text_of(query, 0),
		.username = query_text(query, 1),
		.path = text_of(query, 2),
		.from = query_text(query, 3),
		.to = query_text(query, 4),
		.outcome = query_text(query, 5),
		.strategy = query_text(query, 6),
		.steps = (int)query_number(query, 7),
		.duration_us = query_number(query, 8),
		.backup = query_text(query, 9),
		.error_code = query_text(query, 10),
		.message = query_text(query, 11),
		.migration = query_text(query, 12),
		.file = query_text(query, 13),
		.line = (int)query_number(query, 14),
		.statement = query_text(query, 15),
		.notes = query_text(query, 16),
	};

	tell(self, &result);
}

int journal_each_result(const char *state_path, const char *run_id,
			const char *username,
			void (*tell)(void *self,
				     const struct journal_result *result),
			void *self, struct error *err)
{
	struct query query = { 0 };
	struct sqlite3 *db;
	bool has_row = false;
	int rc = reader_open(state_path, &db, err);

	if (rc != 0 || db == NULL)
		return rc;
	rc = query_open(&query, db, results_sql, err);
	if (rc == 0) {
		query_bind_text(&query, 1, run_id);
		query_bind_text(&query, 2, username);
	}
	while (rc == 0 && (rc = query_next(&query, &has_row, err)) == 0 &&
	       has_row)
		tell_result(&query, tell, self);
	query_close(&query);
	connection_close(db);
	return rc;
}

int journal_each_unfinished(const char *state_path,
			    void (*tell)(void *self, const char *username,
					 const char *path),
			    void *self, struct error *err)
{
	struct query query = { 0 };
	struct sqlite3 *db;
	bool has_row = false;
	int rc = reader_open(state_path, &db, err);

	if (rc != 0 || db == NULL)
		return rc;
	rc = query_open(&query, db, unfinished_sql, err);
	while (rc == 0 && (rc = query_next(&query, &has_row, err)) == 0 &&
	       has_row)
		tell(self, query_text(&query, 0), text_of(&query, 1));
	query_close(&query);
	connection_close(db);
	return rc;
}
