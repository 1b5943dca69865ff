#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "base/text.h"

#define NEW_SUFFIX ".new"

static int write_all(int fd, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t written = write(fd, text, bytes);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		text += written;
		bytes -= (size_t)written;
	}
	return 0;
}

static int create_open(int folder, const char *name, int *out_fd,
		       struct error *err)
{
	*out_fd = openat(folder, name,
			 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0600);
	if (*out_fd < 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot make the file %s", name);
	return 0;
}

int file_create(int folder, const char *name, struct error *err)
{
	int fd;
	int rc = create_open(folder, name, &fd, err);

	if (rc == 0)
		close(fd);
	return rc;
}

/* O_NONBLOCK: opening a FIFO that somebody put there would wait for ever. */
static int open_to_read(int folder, const char *name, int *out_fd,
			struct error *err)
{
	*out_fd = openat(folder, name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*out_fd < 0)
		return error_set_errno(err,
				       errno == ENOENT ? ERROR_MISSING
						       : ERROR_IO,
				       errno, "cannot open %s", name);
	return 0;
}

int file_sync(int folder, const char *name, struct error *err)
{
	int fd;
	int rc = open_to_read(folder, name, &fd, err);

	if (rc != 0)
		return rc;
	if (fsync(fd) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "cannot make %s last", name);
	close(fd);
	return rc;
}

/* Not allowed to give a file away, or (EINVAL, in a container) no such user
 * here: the copy stays ours, and is less readable for it. */
static bool is_refused(int failure)
{
	return failure == EPERM || failure == EINVAL;
}

static int dress_owner(int folder, const char *name, const struct stamp *like,
		       struct error *err)
{
	const uid_t owners[] = { like->owner, (uid_t)-1 };
	size_t i;

	for (i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		if (fchownat(folder, name, owners[i], like->group,
			     AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
		if (!is_refused(errno))
			return error_set_errno(err, ERROR_IO, errno,
					       "cannot give %s its owner",
					       name);
	}
	return 0;
}

int file_dress(int folder, const char *name, const struct stamp *like,
	       struct error *err)
{
	const struct timespec times[2] = { like->accessed, like->modified };
	mode_t mode = like->mode & (S_IRWXU | S_IRWXG | S_IRWXO);
	struct stamp now;
	int rc;

	/* Owner first: with the mode first, the wrong group could read the
	 * file in between. */
	rc = dress_owner(folder, name, like, err);
	if (rc == 0)
		rc = stamp_take(folder, name, &now, err);
	if (rc != 0)
		return rc;
	/* Another group than the old one: its bits mean other people now, and
	 * the old group's people are "others". */
	if (now.group != like->group)
		mode &= S_IRWXU | ((mode & S_IRWXG) >> 3);
	if (!attributes_drop_list(folder, name))
		mode &= S_IRWXU;
	if (fchmodat(folder, name, mode, AT_SYMLINK_NOFOLLOW) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot set the mode of %s", name);
	if (utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot set the times of %s", name);
	return 0;
}

/* Makes `name` with the text as its content, durable but for the name. */
static int write_new(int folder, const char *name, const char *text,
		     struct error *err)
{
	int fd;
	int rc = create_open(folder, name, &fd, err);

	if (rc != 0)
		return rc;
	if (write_all(fd, text, strlen(text)) != 0 || fsync(fd) != 0)
		rc = error_set_errno(err, ERROR_IO, errno, "cannot write %s",
				     name);
	if (close(fd) != 0 && rc == 0)
		rc = error_set_errno(err, ERROR_IO, errno, "cannot write %s",
				     name);
	return rc;
}

int file_write_text(int folder, const char *name, const char *text,
		    struct error *err)
{
	char *fresh = xasprintf("%s" NEW_SUFFIX, name);
	int rc;

	/* One that a run left when it died. */
	unlinkat(folder, fresh, 0);
	rc = write_new(folder, fresh, text, err);
	if (rc == 0 && renameat(folder, fresh, folder, name) != 0)
		rc = error_set_errno(err, ERROR_IO, errno, "cannot write %s",
				     name);
	if (rc != 0)
		unlinkat(folder, fresh, 0);
	else
		rc = folder_sync(folder, err);
	free(fresh);
	return rc;
}

/* Shorter ones are not worth a further call. */
#define LONG_BYTES (1 << 20)

/* Who wants to stop waits for one of these at most. */
#define PIECE_BYTES (64 << 20)

/* Where there is something to copy at or behind `at`, and in *end how far it
 * goes: a file that is long and has nothing in it must not fill the disk.
 * `bytes` where nothing more comes; less, if the file is shorter by now. */
static off_t next_piece(int from, off_t at, off_t bytes, off_t *end)
{
	off_t data, hole;

	*end = bytes;
	if (bytes < LONG_BYTES)
		return at;
	data = lseek(from, at, SEEK_DATA);
	if (data < 0)
		data = errno == ENXIO ? lseek(from, 0, SEEK_END) : at;
	if (data >= bytes)
		return bytes;
	hole = lseek(from, data, SEEK_HOLE);
	if (hole > data && hole < bytes)
		*end = hole;
	return data;
}

/* One piece, through the kernel; where it cannot (another file system, an old
 * kernel), through us. Returns what read() would. */
static ssize_t copy_piece(int from, int to, off_t at, size_t bytes)
{
	off_t in = at, out = at;
	ssize_t copied = copy_file_range(from, &in, to, &out, bytes, 0);
	char buffer[65536];

	if (copied >= 0 || (errno != EXDEV && errno != ENOSYS &&
			    errno != EINVAL && errno != EOPNOTSUPP))
		return copied;
	copied = pread(from, buffer,
		       bytes < sizeof(buffer) ? bytes : sizeof(buffer), at);
	return copied > 0 ? pwrite(to, buffer, (size_t)copied, at) : copied;
}

/* Copies what there is; where nothing is, nothing is written. */
static int copy_pieces(int from, int to, off_t bytes, const char *name,
		       const atomic_bool *stop_now, struct error *err)
{
	off_t done = 0, end;

	while ((done = next_piece(from, done, bytes, &end)) < bytes) {
		size_t piece = end - done > PIECE_BYTES ? PIECE_BYTES
							: (size_t)(end - done);
		ssize_t copied = copy_piece(from, to, done, piece);

		if (copied == 0)
			return error_set(err, ERROR_IO,
					 "it ended while it was copied to %s",
					 name);
		if (copied < 0 && errno != EINTR)
			return error_set_errno(err, ERROR_IO, errno,
					       "cannot copy it to %s", name);
		if (stop_now != NULL && atomic_load(stop_now))
			return error_set(err, ERROR_STOPPED,
					 "stopped on request");
		if (copied > 0)
			done += copied;
	}
	return 0;
}

int file_clone_unless(const atomic_bool *stop_now, int from, off_t bytes,
		      int folder, const char *name, int *out_fd,
		      struct error *err)
{
	int rc;

	*out_fd = openat(folder, name,
			 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0600);
	if (*out_fd < 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot make the file %s", name);
	rc = copy_pieces(from, *out_fd, bytes, name, stop_now, err);
	/* A hole at the end. */
	if (rc == 0 && bytes >= LONG_BYTES && ftruncate(*out_fd, bytes) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "cannot copy it to %s", name);
	/* The disk writes while the copy is worked on, so that the sync which
	 * makes it durable has less to wait for. */
	if (rc == 0 && bytes >= LONG_BYTES)
		(void)sync_file_range(*out_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (rc != 0) {
		close(*out_fd);
		*out_fd = -1;
		unlinkat(folder, name, 0);
	}
	return rc;
}

int file_clone(int from, off_t bytes, int folder, const char *name, int *out_fd,
	       struct error *err)
{
	return file_clone_unless(NULL, from, bytes, folder, name, out_fd, err);
}

int file_read_text(int folder, const char *name, size_t limit, char **out,
		   struct error *err)
{
	FILE *stream = NULL;
	struct stat seen;
	int fd = -1, rc;

	*out = NULL;
	rc = open_to_read(folder, name, &fd, err);
	if (rc != 0)
		return rc;
	if (fstat(fd, &seen) == 0 && !S_ISREG(seen.st_mode)) {
		rc = error_set(err, ERROR_IO, "%s is no regular file", name);
		goto out;
	}
	stream = fdopen(fd, "r");
	if (stream)
		*out = text_read_all(stream, limit, NULL);
	if (!*out)
		rc = error_set_errno(err, ERROR_IO, errno, "cannot read %s",
				     name);
out:
	if (stream)
		fclose(stream);
	else
		close(fd);
	return rc;
}
