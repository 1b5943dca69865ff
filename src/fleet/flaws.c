#include "fleet/flaws.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "fleet/owner.h"

void flaws_find_twins(struct fleet *fleet)
{
	for (size_t i = 1; i < fleet->file_count; i++) {
		struct subject *one = fleet->by_file[i - 1];
		struct subject *two = fleet->by_file[i];

		if (stamp_compare_file(&one->stamp, &two->stamp) != 0)
			continue;
		one->twin = two->path;
		two->twin = one->path;
	}
}

int flaws_refuse(const struct fleet *fleet, struct error *err)
{
	for (size_t i = 0; i < fleet->file_count; i++) {
		const struct subject *subject = fleet->by_file[i];

		if (subject->twin != NULL)
			return error_set(err, ERROR_USAGE,
					 "%s and %s are one and the same file; "
					 "nothing was touched; keep one of the "
					 "two names below the data directory",
					 subject->path, subject->twin);
	}
	if (fleet->closed_why != NULL)
		return error_set(err, ERROR_IO, "%s; nothing was touched",
				 fleet->closed_why);
	return 0;
}

static int check_place(const char *data_path, const struct subject *subject,
		       struct error *err)
{
	const char *slash = strrchr(subject->path, '/');
	uid_t owner = getuid();
	char *folder;
	int rc;

	if (owner != 0 && !subject->is_exposed)
		return 0;
	folder = xasprintf("%s%s%.*s", data_path, slash != NULL ? "/" : "",
			   slash != NULL ? (int)(slash - subject->path) : 0,
			   subject->path);
	rc = owner_check_way(folder, owner, true, err);
	if (rc != 0)
		error_append(err, owner == 0
			     ? "who can put a file beside what is root's "
			       "could make root delete others, so it was left "
			       "untouched; give it to the folder's owner, or "
			       "the folder to root"
			     : "who can put a journal beside a database says "
			       "what it holds, so it was left untouched");
	free(folder);
	return rc;
}

int flaws_check(const char *data_path, const struct subject *subject,
		struct error *err)
{
	int rc = check_place(data_path, subject, err);

	if (rc == 0 && subject->twin != NULL)
		rc = error_set(err, ERROR_USAGE,
			       "%s/%s is one and the same file; both were left "
			       "untouched; keep one of the two names",
			       data_path, subject->twin);
	return rc;
}

size_t flaws_unseen(const struct fleet *fleet)
{
	return fleet->deep.count + fleet->closed.count;
}
