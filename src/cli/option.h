/*
 * option: the table of options.
 *
 * Runs on: any thread. Const data.
 * To add an option: a row here, its field in struct options (options.h), and
 * whoever reads the field. Help, parsing and completion come from the row.
 */
#ifndef FLEET_CLI_OPTION_H
#define FLEET_CLI_OPTION_H

#include <stddef.h>

/* Where the value goes. */
enum option_type {
	OPTION_FLAG,	   /* a bool in struct options becomes true */
	OPTION_TEXT,	   /* a const char * in struct options; once only */
	OPTION_KEY,	   /* overrides the configuration key `key` */
	OPTION_ASSIGNMENT, /* --set: names the key itself */
};

/* What an option is in a command that is made of the one that was given, to be
 * typed next (options_compose()). */
enum option_part {
	PART_NONE,  /* how something is told, or that nothing is done */
	PART_FLEET, /* which fleet it is; --set: if its key says so */
	PART_GIVEN, /* what is done, and to which databases */
};

struct option_row {
	char letter;		/* 'c' for -c; 0: none */
	const char *name;	/* "config" for --config */
	const char *argument;	/* "FILE", for help; NULL: takes none */
	enum option_type type;
	size_t offset;		/* FLAG, TEXT: in struct options */
	const char *key;	/* KEY: "fleet.data_dir" */
	unsigned commands;	/* 1u << enum command_id, of those it fits */
	enum option_part part;	/* of a command to type next */
	const char *help;	/* one line */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

#endif
