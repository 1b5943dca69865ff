#include "database/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

/* The part of the subject's path before its name: "" for none. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? xstrdup("")
			     : xstrndup(path, (size_t)(slash - path));
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* One inode is worked on by one job at a time, so this is nobody else's
 * name. */
static char *staged_name(const struct stamp *live)
{
	return xasprintf("%jx-%jx.db", (uintmax_t)live->device,
			 (uintmax_t)live->inode);
}

static int fill(const struct job *job, const char *staged, struct sqlite3 *from,
		struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
		.stop_now = job->stop_now,
	};
	char *path = xasprintf("%s/staging/%s", job->plan->state_path, staged);
	struct sqlite3 *to = NULL;
	int rc = connection_open(path, &options, &to, err);

	if (rc == 0)
		rc = copy_database(from, to, err);
	connection_close(to);
	free(path);
	return rc;
}

/* Another worker, whose database stayed as it was, may remove a folder that is
 * empty at the moment between its making and our use of it. */
#define PUBLISH_ATTEMPTS 16

/* Under its final name, with every folder on the way there durable. */
static int publish(const struct job *job, const char *staged, struct error *err)
{
	const struct plan *plan = job->plan;
	const char *name = name_of(job->subject->path);
	char *folder = folder_of(job->subject->path);
	int attempt, failure = ENOENT, fd = -1, rc = 0;

	for (attempt = 0; failure == ENOENT && attempt < PUBLISH_ATTEMPTS;
	     attempt++) {
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
		rc = folder_make(plan->backup_dir, folder, &fd, err);
		failure = rc == 0 && renameat(plan->staging_dir, staged, fd,
					      name) == 0
				  ? 0
				  : errno;
	}
	if (rc == 0 && failure != 0)
		rc = error_set_errno(err, ERROR_IO, failure,
				     "the backup cannot be given its name");
	if (rc == 0)
		rc = folder_sync(fd, err);
	if (fd >= 0)
		(void)close(fd);
	free(folder);
	return rc;
}

int backup_make(struct job *job, struct sqlite3 *from, const struct stamp *live,
		struct error *err)
{
	const struct plan *plan = job->plan;
	char *staged = staged_name(live);
	int rc = file_create(plan->staging_dir, staged, err);

	if (rc == 0)
		rc = fill(job, staged, from, err);
	if (rc == 0)
		rc = file_dress(plan->staging_dir, staged, live, err);
	if (rc == 0)
		rc = file_sync(plan->staging_dir, staged, err);
	if (rc == 0)
		rc = copy_size(from, &job->result.backup_bytes, err);
	if (rc == 0)
		rc = publish(job, staged, err);
	if (rc != 0) {
		(void)unlinkat(plan->staging_dir, staged, 0);
		backup_discard(job);
		error_prefix(err, "no backup could be made, so it was left "
				  "untouched");
	}
	free(staged);
	return rc;
}

char *backup_path(const struct job *job)
{
	return xasprintf("%s/backups/%s/%s", job->plan->state_path,
			 job->plan->run_id, job->subject->path);
}

int backup_open(const struct job *job, struct sqlite3 **out, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
		.stop_now = job->stop_now,
	};
	char *path = backup_path(job);
	int rc = connection_open(path, &options, out, err);

	free(path);
	return rc;
}

void backup_discard(const struct job *job)
{
	char *folder = folder_of(job->subject->path);

	(void)unlinkat(job->plan->backup_dir, job->subject->path, 0);
	folder_prune(job->plan->backup_dir, folder);
	free(folder);
}
