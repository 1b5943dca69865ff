#include "database/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

/* The journals first: a database without its WAL is old, a WAL without its
 * database is nothing. */
static const char *const suffixes[] = { "-wal", "-journal", "-shm", "" };

static int move_aside(struct job *job, const struct place *live,
		      struct error *err)
{
	const size_t count = sizeof(suffixes) / sizeof(suffixes[0]);
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < count; i++) {
		char *old = xasprintf("%s%s", live->name, suffixes[i]);
		char *new = xasprintf(".%s.aside-%s%s", live->name,
				      job->plan->run_id, suffixes[i]);

		if (renameat(live->folder, old, live->folder, new) == 0)
			result_note(&job->result, "%s was moved aside to %s",
				    old, new);
		else if (errno != ENOENT)
			rc = error_set_errno(err, ERROR_IO, errno,
					     "%s cannot be moved aside", old);
		free(old);
		free(new);
	}
	return rc;
}

static int fill(const struct place *live, const char *name,
		struct sqlite3 *source, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
	};
	char *path = xasprintf("%.*s%s", (int)(live->name - live->path),
			       live->path, name);
	struct sqlite3 *to = NULL;
	int rc = connection_open(path, &options, &to, err);

	if (rc == 0)
		rc = copy_database(source, to, err);
	connection_close(to);
	free(path);
	return rc;
}

int offline_replace(struct job *job, const struct place *live,
		    struct sqlite3 *source, const struct stamp *like,
		    struct error *err)
{
	char *name = xasprintf(".%s.new-%s", live->name, job->plan->run_id);
	int rc = file_create(live->folder, name, err);

	if (rc == 0)
		rc = fill(live, name, source, err);
	if (rc == 0)
		rc = file_dress(live->folder, name, like, err);
	if (rc == 0)
		rc = file_sync(live->folder, name, err);
	if (rc == 0)
		rc = move_aside(job, live, err);
	/* Or the new one might have the old one's WAL after a power cut. */
	if (rc == 0)
		rc = folder_sync(live->folder, err);
	if (rc == 0 &&
	    renameat(live->folder, name, live->folder, live->name) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the backup cannot take its place");
	if (rc == 0)
		rc = folder_sync(live->folder, err);
	else
		(void)unlinkat(live->folder, name, 0);
	free(name);
	return rc;
}
