/*
 * desk: command lines on a small fleet, in the test's own process.
 *
 * Runs on: the test's only thread. A desk is a workshop (workshop.h) with its
 * migrations written to root/history.md, where commands find them; the fleet
 * has no system.db, and users' databases are data/NAME.db. What a command
 * prints is kept, and not shown.
 *
 * DESK_TEST() gives the test a struct desk as its state.
 */
#ifndef FLEET_TEST_DESK_H
#define FLEET_TEST_DESK_H

#include "cli/options.h"
#include "cli/session.h"
#include "workshop.h"

struct desk {
	struct workshop *shop;
	char *history;	 /* the path of the migrations */
	const char *reserve; /* backup.min_free, "0%" at first */
	char *out, *bad; /* what the last command printed */
	struct error error; /* of the last command */

	char **argv;	 /* of the command line that is open */
	struct options options;
	struct session session;
};

#define DESK_TEST(test) \
	cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)
int desk_setup(void **state);
int desk_teardown(void **state);

/* Runs "upgrade alice --json" and the like (words between blanks), with what
 * says which fleet it is behind it, and gives the exit status that the program
 * would have. */
int desk_run(struct desk *desk, const char *line);

/* The same, and asserts that it is that status; if not, shows everything. */
void desk_expect(struct desk *desk, const char *line, int status);

/* Asserts that `text` is in what the last command printed on standard output,
 * or in its error. */
void desk_says(const struct desk *desk, const char *text);

/* Only opens the session of that command line, and gives the error code. The
 * session is closed with desk_close(), also if it could not be opened. */
int desk_open(struct desk *desk, const char *line);
void desk_close(struct desk *desk);

/* Writes what migrations there are from now on, for commands. */
void desk_release(struct desk *desk, const char *markdown);

/* Makes all backups years older: their runs are of 2020 from then on. */
void desk_age_backups(const struct desk *desk);

/* True if data/NAME is there. */
bool desk_has(const struct desk *desk, const char *name);

#endif
