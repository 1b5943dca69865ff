#include "cli/subset.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void subset_take(const struct fleet *fleet,
		 bool (*is_wanted)(void *self, const struct subject *subject),
		 void *self, struct fleet *out)
{
	memset(out, 0, sizeof(*out));
	out->users = xcalloc(fleet->user_count + 1, sizeof(*out->users));
	if (fleet->system && is_wanted(self, fleet->system))
		out->system = fleet->system;
	for (size_t i = 0; i < fleet->user_count; i++)
		if (is_wanted(self, &fleet->users[i]))
			out->users[out->user_count++] = fleet->users[i];
	out->not_selected = fleet->not_selected + fleet->user_count -
			    out->user_count;
	out->deep = fleet->deep;
	out->closed = fleet->closed;
}

void subset_add(struct fleet *subset, const struct subject *user)
{
	subset->users = xrealloc(subset->users, (subset->user_count + 1) *
						sizeof(*subset->users));
	subset->users[subset->user_count++] = *user;
}

void subset_release(struct fleet *subset)
{
	free(subset->users);
	memset(subset, 0, sizeof(*subset));
}
