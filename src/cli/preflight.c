#include "cli/preflight.h"

#include <sys/stat.h>

#include "base/amount.h"
#include "cli/execution.h"

/* Listens to a look at the fleet. */
struct tally {
	struct listener listener;
	struct preflight_need need;
	uint64_t disk; /* what it holds, if it is empty */
};

/* What is bigger than the disk, mostly holes then, fails by itself, and is no
 * reason to stop all others. */
static void add(struct preflight_need *need, uint64_t bytes, uint64_t disk)
{
	if (bytes > disk)
		return;
	need->backups += bytes;
	if (bytes > need->biggest)
		need->biggest = bytes;
}

static void hear(struct listener *self, const struct event *event)
{
	struct tally *tally = (struct tally *)self;

	if (event->type == EVENT_DATABASE && event->result->backup_bytes > 0)
		add(&tally->need,
		    (uint64_t)tally_backup_bytes(event->subject, event->result),
		    tally->disk);
}

static void add_subject(struct preflight_need *need,
			const struct subject *subject, uint64_t disk)
{
	if (S_ISREG(subject->stamp.mode))
		add(need, stamp_disk_bytes(&subject->stamp), disk);
}

bool preflight_fits(const struct preflight_need *need,
		    const struct space *space, uint64_t keep_free)
{
	uint64_t room = space->available > keep_free
				? space->available - keep_free : 0;

	return need->backups <= room &&
	       need->biggest <= (room - need->backups) / PREFLIGHT_WORK;
}

/* A dry run makes no state directory; it is going to be below the data. */
static const char *where_of(const struct session *session)
{
	return session->state.folder >= 0 ? session->state.path
					  : session->data_path;
}

static int measure(const struct session *session, struct space *out,
		   uint64_t *keep_free, struct error *err)
{
	int rc = space_of(session->state.folder >= 0 ? session->state.folder
						     : session->data_dir,
			  out, err);

	*keep_free = amount_of_share(&session->config.min_free, out->total);
	return rc ? error_prefix(err, "%s", where_of(session)) : 0;
}

static int refuse(const struct session *session,
		  const struct preflight_need *need, const struct space *space,
		  uint64_t keep_free, struct error *err)
{
	char backups[32], work[32], biggest[32], have[32], keep[32];

	return error_set(
		err, ERROR_HELD,
		"%s: no room for the backups: they need %s, and %s to work "
		"in, %d times the biggest database, of %s; %s is free, of "
		"which %s is to stay so (backup.min_free); nothing was "
		"touched; make room, for one with '%s " PREFLIGHT_PRUNE "', "
		"or set fleet.state_dir to a bigger disk",
		where_of(session),
		amount_format_bytes(need->backups, backups, sizeof(backups)),
		amount_format_bytes(PREFLIGHT_WORK * need->biggest, work,
				    sizeof(work)),
		PREFLIGHT_WORK,
		amount_format_bytes(need->biggest, biggest, sizeof(biggest)),
		amount_format_bytes(space->available, have, sizeof(have)),
		amount_format_bytes(keep_free, keep, sizeof(keep)),
		session->again);
}

int preflight_space(struct session *session, const struct fleet *fleet,
		    bool pending_only, struct error *err)
{
	struct tally tally = { .listener = { .hear = hear } };
	struct listener *listeners[] = { &tally.listener };
	struct preflight_need need = { 0 };
	struct space space;
	uint64_t keep_free;
	int rc = measure(session, &space, &keep_free, err);

	if (rc)
		return rc;
	tally.disk = space.total;
	if (fleet->system)
		add_subject(&need, fleet->system, space.total);
	for (size_t i = 0; i < fleet->user_count; i++)
		add_subject(&need, &fleet->users[i], space.total);
	if (preflight_fits(&need, &space, keep_free))
		return 0;
	if (pending_only) {
		rc = execution_look(session, fleet, listeners, 1, NULL, err);
		need = tally.need;
	}
	if (rc == 0 && !preflight_fits(&need, &space, keep_free))
		rc = refuse(session, &need, &space, keep_free, err);
	return rc;
}

int preflight_rehearsed(const struct session *session,
			const struct preflight_need *need, struct error *err)
{
	struct space space = { 0 };
	uint64_t keep_free;
	int rc = measure(session, &space, &keep_free, err);

	if (rc == 0 && !preflight_fits(need, &space, keep_free))
		rc = refuse(session, need, &space, keep_free, err);
	return rc;
}
