#include "database/scratch.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

/* Fact (SQLite, os_unix.c, unixTempFileDir()): the first of these that is a
 * folder which may be written, or else the current one. */
static const char *temporary_folder(void)
{
	const char *const folders[] = { getenv("SQLITE_TMPDIR"),
					getenv("TMPDIR"), "/var/tmp",
					"/usr/tmp", "/tmp" };
	struct stat seen;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (folders[i] != NULL && stat(folders[i], &seen) == 0 &&
		    S_ISDIR(seen.st_mode) &&
		    access(folders[i], W_OK | X_OK) == 0)
			return folders[i];
	return ".";
}

static int expect_room(struct sqlite3 *from, struct error *err)
{
	const char *folder = temporary_folder();
	char *name = xasprintf("%s (set SQLITE_TMPDIR for another folder)",
			       folder);
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	/* Where there is none, memory may be enough. */
	if (fd >= 0) {
		rc = copy_expect_room(from, fd, name, err);
		close(fd);
	}
	free(name);
	return rc;
}

int scratch_open(const struct job *job, struct sqlite3 *from,
		 struct sqlite3 **out, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY,
		.cache_bytes = job->plan->cache_bytes,
		.limit_ms = job->plan->limit_ms,
		.stop_now = job->stop_now,
	};
	int rc = expect_room(from, err);

	*out = NULL;
	if (rc == 0)
		rc = connection_open(NULL, &options, out, err);
	if (rc == 0)
		rc = copy_database(from, *out, err);
	if (rc != 0) {
		connection_close(*out);
		*out = NULL;
	}
	return rc;
}
