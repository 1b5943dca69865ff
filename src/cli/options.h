/*
 * options: the command line, read through one table of typed rows.
 *
 * Runs on: the main thread. Lifetime: the run. Owns: the settings and their
 * keys; every other string, and the words, are the caller's argv and outlive
 * it.
 *
 * The rows stand in option.c; parsing, `--help` of the program and of each
 * command (help.h), and the bash completion, which reads `--help`, follow from
 * them.
 *
 * Options may stand before, between and behind the words (GNU's way); `--` ends
 * them; a long name may be cut short where that is unambiguous. An option that
 * makes no sense for the command is an error, never ignored. One that overrides
 * a configuration key may be given again, and the last one counts; any other
 * option with an argument may be given once.
 */
#ifndef FLEET_CLI_OPTIONS_H
#define FLEET_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/command.h"
#include "migration/step.h"
#include "report/call.h"

/* A configuration value from the command line. */
struct setting {
	char *key;	    /* "run.jobs" */
	const char *value;
	const char *option; /* which one set it, without dashes: "jobs" */
};

struct options {
	const struct command *command;
	char **words;		/* behind the command's name: users, a run */
	size_t word_count;
	bool is_named;		/* the command was said, and not the default */
	struct setting *settings; /* in the order given */
	size_t setting_count, setting_capacity;

	const char *config_file; /* -c; NULL: not given */
	const char *include, *exclude; /* globs of user names */
	const char *users_from;	 /* a file, or "-" */
	const char *run;	 /* rollback, restore: --run ID */
	const char *from;	 /* baseline: --from TOOL */
	const char *kind;	 /* --kind; see options_kind() */

	bool dry_run, json, quiet, verbose, no_color, help, version;
	bool failed, release;		/* upgrade */
	bool check;			/* status */
	bool sql, markdown;		/* list */
	bool force, offline, system;	/* rollback, restore */
	bool forget;			/* baseline */
};

/* Parses `argv`, which getopt puts in another order, and finds the command.
 * ERROR_USAGE names the option or word and says where to look. With `help` or
 * `version` set, nothing is held against the command. On failure nothing is
 * owned. */
int options_parse(int argc, char **argv, struct options *out,
		  struct error *err);
void options_release(struct options *options);

/* The kind of database that --kind names; `fallback` where it is not given.
 * ERROR_USAGE if there is none of that name. */
int options_kind(const struct options *options, enum kind fallback,
		 enum kind *out, struct error *err);

/* True if the command line gives that key a value ("migrations.target"), by
 * whatever option. */
bool options_say(const struct options *options, const char *key);

/* How to call the program again on the same fleet, quoted for a shell:
 * "fleet-upgrade --data-dir /srv/fleet". For hints; the caller frees it. */
char *options_again(const struct options *options);

/* The same with the command `words`, and behind it what `about` says (see
 * report/call.h): of what was given, all that the new command takes and does
 * not say itself. `options` is a struct options. The caller frees it. */
char *options_compose(const void *options, const char *words,
		      enum call_about about, const char *user);

#endif
