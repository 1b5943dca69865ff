/*
 * room: an owner's part of the state directory, where a fleet has several.
 *
 * Runs on: the loop thread of a program that is root, but for room_open()
 * without `make`, which a worker process calls as the owner (fleet/crew.h).
 *
 *     <state_dir>/                  root's, 0711
 *         lock, journal.db, seen.db as ever, root's, 0600; workers
 *         backups/<run id>/.run     names the run's command, and no more
 *         owners/                   root's, 0711
 *             <user id>/            that user's, 0700: a state directory of its
 *                 backups/...       own, without lock and journal
 *                 staging/
 *
 * What a database's owner could not read before stays out of his reach: nobody
 * enters another's room, and root's own folders may be passed through, but not
 * listed. A backup lies with the one whose database it is of; he may spoil his
 * own, and what is put back from it is put back with his rights. Root makes the
 * rooms and never follows a name in one with its own rights (owner_put_on()).
 *
 * A room is a whole state directory: as fleet.state_dir it serves a run that is
 * the owner's alone. Once there are rooms, a fleet stays one of several owners
 * (rooms_exist()).
 *
 * If the process dies: as state_open() leaves it.
 */
#ifndef FLEET_FLEET_ROOM_H
#define FLEET_FLEET_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "database/job.h"
#include "fleet/state.h"

/* True if the state directory at `path` (absolute, or below data_dir) has
 * rooms, made by root. Opens nothing. */
bool rooms_exist(int data_dir, const char *path);

/* Before the state directory at `path` (absolute, or below data_path) is made:
 * ERROR_CONFIG where somebody but root could put another folder in its place.
 * Root works in it by name. */
int rooms_check(const char *data_path, const char *path, struct error *err);

/* Makes owners/, and lets the owners pass; checks the same again. */
int rooms_make(const struct state *state, struct error *err);

/* Opens the room of `uid`; `make`: makes it where it is missing. Otherwise a
 * missing one leaves the descriptors at -1 and is no error. */
int room_open(const struct state *state, uid_t uid, gid_t gid, bool make,
	      struct state *out, struct error *err);

/* Makes the room, and backups/<run_id> in it. */
int room_begin_backups(const struct state *state, uid_t uid, gid_t gid,
		       const char *run_id, const char *command,
		       struct error *err);

/* backups_find() for one database. */
int room_find_backup(const struct state *state, const struct subject *subject,
		     const char *run_id, char out[RUN_ID_BYTES],
		     struct error *err);

/* Whose rooms there are, by user id; the caller frees the array. None are
 * none. ERROR_IO: they cannot all be looked at, and none is told of. */
struct room_owner {
	uid_t uid;
	gid_t gid;
};
int rooms_list(const struct state *state, struct room_owner **out,
	       size_t *count, struct error *err);

/* Calls `visit` for each place where backups are: each room, with its owner's
 * rights; without rooms the state directory itself, as who we are. What is
 * wrong with one room keeps nobody from the others: the first error is returned
 * at the end, as ERROR_IO. */
int rooms_each(const struct state *state,
	       int (*visit)(void *self, const struct state *place,
			    struct error *err),
	       void *self, struct error *err);

/* state_drop_empty_backups() of all rooms, then rooms_drop_runs(). Without
 * rooms of the state directory. */
void rooms_drop_empty_backups(const struct state *state, const char *run_id);

/* Removes root's own folders for runs of which no room has backups any more.
 * Without rooms there are none. */
void rooms_drop_runs(const struct state *state);

#endif
