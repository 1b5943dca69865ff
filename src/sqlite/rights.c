#include "sqlite/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* True if it was told that `path`, which people know as `name`, is the one. */
static bool blame(const char *path, const char *name, int wanted,
		  struct error *err)
{
	struct stat seen;

	if (faccessat(AT_FDCWD, path, wanted, AT_EACCESS) == 0 ||
	    (errno != EACCES && errno != EPERM && errno != EROFS))
		return false;
	if (errno == EROFS)
		error_append(err, "its file system is mounted read-only");
	else if (stat(path, &seen) != 0)
		error_append(err, "user id %u, which this runs as, may not "
			     "enter the folders above it", geteuid());
	else
		error_append(err, "user id %u, which this runs as, may not "
			     "%s %s (mode %04o, of user id %u); chmod or chown "
			     "it, and run again", geteuid(),
			     wanted & W_OK ? "write" : "read", name,
			     seen.st_mode & 07777u, seen.st_uid);
	return true;
}

void rights_explain(const char *path, bool writes, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, (size_t)(slash - path + 1))
			     : xstrdup(".");

	if (!blame(path, "the file", writes ? R_OK | W_OK : R_OK, err) &&
	    writes)
		(void)blame(folder, folder, W_OK | X_OK, err);
	free(folder);
}
