/*
 * trouble: the first few databases of an outcome that somebody has to look at,
 * kept until the end of the run, and how one of them is told.
 *
 * Runs on: the loop thread. Owns: copies of what is kept, until
 * trouble_release(). Memory is bounded: at most TROUBLE_NAMES results of some
 * kilobytes each, whatever the number of databases; the rest is counted.
 * Calling order: a zeroed struct is an empty one; trouble_add() as they come;
 * print; trouble_release().
 */
#ifndef FLEET_REPORT_TROUBLE_H
#define FLEET_REPORT_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fleet/event.h"
#include "report/call.h"

#define TROUBLE_NAMES 5

struct trouble_item {
	enum kind kind;
	char *username; /* NULL: system.db */
	char *path;	/* absolute */
	struct result result;
};

struct trouble {
	struct trouble_item *items;
	size_t kept;	/* how many `items` there are */
	size_t total;	/* how many there were */
	size_t changed;	/* of these; or nobody knows whether they are */
};

/* Takes note of the database that an EVENT_DATABASE tells of. What is kept are
 * the first ones in the order of system.db, then users by name, in whatever
 * order they come. */
void trouble_add(struct trouble *trouble, const struct event *event);
void trouble_release(struct trouble *trouble);

/* One line: "user bob, /srv/bob_longterm.db: MESSAGE". */
void trouble_print_line(FILE *out, const struct trouble_item *item);

/* Everything there is to know, on several lines: the names, then migration,
 * file:line, statement, SQLite's own message and code, notes. `left`: what is
 * said behind it of a database that stands where it stood; NULL: nothing.
 * `mends`: by which, if it is damaged, the command is told that puts its backup
 * back; NULL: none is. */
void trouble_print_whole(FILE *out, const struct trouble_item *item,
			 const char *left, const struct call *mends);

#endif
