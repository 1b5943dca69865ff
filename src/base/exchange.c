#include "base/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define STRANGER "another file has taken its place meanwhile"

static int swap_names(int folder, const char *mine, const struct place *place)
{
	return renameat2(folder, mine, place->folder, place->name,
			 RENAME_EXCHANGE);
}

static int refuse(struct error *err)
{
	if (errno == EINVAL || errno == ENOSYS)
		return error_set(err, ERROR_SKIPPED,
				 "its file system cannot exchange two names");
	return error_set_errno(err, errno == ENOENT ? ERROR_MISSING : ERROR_IO,
			       errno, "its copy cannot take its place");
}

/* Who renames a fourth file over ours just then is the last, and so has the
 * name in the end: the third is what he wanted to replace. And where he has
 * taken ours away, the name is free. */
static int give_back(int folder, const char *mine, const struct place *place,
		     const struct stamp *first, struct error *err)
{
	struct stamp back;

	if (swap_names(folder, mine, place) != 0 &&
	    renameat2(folder, mine, place->folder, place->name,
		      RENAME_NOREPLACE) != 0)
		return error_set_errno(err, ERROR_IO, errno, STRANGER ", and "
				       "cannot be given it back, but is left "
				       "as %s", mine);
	if (stamp_take(folder, mine, &back, NULL) == 0 &&
	    stamp_compare_file(&back, first) != 0)
		(void)swap_names(folder, mine, place);
	return error_set(err, ERROR_BUSY, STRANGER);
}

int exchange(int folder, const char *mine, const struct place *place,
	     const struct stamp *other, bool *had, struct error *err)
{
	struct stamp first, now;
	int rc = stamp_take(folder, mine, &first, err);

	*had = false;
	if (rc == 0)
		rc = place_stamp(place, "", &now, err);
	if (rc == 0 && stamp_compare_file(&now, other) != 0)
		rc = error_set(err, ERROR_BUSY, STRANGER);
	if (rc != 0)
		return rc;
	if (swap_names(folder, mine, place) != 0)
		return refuse(err);
	*had = true;
	if (stamp_take(folder, mine, &now, NULL) == 0 &&
	    stamp_compare_file(&now, other) == 0)
		return 0;
	return give_back(folder, mine, place, &first, err);
}
