/*
 * status: at which versions a fleet is.
 *
 * Runs on: the loop thread, as the listener of one look pass (operation_look);
 * afterwards it is plain data to be printed, by status_print() for people and
 * by json_print_status() for programs.
 * Calling order: status_new(); the pass, with status_listener() as its
 * listener; then read and print; status_free().
 * Owns: everything in it. Memory: one entry for each version met, and the names
 * of the first few of each state (or of all, if that was asked for).
 *
 * Which outcome of the look counts as what:
 *
 *     current        at the target or above --to
 *     would-upgrade  pending
 *     would-fail     pending and undecided: the version cannot be told
 *     newer          newer
 *     failed         unreadable
 *     busy           busy
 *     skipped        empty (a file of 0 bytes), or no regular file
 */
#ifndef FLEET_REPORT_STATUS_H
#define FLEET_REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fleet/event.h"
#include "fleet/hold.h"
#include "migration/version.h"
#include "report/call.h"

/* How many of each state are told by name. */
#define STATUS_NAMES 5

enum status_state {
	STATUS_NONE,	   /* the fleet has no system.db and needs none */
	STATUS_MISSING,	   /* it needs one that is not there */
	STATUS_CURRENT,
	STATUS_PENDING,
	STATUS_NEWER,
	STATUS_UNREADABLE,
	STATUS_EMPTY,
	STATUS_BUSY,
	STATUS_SKIPPED,	   /* no regular file */
	STATUS_COUNT
};
const char *status_state_name(enum status_state state); /* "current" */

/* Databases that are at one version. */
struct status_version {
	char version[VERSION_BYTES]; /* "": at none, every step is pending */
	size_t users;
};

/* A database that somebody has to know about. */
struct status_name {
	enum kind kind;
	char *username;	/* NULL: system.db */
	char *path;	/* absolute */
	char *reason;	/* "" if there is no more to say */
};
struct status_names {
	struct status_name *items;
	size_t count, capacity;
};

struct status {
	struct listener listener;
	size_t names_limit;			 /* of each state */
	char targets[KIND_COUNT][VERSION_BYTES]; /* "": none known */
	enum status_state system;
	char system_version[VERSION_BYTES];	 /* "": none, or not known */
	bool system_undecided;
	size_t users;			  /* user databases looked at */
	size_t counts[STATUS_COUNT];	  /* of users, by state */
	size_t undecided;		  /* of the pending ones */
	struct status_version *versions;  /* newest first, "" last */
	size_t version_count, version_capacity;
	struct status_names names[STATUS_COUNT]; /* the system's too */
	const struct hold *hold;	  /* for JSON; borrowed, set by whoever
					   * prints; NULL: there is none */
};

/* `system_expected`: the migrations have steps for a system.db and the
 * configuration names one, so that none found means STATUS_MISSING.
 * `all_names`: keep the names of all that are not current, not only of the
 * first few (`--verbose`). */
struct status *status_new(bool system_expected, bool all_names);
void status_free(struct status *status); /* NULL is fine */

/* Owned by `status`. Any event will do to learn the targets. */
struct listener *status_listener(struct status *status);

/* True if system.db or a user's database is pending, or is expected and not
 * there: exit status 3 of `status --check`. */
bool status_is_pending(const struct status *status);

struct status_options {
	FILE *out;
	bool colour;
	struct call call; /* how to call the program next, for hints */
};
void status_print(const struct status *status,
		  const struct status_options *options);

#endif
