/*
 * summary: what a run did, for the person who reads it.
 *
 *     upgrade: 200 databases in 0.8 s: 199 upgraded, 1 failed
 *     ...
 *     failed, left exactly as they were:
 *       user bob, /srv/fleet/bob_longterm.db
 *         user:0.3.19→0.3.20, history.md:241
 *         ALTER TABLE conversations ADD COLUMN schema_version INTEGER
 *         duplicate column name: schema_version (SQLITE_ERROR)
 *         left exactly as it was, at 0.3.19
 *
 * Runs on: the loop thread, as a listener of upgrade, its dry run, verify,
 * rollback, restore and baseline (by the run's command; any other command is
 * told in the words of upgrade).
 * Owns: copies of the first few bad results of each outcome, bounded whatever
 * the fleet's size is; borrows the streams and strings of its options, which
 * outlive it. The advice it ends with is complete: commands add none.
 *
 * What is printed where:
 * - not quiet: notices as they come, with `verbose` a line for each database,
 *   and the summary at RUN_END, all on `out`;
 * - quiet: nothing at all if the exit status is 0; otherwise notices and
 *   summary on `bad`, at RUN_END, so that cron sends a mail exactly when
 *   something is wrong. Beside --json this is what belongs on standard error.
 * What is worst stands last, where a mail or a terminal shows it: what failed,
 * in full for the first five by name, and the command that shows the rest;
 * above them, if there are more, each reason with how many it befell
 * (reasons.h).
 */
#ifndef FLEET_REPORT_SUMMARY_H
#define FLEET_REPORT_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "fleet/event.h"
#include "report/call.h"
#include "report/trouble.h"

/* How many of each outcome are told by name. */
#define SUMMARY_NAMES TROUBLE_NAMES

struct summary_options {
	FILE *out;	   /* standard output */
	FILE *bad;	   /* standard error: for a bad run when quiet */
	bool quiet;
	bool verbose;	   /* also a line for each database as it is done */
	bool colour;	   /* only where the stream used is a terminal */
	struct call call;  /* how to call the program next, for hints */
};

struct summary;

struct summary *summary_new(const struct summary_options *options);
void summary_free(struct summary *summary); /* NULL is fine */

/* Owned by `summary`. */
struct listener *summary_listener(struct summary *summary);

#endif
