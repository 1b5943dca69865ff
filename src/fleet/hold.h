/*
 * hold: what keeps the next nightly run from undoing a rollback.
 *
 * Runs on: the loop thread, under the lock. A file in the data directory (not
 * in the state directory: a run with another one has to see it), HOLD_NAME,
 * with who held the fleet and when, written durably before the first database
 * is put back: a rollback that is killed leaves the fleet held.
 *
 * Calling order: hold_set() before a rollback's first database; hold_is_set()
 * before an upgrade's; hold_lift() on the administrator's word only.
 */
#ifndef FLEET_FLEET_HOLD_H
#define FLEET_FLEET_HOLD_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

#define HOLD_NAME ".fleet-upgrade.hold"

struct hold {
	char run_id[RUN_ID_BYTES]; /* the rollback that made it */
	char since[TIMESTAMP_BYTES];
	char by[64];		   /* user name of whoever ran it */
	bool is_there;		   /* it was seen; false where it is held in
				    * doubt only */
};

int hold_set(int data_dir, const char *run_id, struct error *err);

/* True if the fleet is held. A hold file that cannot be read or made sense of
 * holds all the same (fields empty), and so does one of which cannot be told
 * whether it is there: that stops an upgrade, but nobody may count on it to
 * stop the next one. */
bool hold_is_set(int data_dir, struct hold *out);

/* "held since TIME, by NAME, after rollback RUN". The caller frees it. */
char *hold_text(const struct hold *hold);

/* Lifts it, durably; none there is fine. */
int hold_lift(int data_dir, struct error *err);

#endif
