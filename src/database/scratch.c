#include "database/scratch.h"

#include <stddef.h>

#include "sqlite/connection.h"
#include "sqlite/copy.h"

int scratch_open(const struct job *job, struct sqlite3 *from,
		 struct sqlite3 **out, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY,
		.cache_bytes = job->plan->cache_bytes,
		.limit_ms = job->plan->limit_ms,
		.stop_now = job->stop_now,
	};
	int rc = connection_open(NULL, &options, out, err);

	if (rc == 0)
		rc = copy_database(from, *out, err);
	if (rc != 0) {
		connection_close(*out);
		*out = NULL;
	}
	return rc;
}
