/*
 * wording: the words in which each command tells its outcomes, and what it
 * advises; the tables that summary.c reads.
 *
 * Const data, no state: one row for each command, found by wording_of(). To
 * word a new command, add a row; what a row leaves out is told in the words
 * that all share.
 */
#ifndef FLEET_REPORT_WORDING_H
#define FLEET_REPORT_WORDING_H

#include <stdbool.h>

#include "fleet/event.h"
#include "report/call.h"

/* A piece of advice: `text`, then, where `command` is not NULL, ": " and how to
 * call the program with those words. `text` NULL: none. */
struct advice {
	const char *text;
	const char *command;
	enum call_about about; /* CALL_USER: the first of those it is about */
};

/* How one outcome is told. */
struct telling {
	const char *label;    /* in the row of counts: "199 upgraded" */
	const char *title;    /* above the names; NULL: no names are told */
	struct advice advice; /* below the names */
};

struct wording {
	const char *command;  /* struct run_summary's */
	bool dry_run;
	bool has_target;      /* it brings databases to the target */
	const char *title;    /* begins the first line */
	const char *more;     /* words that show, of the same databases, all of
			       * what is told in part; NULL: the journal has
			       * it, `history RUN-ID` */
	enum outcome did;     /* the outcome by which something was done */
	const char *left;     /* said of one that failed; NULL: nothing */
	bool mends;	      /* with each that is damaged, the command that
			       * puts its backup back is told */
	struct advice after;  /* when something was done and no signal came */
	const char *nothing;  /* when all databases were current */
	const char *bytes;    /* what the bytes of backups are told as */
	struct telling tellings[OUTCOME_COUNT]; /* label NULL: the common one */
};

const struct wording *wording_of(const struct run_summary *run);
const struct telling *wording_telling(const struct wording *wording,
				      enum outcome outcome);

#endif
