#include "database/leased.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Copying, checking and syncing more takes seconds, in which an application
 * that wants to open the file would wait. In place it can read meanwhile. */
#define BYTES_MOST (INT64_C(256) << 20)

/* Facts (SQLite file format, section 1.3): the header begins with this text;
 * bytes 18 and 19 are 1 in rollback-journal mode and 2 in WAL mode. */
#define HEADER_BYTES 100
static const char magic[16] = "SQLite format 3";

static int unusual(struct error *err, const char *what)
{
	return error_set(err, ERROR_SKIPPED, "%s", what);
}

static int check_header(const struct leased *leased, struct error *err)
{
	unsigned char header[HEADER_BYTES];

	if (pread(leased->fd, header, sizeof(header), 0) !=
		    (ssize_t)sizeof(header) ||
	    memcmp(header, magic, sizeof(magic)) != 0)
		return unusual(err, "it does not begin like a database");
	if (header[18] != 1 || header[19] != 1)
		return unusual(err, "it is in WAL mode");
	return 0;
}

/* Made only by somebody who has the database open, so once it is leased nobody
 * makes one any more. */
static int check_nothing_beside(const struct leased *leased, struct error *err)
{
	static const char *const suffixes[] = { "-journal", "-wal" };

	for (size_t i = 0; i < 2; i++) {
		struct stamp stamp;

		if (place_stamp(&leased->place, suffixes[i], &stamp, NULL) !=
		    ERROR_MISSING)
			return unusual(err, "a journal lies beside it");
	}
	return 0;
}

static int check_name(const struct leased *leased, struct error *err)
{
	struct stamp named;
	int rc = place_stamp(&leased->place, "", &named, err);

	if (rc == 0 && (named.device != leased->stamp.device ||
			named.inode != leased->stamp.inode))
		rc = error_set(err, ERROR_BUSY,
			       "another file has taken its place meanwhile");
	return rc;
}

int leased_check(const struct leased *leased, struct error *err)
{
	if (lease_is_whole(leased->fd))
		return 0;
	return error_set(err, ERROR_BUSY,
			 "an application asked for it meanwhile, and was let "
			 "through");
}

static int check_file(const struct job *job, const struct leased *leased,
		      struct error *err)
{
	const struct stamp *stamp = &leased->stamp;

	if (!S_ISREG(stamp->mode) || stamp->bytes < HEADER_BYTES)
		return unusual(err, "it is no database");
	if (stamp->bytes > BYTES_MOST)
		return unusual(err, "it is too big to keep others waiting");
	if (stamp->links != 1)
		return unusual(err, "it has another hard link");
	if (stamp->device != job->plan->staging_device)
		return unusual(err, "it is on another file system than the "
				    "state directory");
	/* In place the same rights are asked for, by opening it to write. */
	if (faccessat(leased->place.folder, leased->place.name, W_OK,
		      AT_EACCESS) != 0)
		return unusual(err, "it may not be written");
	return check_name(leased, err);
}

void leased_close(struct leased *leased)
{
	if (leased->fd >= 0)
		(void)close(leased->fd);
	leased->fd = -1;
	place_close(&leased->place);
}

/* Fact (os_unix.c of SQLite): a writer holds this byte locked, and where it is,
 * a journal is not taken for a hot one. */
void leased_retire(int fd)
{
	struct flock reserved = {
		.l_type = F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = 0x40000000 + 1,
		.l_len = 1,
	};

	(void)fcntl(fd, F_SETLK, &reserved);
	lease_give_back(fd);
}

int leased_open(const struct job *job, struct leased *out, struct error *err)
{
	const struct plan *plan = job->plan;
	int rc;

	*out = (struct leased){ .place = { .folder = -1 }, .fd = -1 };
	rc = place_open(plan->data_dir, plan->data_path, job->subject->path,
			&out->place, err);
	if (rc != 0)
		return rc;
	/* O_NONBLOCK: a pipe would wait for a writer, and a file that somebody
	 * else has leased for him. */
	out->fd = openat(out->place.folder, out->place.name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (out->fd < 0 || !lease_take(out->fd))
		rc = error_set(err, ERROR_BUSY, "somebody has it open");
	if (rc == 0)
		rc = stamp_take(out->fd, "", &out->stamp, err);
	if (rc == 0)
		rc = check_file(job, out, err);
	if (rc == 0)
		rc = check_nothing_beside(out, err);
	if (rc == 0)
		rc = check_header(out, err);
	if (rc != 0)
		leased_close(out);
	return rc;
}
