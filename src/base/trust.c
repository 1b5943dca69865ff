#include "base/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

bool trust_is_closed(const struct stat *seen)
{
	return (seen->st_mode & S_IWOTH) == 0 &&
	       ((seen->st_mode & S_IWGRP) == 0 || seen->st_gid == 0);
}

bool trust_may_pass(const struct stat *seen)
{
	return trust_is_closed(seen) ||
	       (S_ISDIR(seen->st_mode) && (seen->st_mode & S_ISVTX) != 0);
}

bool trust_owner(uid_t *writer, uid_t owner)
{
	if (owner != 0 && *writer == TRUST_NOBODY)
		*writer = owner;
	return owner == 0 || owner == *writer;
}

int trust_refuse(const char *path, const struct stat *seen, uid_t user,
		 struct error *err)
{
	char *quoted = text_quote(path);

	if (!trust_is_closed(seen))
		error_set(err, ERROR_CONFIG,
			  "%s may be written to by others than its owner; "
			  "nothing was touched; chmod go-w %s", path, quoted);
	else
		error_set(err, ERROR_CONFIG,
			  "%s belongs to user id %lu, who is neither root nor "
			  "the one owner of all that lies there; nothing was "
			  "touched; chown %lu %s", path,
			  (unsigned long)seen->st_uid, (unsigned long)user,
			  quoted);
	free(quoted);
	return ERROR_CONFIG;
}

static int check_component(const char *path, uid_t *writer, struct error *err)
{
	struct stat seen;

	if (lstat(path, &seen) != 0)
		return error_set_errno(err,
				       errno == ENOENT || errno == ENOTDIR
					       ? ERROR_MISSING
					       : ERROR_IO,
				       errno, "cannot look at %s", path);
	/* A link's mode says nothing: who may replace it is said by its folder,
	 * and where that is sticky, by its owner. */
	if ((S_ISLNK(seen.st_mode) || trust_may_pass(&seen)) &&
	    trust_owner(writer, seen.st_uid))
		return 0;
	return trust_refuse(path, &seen, *writer, err);
}

static int check_components(const char *path, uid_t *writer, struct error *err)
{
	const char *at = path;
	int rc = 0;

	while (rc == 0 && *at != '\0') {
		size_t slashes = strspn(at, "/");
		char *part;

		/* "/" itself, then one component more at a time. */
		at += at == path && slashes > 0
			      ? slashes
			      : slashes + strcspn(at + slashes, "/");
		part = xstrndup(path, (size_t)(at - path));
		rc = check_component(part, writer, err);
		free(part);
	}
	return rc;
}

int trust_path(const char *path, uid_t *writer, struct error *err)
{
	char *real = realpath(path, NULL);
	int rc;

	if (real == NULL)
		return error_set_errno(err,
				       errno == ENOENT || errno == ENOTDIR
					       ? ERROR_MISSING
					       : ERROR_IO,
				       errno, "cannot look at %s", path);
	rc = check_components(real, writer, err);
	if (rc == 0 && strcmp(path, real) != 0)
		rc = check_components(path, writer, err);
	free(real);
	return rc;
}
