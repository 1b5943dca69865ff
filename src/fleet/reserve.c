#include "fleet/reserve.h"

#include <stdbool.h>

#include "base/clock.h"

#define LOOK_AFTER_US 100000
#define LOOK_AFTER_JOBS 50

static bool is_stale(const struct reserve *reserve)
{
	return reserve->looked_us == 0 ||
	       reserve->jobs >= LOOK_AFTER_JOBS ||
	       clock_now_us() - reserve->looked_us >= LOOK_AFTER_US;
}

static int look(struct reserve *reserve, struct error *err)
{
	int rc = space_of(reserve->folder, &reserve->space, err);

	if (rc != 0)
		return error_prefix(err, "%s", reserve->path);
	reserve->looked_us = clock_now_us();
	reserve->promised = 0;
	reserve->jobs = 0;
	return 0;
}

/* Sums that cannot wrap: each term is held against what is left. */
static bool has_room(const struct reserve *reserve, uint64_t bytes)
{
	uint64_t keep = amount_of_share(&reserve->keep, reserve->space.total);
	uint64_t left = reserve->space.available;

	if (left < keep)
		return false;
	left -= keep;
	return reserve->promised <= left && bytes <= left - reserve->promised;
}

static int refuse(const struct reserve *reserve, struct error *err)
{
	char available[32], keep[32];

	amount_format_bytes(reserve->space.available, available,
			    sizeof(available));
	amount_format_bytes(amount_of_share(&reserve->keep,
					    reserve->space.total),
			    keep, sizeof(keep));
	return error_set(err, ERROR_HELD,
			 "%s: only %s of the disk is free, and "
			 "backup.min_free keeps %s of it; make room, or lower "
			 "backup.min_free", reserve->path, available, keep);
}

void reserve_init(struct reserve *reserve, int folder, const char *path,
		  const struct amount_share *keep)
{
	*reserve = (struct reserve){
		.folder = folder,
		.path = path,
		.keep = *keep,
	};
}

int reserve_take(struct reserve *reserve, uint64_t bytes, struct error *err)
{
	int rc = 0;

	if (is_stale(reserve) || !has_room(reserve, bytes))
		rc = look(reserve, err);
	if (rc != 0)
		return rc;
	if (!has_room(reserve, bytes))
		return refuse(reserve, err);
	reserve->promised += bytes;
	reserve->jobs++;
	return 0;
}
