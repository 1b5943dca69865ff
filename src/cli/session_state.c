#include "cli/session.h"

#include <string.h>

#include "cli/message.h"
#include "cli/preflight.h"
#include "cli/strict.h"
#include "fleet/crew.h"
#include "fleet/flaws.h"
#include "fleet/owner.h"
#include "fleet/recover.h"
#include "fleet/room.h"

/* What cannot be done for several owners. */
static int check_several(const struct session *session, bool make,
			 struct error *err)
{
	if (session->config.strategy == CHOOSE_SWAP)
		return error_set(err, ERROR_CONFIG, "run.strategy is swap, and "
				 "databases of several owners are done in "
				 "place only; nothing was touched; auto does "
				 "so");
	return make ? rooms_check(session->data_path,
				  session->config.state_dir, err) : 0;
}

/* Of several owners one must not end the run of all; but somebody's databases
 * may not have been seen. */
static int check_fleet(const struct session *session, bool is_several,
		       struct error *err)
{
	const struct fleet *fleet = session->fleet;
	int rc = is_several ? 0 : flaws_refuse(fleet, err);

	if (rc)
		return rc;
	if (fleet->deep.count)
		message_warn("%zu folder%s nested too deep, below more than %d "
			     "others: databases in there are not seen; leave "
			     "such folders out of the data directory; the "
			     "first is %s/%s", fleet->deep.count,
			     fleet->deep.count == 1 ? " is" : "s are",
			     DISCOVER_DEPTH_MOST, session->data_path,
			     fleet->deep.first);
	if (fleet->closed.count)
		message_warn("%zu folder%s passed over; look at what is there, "
			     "and ask its owner: %s", fleet->closed.count,
			     fleet->closed.count == 1 ? " was" : "s were",
			     fleet->closed_why);
	return 0;
}

int session_open_state(struct session *session, struct error *err)
{
	bool make = session->needs & NEED_WRITE;
	const struct config *config = &session->config;
	struct owner owner;
	int rc = owner_choose(session->fleet, session->data_dir, config->user,
			      rooms_exist(session->data_dir,
					  config->state_dir), &owner, err);

	if (rc == 0)
		rc = check_fleet(session, owner.is_several, err);
	if (rc == 0 && owner.is_several)
		rc = check_several(session, make, err);
	if (rc == 0)
		rc = strict_state(session, owner.uid, err);
	if (rc)
		return rc;
	rc = state_open(session->data_dir, session->data_path,
			config->state_dir, make, owner.uid, owner.gid,
			&session->state, err);
	if (rc == ERROR_CONFIG && owner.is_several)
		error_append(err, "it has to be root's, as the databases have "
			     "several owners");
	if (rc)
		return rc;
	if (!owner.is_several)
		return owner_become(owner.uid, owner.gid, err);
	session->state.has_rooms = true;
	session->crew = crew_new(&session->state, &session->roster);
	return make ? rooms_make(&session->state, err) : 0;
}

static int take_lock(struct session *session, int64_t wait_ms,
		     struct error *err)
{
	return lock_take(session->data_dir, session->data_path,
			 &session->state, wait_ms, &session->lock, err);
}

static int mind_full_disk(const struct session *session, struct error *err)
{
	if (!(session->needs & FREES_ROOM))
		return error_append(err, "no database was touched; make room, "
				    "for one with '%s " PREFLIGHT_PRUNE "'",
				    session->again);
	memset(err, 0, sizeof(*err));
	return 0;
}

int session_open_lock(struct session *session, struct error *err)
{
	struct recover_totals totals;
	int rc = take_lock(session, 0, err);

	session->has_waited = rc == ERROR_LOCKED;
	if (rc == ERROR_LOCKED && session->config.lock_wait_ms > 0)
		rc = take_lock(session, session->config.lock_wait_ms, err);
	if (rc == 0)
		rc = recover(&session->state, &session->plan,
			     session->config.system_db, &session->roster,
			     &totals, err);
	if (rc)
		return rc;
	if (totals.died.pid && !session->options->quiet)
		message_warn("%s %s was interrupted; what it had left "
			     "unfinished was cleared away", totals.died.command,
			     totals.died.run_id);
	rc = lock_sign(&session->lock, session->plan.run_id,
		       session->options->command->name, err);
	if (rc)
		error_prefix(err, "%s", session->state.path);
	else
		rc = journal_open(session->state.path, &session->journal, err);
	return rc == ERROR_NOSPACE ? mind_full_disk(session, err) : rc;
}
