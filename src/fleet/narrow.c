#include "fleet/narrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define UNKNOWN_NAMED 5

struct wanted {
	const char *name;
	bool is_found;
};

struct narrow {
	const struct selection *selection;
	struct wanted *wanted; /* by name */
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->name,
		      ((const struct wanted *)b)->name);
}

struct narrow *narrow_new(const struct selection *selection)
{
	struct narrow *narrow = xcalloc(1, sizeof(*narrow));

	narrow->selection = selection;
	if (selection->users == NULL || selection->user_count == 0)
		return narrow;
	narrow->wanted = xcalloc(selection->user_count,
				 sizeof(*narrow->wanted));
	narrow->count = selection->user_count;
	for (size_t i = 0; i < narrow->count; i++)
		narrow->wanted[i].name = selection->users[i];
	qsort(narrow->wanted, narrow->count, sizeof(*narrow->wanted), by_name);
	return narrow;
}

void narrow_free(struct narrow *narrow)
{
	if (narrow == NULL)
		return;
	free(narrow->wanted);
	free(narrow);
}

/* Every row of that name: somebody may have named a user twice. */
static bool is_wanted(struct narrow *narrow, const char *username)
{
	struct wanted key = { .name = username };
	struct wanted *end = narrow->wanted + narrow->count;
	struct wanted *found = bsearch(&key, narrow->wanted, narrow->count,
				       sizeof(key), by_name);

	if (found == NULL)
		return false;
	while (found > narrow->wanted &&
	       strcmp(found[-1].name, username) == 0)
		found--;
	for (; found < end && strcmp(found->name, username) == 0; found++)
		found->is_found = true;
	return true;
}

bool narrow_takes(struct narrow *narrow, const char *username)
{
	const struct selection *selection = narrow->selection;

	if (selection->users != NULL &&
	    (narrow->count == 0 || !is_wanted(narrow, username)))
		return false;
	if (selection->include != NULL &&
	    !pattern_matches(selection->include, username, NULL, NULL))
		return false;
	return selection->exclude == NULL ||
	       !pattern_matches(selection->exclude, username, NULL, NULL);
}

int narrow_check(const struct narrow *narrow, struct error *err)
{
	const char *advice = narrow->selection->advice;
	char names[640] = "", more[64] = "";
	const char *last = NULL;
	size_t unknown = 0;

	for (size_t i = 0; i < narrow->count; i++) {
		const struct wanted *wanted = &narrow->wanted[i];
		size_t used = strlen(names);

		if (wanted->is_found ||
		    (last != NULL && strcmp(last, wanted->name) == 0))
			continue;
		last = wanted->name;
		if (unknown++ < UNKNOWN_NAMED)
			snprintf(names + used, sizeof(names) - used,
				 "%s%.100s", used > 0 ? ", " : "", last);
	}
	if (unknown == 0)
		return 0;
	if (unknown > UNKNOWN_NAMED)
		snprintf(more, sizeof(more), " and %zu other users",
			 unknown - UNKNOWN_NAMED);
	return error_set(err, ERROR_USAGE,
			 "no database of %s%s; nothing was touched%s%s", names,
			 more, advice ? "; " : "", advice ? advice : "");
}
