#include "cli/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/lease.h"
#include "cli/enclosure.h"
#include "cli/message.h"
#include "cli/netfs.h"
#include "cli/overlooked.h"
#include "cli/strict.h"
#include "database/mirror.h"
#include "fleet/queue.h"
#include "replay/lint.h"

/* What all workers together may keep in SQLite's caches: the whole program is
 * to stay below 64 MiB whatever the fleet's size. One of them has what SQLite
 * has by default: with four times that much a database of 50 MB, each page of
 * which is read once, takes a third longer, for the memory's sake. */
#define CACHE_BYTES (INT64_C(44) << 20)
#define CACHE_BYTES_EACH (INT64_C(2) << 20)

/* How often a dry run looks whether the run that it waits for has ended. */
#define LOCK_LOOK_MS 100

/* What is added to the needs of a command that --dry-run keeps from writing. */
#define NEED_FREE_LOCK (1u << 9)
#define NEED_ANY_FLEET (NEED_FLEET | NEED_DATA)
#define NEED_ANY_MIGRATIONS (NEED_MIGRATIONS | WANT_MIGRATIONS)

static unsigned needs_of(const struct options *options,
			 const struct config *config)
{
	unsigned needs = options->command->needs;

	if (options->dry_run && needs & NEED_WRITE)
		needs = (needs & ~(unsigned)NEED_WRITE) | NEED_FREE_LOCK;
	if (needs & WANT_FLEET && config->data_dir)
		needs |= NEED_FLEET;
	return needs;
}

/* ---- migrations ---- */

int session_read_migrations(struct session *session, struct error *err)
{
	const struct config *config = &session->config;
	const struct source source = {
		.path = config->migrations[KIND_COUNT],
		.paths = { config->migrations[KIND_SYSTEM],
			   config->migrations[KIND_USER] },
		.format = (enum source_format)config->format,
		.allows_programs = config->allow_programs,
	};

	return migrations_read(&source, &session->migrations, err);
}

static void drop_migrations(struct session *session)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		replay_free(session->replays[kind]);
		session->replays[kind] = NULL;
		session->targets[kind] = 0;
	}
	migrations_free(session->migrations);
	session->migrations = NULL;
}

static int choose_targets(struct session *session, struct error *err)
{
	const char *target = session->config.target;
	const struct config_value *value = &session->config.values[KEY_TARGET];

	if (strcmp(target, "latest") != 0 &&
	    !migrations_know(session->migrations, target))
		return error_set(err, value->origin == ORIGIN_COMMAND_LINE
				 ? ERROR_USAGE : ERROR_CONFIG,
				 "%s: target version %s is not in the "
				 "migrations; '%s list' shows what is",
				 value->where, target, session->again);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		session->targets[kind] = chain_position(
			&session->migrations->chains[kind], target);
	return 0;
}

static int read_and_replay(struct session *session, struct error *err)
{
	const struct lint_options options = {
		(enum severity)session->config.destructive,
	};
	int rc = session_read_migrations(session, err);

	for (int kind = 0; kind < KIND_COUNT && rc == 0; kind++)
		rc = replay_new(&session->migrations->chains[kind],
				&session->replays[kind], err);
	if (rc == 0)
		rc = lint_refuse(session->migrations, &options, err);
	return rc ? rc : choose_targets(session, err);
}

static int open_migrations(struct session *session, struct error *err)
{
	int rc = read_and_replay(session, err);

	if (rc == 0)
		return 0;
	drop_migrations(session);
	/* A version that was said on this very command line is a mistake
	 * whatever the command is for. */
	if (session->needs & NEED_MIGRATIONS || rc == ERROR_USAGE)
		return error_append(err, "nothing was touched");
	if (!session->options->quiet)
		message_warn("%s; going on without migrations", err->message);
	memset(err, 0, sizeof(*err));
	return 0;
}

/* Another tool's table that is to be kept current. */
static int open_mirror(struct session *session, struct error *err)
{
	if (session->config.ledger == NULL || session->migrations == NULL)
		return 0;
	return mirror_new(session->config.ledger, session->migrations,
			  &session->mirror, err);
}

/* ---- the fleet ---- */

static int open_data(struct session *session, struct error *err)
{
	const char *network;
	int rc = folder_open(session->config.data_dir, &session->data_dir,
			     &session->data_path, err);

	if (rc)
		return error_prefix(err, "the data directory, see --data-dir");
	network = netfs_name(session->data_dir);
	session->is_on_network = network != NULL;
	if (network && !session->options->quiet)
		message_warn("%s is on a network file system (%s), whose locks "
			     "are in doubt; stop the application while this "
			     "works", session->data_path, network);
	return 0;
}

struct selection session_selection(const struct session *session)
{
	const struct users *users = &session->users;
	bool is_narrowed = session->needs & NEED_FLEET && users->is_narrowed;
	bool is_choice = is_narrowed || users->include || users->exclude;

	return (struct selection){
		.system_db = session->config.system_db,
		.user_db = session->config.user_db,
		.users = is_narrowed ? users->names : NULL,
		.user_count = users->count,
		.include = users->include,
		.exclude = users->exclude,
		.trusts_all = !session->config.strict_modes,
		.users_only = is_choice && session->needs & USERS_ONLY,
		.advice = session->options->is_named ? NULL :
			  "'fleet-upgrade --help' lists the commands, if one "
			  "was meant",
	};
}

static int open_fleet(struct session *session, struct error *err)
{
	const struct selection selection = session_selection(session);
	char *text = NULL;
	int rc = fleet_discover(session->data_dir, &selection, &session->fleet,
				err);

	if (rc == 0)
		text = overlooked_text(session->fleet, session->data_path,
				       session->config.values[KEY_USER_DB].text,
				       session->options->include);
	if (text && !session->options->quiet)
		message_warn("%s", text);
	free(text);
	return rc;
}

static int make_plan(struct session *session, struct error *err)
{
	const struct config *config = &session->config;
	size_t jobs = config->jobs ? (size_t)config->jobs
				   : queue_default_jobs();
	int64_t share = CACHE_BYTES / (int64_t)jobs;
	struct plan *plan = &session->plan;
	struct stamp staging = { 0 };

	if (session->state.staging >= 0 &&
	    stamp_take(session->state.staging, "", &staging, err) != 0)
		return error_prefix(err, "%s/staging", session->state.path);
	*plan = (struct plan){
		.data_dir = session->data_dir,
		.data_path = session->data_path,
		.again = session->again,
		.state_dir = session->state.folder,
		.state_path = session->state.path,
		.backup_dir = -1,
		.staging_dir = session->state.staging,
		.has_rooms = session->state.has_rooms,
		.migrations = session->migrations,
		.mirror = session->mirror,
		.unversioned = (enum unversioned)config->unversioned,
		.allows_late = config->out_of_order != 0,
		.source_dir = session->state.backups,
		.force = session->options->force,
		.offline = session->options->offline,
		.integrity = (enum check_integrity)config->integrity,
		.foreign_keys = (enum check_foreign_keys)config->foreign_keys,
		.busy_timeout_ms = (int)config->busy_timeout_ms,
		.limit_ms = config->database_timeout_ms,
		.strategy = session->is_on_network || session->crew
				    ? CHOOSE_IN_PLACE
				    : (enum strategy_choice)config->strategy,
		.staging_device = staging.device,
		.lease_break_ms = lease_break_ms(),
		.syncs_each = !disk_sync_tells(),
		.cache_bytes = share < CACHE_BYTES_EACH ? share
							: CACHE_BYTES_EACH,
	};
	clock_run_id(plan->run_id);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		plan->replays[kind] = session->replays[kind];
		plan->targets[kind] = session->targets[kind];
	}
	return 0;
}

/* ---- the lock ---- */

static int see_lock_free(struct session *session, struct error *err)
{
	int64_t left_ms = session->config.lock_wait_ms;

	while (lock_is_held(session->data_dir, &session->state, NULL)) {
		if (left_ms <= 0)
			return lock_refuse(session->data_path, &session->state,
					   err);
		session->has_waited = true;
		clock_sleep_ms(LOCK_LOOK_MS);
		left_ms -= LOCK_LOOK_MS;
	}
	return 0;
}

/* Not after a wait: the stamps are of a time when the other run was still
 * changing what they are of. */
static int open_seen(struct session *session, struct error *err)
{
	const struct fleet *fleet = session->fleet;
	char scope[CHECKSUM_HEX_BYTES] = "";

	(void)err;
	if (session->migrations != NULL)
		migrations_set(session->migrations, scope);
	if (session->has_waited || fleet == NULL ||
	    netfs_name(session->data_dir) != NULL)
		return 0;
	if (session->needs & NEED_WRITE)
		session->seen = seen_open(session->state.path, scope,
					  fleet);
	else
		seen_recall(session->state.path, scope, fleet);
	return 0;
}

/* ---- all of it ---- */

static int read_users(struct session *session, struct error *err)
{
	return users_read(session->options, &session->users, err);
}

static int need_data_dir(struct session *session, struct error *err)
{
	return config_need_data_dir(&session->config, err);
}

static const struct {
	unsigned needs;
	int (*open)(struct session *session, struct error *err);
} stages[] = {
	{ NEED_ANY_FLEET, need_data_dir },
	{ NEED_ANY_FLEET, read_users },
	{ NEED_ANY_MIGRATIONS, open_migrations },
	{ NEED_ANY_MIGRATIONS, open_mirror },
	{ NEED_ANY_FLEET, open_data },
	{ NEED_ANY_FLEET, open_fleet },
	{ NEED_ANY_FLEET, strict_fleet },
	{ NEED_ANY_FLEET, session_open_state },
	{ NEED_ANY_FLEET, enclosure_raise },
	{ NEED_ANY_FLEET, make_plan },
	{ NEED_FREE_LOCK, see_lock_free },
	{ NEED_WRITE, session_open_lock },
	{ USES_SEEN, open_seen },
};

int session_open(struct session *session, const struct options *options,
		 struct config *config, struct error *err)
{
	int rc = 0;

	*session = (struct session){
		.options = options,
		.config = *config,
		.needs = needs_of(options, config),
		.again = options_again(options),
		.data_dir = -1,
		.state = { .folder = -1, .backups = -1, .staging = -1 },
		.lock = { .fd = -1 },
		.roster = { .fd = -1 },
		.plan = { .backup_dir = -1 },
	};
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && !rc; i++)
		if (session->needs & stages[i].needs)
			rc = stages[i].open(session, err);
	if (rc)
		session_close(session);
	return rc;
}

void session_close(struct session *session)
{
	journal_close(session->journal);
	session->journal = NULL;
	seen_close(session->seen);
	session->seen = NULL;
	roster_close(&session->roster);
	lock_release(&session->lock);
	crew_free(session->crew);
	session->crew = NULL;
	state_close(&session->state);
	fleet_free(session->fleet);
	session->fleet = NULL;
	if (session->data_dir >= 0)
		close(session->data_dir);
	session->data_dir = -1;
	free(session->data_path);
	session->data_path = NULL;
	mirror_free(session->mirror);
	session->mirror = NULL;
	drop_migrations(session);
	users_release(&session->users);
	config_release(&session->config);
	free(session->again);
	session->again = NULL;
}

bool session_expects_system(const struct session *session)
{
	return *session->config.system_db && session->targets[KIND_SYSTEM] > 0;
}

bool session_has_colour(const struct session *session, FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");

	return !session->options->no_color && !(no_color && *no_color) &&
	       isatty(fileno(stream));
}
