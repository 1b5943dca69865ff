#include "base/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/folder.h"
#include "base/memory.h"

/* How often a file that another one leaves behind is cleared away: each time
 * somebody else may be quicker. */
#define ATTEMPTS 16

static void release(struct replacement *replacement)
{
	if (replacement->fd >= 0)
		(void)close(replacement->fd);
	if (replacement->folder >= 0)
		(void)close(replacement->folder);
	free(replacement->folder_path);
	free(replacement->name);
	free(replacement->temporary);
	free(replacement->path);
	*replacement = (struct replacement){ .folder = -1, .fd = -1 };
}

static int split(const char *path, struct replacement *out, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *folder;
	int rc;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(err, ERROR_USAGE, "\"%s\" names no file",
				 path);
	/* "/name" lies in "/". */
	folder = !slash ? xstrdup(".")
			: xstrndup(path, slash == path ? 1 : (size_t)(slash -
								       path));
	rc = folder_open(folder, &out->folder, &out->folder_path, err);
	free(folder);
	if (rc)
		return rc;
	out->name = xstrdup(name);
	out->temporary = xasprintf(".%s.new", name);
	out->path = xasprintf("%s/%s",
			      strcmp(out->folder_path, "/") == 0
				      ? "" : out->folder_path, out->temporary);
	return 0;
}

static int look_at_old(struct replacement *out, struct error *err)
{
	struct error missing = { 0 };
	int rc = stamp_take(out->folder, out->name, &out->old, &missing);

	if (rc == ERROR_MISSING)
		return 0;
	if (rc) {
		*err = missing;
		return rc;
	}
	out->has_old = true;
	if (S_ISREG(out->old.mode))
		return 0;
	return error_set(err, ERROR_USAGE, S_ISLNK(out->old.mode)
			 ? "it is a link, which is neither followed nor "
			   "replaced; name the file itself; nothing was changed"
			 : "it is no regular file; nothing was changed");
}

/* Removes what a dead one left; what is being written is locked. */
static int clear_left(const struct replacement *out, struct error *err)
{
	int fd = openat(out->folder, out->temporary,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stamp opened, named;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_set_errno(
			err, ERROR_IO, errno, "%s is in the way; remove it",
			out->path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		rc = error_set(err, ERROR_LOCKED, "another process is writing "
			       "it just now (%s); nothing was changed; run "
			       "again", out->path);
	/* Perhaps it has been given its place since, and this is the next
	 * one's. */
	else if (stamp_take(fd, "", &opened, NULL) == 0 &&
		 stamp_take(out->folder, out->temporary, &named, NULL) == 0 &&
		 stamp_compare_file(&opened, &named) == 0 &&
		 unlinkat(out->folder, out->temporary, 0) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "%s cannot be removed", out->path);
	(void)close(fd);
	return rc;
}

static int create(struct replacement *out, mode_t mode, struct error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < ATTEMPTS; i++) {
		out->fd = openat(out->folder, out->temporary,
				 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
					 O_CLOEXEC,
				 out->has_old ? 0600 : mode);
		if (out->fd >= 0 && flock(out->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (out->fd >= 0) {
			/* Somebody took ours for one that was left. */
			(void)close(out->fd);
			out->fd = -1;
		} else if (errno != EEXIST) {
			return error_set_errno(err, ERROR_IO, errno,
					       "cannot make %s", out->path);
		}
		rc = clear_left(out, err);
	}
	return rc ? rc : error_set(err, ERROR_LOCKED, "%s is written by others "
				   "again and again; nothing was changed",
				   out->path);
}

int replacement_begin(const char *path, struct replacement *out,
		      struct error *err)
{
	int rc;

	*out = (struct replacement){ .folder = -1, .fd = -1 };
	rc = split(path, out, err);
	if (rc == 0)
		rc = look_at_old(out, err);
	if (rc) {
		release(out);
		/* What names no file is named already. */
		if (strstr(err->message, path) == NULL)
			error_prefix(err, "%s", path);
	}
	return rc;
}

int replacement_make(struct replacement *replacement, mode_t mode,
		     struct error *err)
{
	int rc = create(replacement, mode, err);

	return rc ? error_prefix(err, "%s/%s", replacement->folder_path,
				 replacement->name) : 0;
}

static int carry(const struct replacement *replacement, struct error *err)
{
	int from = openat(replacement->folder, replacement->name,
			  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (from < 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "what is there cannot be read");
	rc = attributes_carry(from, &replacement->old, replacement->fd, err);
	(void)close(from);
	return rc ? error_append(err, "run this as the owner of the file")
		  : rc;
}

static int check_same(const struct replacement *replacement, struct error *err)
{
	struct stamp old, opened, made;
	int rc;

	rc = stamp_take(replacement->folder, replacement->name, &old, NULL);
	if (replacement->has_old ? rc || !stamp_is_same(&replacement->old, &old)
				 : rc != ERROR_MISSING)
		return error_set(err, ERROR_BUSY, "somebody has written or "
				 "replaced it meanwhile; run again");
	if (stamp_take(replacement->fd, "", &opened, err) != 0)
		return (int)err->code;
	rc = stamp_take(replacement->folder, replacement->temporary, &made,
			NULL);
	if (rc || stamp_compare_file(&opened, &made) != 0)
		return error_set(err, ERROR_BUSY, "somebody has taken %s away "
				 "while it was written", replacement->path);
	return 0;
}

/* Where there was none, one that appears at the last moment is not lost
 * either. */
static int give_place(const struct replacement *replacement, struct error *err)
{
	int folder = replacement->folder;
	unsigned flags = replacement->has_old ? 0 : RENAME_NOREPLACE;
	int rc = renameat2(folder, replacement->temporary, folder,
			   replacement->name, flags);

	/* This file system cannot. */
	if (rc != 0 && flags && (errno == EINVAL || errno == ENOSYS))
		rc = renameat(folder, replacement->temporary, folder,
			      replacement->name);
	if (rc == 0)
		return 0;
	if (errno == EEXIST)
		return error_set(err, ERROR_BUSY, "somebody has made it "
				 "meanwhile; run again");
	return error_set_errno(err, ERROR_IO, errno, "%s cannot be given its "
			       "place", replacement->path);
}

static int keep_it(struct replacement *replacement, struct error *err)
{
	int rc = 0;

	if (replacement->has_old)
		rc = carry(replacement, err);
	if (rc == 0 && fsync(replacement->fd) != 0)
		rc = error_set_errno(err, ERROR_IO, errno, "%s cannot be made "
				     "to last", replacement->path);
	if (rc == 0)
		rc = check_same(replacement, err);
	if (rc == 0)
		rc = give_place(replacement, err);
	return rc;
}

int replacement_end(struct replacement *replacement, bool keep,
		    struct error *err)
{
	int rc;

	if (replacement->folder < 0)
		return 0;
	rc = keep ? keep_it(replacement, err) : 0;
	if (rc || !keep) {
		if (replacement->fd >= 0)
			(void)unlinkat(replacement->folder,
				       replacement->temporary, 0);
		if (rc)
			error_append(err, "nothing was changed");
	} else {
		rc = folder_sync(replacement->folder, err);
		if (rc)
			error_append(err, "the new file is in place, and may "
				     "be gone after a power cut");
	}
	if (rc)
		error_prefix(err, "%s/%s", replacement->folder_path,
			     replacement->name);
	release(replacement);
	return rc;
}
