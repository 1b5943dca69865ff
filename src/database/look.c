#include "database/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/memory.h"
#include "database/evidence.h"
#include "sqlite/connection.h"

#define LOOK_ATTEMPTS 3
#define LOOK_RETRY_MS 20
#define REST_S 2 /* the coarsest grain that a file's times have */

enum { STAMP_FILE, STAMP_WAL, STAMP_JOURNAL, STAMP_COUNT };
static const char *const suffixes[STAMP_COUNT] = { "", "-wal", "-journal" };

/* By hand, and by a process that has no connection which holds locks on it:
 * those would go when it is closed. The caller does that, if it is not -1. */
static int open_by_hand(const struct place *place, size_t which)
{
	char *name = xasprintf("%s%s", place->name, suffixes[which]);
	int fd = openat(place->folder, name,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	free(name);
	return fd;
}

/* Fact (pager.c of SQLite, hasHotJournal()): where the first byte is zero the
 * transaction is over, and nothing is played back. */
static bool is_spent(const struct place *place)
{
	int fd = open_by_hand(place, STAMP_JOURNAL);
	char first = 1;
	bool is_spent = fd >= 0 && read(fd, &first, 1) == 1 && first == 0;

	if (fd >= 0)
		(void)close(fd);
	return is_spent;
}

static int take_stamps(const struct place *place,
		       struct stamp stamps[STAMP_COUNT], struct error *err)
{
	size_t i;

	for (i = 0; i < STAMP_COUNT; i++) {
		int rc = place_stamp(place, suffixes[i], &stamps[i], err);

		if (rc == ERROR_MISSING && i != STAMP_FILE)
			memset(&stamps[i], 0, sizeof(stamps[i]));
		else if (rc == ERROR_MISSING)
			return error_set(err, ERROR_SKIPPED,
					 "it vanished after it was found");
		else if (rc != 0)
			return rc;
	}
	if (stamps[STAMP_JOURNAL].bytes > 0 && is_spent(place))
		stamps[STAMP_JOURNAL].bytes = 0;
	return 0;
}

static bool stamps_are_same(const struct stamp a[STAMP_COUNT],
			    const struct stamp b[STAMP_COUNT])
{
	size_t i;

	for (i = 0; i < STAMP_COUNT; i++) {
		/* An empty -wal or -journal may come and go. */
		if (i != STAMP_FILE && a[i].bytes == 0 && b[i].bytes == 0)
			continue;
		if (!stamp_is_same(&a[i], &b[i]))
			return false;
	}
	return true;
}

static int open_db(const struct job *job, const char *path,
		   enum connection_mode mode, struct sqlite3 **out,
		   struct error *err)
{
	const struct connection_options options = {
		.mode = mode,
		.busy_timeout_ms = job->plan->busy_timeout_ms,
		.limit_ms = job->plan->limit_ms,
		.cache_bytes = job->plan->cache_bytes,
		.spill = true,
		.stop_now = job->stop_now,
	};
	return connection_open(path, &options, out, err);
}

/* Copies one file of the set. */
static int copy_file(const struct job *job, const struct look *look,
		     size_t which, int folder, struct error *err)
{
	char *target = xasprintf("copy.db%s", suffixes[which]);
	int from = open_by_hand(&look->place, which);
	int to = -1, rc = 0;

	if (from < 0)
		rc = error_set_errno(err, ERROR_IO, errno, "%s%s",
				     look->place.name, suffixes[which]);
	else
		rc = file_clone_unless(job->stop_now, from,
				       look->stamps[which].bytes, folder,
				       target, &to, err);
	if (from >= 0)
		(void)close(from);
	if (to >= 0)
		(void)close(to);
	free(target);
	return rc;
}

/* The folder is all programs'. */
static int expect_room(const struct look *look, int folder, struct error *err)
{
	char need[32], have[32];
	struct space space;
	uint64_t bytes = 0;
	int rc = space_of(folder, &space, err);

	for (size_t i = 0; i < STAMP_COUNT; i++)
		bytes += stamp_disk_bytes(&look->stamps[i]);
	if (rc != 0 || bytes <= space.available)
		return rc;
	return error_set(err, ERROR_NOSPACE,
			 "a copy takes %s, and %s are free in %s (set TMPDIR "
			 "for another folder)",
			 amount_format_bytes(bytes, need, sizeof(need)),
			 amount_format_bytes(space.available, have,
					     sizeof(have)),
			 look->copy);
}

static int copy_set(const struct job *job, const struct look *look,
		    struct error *err)
{
	int folder = open(look->copy, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (folder < 0)
		return error_set_errno(err, ERROR_IO, errno, "%s", look->copy);
	rc = expect_room(look, folder, err);
	for (size_t i = 0; rc == 0 && i < STAMP_COUNT; i++)
		if (look->stamps[i].bytes > 0)
			rc = copy_file(job, look, i, folder, err);
	(void)close(folder);
	return rc;
}

/* A copy of the file with its WAL or journal, which SQLite may recover there as
 * it likes. */
static int open_private_copy(const struct job *job, struct look *look,
			     struct error *err)
{
	const char *folder = getenv("TMPDIR");
	struct stamp after[STAMP_COUNT];
	char *path;
	int rc = 0;

	look->copy =
		xasprintf("%s/fleet-upgrade-XXXXXX",
			  folder != NULL && folder[0] == '/' ? folder : "/tmp");
	if (mkdtemp(look->copy) == NULL) {
		rc = error_set_errno(err, ERROR_IO, errno,
				     "no private copy can be made in %s",
				     look->copy);
		free(look->copy);
		look->copy = NULL;
		return rc;
	}
	/* Anew: where SQLite is root, its look at a journal counts as a
	 * change. */
	rc = take_stamps(&look->place, look->stamps, err);
	if (rc == 0)
		rc = copy_set(job, look, err);
	if (rc == 0)
		rc = take_stamps(&look->place, after, err);
	if (rc == 0 && !stamps_are_same(look->stamps, after))
		rc = error_set(err, ERROR_BUSY,
			       "it was written while it was copied for a look");
	if (rc == 0) {
		path = xasprintf("%s/copy.db", look->copy);
		rc = open_db(job, path, CONNECTION_WRITE, &look->db, err);
		free(path);
		look->is_snapshot = rc == 0;
	}
	return rc;
}

/* True if somebody may be half-way through writing pages, which is done under
 * SQLite's exclusive lock. Where its journal is in memory nothing else shows
 * it. (A connection that is immutable has no locks to drop.) Fact (SQLite,
 * os_unix.c): readers lock these bytes. */
static bool is_locked_up(const struct look *look)
{
	struct flock lock = {
		.l_type = F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = 0x40000000 + 2,
		.l_len = 510,
	};
	int fd = open_by_hand(&look->place, STAMP_FILE);
	bool is_held = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 &&
		       lock.l_type != F_UNLCK;

	if (fd >= 0)
		(void)close(fd);
	return is_held;
}

int look_confirm(struct look *look, struct error *err)
{
	struct stamp after[STAMP_COUNT];
	int rc;

	if (look->is_snapshot)
		return 0;
	/* Before the stamps: whoever lets go in between has written. */
	if (is_locked_up(look))
		return error_set(err, ERROR_BUSY,
				 "an application is writing to it, and lets "
				 "nobody read it meanwhile");
	rc = take_stamps(&look->place, after, err);
	if (rc == 0 && !stamps_are_same(look->stamps, after))
		rc = error_set(err, ERROR_BUSY,
			       "it was written while it was looked at");
	return rc;
}

/* What is read from a file that changes meanwhile may look like damage: then
 * the change is the news. */
static int blame_change(struct look *look, int rc, struct error *err)
{
	struct error unsure;
	int changed = look_confirm(look, &unsure);

	if (changed == 0)
		return rc;
	*err = unsure;
	return changed;
}

static int open_way(const struct job *job, struct look *look, struct error *err)
{
	struct error first = { 0 }, copy = { 0 };
	int rc;

	if (look->stamps[STAMP_WAL].bytes == 0 &&
	    look->stamps[STAMP_JOURNAL].bytes == 0) {
		rc = open_db(job, look->place.path, CONNECTION_IMMUTABLE,
			     &look->db, err);
		return rc != 0 && rc != ERROR_STOPPED
			       ? blame_change(look, rc, err)
			       : rc;
	}
	rc = open_db(job, look->place.path, CONNECTION_READ, &look->db, &first);
	if (rc == 0) {
		look->is_snapshot = true;
		rc = connection_run(look->db, "BEGIN", err);
		if (rc == 0)
			rc = connection_run(look->db,
					    "SELECT count(*) FROM "
					    "sqlite_schema",
					    err);
		return rc;
	}
	if (rc == ERROR_BUSY || rc == ERROR_STOPPED) {
		*err = first;
		return rc;
	}
	rc = open_private_copy(job, look, &copy);
	if (rc == ERROR_IO || rc == ERROR_NOSPACE)
		return error_set(err, ERROR_BUSY,
				 "it needs recovery by an upgrade, and could "
				 "not be looked at before (%s)",
				 rc == ERROR_NOSPACE ? copy.message
						     : first.message);
	*err = copy;
	return rc;
}

int look_open(const struct job *job, struct look *out, struct error *err)
{
	const struct plan *plan = job->plan;
	int rc;

	memset(out, 0, sizeof(*out));
	out->place.folder = -1;
	clock_gettime(CLOCK_REALTIME, &out->opened);
	rc = job_check_stop(job, err);
	if (rc == 0)
		rc = place_open(plan->data_dir, plan->data_path,
				job->subject->path, &out->place, err);
	if (rc == ERROR_MISSING)
		rc = error_set(err, ERROR_SKIPPED,
			       "its folder vanished after it was found");
	if (rc == 0)
		rc = take_stamps(&out->place, out->stamps, err);
	if (rc == 0)
		rc = look_fits(&out->stamps[STAMP_FILE], err);
	if (rc == 0)
		rc = open_way(job, out, err);
	if (rc != 0)
		look_close(out);
	return rc;
}

/* In whole seconds, so that it is two of them at the least. */
static bool is_long_ago(const struct timespec *then, const struct timespec *now)
{
	return then->tv_sec < now->tv_sec - REST_S;
}

/* The time of the change cannot be set by anybody; that of the content is for
 * file systems which do not keep the other. */
bool look_is_at_rest(const struct look *look)
{
	const struct stamp *file = &look->stamps[STAMP_FILE];

	return !look->is_snapshot && look->stamps[STAMP_WAL].bytes == 0 &&
	       look->stamps[STAMP_JOURNAL].bytes == 0 &&
	       is_long_ago(&file->changed, &look->opened) &&
	       is_long_ago(&file->modified, &look->opened);
}

void look_close(struct look *look)
{
	static const char *const leftovers[] = { "", "-wal", "-shm",
						 "-journal" };
	size_t i;

	connection_close(look->db);
	look->db = NULL;
	place_close(&look->place);
	if (look->copy == NULL)
		return;
	for (i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++) {
		char *path =
			xasprintf("%s/copy.db%s", look->copy, leftovers[i]);

		(void)unlink(path);
		free(path);
	}
	(void)rmdir(look->copy);
	free(look->copy);
	look->copy = NULL;
}

int look_with(struct job *job,
	      int (*read)(struct job *job, struct look *look, void *self,
			  struct error *err),
	      void *self, struct error *err)
{
	int attempt, rc = ERROR_BUSY;

	for (attempt = 0; attempt < LOOK_ATTEMPTS && rc == ERROR_BUSY;
	     attempt++) {
		struct look look;

		if (attempt > 0)
			clock_sleep_ms(LOOK_RETRY_MS << attempt);
		rc = look_open(job, &look, err);
		if (rc != 0)
			continue;
		(void)evidence_is_wal(look.db, &job->result.is_wal, NULL);
		rc = read(job, &look, self, err);
		rc = blame_change(&look, rc, err);
		look_close(&look);
	}
	return rc;
}
