#include "database/staged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "database/backup.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

#define SUFFIX "-copy"

/* SQLite file format, section 1.3.3: 1 is a rollback journal, 2 a WAL. */
#define FORMAT_VERSIONS_OFFSET 18
static const unsigned char journal_versions[2] = { 1, 1 };

static int open_copy(const struct staged *staged, enum connection_mode mode,
		     int64_t limit_ms, struct sqlite3 **out, struct error *err)
{
	const struct connection_options options = {
		.mode = mode,
		.cache_bytes = staged->job->plan->cache_bytes,
		.limit_ms = limit_ms,
		.stop_now = staged->job->stop_now,
	};

	return connection_open(staged->path, &options, out, err);
}

static int make_page(const struct staged *staged, int64_t page_bytes,
		     struct error *err)
{
	char *sql = xasprintf("PRAGMA page_size = %lld;"
			      "PRAGMA user_version = 1",
			      (long long)page_bytes);
	struct sqlite3 *db = NULL;
	int rc = open_copy(staged, CONNECTION_PRIVATE, 0, &db, err);

	if (rc == 0)
		rc = connection_run(db, sql, err);
	connection_close(db);
	free(sql);
	return rc;
}

int staged_make(const struct job *job, const struct stamp *live,
		int64_t page_bytes, struct staged *out, struct error *err)
{
	const struct plan *plan = job->plan;
	char *like = backup_staged_name(live);
	int rc;

	*out = (struct staged){ .job = job };
	out->name = xasprintf("%s" SUFFIX, like);
	out->path = xasprintf("%s/staging/%s", plan->state_path, out->name);
	free(like);
	rc = file_create(plan->staging_dir, out->name, err);
	if (rc == 0)
		rc = make_page(out, page_bytes, err);
	return rc != 0 ? error_prefix(err, "no copy could be made, so it was "
				      "left untouched")
		       : 0;
}

void staged_remove(struct staged *staged)
{
	char *journal;

	if (staged->name == NULL)
		return;
	journal = xasprintf("%s-journal", staged->name);
	(void)unlinkat(staged->job->plan->staging_dir, journal, 0);
	(void)unlinkat(staged->job->plan->staging_dir, staged->name, 0);
	free(journal);
	free(staged->name);
	free(staged->path);
	*staged = (struct staged){ 0 };
}

int staged_clear_wal(int folder, const char *name, struct error *err)
{
	int fd = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK |
					      O_CLOEXEC);
	int rc = 0;

	if (fd < 0 || pwrite(fd, journal_versions, sizeof(journal_versions),
			     FORMAT_VERSIONS_OFFSET) !=
			      (ssize_t)sizeof(journal_versions))
		rc = error_set_errno(err, ERROR_IO, errno,
				     "its copy cannot be finished");
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

int staged_fill(const struct staged *staged, struct sqlite3 *from,
		struct error *err)
{
	struct sqlite3 *to = NULL;
	int rc = open_copy(staged, CONNECTION_PRIVATE, 0, &to, err);

	if (rc == 0)
		rc = copy_database(from, to, err);
	connection_close(to);
	if (rc == 0)
		rc = staged_clear_wal(staged->job->plan->staging_dir,
				      staged->name, err);
	return rc != 0 ? error_prefix(err, "no copy could be made, so it was "
				      "left untouched")
		       : 0;
}

int staged_open(const struct staged *staged, int64_t limit_ms,
		struct sqlite3 **out, struct error *err)
{
	return open_copy(staged, CONNECTION_PRIVATE, limit_ms, out, err);
}

int staged_open_source(const struct staged *staged, struct sqlite3 **out,
		       struct error *err)
{
	return open_copy(staged, CONNECTION_COPY, 0, out, err);
}
