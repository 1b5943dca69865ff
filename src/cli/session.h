/*
 * session: everything that a command works with, opened in the one right order.
 *
 * Runs on: the main thread, which later is the loop thread. Owns: all that is
 * in it. Lifetime: the run.
 *
 * Calling order: session_open() opens what the command's row asks for;
 * command->run(); session_close(), always; then, if `last_run` is set, the
 * caller lets it die of the signal that came.
 *
 * The order is a promise: command line, configuration, migrations, target, data
 * directory, databases, their owner; only when all of that has proved right is
 * the state directory made, are root's rights given up (where the databases
 * have one owner), the lock taken and what a dead run left cleared away. So
 * exit statuses 64, 65 and 78 mean that nothing was touched.
 *
 * If the process dies: the kernel drops the lock; the lock file still names the
 * run, from which the next one knows what to clear away.
 */
#ifndef FLEET_CLI_SESSION_H
#define FLEET_CLI_SESSION_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/users.h"
#include "database/job.h"
#include "fleet/discover.h"
#include "fleet/journal.h"
#include "fleet/lock.h"
#include "fleet/roster.h"
#include "fleet/run.h"
#include "fleet/seen.h"
#include "fleet/state.h"
#include "migration/source.h"
#include "replay/replay.h"

struct session {
	const struct options *options; /* borrowed */
	struct config config;
	unsigned needs;		/* the command's, as the options leave them */
	struct users users;	/* NEED_FLEET: what the fleet is narrowed to */
	char *again;		/* see options_again() */

	struct migrations *migrations; /* NULL: none, or broken */
	struct replay *replays[KIND_COUNT];
	size_t targets[KIND_COUNT];
	struct mirror *mirror;	/* NULL: no other tool's table is kept */

	int data_dir;		/* -1: not open */
	char *data_path;
	bool is_on_network;	/* its file system: nothing is swapped there */
	struct fleet *fleet;	/* NULL: not discovered */
	struct state state;	/* its descriptors are -1: there is none */
	struct lock lock;
	struct roster roster;
	struct journal *journal; /* NULL: not writing */
	struct seen *seen;	/* NULL: not writing, or not to be believed */
	struct crew *crew;	/* NULL: the databases are of one owner */
	bool has_waited;	/* for another run: the fleet is as it was
				 * before that one ended */
	struct plan plan;	/* for run_new(); commands set what is theirs */

	struct run *last_run;	/* the run that ended last, or NULL */
};

/* Opens what options->command needs. The configuration is config_read()'s, and
 * the session takes it over. On failure the session is closed. */
int session_open(struct session *session, const struct options *options,
		 struct config *config, struct error *err);
void session_close(struct session *session);

/* For session_open() (session_state.c): makes the state directory while we may
 * be root, then gives root up, before the first database is opened. Where the
 * databases have several owners root stays, and others open them. */
int session_open_state(struct session *session, struct error *err);

/* For session_open() (session_state.c): takes the lock, clears away what a dead
 * run left, signs, and opens the journal. ERROR_NOSPACE says what can be done;
 * a command that FREES_ROOM goes on without name and journal. */
int session_open_lock(struct session *session, struct error *err);

/* Reads the migrations that the configuration names into session->migrations,
 * which is set even if they are wrong (for `lint`), unless nothing was read. */
int session_read_migrations(struct session *session, struct error *err);

/* Which databases the command line asks for. Borrows the session's strings. */
struct selection session_selection(const struct session *session);

/* True if the fleet is to have a system.db: one is named, and the migrations
 * have steps for it up to the target. */
bool session_expects_system(const struct session *session);

/* Where people's reports go in colour: `stream` is a terminal, and neither
 * --no-color nor NO_COLOR says otherwise. */
bool session_has_colour(const struct session *session, FILE *stream);

#endif
