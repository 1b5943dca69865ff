/*
 * state: the state directory, the only place beside the databases that a run
 * writes to.
 *
 * Runs on: the loop thread. Owns: its descriptors and paths, until
 * state_close().
 *
 *     lock                   who holds the fleet: pid, run id, start
 *     workers                of several owners: see roster.h
 *     journal.db             runs and results, a record for people
 *     seen.db                which files need not be opened: see seen.h
 *     backups/<run id>/...   one file for each database changed; ".run" in it
 *                            names the command
 *     staging/               unfinished files; cleared at the start of a run
 *     fleet-upgrade.state    the marker, by which discovery knows the folder
 *
 * All 0700. A state directory that belongs to somebody else, or that others
 * may write to, is refused (ERROR_CONFIG); so is a folder with something in it
 * and no marker, because what lies in staging/ is removed at the start of a
 * run.
 *
 * If the process dies while making it: an empty folder, or one with its
 * marker; the next state_open() goes on from there.
 */
#ifndef FLEET_FLEET_STATE_H
#define FLEET_FLEET_STATE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"

/* The name of the file that marks a state directory. */
#define STATE_MARKER "fleet-upgrade.state"

/* True for an open folder, as it was `seen`, with a marker that counts: one of
 * the folder's owner's, where nobody else may write. Else whoever may make a
 * file there would hide from discovery what others have in the folder.
 * Negative, with errno: it cannot be told. */
int state_is_marked(int folder, const struct stat *seen);

struct state {
	int folder;	/* -1: not there, and not asked to make it */
	int backups;	/* backups/, or -1 */
	int staging;	/* staging/, or -1 */
	char *path;	/* absolute */
	bool has_rooms;	/* the databases are several owners', and so are the
			 * backups: see fleet/room.h. Set by whoever opens it */
};

/* Opens the state directory at `path` (absolute, or below data_dir), which has
 * to belong to `owner`. `make`: makes it and what belongs in it where missing,
 * 0700, durable, and gives it to owner:group where we are root; the folder
 * above it has to be there. Without `make` nothing is written, and one that is
 * missing or closed to us leaves the descriptors at -1 and is no error. */
int state_open(int data_dir, const char *data_path, const char *path, bool make,
	       uid_t owner, gid_t group, struct state *out, struct error *err);
void state_close(struct state *state); /* zeroed is not fine, closed is */

/* Makes and opens backups/<run_id>, with its ".run" file. */
int state_begin_backups(const struct state *state, const char *run_id,
			const char *command, int *out_fd, struct error *err);

/* The command of the run that made backups/<run_id>: "upgrade". "" if nothing
 * there tells; an error where something might, and cannot be read. */
#define STATE_COMMAND_BYTES 32
int state_backups_command(const struct state *state, const char *run_id,
			  char out[STATE_COMMAND_BYTES], struct error *err);

/* True for what lies at the top of backups/<run_id> and is no backup: the file
 * ".run", whole or half-written. (A hidden database may lie there as well.) */
bool state_is_run_file(const char *name);

/* Removes backups/<run_id> again if there is no backup in it. */
void state_drop_empty_backups(const struct state *state, const char *run_id);

#endif
