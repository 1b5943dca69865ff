/*
 * config: what the run is to work with, and where each value came from.
 *
 * Runs on: the main thread; const once it is read. Owns: its strings and the
 * pattern, until config_release(). Lifetime: the run.
 *
 * Four layers, each over the one before: the built-in default, the file, the
 * environment, the command line. All of them are checked, also a value that a
 * later layer overrides: a mistake must not wait for the day on which the other
 * layer is gone.
 *
 * The file is /etc/fleet-upgrade.ini, which may be missing, or the one that
 * FLEET_UPGRADE_CONFIG or --config names, which may not. The environment has
 * FLEET_UPGRADE_<SECTION>_<KEY>, such as FLEET_UPGRADE_RUN_JOBS; a name of that
 * form with a known section and an unknown key is an error, as in the file.
 * Paths in the file are absolute, since a file does not know from where it is
 * used.
 *
 * It is a regular file, or /dev/null for none at all. Started as root, it and
 * the folders on its way (base/trust.h) have to be root's or the caller's, and
 * others may not write to them: it says which SQL root runs.
 */
#ifndef FLEET_CLI_CONFIG_H
#define FLEET_CLI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/amount.h"
#include "base/error.h"
#include "cli/enclosure.h"
#include "cli/key.h"
#include "cli/options.h"
#include "migration/step.h"

#define CONFIG_FILE "/etc/fleet-upgrade.ini"

enum origin {
	ORIGIN_DEFAULT,
	ORIGIN_FILE,
	ORIGIN_ENVIRONMENT,
	ORIGIN_COMMAND_LINE,
};

struct config_value {
	char *text;	    /* NULL: not set */
	enum origin origin;
	char *where;	    /* for people: "file /etc/fleet-upgrade.ini:7",
			     * "environment FLEET_UPGRADE_RUN_JOBS" */
};

struct config {
	char *data_dir;		 /* NULL: not set */
	char *system_db;	 /* "": the fleet has none */
	struct pattern *user_db;
	char *state_dir;	 /* absolute, or below data_dir */
	char *migrations[KIND_COUNT + 1]; /* by kind; the last one is for both,
					   * and then the others are NULL */
	char *target;		 /* "latest", or a version */
	int format;		 /* enum source_format */
	int unversioned;	 /* enum unversioned */
	const struct tracker *ledger; /* whose table to keep current beside our
				  * ledger; NULL: none */
	int out_of_order;	 /* a truth: allowed */
	int allow_programs;	 /* a truth */
	char *user;		 /* "owner", or a user's name */
	int strict_modes;	 /* a truth */
	int sandbox;		 /* enum enclosure_choice */
	int64_t jobs;		 /* 0: auto */
	int strategy;		 /* enum strategy_choice */
	int64_t busy_timeout_ms, database_timeout_ms, retries, lock_wait_ms;
	int integrity;		 /* enum check_integrity */
	int foreign_keys;	 /* enum check_foreign_keys */
	int destructive;	 /* enum severity, of what takes data away */
	int64_t keep, max_age_ms;
	struct amount_share min_free;

	struct config_value values[KEY_COUNT]; /* as the layers gave them */
};

/* Reads all layers. `environment` is environ. ERROR_CONFIG: "FILE:LINE: ..." or
 * "environment NAME: ..."; ERROR_USAGE: "--jobs 0: ...". On failure nothing is
 * owned. */
int config_read(const struct options *options, char *const *environment,
		struct config *out, struct error *err);

/* One layer: a file's text, for config_read() and for tests. `config` has
 * defaults. On failure it is to be released. */
int config_read_stream(struct config *config, FILE *stream, const char *path,
		       struct error *err);

void config_release(struct config *config); /* zeroed is fine */

/* ERROR_CONFIG with advice if there is no data_dir. */
int config_need_data_dir(const struct config *config, struct error *err);

#endif
