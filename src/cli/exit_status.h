/*
 * exit_status: what the caller is told by number.
 *
 * Const data. The manual has the whole table; scripts and packages rely on it.
 * What a run comes to is in fleet/tally.h (0, 1, 2, 5, 6 and 74); here is the
 * rest, and what each kind of error that ends a command becomes.
 */
#ifndef FLEET_CLI_EXIT_STATUS_H
#define FLEET_CLI_EXIT_STATUS_H

#include "base/error.h"
#include "fleet/tally.h"

enum command_status {
	EXIT_STATUS_PENDING = 3,     /* status --check */
	EXIT_STATUS_LOCKED = 4,	     /* another run is at work */
	EXIT_STATUS_USAGE = 64,	     /* the command line is wrong */
	EXIT_STATUS_MIGRATIONS = 65, /* wrong or absent; nothing was touched */
	EXIT_STATUS_BUG = 70,	     /* a defect of the program */
	EXIT_STATUS_CONFIG = 78,     /* wrong, unsafe, or not enough */
};

/* For an error that ended the command before or after its run. */
int exit_status_of(enum error_code code);

#endif
