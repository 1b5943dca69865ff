#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Takes the first component off the `*bytes` bytes at `*path`. */
static int take_component(const char **path, size_t *bytes,
			  char out[NAME_MAX + 1], struct error *err)
{
	const char *slash = memchr(*path, '/', *bytes);
	size_t length = slash ? (size_t)(slash - *path) : *bytes;

	if (length > NAME_MAX)
		return error_set_errno(err, ERROR_IO, ENAMETOOLONG,
				       "cannot open the folder %.40s...",
				       *path);
	memcpy(out, *path, length);
	out[length] = '\0';
	if (!length || (slash && length + 1 == *bytes) ||
	    strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
		return error_set(err, ERROR_IO,
				 "\"%.*s\" is no plain path below a folder",
				 (int)*bytes, *path);
	*path += slash ? length + 1 : length;
	*bytes -= slash ? length + 1 : length;
	return 0;
}

/* Opens one folder in an open one. */
static int open_component(int parent, const char *name, int flags, int *out_fd,
			  struct error *err)
{
	struct stat seen;
	int failure;

	*out_fd = openat(parent, name,
			 flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*out_fd >= 0)
		return 0;
	failure = errno;
	/* For a link the kernel says ENOTDIR or ELOOP, by the flags. */
	if ((failure == ENOTDIR || failure == ELOOP) &&
	    fstatat(parent, name, &seen, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(seen.st_mode))
		return error_set(err, ERROR_SKIPPED,
				 "%s is a link, and none is followed", name);
	return error_set_errno(err,
			       failure == ENOENT || failure == ENOTDIR
				       ? ERROR_MISSING
				       : ERROR_IO,
			       failure, "cannot open the folder %s", name);
}

static int open_again(int folder, int flags, int *out_fd, struct error *err)
{
	*out_fd = openat(folder, ".", flags | O_DIRECTORY | O_CLOEXEC);
	if (*out_fd < 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot open the folder");
	return 0;
}

int folder_enter(int root, const char *relative, size_t bytes, int flags,
		 int *out_fd, struct error *err)
{
	char name[NAME_MAX + 1];
	int parent = root, rc;

	*out_fd = -1;
	if (bytes == 0)
		return open_again(root, flags, out_fd, err);
	do {
		int next = -1;

		rc = take_component(&relative, &bytes, name, err);
		if (rc == 0)
			rc = open_component(parent, name,
					    bytes ? O_PATH : flags, &next, err);
		if (parent != root)
			close(parent);
		parent = next;
	} while (rc == 0 && bytes > 0);
	if (rc == 0)
		*out_fd = parent;
	return rc;
}

int folder_open(const char *path, int *out_fd, char **out_path,
		struct error *err)
{
	char *real = realpath(path, NULL);
	int top = -1, rc;

	*out_fd = -1;
	*out_path = NULL;
	if (!real)
		return error_set_errno(err,
				       errno == ENOENT ? ERROR_MISSING
						       : ERROR_IO,
				       errno, "cannot open the folder %s",
				       path);
	/* The links are resolved once; from here on a component that turns
	 * into a link is an attack, and refused like any other. */
	top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0) {
		rc = error_set_errno(err, ERROR_IO, errno, "cannot open /");
		goto out;
	}
	rc = folder_enter(top, real + 1, strlen(real + 1), O_RDONLY, out_fd,
			  err);
	if (rc != 0) {
		error_prefix(err, "%s", path);
		goto out;
	}
	*out_path = real;
	real = NULL;
out:
	if (top >= 0)
		close(top);
	free(real);
	return rc;
}

int folder_sync(int folder, struct error *err)
{
	int fd = folder, rc = 0;

	if (fsync(fd) == 0)
		return 0;
	/* An O_PATH descriptor can only lead to one that fsync() takes. */
	if (errno == EBADF) {
		rc = open_again(folder, O_RDONLY, &fd, err);
		if (rc != 0)
			return rc;
		if (fsync(fd) == 0)
			goto out;
	}
	/* EINVAL: this file system knows no syncing of folders, and its
	 * entries last or do not last without us. */
	if (errno != EINVAL)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "cannot make the folder's entries last");
out:
	if (fd != folder)
		close(fd);
	return rc;
}

static int make(int root, const char *relative, bool is_durable, int *out_fd,
		struct error *err)
{
	size_t bytes = strlen(relative);
	char name[NAME_MAX + 1];
	int parent = -1, next = -1, rc;

	*out_fd = -1;
	rc = open_again(root, O_RDONLY, &parent, err);
	while (rc == 0 && bytes > 0) {
		rc = take_component(&relative, &bytes, name, err);
		if (rc != 0)
			break;
		if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) {
			rc = error_set_errno(err, ERROR_IO, errno,
					     "cannot make the folder %s", name);
			break;
		}
		/* Even if it was there: another thread may have made it just
		 * now and not have come to this line yet. */
		if (is_durable)
			rc = folder_sync(parent, err);
		if (rc == 0)
			rc = open_component(parent, name, O_RDONLY, &next, err);
		if (rc == 0) {
			close(parent);
			parent = next;
		}
	}
	if (rc == 0) {
		*out_fd = parent;
		return 0;
	}
	if (parent >= 0)
		close(parent);
	return rc;
}

int folder_make(int root, const char *relative, int *out_fd, struct error *err)
{
	return make(root, relative, true, out_fd, err);
}

int folder_make_unsynced(int root, const char *relative, int *out_fd,
			 struct error *err)
{
	return make(root, relative, false, out_fd, err);
}

/* Opens the first folder of `relative`, empties what is deeper, and removes
 * it. True if it is gone, so that the one above may be empty now. */
static bool prune_deepest(int parent, const char *relative, size_t bytes)
{
	char name[NAME_MAX + 1];
	bool is_pruned = true;
	int inner;

	if (take_component(&relative, &bytes, name, NULL) != 0)
		return false;
	if (bytes > 0) {
		if (open_component(parent, name, O_PATH, &inner, NULL) != 0)
			return false;
		is_pruned = prune_deepest(inner, relative, bytes);
		close(inner);
	}
	return is_pruned && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

void folder_prune(int root, const char *relative)
{
	prune_deepest(root, relative, strlen(relative));
}

int disk_sync(int folder, struct error *err)
{
	if (syncfs(folder) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "the disk cannot be made to keep what "
				       "was written");
	return 0;
}

bool disk_sync_tells(void)
{
	struct utsname kernel;
	int major = 0, minor = 0;

	return uname(&kernel) == 0 &&
	       sscanf(kernel.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 8));
}

int space_of(int folder, struct space *out, struct error *err)
{
	struct statvfs seen;

	if (fstatvfs(folder, &seen) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot ask for the space on the disk");
	*out = (struct space){
		.total = (uint64_t)seen.f_blocks * seen.f_frsize,
		.available = (uint64_t)seen.f_bavail * seen.f_frsize,
	};
	return 0;
}
