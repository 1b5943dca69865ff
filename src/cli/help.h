/*
 * help: what `--help` and `--version` print, from the tables of commands and
 * options.
 *
 * Runs on: the main thread. No state.
 * The form is fixed, because the bash completion reads it: a line per command
 * or option that begins with two blanks; options as "-c, --config FILE" or
 * "    --check", the explanation after at least two more blanks.
 */
#ifndef FLEET_CLI_HELP_H
#define FLEET_CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* Of one command, with the options that fit it, where one was named; otherwise
 * of the program, with all commands and all options. */
void help_print(FILE *out, const struct options *options);

/* The program's version, and those of the libraries that it runs with. */
void help_print_version(FILE *out);

#endif
