/*
 * command: what the program can be asked to do, one row each.
 *
 * Runs on: the main thread. Const data. A command is a row in command.c and a
 * function in cmd_<name>.c; the row says what has to be open before the
 * function is called, and session.c opens exactly that, in the one right order.
 * Which options a command takes stands in the rows of options.c.
 *
 * A name may be of two words ("backups list"): then both have to be said.
 */
#ifndef FLEET_CLI_COMMAND_H
#define FLEET_CLI_COMMAND_H

#include <stddef.h>

#include "base/error.h"

struct options;
struct session;

/* The place of each command in the table, and its bit in the options' rows. */
enum command_id {
	COMMAND_UPGRADE, /* the default */
	COMMAND_STATUS,
	COMMAND_LIST,
	COMMAND_VERIFY,
	COMMAND_ROLLBACK,
	COMMAND_RESTORE,
	COMMAND_BACKUPS_LIST,
	COMMAND_BACKUPS_PRUNE,
	COMMAND_MIGRATIONS_DUMP,
	COMMAND_TEMPLATE_BUILD,
	COMMAND_BASELINE,
	COMMAND_NEW,
	COMMAND_LINT,
	COMMAND_HISTORY,
	COMMAND_CONFIG,
	COMMAND_COUNT
};

/* What a command needs open. Each one includes what the ones above it open, as
 * far as the command has them too. The configuration is always read. */
enum need {
	NEED_MIGRATIONS = 1 << 0, /* read, put in order, replayed; or exit 65 */
	WANT_MIGRATIONS = 1 << 1, /* the same, but it goes on without them: the
				   * command is for when they are broken */
	NEED_FLEET = 1 << 2, /* the data directory, which databases there are
			      * (those of the USERs), their owner's rights, and
			      * the state directory if there is one */
	WANT_FLEET = 1 << 3, /* the same, if a data directory is known */
	NEED_DATA = 1 << 4,  /* the same with all databases: its words are no
			      * users, or users whose files may be gone */
	NEED_WRITE = 1 << 5, /* the state directory, made if need be; the lock;
			      * what a dead run left cleared away; the journal.
			      * --dry-run takes this need away and only looks
			      * whether the lock is free */
	USERS_ONLY = 1 << 6, /* no need: where users are chosen, system.db is
			      * no part of the fleet */
	USES_SEEN = 1 << 7, /* no need: a database that has not changed since it
			     * was looked at last is not opened */
	FREES_ROOM = 1 << 8, /* no need: it leaves nothing to clear away and has
			      * no record, so that a disk too full for its name
			      * in the lock file and for the journal is no
			      * obstacle */
};

struct command {
	const char *name;
	const char *words;   /* what may follow, for the usage line; NULL:
			      * nothing may */
	const char *summary; /* one line, for the list of commands */
	unsigned needs;	     /* of enum need */

	/* Does it. 0, with the exit status in *exit_status; or an error, which
	 * main prints and turns into an exit status. */
	int (*run)(struct session *session, int *exit_status,
		   struct error *err);

	/* ERROR_USAGE if the command line lacks what the command needs. Asked
	 * before anything is opened, so that it leaves no trace. NULL: there is
	 * nothing to ask. */
	int (*check)(const struct options *options, struct error *err);
};

extern const struct command commands[COMMAND_COUNT];

/* The command that `count` words begin with, and how many of them name it:
 * `upgrade`, with 0, where the first is no command. ERROR_USAGE: the first of
 * two words without the second. */
int command_find(char *const *words, size_t count, const struct command **out,
		 size_t *out_used, struct error *err);

enum command_id command_id(const struct command *command);

int cmd_list_check(const struct options *options, struct error *err);
int cmd_rollback_check(const struct options *options, struct error *err);
int cmd_restore_check(const struct options *options, struct error *err);
int cmd_migrations_dump_check(const struct options *options, struct error *err);
int cmd_template_build_check(const struct options *options, struct error *err);
int cmd_new_check(const struct options *options, struct error *err);
int cmd_baseline_check(const struct options *options, struct error *err);

int cmd_upgrade(struct session *session, int *exit_status, struct error *err);
int cmd_status(struct session *session, int *exit_status, struct error *err);
int cmd_list(struct session *session, int *exit_status, struct error *err);
int cmd_verify(struct session *session, int *exit_status, struct error *err);
int cmd_rollback(struct session *session, int *exit_status, struct error *err);
int cmd_restore(struct session *session, int *exit_status, struct error *err);
int cmd_backups_list(struct session *session, int *exit_status,
		     struct error *err);
int cmd_backups_prune(struct session *session, int *exit_status,
		      struct error *err);
int cmd_baseline(struct session *session, int *exit_status, struct error *err);
int cmd_migrations_dump(struct session *session, int *exit_status,
			struct error *err);
int cmd_template_build(struct session *session, int *exit_status,
		       struct error *err);
int cmd_new(struct session *session, int *exit_status, struct error *err);
int cmd_lint(struct session *session, int *exit_status, struct error *err);
int cmd_history(struct session *session, int *exit_status, struct error *err);
int cmd_config(struct session *session, int *exit_status, struct error *err);

#endif
