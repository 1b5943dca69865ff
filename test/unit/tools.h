/*
 * tools: what other migration tools leave in a database, in SQL as they run it.
 *
 * Runs on: any thread; const data. Each has applied its versions 1 to 3, as far
 * as it can say so, with something beside that counts for nothing.
 * Sources: see database/tracker.h.
 */
#ifndef FLEET_TEST_TOOLS_H
#define FLEET_TEST_TOOLS_H

#include <stddef.h>
#include <stdint.h>

struct tool {
	const char *name;
	const char *create;  /* how the tool makes its table */
	const char *applied; /* what it writes for versions 1 to 3 */
	const char *says;    /* what is applied then: "1 2 3", "<=3" */
	int64_t passed;	     /* rows that are no steps */
	struct {
		const char *sql;  /* what it, or its death, leaves */
		const char *says; /* a part of the refusal */
	} wrong[4];
};

extern const struct tool tools[];
extern const size_t tool_count;

#endif
