/*
 * message: what the program says on standard error about itself.
 *
 * Runs on: the main thread. No state.
 * Every message is one line, "fleet-upgrade: ...", with control characters
 * escaped: names come from file names that users choose. Reports about
 * databases are the listeners' (src/report), not ours.
 */
#ifndef FLEET_CLI_MESSAGE_H
#define FLEET_CLI_MESSAGE_H

#include "base/error.h"

/* Why the command failed; once, by main. */
void message_error(const struct error *error);

/* Something to know that did not stop the command. The caller looks at --quiet:
 * a warning each night is a mail each night. */
void message_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
