/*
 * key: the table of configuration keys: names, types, defaults, meaning.
 *
 * Runs on: any thread. Const data.
 * Parsing the file, the environment and `--set`, the defaults, and the `config`
 * command follow from the rows. To add a key: its row and its place in enum
 * key, its field in struct config (config.h), whoever reads the field, and a
 * line in the sample configuration and in fleet-upgrade.ini(5).
 */
#ifndef FLEET_CLI_KEY_H
#define FLEET_CLI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A row's place in the table, and a value's in struct config: in the order in
 * which `config` shows them. */
enum key {
	/* [fleet]: which databases there are, and where our own files go */
	KEY_DATA_DIR,
	KEY_SYSTEM_DB,
	KEY_USER_DB,
	KEY_STATE_DIR,
	/* [migrations]: which there are, how they are written, what they may
	 * do, and where a database without a ledger begins */
	KEY_MIGRATIONS_PATH,
	KEY_MIGRATIONS_SYSTEM,
	KEY_MIGRATIONS_USER,
	KEY_TARGET,
	KEY_FORMAT,
	KEY_UNVERSIONED,
	KEY_OUT_OF_ORDER,
	KEY_ALLOW_PROGRAMS,
	KEY_LEDGER, /* another tool's table, beside ours */
	/* [run]: with whose rights, how many at a time, how long */
	KEY_RUN_USER,
	KEY_STRICT_MODES,
	KEY_SANDBOX,
	KEY_JOBS,
	KEY_STRATEGY,
	KEY_BUSY_TIMEOUT,
	KEY_DATABASE_TIMEOUT,
	KEY_RETRIES,
	KEY_LOCK_WAIT,
	/* [check]: what is looked at before each commit */
	KEY_INTEGRITY,
	KEY_FOREIGN_KEYS,
	/* [lint]: what is only doubtful, or wrong */
	KEY_DESTRUCTIVE,
	/* [backup]: how long they stay, and how full the disk may get */
	KEY_KEEP,
	KEY_MAX_AGE,
	KEY_MIN_FREE,
	KEY_COUNT
};

/* A word that a key may have as its value. */
struct key_choice {
	const char *word; /* NULL ends the list */
	int value;
};

struct key_row;

/* How a text becomes a value, and what has to be done to be rid of it. */
struct key_type {
	/* Sets `field` and frees what was there; on failure it is unchanged.
	 * ERROR_CONFIG, without the key's name. */
	int (*parse)(const struct key_row *row, const char *text, void *field,
		     struct error *err);
	void (*release)(void *field); /* NULL: nothing to be done */
	bool is_path; /* relative to the working directory, which a file must
		       * not depend on */
};

struct key_row {
	const char *section, *name;
	const char *standard;	/* the default as text; NULL: not set */
	const struct key_type *type;
	size_t offset;		/* of the field in struct config */
	int64_t low, high;	/* numbers; durations in milliseconds */
	const struct key_choice *choices;
	const char *form;	/* the choices, as a message lists them */
	const char *help;	/* one line */
};

extern const struct key_row key_rows[KEY_COUNT];

/* The row's place in the table, or KEY_COUNT. */
enum key key_find(const char *section, const char *name);

/* True if some row is of that section. */
bool key_is_section(const char *section);

#endif
