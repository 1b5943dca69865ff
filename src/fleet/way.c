#include "fleet/way.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/trust.h"

struct way way_into(const struct way *above, const struct stat *folder)
{
	struct way way = *above;

	way.is_crowded = !trust_is_closed(folder);
	way.is_open = way.is_open || !trust_may_pass(folder) ||
		      !trust_owner(&way.writer, folder->st_uid);
	return way;
}

struct way way_along(const struct way *above, int data_dir, const char *path)
{
	const char *slash = strchr(path, '/');
	struct way way = *above;
	struct stat seen;

	for (; slash != NULL; slash = strchr(slash + 1, '/')) {
		char *folder = xstrndup(path, (size_t)(slash - path));

		if (fstatat(data_dir, folder, &seen, AT_SYMLINK_NOFOLLOW) == 0)
			way = way_into(&way, &seen);
		else
			way.is_open = true;
		free(folder);
	}
	return way;
}

bool way_is_safe(const struct way *way, uid_t owner)
{
	return !way->is_open && !way->is_crowded &&
	       (way->writer == TRUST_NOBODY || way->writer == owner);
}
