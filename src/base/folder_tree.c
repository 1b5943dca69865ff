#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* The names in one folder, in byte order. */
struct names {
	char **list;
	size_t count, capacity;
};

static void names_release(struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names){ 0 };
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lists through a descriptor of its own, so that the caller's keeps its
 * place and may be an O_PATH one. */
static int names_read(int folder, struct names *out, struct error *err)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	int failure;

	*out = (struct names){ 0 };
	if (!stream) {
		failure = errno;
		if (fd >= 0)
			close(fd);
		return error_set_errno(err, ERROR_IO, failure,
				       "cannot list the folder");
	}
	while (errno = 0, (entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		out->list = array_grow(out->list, out->count, &out->capacity,
				       sizeof(*out->list));
		out->list[out->count++] = xstrdup(entry->d_name);
	}
	failure = errno;
	closedir(stream);
	if (failure) {
		names_release(out);
		return error_set_errno(err, ERROR_IO, failure,
				       "cannot list the folder");
	}
	if (out->count)
		qsort(out->list, out->count, sizeof(*out->list),
		      compare_names);
	return 0;
}

/* What vanished, or turned into a link, since it was listed is no failure. Its
 * stamp stays zeroed: neither a file nor a folder. */
static int forgive_vanished(int rc, struct error *err)
{
	if (rc != ERROR_MISSING && rc != ERROR_SKIPPED)
		return rc;
	if (err)
		*err = (struct error){ 0 };
	return 0;
}

static int check_depth(unsigned depth, struct error *err)
{
	return depth <= FOLDER_DEPTH_MOST
		       ? 0
		       : error_set(err, ERROR_IO,
				   "there are more than %d folders one below "
				   "the other; remove them",
				   FOLDER_DEPTH_MOST);
}

/* One walk: what all its folders share. */
struct walk {
	int (*visit)(void *self, const char *relative,
		     const struct stamp *stamp, struct error *err);
	void *self;
	dev_t device;
};

static int walk_folder(const struct walk *walk, int folder, const char *prefix,
		       unsigned depth, struct error *err)
{
	struct names names = { 0 };
	size_t i;
	int rc = check_depth(depth, err);

	if (rc == 0)
		rc = names_read(folder, &names, err);
	if (rc != 0) {
		/* The reason has to fit behind it. */
		error_prefix(err, "%.256s", *prefix ? prefix : ".");
		return rc;
	}
	for (i = 0; i < names.count && rc == 0; i++) {
		const char *name = names.list[i];
		struct stamp stamp = { 0 };
		char *path;
		int inner;

		rc = forgive_vanished(stamp_take(folder, name, &stamp, err),
				      err);
		if (rc != 0)
			break;
		path = xasprintf("%s%s%s", prefix, *prefix ? "/" : "", name);
		if (S_ISREG(stamp.mode)) {
			rc = walk->visit(walk->self, path, &stamp, err);
		} else if (S_ISDIR(stamp.mode) &&
			   stamp.device == walk->device) {
			rc = folder_enter(folder, name, strlen(name), O_PATH,
					  &inner, err);
			if (rc == 0) {
				rc = walk_folder(walk, inner, path, depth + 1,
						 err);
				close(inner);
			} else {
				rc = forgive_vanished(rc, err);
			}
		}
		free(path);
	}
	names_release(&names);
	return rc;
}

int folder_walk(int root,
		int (*visit)(void *self, const char *relative,
			     const struct stamp *stamp, struct error *err),
		void *self, struct error *err)
{
	struct walk walk = { .visit = visit, .self = self };
	struct stamp stamp;
	int rc = stamp_take(root, ".", &stamp, err);

	if (rc != 0)
		return rc;
	walk.device = stamp.device;
	return walk_folder(&walk, root, "", 0, err);
}

static int remove_name(int folder, const char *name, int flags,
		       struct error *err)
{
	if (unlinkat(folder, name, flags) == 0 || errno == ENOENT)
		return 0;
	return error_set_errno(err, ERROR_IO, errno, "cannot remove %s", name);
}

static int clear_folder(int folder, dev_t device, unsigned depth,
			struct error *err)
{
	struct names names = { 0 };
	size_t i;
	int rc = check_depth(depth, err);

	if (rc == 0)
		rc = names_read(folder, &names, err);
	for (i = 0; rc == 0 && i < names.count; i++) {
		const char *name = names.list[i];
		struct stamp stamp = { 0 };
		int inner;

		rc = forgive_vanished(stamp_take(folder, name, &stamp, err),
				      err);
		if (rc != 0)
			break;
		if (!S_ISDIR(stamp.mode)) {
			rc = remove_name(folder, name, 0, err);
			continue;
		}
		if (stamp.device != device) {
			rc = error_set(err, ERROR_IO,
				       "%s lies on another file system and was "
				       "left; unmount it", name);
			break;
		}
		rc = folder_enter(folder, name, strlen(name), O_PATH, &inner,
				  err);
		if (rc == 0) {
			rc = clear_folder(inner, device, depth + 1, err);
			close(inner);
		}
		if (rc == 0)
			rc = remove_name(folder, name, AT_REMOVEDIR, err);
	}
	names_release(&names);
	return rc;
}

int folder_clear(int root, struct error *err)
{
	struct stamp stamp;
	int rc = stamp_take(root, ".", &stamp, err);

	return rc ? rc : clear_folder(root, stamp.device, 0, err);
}
