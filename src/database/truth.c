#include "database/truth.h"

#include <string.h>

#include "database/ledger.h"
#include "sqlite/connection.h"

enum truth truth_ask(struct job *job, const char *path, bool signs_ledger,
		     struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = job->plan->busy_timeout_ms,
	};
	struct error unknown = { 0 };
	struct ledger_head head;
	struct sqlite3 *db = NULL;
	int rc = connection_open(path, &options, &db, &unknown);

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
			 : head.exists)
		return TRUTH_OLD;
	result_note(&job->result,
		    "its commit reported an error (%s) and had happened",
		    err->message);
	return TRUTH_NEW;
}
