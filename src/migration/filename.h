/*
 * filename: what the name of a numbered file or folder says.
 *
 * Runs on: any thread. No state; a struct filename is plain data.
 *
 *     0001_create_users.sql          20240131120000_create_users.up.sql
 *     005-populate.sql               2024-01-31-120000_create_users/
 *
 * A number is the digits that the name begins with, or a date (and time) with
 * dashes, which count for nothing. What follows it, up to the suffix, is the
 * description: "_", "-" and "." stand for blanks.
 */
#ifndef FLEET_MIGRATION_FILENAME_H
#define FLEET_MIGRATION_FILENAME_H

#include <stdbool.h>
#include <stddef.h>

#include "migration/version.h"

/* In the order in which files of one number are read. */
enum filename_way {
	FILENAME_UP,   /* NAME.up.sql */
	FILENAME_BARE, /* NAME.sql */
	FILENAME_PROGRAM, /* what can be executed; no name says so */
	FILENAME_DOWN, /* NAME.down.sql */
	FILENAME_CHECK, /* NAME.check.sql */
	FILENAME_VERIFY, /* NAME.verify.sql */
	FILENAME_NONE, /* another suffix, or none */
};

#define FILENAME_WORDS_BYTES 256

struct filename {
	char number[VERSION_BYTES]; /* a valid version */
	char words[FILENAME_WORDS_BYTES];
	char date[sizeof("2024-01-31")]; /* "": the number is no date */
	enum filename_way way;
};

/* False if it begins with no number, or one of more digits than a version has
 * room for. */
bool filename_read(const char *name, struct filename *out);

/* The number that comes after this one, as wide, for people: "0006"; "" if it
 * is a date, or cannot be counted up. Returns `out`. */
char *filename_next(const char *number, char *out, size_t room);

#endif
