#include "fleet/journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "fleet/tally.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"

#define WRITE_EVERY_US 1000000
#define ROWS_AT_ONCE 256  /* at some 6 KiB each */
#define ROWS_MOST 4096	  /* while a reader is in the way */
#define WAIT_MS 250	  /* the loop stands still meanwhile */
#define LAST_WAIT_MS 5000 /* at the end of the run it may */

/* One result, kept until it is written. */
struct row {
	enum kind kind;
	char *username, *path, *backup;
	struct result result;
};

struct journal {
	struct listener listener; /* first: it is what hear() is given */
	struct sqlite3 *db;
	char *path;
	struct error error; /* set: nothing is written any more */
	int64_t written_us;
	size_t written; /* of how many databases the totals tell */
	struct row *rows;
	size_t count, capacity;
};

/* In one transaction, or each would be waited for. What is there locks none. */
static const char schema_sql[] =
	"BEGIN; CREATE TABLE IF NOT EXISTS run(id TEXT PRIMARY KEY, "
	"command TEXT, dry_run INTEGER, data_dir TEXT, began TEXT, ended TEXT, "
	"target_system TEXT, target_user TEXT, databases INTEGER, "
	"not_begun INTEGER, exit_status INTEGER, signal INTEGER);"
	"CREATE TABLE IF NOT EXISTS total(run TEXT, outcome TEXT, "
	"databases INTEGER, PRIMARY KEY(run, outcome));"
	"CREATE TABLE IF NOT EXISTS result(run TEXT, kind TEXT, username TEXT, "
	"path TEXT, from_version TEXT, to_version TEXT, outcome TEXT, "
	"strategy TEXT, steps INTEGER, duration_us INTEGER, backup TEXT, "
	"error_code TEXT, message TEXT, migration TEXT, file TEXT, "
	"line INTEGER, statement TEXT, notes TEXT);"
	"CREATE INDEX IF NOT EXISTS result_by_run ON result(run); COMMIT";

static const char begin_sql[] =
	"INSERT INTO run(id, command, dry_run, data_dir, began, target_system, "
	"target_user, databases) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

static const char progress_sql[] =
	"UPDATE run SET databases = ?2, not_begun = ?3 WHERE id = ?1";

static const char end_sql[] =
	"UPDATE run SET ended=?2, exit_status=?3, signal=?4 WHERE id=?1";

static const char total_sql[] =
	"INSERT OR REPLACE INTO total VALUES(?1, ?2, ?3)";

static const char result_sql[] =
	"INSERT INTO result VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
	"?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/* Runs a query that returns nothing, and makes it ready for the next time. */
static int run_once(struct query *query, struct error *err)
{
	bool has_row;
	int rc = query_next(query, &has_row, err);

	query_reset(query);
	return rc;
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static const char *code_of(const struct error *error)
{
	if (error->code == ERROR_NONE)
		return NULL;
	if (error->sqlite_code != 0)
		return connection_code_name(error->sqlite_code);
	return error_code_name(error->code);
}

static int write_row(struct query *query, const char *run_id,
		     const struct row *row, struct error *err)
{
	const struct result *result = &row->result;
	const struct failure *failure = &result->failure;

	query_bind_text(query, 1, run_id);
	query_bind_text(query, 2, kind_name(row->kind));
	query_bind_text(query, 3, row->username);
	query_bind_text(query, 4, row->path);
	query_bind_text(query, 5, or_null(result->from));
	query_bind_text(query, 6, or_null(result->to));
	query_bind_text(query, 7, outcome_name(result->outcome));
	query_bind_text(query, 8, strategy_name(result->strategy));
	query_bind_number(query, 9, result->steps);
	query_bind_number(query, 10, result->duration_us);
	query_bind_text(query, 11, row->backup);
	query_bind_text(query, 12, code_of(&failure->error));
	query_bind_text(query, 13, or_null(failure->error.message));
	query_bind_text(query, 14, or_null(failure->migration));
	query_bind_text(query, 15, or_null(failure->file));
	query_bind_number(query, 16, failure->line);
	query_bind_text(query, 17, or_null(failure->statement));
	query_bind_text(query, 18, or_null(result->notes));
	return run_once(query, err);
}

static int write_rows(struct journal *journal, const struct run_summary *run,
		      struct error *err)
{
	struct query query = { 0 };
	int rc = query_open(&query, journal->db, result_sql, err);

	for (size_t i = 0; rc == 0 && i < journal->count; i++)
		rc = write_row(&query, run->run_id, &journal->rows[i], err);
	query_close(&query);
	return rc;
}

static int write_totals(struct journal *journal, const struct run_summary *run,
			struct error *err)
{
	const struct totals *totals = &run->totals;
	struct query query = { 0 };
	int rc = query_open(&query, journal->db, total_sql, err);

	for (int i = 0; rc == 0 && i < OUTCOME_COUNT; i++) {
		if (totals->outcomes[i] == 0)
			continue;
		query_bind_text(&query, 1, run->run_id);
		query_bind_text(&query, 2, outcome_name((enum outcome)i));
		query_bind_number(&query, 3, (int64_t)totals->outcomes[i]);
		rc = run_once(&query, err);
	}
	query_close(&query);
	if (rc == 0)
		rc = query_open(&query, journal->db, progress_sql, err);
	if (rc == 0) {
		query_bind_text(&query, 1, run->run_id);
		query_bind_number(&query, 2, (int64_t)totals->databases);
		query_bind_number(&query, 3, (int64_t)totals->not_begun);
		rc = run_once(&query, err);
	}
	query_close(&query);
	return rc;
}

static int write_begin(struct journal *journal, const struct run_summary *run,
		       struct error *err)
{
	struct query query = { 0 };
	char now[TIMESTAMP_BYTES];
	int rc = query_open(&query, journal->db, begin_sql, err);

	clock_timestamp(now);
	if (rc == 0) {
		query_bind_text(&query, 1, run->run_id);
		query_bind_text(&query, 2, run->command);
		query_bind_number(&query, 3, run->dry_run);
		query_bind_text(&query, 4, run->data_path);
		query_bind_text(&query, 5, now);
		query_bind_text(&query, 6, run->targets[KIND_SYSTEM]);
		query_bind_text(&query, 7, run->targets[KIND_USER]);
		query_bind_number(&query, 8, (int64_t)run->totals.databases);
		rc = run_once(&query, err);
	}
	query_close(&query);
	return rc;
}

static int write_end(struct journal *journal, const struct run_summary *run,
		     struct error *err)
{
	struct query query = { 0 };
	char now[TIMESTAMP_BYTES];
	int rc = query_open(&query, journal->db, end_sql, err);

	clock_timestamp(now);
	if (rc == 0) {
		query_bind_text(&query, 1, run->run_id);
		query_bind_text(&query, 2, now);
		query_bind_number(&query, 3, run->exit_status);
		query_bind_number(&query, 4, run->signal);
		rc = run_once(&query, err);
	}
	query_close(&query);
	return rc;
}

static void forget_rows(struct journal *journal)
{
	for (size_t i = 0; i < journal->count; i++) {
		free(journal->rows[i].username);
		free(journal->rows[i].path);
		free(journal->rows[i].backup);
	}
	journal->count = 0;
}

static int write_event(struct journal *journal, const struct event *event,
		       struct error *err)
{
	const struct run_summary *run = event->run;
	struct error ignored = { 0 };
	int rc = connection_run(journal->db, "BEGIN IMMEDIATE", err);

	if (rc == 0 && event->type == EVENT_RUN_BEGIN)
		rc = write_begin(journal, run, err);
	if (rc == 0)
		rc = write_rows(journal, run, err);
	if (rc == 0)
		rc = write_totals(journal, run, err);
	if (rc == 0 && event->type == EVENT_RUN_END)
		rc = write_end(journal, run, err);
	if (rc == 0)
		rc = connection_run(journal->db, "COMMIT", err);
	if (rc != 0 && connection_in_transaction(journal->db))
		connection_run(journal->db, "ROLLBACK", &ignored);
	return rc;
}

/* Writes all there is. While somebody reads the journal (and perhaps has left
 * the pager open) rows are kept for the next time. */
static void write_all(struct journal *journal, const struct event *event)
{
	struct error err = { 0 };
	int rc = write_event(journal, event, &err);

	journal->written_us = clock_now_us();
	journal->written = event->run->totals.done;
	if (rc == ERROR_BUSY && event->type == EVENT_DATABASE &&
	    journal->count < ROWS_MOST)
		return;
	if (rc != 0) {
		error_prefix(&err, "%s: what this run did is not recorded from "
			     "here on", journal->path);
		journal->error = err;
		journal->listener.exit_status = EXIT_STATUS_DISK;
	}
	forget_rows(journal);
}

static void tick_heard(struct journal *journal, const struct event *event)
{
	bool is_news = journal->count > 0 ||
		       journal->written != event->run->totals.done;

	if (is_news && clock_now_us() - journal->written_us >= WRITE_EVERY_US)
		write_all(journal, event);
}

static char *copy_or_null(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void database_heard(struct journal *journal, const struct event *event)
{
	const struct subject *subject = event->subject;

	if (event->result->outcome != OUTCOME_CURRENT) {
		journal->rows = array_grow(journal->rows, journal->count,
					   &journal->capacity,
					   sizeof(struct row));
		journal->rows[journal->count++] = (struct row){
			.kind = subject->kind,
			.username = copy_or_null(subject->username),
			.path = xstrdup(subject->path),
			.backup = copy_or_null(event->backup),
			.result = *event->result,
		};
		if (journal->count % ROWS_AT_ONCE == 0)
			write_all(journal, event);
	}
	tick_heard(journal, event);
}

static void end_heard(struct journal *journal, const struct event *event)
{
	connection_set_busy_timeout(journal->db, LAST_WAIT_MS);
	write_all(journal, event);
	connection_set_busy_timeout(journal->db, WAIT_MS);
}

static void journal_hear(struct listener *listener, const struct event *event)
{
	static void (*const hear[EVENT_TYPE_COUNT])(struct journal *,
						    const struct event *) = {
		[EVENT_RUN_BEGIN] = write_all,
		[EVENT_DATABASE] = database_heard,
		[EVENT_PROGRESS] = tick_heard,
		[EVENT_RUN_END] = end_heard,
	};
	struct journal *journal = (struct journal *)listener;

	if (hear[event->type] != NULL && journal->error.code == ERROR_NONE)
		hear[event->type](journal, event);
}

static int open_once(struct journal *journal, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_JOURNAL,
		.busy_timeout_ms = WAIT_MS,
	};
	int rc = connection_open(journal->path, &options, &journal->db, err);

	if (rc == 0)
		rc = connection_run(journal->db, schema_sql, err);
	if (rc != 0) {
		connection_close(journal->db);
		journal->db = NULL;
	}
	return rc;
}

/* Its rollback journal goes with it: left behind, it would be played back into
 * the new file. */
static int move_aside(const char *path, struct error *err)
{
	static const char *const suffixes[] = { "-journal", "" };
	char now[RUN_ID_BYTES];
	int rc = 0;

	clock_run_id(now);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		char *from = xasprintf("%s%s", path, suffixes[i]);
		char *to = xasprintf("%s.damaged-%s%s", path, now, suffixes[i]);

		if (rename(from, to) != 0 && errno != ENOENT)
			rc = error_set_errno(err, ERROR_IO, errno,
					     "%s is damaged and cannot be "
					     "moved aside", from);
		free(to);
		free(from);
	}
	return rc;
}

int journal_open(const char *state_path, struct journal **out,
		 struct error *err)
{
	struct journal *journal = xcalloc(1, sizeof(*journal));
	int rc;

	journal->listener.hear = journal_hear;
	journal->path = xasprintf("%s/%s", state_path, JOURNAL_NAME);
	rc = open_once(journal, err);
	if (rc == ERROR_CORRUPT) {
		rc = move_aside(journal->path, err);
		if (rc == 0)
			rc = open_once(journal, err);
	}
	if (rc != 0) {
		error_prefix(err, "%s", journal->path);
		journal_close(journal);
		journal = NULL;
	}
	*out = journal;
	return rc;
}

void journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	connection_close(journal->db);
	forget_rows(journal);
	free(journal->rows);
	/* Where damage shows only deep inside, opening would find none, and no
	 * run would ever be recorded again. */
	if (journal->error.code == ERROR_CORRUPT)
		move_aside(journal->path, NULL);
	free(journal->path);
	free(journal);
}

struct listener *journal_listener(struct journal *journal)
{
	return &journal->listener;
}

const struct error *journal_error(const struct journal *journal)
{
	return journal->error.code != ERROR_NONE ? &journal->error : NULL;
}
