#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int stamp_take(int folder, const char *name, struct stamp *out,
	       struct error *err)
{
	struct stat seen;

	if (fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) !=
	    0)
		return error_set_errno(err,
				       errno == ENOENT || errno == ENOTDIR
					       ? ERROR_MISSING
					       : ERROR_IO,
				       errno, "cannot look at %s", name);
	*out = (struct stamp){
		.device = seen.st_dev,
		.inode = seen.st_ino,
		.mode = seen.st_mode,
		.owner = seen.st_uid,
		.group = seen.st_gid,
		.links = seen.st_nlink,
		.bytes = seen.st_size,
		.blocks = seen.st_blocks,
		.modified = seen.st_mtim,
		.changed = seen.st_ctim,
		.accessed = seen.st_atim,
	};
	return 0;
}

bool stamp_is_same(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->mode == b->mode && a->owner == b->owner &&
	       a->group == b->group && a->bytes == b->bytes &&
	       is_same_time(&a->modified, &b->modified) &&
	       is_same_time(&a->changed, &b->changed);
}

static int compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

int stamp_compare_file(const struct stamp *a, const struct stamp *b)
{
	int order = compare((int64_t)a->device, (int64_t)b->device);

	return order != 0 ? order
			  : compare((int64_t)a->inode, (int64_t)b->inode);
}

uint64_t stamp_disk_bytes(const struct stamp *stamp)
{
	uint64_t length = (uint64_t)stamp->bytes;
	uint64_t held = (uint64_t)stamp->blocks * 512;

	return held < length ? held : length;
}

int place_open(int root, const char *root_path, const char *relative,
	       struct place *out, struct error *err)
{
	const char *slash = strrchr(relative, '/');
	size_t folders = slash ? (size_t)(slash - relative) : 0;
	const char *name = slash ? slash + 1 : relative;
	int fd, rc;

	*out = (struct place){ .folder = -1 };
	if (!*name || slash == relative || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return error_set(err, ERROR_IO,
				 "\"%s\" is no path of a file below %s",
				 relative, root_path);
	rc = folder_enter(root, relative, folders, O_PATH, &fd, err);
	if (rc != 0) {
		error_prefix(err, "%s", root_path);
		return rc;
	}
	out->folder = fd;
	out->path = xasprintf("%s%s%s", root_path,
			      text_ends_with(root_path, "/") ? "" : "/",
			      relative);
	out->name = out->path + strlen(out->path) - strlen(name);
	return 0;
}

void place_close(struct place *place)
{
	/* A zeroed place holds no path: its 0 is no descriptor of ours. */
	if (!place || !place->path)
		return;
	close(place->folder);
	free(place->path);
	*place = (struct place){ .folder = -1 };
}

int place_stamp(const struct place *place, const char *suffix,
		struct stamp *out, struct error *err)
{
	char *name = xasprintf("%s%s", place->name, suffix);
	int rc = stamp_take(place->folder, name, out, err);

	free(name);
	return rc;
}
