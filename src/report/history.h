/*
 * history: past runs and what became of each database, as text.
 *
 * Runs on: the loop thread. No state. The functions fit behind the `tell` of
 * journal_each_run() and journal_each_result(): one call prints one run or one
 * database, and what is given lives for the call only.
 */
#ifndef FLEET_REPORT_HISTORY_H
#define FLEET_REPORT_HISTORY_H

#include <stdbool.h>
#include <stdio.h>

#include "fleet/journal.h"

struct history_options {
	FILE *out;
	bool colour;
};

/* The line above a list of runs. */
void history_print_head(const struct history_options *options);

/* "RUN-ID  upgrade  2026-11-21T04:31:00Z  status 1  199 upgraded, 1 failed";
 * a run without end is "interrupted". */
void history_print_run(const struct history_options *options,
		       const struct journal_run *run);

/* A database: one line if it went well, otherwise with migration, place,
 * statement and message below, as the summary had it. */
void history_print_result(const struct history_options *options,
			  const struct journal_result *result);

#endif
