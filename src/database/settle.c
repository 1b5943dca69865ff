#include "database/work.h"

#include <string.h>

#include "base/clock.h"
#include "database/backup.h"
#include "database/ledger.h"
#include "database/look.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "sqlite/digest.h"

enum { LEFT_JOURNAL, LEFT_WAL, LEFT_INDEX, LEFT_COUNT };

/* Which of them lie beside the file; an empty one counts too. */
static int find_leftovers(const struct place *place, bool left[LEFT_COUNT],
			  struct error *err)
{
	static const char *const suffixes[LEFT_COUNT] = { "-journal", "-wal",
							  "-shm" };
	size_t i;

	for (i = 0; i < LEFT_COUNT; i++) {
		struct stamp stamp;
		int rc = place_stamp(place, suffixes[i], &stamp, err);

		if (rc != 0 && rc != ERROR_MISSING)
			return rc;
		left[i] = rc == 0;
	}
	return 0;
}

/* A journal that is empty still is no hot one, and SQLite leaves it where it
 * is. To unlink it would be to take it from an application that has just made
 * it; a transaction that changes nothing takes it over and removes it. */
static int take_journal_away(struct sqlite3 *db, struct error *err)
{
	struct error undo;
	int rc = connection_run(db, "BEGIN IMMEDIATE", err);

	if (rc == 0)
		rc = connection_run(db, "CREATE TABLE fleet_settle(a)", err);
	if (connection_in_transaction(db))
		(void)connection_run(db, "ROLLBACK", &undo);
	return rc;
}

/* SQLite undoes what is unfinished when the file is first read, and takes the
 * WAL in when the last connection goes. */
static int settle(const struct job *job, struct error *err)
{
	const struct plan *plan = job->plan;
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = plan->busy_timeout_ms,
		.spill = true,
		.stop_now = job->stop_now,
	};
	struct place place = { .folder = -1 };
	struct sqlite3 *db = NULL;
	struct stamp stamp;
	bool left[LEFT_COUNT] = { false };
	int rc = place_open(plan->data_dir, plan->data_path,
			    job->subject->path, &place, err);

	if (rc == 0)
		rc = place_stamp(&place, "", &stamp, err);
	if (rc == 0)
		rc = look_fits(&stamp, err);
	if (rc == 0)
		rc = find_leftovers(&place, left, err);
	if (rc == 0 &&
	    (left[LEFT_JOURNAL] || left[LEFT_WAL] || left[LEFT_INDEX]))
		rc = connection_open(place.path, &options, &db, err);
	if (rc == 0 && left[LEFT_JOURNAL])
		rc = take_journal_away(db, err);
	connection_close(db);
	place_close(&place);
	return rc;
}

void work_settle(struct job *job)
{
	int64_t begin = clock_now_us();
	struct error error = { 0 };

	if (settle(job, &error) == 0)
		job->result.outcome = OUTCOME_CURRENT;
	else
		result_fail(&job->result, &error);
	job->result.duration_us = clock_now_us() - begin;
}

static bool is_same_head(const struct ledger_head *a,
			 const struct ledger_head *b)
{
	return a->exists == b->exists && a->rank == b->rank &&
	       strcmp(a->version, b->version) == 0 &&
	       strcmp(a->run_id, b->run_id) == 0 &&
	       strcmp(a->evidence, b->evidence) == 0;
}

static int compare(struct job *job, struct look *look, void *self,
		   struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
		.stop_now = job->stop_now,
	};
	struct ledger_head live = { 0 }, kept = { 0 };
	struct place place = { .folder = -1 };
	struct sqlite3 *backup = NULL;
	bool is_same = false;
	int rc = backup_of_source(job, &place, err);

	(void)self;
	if (rc == 0)
		rc = connection_open(place.path, &options, &backup, err);
	if (rc == 0)
		rc = ledger_read(look->db, &live, err);
	if (rc == 0)
		rc = ledger_read(backup, &kept, err);
	if (rc == 0 && is_same_head(&live, &kept))
		rc = digest_compare(look->db, backup, LEDGER_TABLE, &is_same,
				    err);
	connection_close(backup);
	place_close(&place);
	return rc != 0 || is_same ? rc
				  : error_set(err, ERROR_WRITTEN,
					      "it is not what the backup was "
					      "copied from");
}

void work_compare(struct job *job)
{
	int64_t begin = clock_now_us();
	struct error error = { 0 };

	if (look_with(job, compare, NULL, &error) == 0)
		job->result.outcome = OUTCOME_CURRENT;
	else
		result_fail(&job->result, &error);
	job->result.duration_us = clock_now_us() - begin;
}
