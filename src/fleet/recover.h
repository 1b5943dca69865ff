/*
 * recover: clearing away what a run that died has left.
 *
 * Runs on: the loop thread, under the lock, before anything else is done: after
 * lock_take() and before lock_sign(), while the lock file still names the run
 * that died.
 *
 * Databases are whole old or whole new, by SQLite's own journal, which is
 * played back when one is opened to be written. An application that is stopped
 * does not do that, and every look would have to copy the file first; so it is
 * done here for those that the run had backed up. Else there is left
 * - staging/: unfinished by definition, and cleared;
 * - a backup that is the live file itself, by its inode: a swap that came as
 *   far as the link and not to the rename (database/swap.h). It goes before
 *   anything is done with the database: that would be done to the backup too;
 * - backups/<run that died>/: a backup whose database that run had not changed
 *   yet. It would use up a place of backup.keep and offer a rollback of
 *   nothing, so it goes, where the database has all that it has
 *   (work_compare()). Where that was written since, is another file by now or
 *   cannot be read, the backup may be the last of something, and stays; and so
 *   do those of anything but an upgrade. A run's folder without any backup goes
 *   whatever the run was.
 *
 * If the process dies in here: the next run does it again.
 */
#ifndef FLEET_FLEET_RECOVER_H
#define FLEET_FLEET_RECOVER_H

#include <stddef.h>

#include "base/error.h"
#include "database/job.h"
#include "fleet/lock.h"
#include "fleet/roster.h"
#include "fleet/state.h"

struct recover_totals {
	struct lock_holder died; /* pid 0: no run died */
	size_t removed, kept;	 /* of its backups */
};

/* `plan` is for looking at databases; `system_db` is the path of system.db
 * below data_dir. Where there are rooms, opens `roster`, and so waits first for
 * the workers of a run that died; else it stays as it is. Errors: ERROR_IO, of
 * the state directory, and if it cannot be told whether a run died.
 *
 * Where the state directory has rooms (room.h), root clears what is staged in
 * each of them; if a run has died, a worker process of each owner looks at what
 * it left there, one after the other. It has the time of one database
 * (crew_time_ms()), ten minutes at most: what an owner makes to take longer is
 * left, and comes up when his databases are opened. */
int recover(const struct state *state, const struct plan *plan,
	    const char *system_db, struct roster *roster,
	    struct recover_totals *out, struct error *err);

#endif
