#include "base/attributes.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/memory.h"

/* Others speak of the content that they were made for (security.ima) or are
 * the file system's own business. */
#define LIST_NAME "system.posix_acl_access"
static const char *const carried[] = { "user.", LIST_NAME,
				       "security.selinux" };

static int refuse(struct error *err, const char *what)
{
	return error_set(err, ERROR_SKIPPED,
			 "its %s cannot be carried over to another file", what);
}

static bool is_carried(const char *name)
{
	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++)
		if (strncmp(name, carried[i], strlen(carried[i])) == 0)
			return true;
	return false;
}

static bool carry_one(int from, int to, const char *name)
{
	ssize_t bytes = fgetxattr(from, name, NULL, 0);
	char *value;
	bool is_done;

	if (bytes < 0 || !is_carried(name))
		return false;
	value = xmalloc((size_t)bytes);
	is_done = fgetxattr(from, name, value, (size_t)bytes) == bytes &&
		  fsetxattr(to, name, value, (size_t)bytes, 0) == 0;
	free(value);
	return is_done;
}

/* A list that the new file has from its folder would let people in whom the
 * old one kept out. */
static bool drop_if_foreign(int from, int to, const char *name)
{
	return fgetxattr(from, name, NULL, 0) >= 0 ||
	       fremovexattr(to, name) == 0;
}

/* Does `what` with each extended attribute that the file open at `listed` has;
 * stops at the first that fails. */
static int each_extended(int listed, int from, int to,
			 bool (*what)(int from, int to, const char *name),
			 struct error *err)
{
	ssize_t bytes = flistxattr(listed, NULL, 0);
	char *names, *name;
	int rc = 0;

	if (bytes == 0 || (bytes < 0 && errno == ENOTSUP))
		return 0;
	if (bytes < 0)
		return refuse(err, "extended attributes");
	names = xmalloc((size_t)bytes);
	if (flistxattr(listed, names, (size_t)bytes) != bytes)
		rc = refuse(err, "extended attributes");
	for (name = names; rc == 0 && name < names + bytes;
	     name += strlen(name) + 1)
		if (!what(from, to, name))
			rc = refuse(err, name);
	free(names);
	return rc;
}

/* Not set but compared: who has given a database such a flag wants SQLite to
 * write to this very file. */
static bool has_same_flags(int from, int to)
{
	unsigned long one = 0, two = 0;

	if (ioctl(from, FS_IOC_GETFLAGS, &one) != 0 ||
	    ioctl(to, FS_IOC_GETFLAGS, &two) != 0)
		return true; /* this file system has none */
	/* The kernel writes an int, whatever the name says. */
	return ((unsigned int)(one ^ two) & FS_FL_USER_MODIFIABLE) == 0;
}

int attributes_carry(int from, const struct stamp *like, int to,
		     struct error *err)
{
	struct stat now;
	int rc;

	if (fstat(to, &now) != 0)
		return refuse(err, "owner");
	if ((now.st_uid != like->owner || now.st_gid != like->group) &&
	    fchown(to, like->owner, like->group) != 0)
		return refuse(err, "owner");
	/* After the owner, whose change takes bits away; before the lists, to
	 * which the mode's group bits are a mask. */
	if (fchmod(to, like->mode & 07777) != 0)
		return refuse(err, "mode");
	if (!has_same_flags(from, to))
		return refuse(err, "flags");
	rc = each_extended(to, from, to, drop_if_foreign, err);
	return rc != 0 ? rc : each_extended(from, from, to, carry_one, err);
}

/* Linux has had no calls for a name in a folder until lately. */
static char *path_in(int folder, const char *name)
{
	return xasprintf("/proc/self/fd/%d/%s", folder, name);
}

/* What these calls say where there is no list. */
static bool is_none(int failure)
{
	return failure == ENODATA || failure == ENOTSUP;
}

mode_t attributes_plain_mode(int folder, const char *name, mode_t mode)
{
	char *path = path_in(folder, name);
	bool has_none = lgetxattr(path, LIST_NAME, NULL, 0) < 0 &&
			is_none(errno);

	free(path);
	return has_none ? mode : mode & ~(mode_t)(S_IRWXG | S_IRWXO);
}

bool attributes_drop_list(int folder, const char *name)
{
	char *path = path_in(folder, name);
	bool is_gone = lremovexattr(path, LIST_NAME) == 0 || is_none(errno);

	free(path);
	return is_gone;
}
