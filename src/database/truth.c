#include "database/truth.h"

#include <string.h>

#include "database/ledger.h"
#include "sqlite/connection.h"

/* Its frames may be in the file with their mark, though the index that all go
 * by does not have them: whoever opens the file next when nobody has it open
 * finds them. */
static bool may_come_true(const struct place *place)
{
	struct stamp wal;
	int rc = place_stamp(place, "-wal", &wal, NULL);

	return rc == 0 ? wal.bytes > 0 : rc != ERROR_MISSING;
}

enum truth truth_ask(struct job *job, const struct place *place,
		     bool signs_ledger, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = job->plan->busy_timeout_ms,
	};
	struct error unknown = { 0 };
	struct ledger_head head;
	struct sqlite3 *db = NULL;
	int rc = connection_open(place->path, &options, &db, &unknown);

	if (rc == 0)
		rc = ledger_read(db, &head, &unknown);
	connection_close(db);
	if (rc != 0) {
		error_append(err,
			     "whether the commit happened could not be learnt "
			     "(%s); its backup is kept; run again",
			     unknown.message);
		return TRUTH_UNKNOWN;
	}
	if (signs_ledger ? strcmp(head.run_id, job->plan->run_id) != 0
			 : head.exists) {
		if (!may_come_true(place))
			return TRUTH_OLD;
		error_append(err, "it may come true yet, when the application "
				  "that has it open ends; its backup is kept; "
				  "run again");
		return TRUTH_UNKNOWN;
	}
	result_note(&job->result,
		    "its commit reported an error (%s) and had happened",
		    err->message);
	return TRUTH_NEW;
}
