#include "cli/overlooked.h"

#include <stddef.h>

#include "base/memory.h"

char *overlooked_text(const struct fleet *fleet, const char *data_path,
		      const char *user_db, const char *include)
{
	if (fleet->links.count)
		return xasprintf("%s: %zu folder%s not entered, because no "
				 "link and no mount point is followed; the "
				 "first is %s; databases in there are not seen",
				 data_path, fleet->links.count,
				 fleet->links.count == 1 ? " was" : "s were",
				 fleet->links.first);
	if (fleet->user_count > 0)
		return NULL;
	if (include && fleet->not_selected > 0)
		return xasprintf("--include %s fits no user", include);
	if (!fleet->system && fleet->not_selected == 0)
		return xasprintf("%s: no database was found; is what belongs "
				 "there mounted, and are they called %s "
				 "(fleet.user_db)?", data_path, user_db);
	return NULL;
}
