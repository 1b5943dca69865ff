#include "database/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/folder.h"
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

char *backup_staged_name(const struct stamp *live)
{
	return xasprintf("%jx-%jx.db", (uintmax_t)live->device,
			 (uintmax_t)live->inode);
}

/* A file with holes may be bigger than the disk, and one user's would fill it
 * for all. SQLite is asked only where the file is that long. */
static int expect_room(const struct job *job, struct sqlite3 *from,
		       const struct stamp *live, struct error *err)
{
	const struct plan *plan = job->plan;
	struct space space;
	int rc = space_of(plan->staging_dir, &space, err);

	if (rc != 0 || live->bytes <= (int64_t)space.available)
		return rc;
	return copy_expect_room(from, plan->staging_dir, plan->state_path, err);
}

static int fill(const struct job *job, const char *staged, struct sqlite3 *from,
		const struct stamp *live, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
		.stop_now = job->stop_now,
	};
	char *path = xasprintf("%s/staging/%s", job->plan->state_path, staged);
	struct sqlite3 *to = NULL;
	int rc = expect_room(job, from, live, err);

	if (rc == 0)
		rc = connection_open(path, &options, &to, err);
	if (rc == 0)
		rc = copy_database(from, to, err);
	connection_close(to);
	free(path);
	return rc;
}

/* Another worker, whose database stayed as it was, may remove a folder that is
 * empty at the moment between its making and our use of it. */
#define PUBLISH_ATTEMPTS 16

/* Gives `name` in `folder` its final name, with `give` (renameat() or linkat()
 * without flags); *out_fd is then the folder that it is in. */
static int publish(const struct job *job, int folder, const char *name,
		   int (*give)(int, const char *, int, const char *),
		   bool is_durable, int *out_fd, struct error *err)
{
	int (*make)(int, const char *, int *, struct error *) =
		is_durable ? folder_make : folder_make_unsynced;
	char *below = folder_of(job->subject->path);
	int attempt, failure = ENOENT, rc = 0;

	*out_fd = -1;
	for (attempt = 0; failure == ENOENT && attempt < PUBLISH_ATTEMPTS;
	     attempt++) {
		if (*out_fd >= 0)
			(void)close(*out_fd);
		rc = make(job->plan->backup_dir, below, out_fd, err);
		failure = rc == 0 && give(folder, name, *out_fd,
					  name_of(job->subject->path)) == 0
				  ? 0
				  : errno;
	}
	if (rc == 0 && failure != 0)
		rc = error_set_errno(err, ERROR_IO, failure,
				     "the backup cannot be given its name");
	free(below);
	return rc;
}

/* The copy gets no access control list, and what the original's withholds it
 * must not give. */
static int dress(const struct job *job, const char *staged,
		 const struct stamp *live, struct error *err)
{
	const struct plan *plan = job->plan;
	struct stamp like = *live;
	struct place place;
	int rc = place_open(plan->data_dir, plan->data_path,
			    job->subject->path, &place, err);

	if (rc != 0)
		return rc;
	like.mode = attributes_plain_mode(place.folder, place.name, like.mode);
	place_close(&place);
	return file_dress(plan->staging_dir, staged, &like, err);
}

/* What stands in staging/ gets dressed, durable and published; or goes, if
 * filling it failed (`rc`). */
static int finish(struct job *job, const char *staged, const struct stamp *live,
		  int rc, struct error *err)
{
	const struct plan *plan = job->plan;
	struct stamp made;
	int fd = -1;

	if (rc == 0)
		rc = dress(job, staged, live, err);
	if (rc == 0)
		rc = file_sync(plan->staging_dir, staged, err);
	if (rc == 0)
		rc = stamp_take(plan->staging_dir, staged, &made, err);
	if (rc == 0)
		job->result.backup_bytes = made.bytes;
	if (rc == 0)
		rc = publish(job, plan->staging_dir, staged, renameat, true,
			     &fd, err);
	if (rc == 0)
		rc = folder_sync(fd, err);
	if (fd >= 0)
		(void)close(fd);
	if (rc != 0) {
		(void)unlinkat(plan->staging_dir, staged, 0);
		backup_discard(job);
		error_prefix(err, "no backup could be made, so it was left "
				  "untouched");
	}
	return rc;
}

int backup_make(struct job *job, struct sqlite3 *from, const struct stamp *live,
		struct error *err)
{
	char *staged = backup_staged_name(live);
	int rc = file_create(job->plan->staging_dir, staged, err);

	if (rc == 0)
		rc = fill(job, staged, from, live, err);
	rc = finish(job, staged, live, rc, err);
	free(staged);
	return rc;
}

int backup_copy(struct job *job, int from, const struct stamp *live,
		struct error *err)
{
	char *staged = backup_staged_name(live);
	int fd = -1;
	int rc = file_clone(from, live->bytes, job->plan->staging_dir, staged,
			    &fd, err);

	if (fd >= 0)
		(void)close(fd);
	rc = finish(job, staged, live, rc, err);
	free(staged);
	return rc;
}

static int give_second_name(int from_folder, const char *from, int to_folder,
			    const char *to)
{
	return linkat(from_folder, from, to_folder, to, 0);
}

int backup_link(struct job *job, const struct place *place,
		const struct stamp *live, struct error *err)
{
	struct stamp linked;
	int fd = -1;
	int rc = publish(job, place->folder, place->name, give_second_name,
			 job->plan->syncs_each, &fd, err);

	if (rc == 0)
		rc = stamp_take(fd, name_of(job->subject->path), &linked, err);
	/* Somebody may have put another file there since it was opened. */
	if (rc == 0 && (linked.device != live->device ||
			linked.inode != live->inode))
		rc = error_set(err, ERROR_BUSY,
			       "another file has taken its place meanwhile; "
			       "nothing was changed");
	if (rc == 0 && job->plan->syncs_each)
		rc = folder_sync(fd, err);
	if (fd >= 0)
		(void)close(fd);
	if (rc != 0)
		backup_discard(job);
	else
		job->result.backup_bytes = live->bytes;
	return rc;
}

int backup_of_source(const struct job *job, struct place *out,
		     struct error *err)
{
	const struct plan *plan = job->plan;
	char *root = xasprintf("%s/backups", plan->state_path);
	char *path = xasprintf("%s/%s", plan->source_run, job->subject->path);
	int rc = place_open(plan->source_dir, root, path, out, err);

	free(path);
	free(root);
	return rc;
}

char *backup_path(const struct plan *plan, const struct subject *subject)
{
	char room[40] = "";

	if (plan->has_rooms)
		snprintf(room, sizeof(room), "/owners/%lu",
			 (unsigned long)subject->stamp.owner);
	return xasprintf("%s%s/backups/%s/%s", plan->state_path, room,
			 plan->run_id, subject->path);
}

int backup_open(const struct job *job, struct sqlite3 **out, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
		.stop_now = job->stop_now,
	};
	char *path = backup_path(job->plan, job->subject);
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
