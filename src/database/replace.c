#include "database/replace.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "database/evidence.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

static struct connection_options options_for(const struct replace *replace,
					     enum connection_mode mode)
{
	return (struct connection_options){
		.mode = mode,
		.busy_timeout_ms = replace->job->plan->busy_timeout_ms,
		.spill = true,
		.stop_now = replace->job->stop_now,
	};
}

/* What the caller does under the lock, through a connection beside it. */
static int call(struct replace *replace, bool *goes_on, struct error *err)
{
	struct connection_options options =
		options_for(replace, CONNECTION_READ);
	struct sqlite3 *reader = NULL;
	int rc = connection_open(replace->path, &options, &reader, err);

	*goes_on = false;
	if (rc == 0)
		rc = replace->under_lock(replace->self, reader, goes_on, err);
	connection_close(reader);
	/* Its file may be another one by now. */
	if (rc == 0 && *goes_on)
		rc = connection_run(replace->source, "PRAGMA shrink_memory",
				    err);
	replace->has_begun = rc == 0 && *goes_on;
	return rc;
}

static int replace_journal(struct replace *replace, struct error *err)
{
	const struct plan *plan = replace->job->plan;
	struct sqlite3 *live = replace->live;
	struct error undo = { 0 };
	bool goes_on = false;
	int rc = connection_run(live, "PRAGMA locking_mode = EXCLUSIVE", err);

	if (rc == 0)
		rc = connection_run(live, "BEGIN IMMEDIATE", err);
	if (rc == 0)
		rc = call(replace, &goes_on, err);
	if (connection_in_transaction(live) &&
	    connection_run(live, "ROLLBACK", &undo) != 0 && rc == 0) {
		*err = undo;
		rc = (int)undo.code;
		replace->has_begun = false;
	}
	if (rc != 0 || !goes_on)
		return rc;
	connection_set_busy_timeout(live, plan_commit_timeout_ms(plan));
	return copy_database(replace->source, live, err);
}

static int replace_wal(struct replace *replace, struct error *err)
{
	struct copy *copy = NULL;
	struct error undo = { 0 };
	bool goes_on = false;
	int rc = copy_begin(replace->source, replace->live, &copy, err);
	int ended;

	if (rc != 0)
		return rc;
	rc = call(replace, &goes_on, err);
	ended = copy_end(copy, rc == 0 && goes_on, &undo);
	if (rc == 0 && ended != 0) {
		*err = undo;
		rc = ended;
	}
	return rc;
}

int replace_begin(struct replace *replace, bool is_wal, struct error *err)
{
	struct error unknown = { 0 };
	int rc = is_wal ? replace_wal(replace, err)
			: replace_journal(replace, err);

	/* With a rollback journal, still under the lock. */
	if (rc != 0 || !replace->has_begun || is_wal ||
	    evidence_now(replace->live, replace->left, &unknown) != 0)
		replace->left[0] = '\0';
	return rc;
}

/* Whether the ledger says so already. */
static int renew(const struct replace *replace, struct sqlite3 *db,
		 struct error *err)
{
	struct ledger_head head = { 0 };
	size_t bytes = strlen(replace->left);
	int rc = ledger_read(db, &head, err);

	if (rc == 0 && head.exists &&
	    (strncmp(head.evidence, replace->left, bytes) != 0 ||
	     strspn(head.evidence + bytes, "0123456789") > 0))
		rc = evidence_renew(db, replace->left, err);
	return rc;
}

/* SQLite leaves one behind where it has copied, in locking_mode=EXCLUSIVE, a
 * database in WAL mode over one that was not. */
static bool has_journal(const struct replace *replace)
{
	char *journal = xasprintf("%s-journal", replace->path);
	struct stamp stamp;
	bool has = stamp_take(AT_FDCWD, journal, &stamp, NULL) == 0;

	free(journal);
	return has;
}

void replace_settle(const struct replace *replace,
		    const struct replace_end *end)
{
	static const char *const modes[] = {
		"PRAGMA journal_mode = DELETE",
		"PRAGMA journal_mode = WAL",
	};
	struct connection_options options =
		options_for(replace, CONNECTION_WRITE);
	struct error error = { 0 };
	struct sqlite3 *db = NULL;
	bool is_wal = end->is_wal;
	int rc = connection_open(replace->path, &options, &db, &error);

	if (rc == 0 && end->renews && *replace->left && !end->is_wal)
		(void)renew(replace, db, &error);
	if (rc == 0)
		rc = evidence_is_wal(db, &is_wal, &error);
	if (rc == 0 && is_wal && has_journal(replace)) {
		rc = connection_run(db, modes[false], &error);
		is_wal = false;
	}
	if (rc == 0 && is_wal != end->is_wal)
		rc = connection_run(db, modes[end->is_wal], &error);
	if (rc != 0)
		result_note(&replace->job->result,
			    "its journal mode could not be set back to %s (%s)",
			    end->is_wal ? "wal" : "delete", error.message);
	connection_close(db);
}
