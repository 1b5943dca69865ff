/*
 * inifile: an INI file read strictly, through inih.
 *
 * Runs on: the main thread. No state; the only user of ini.h.
 *
 * inih as it is packaged forgives too much for a file that says where databases
 * are: it splits a line over 199 bytes in silence and reads the tail as a new
 * key, takes an indented line as more of the value before, and cuts a value at
 * " ;". So it reads through a reader of ours, which refuses what would be
 * misunderstood: over-long lines, NUL bytes, indented lines, and " ;" or " #"
 * behind a value (a comment stands on a line of its own). A byte-order mark,
 * CRLF, ":" for "=" and blanks around names and values are fine; there are no
 * quotes, no escapes and no includes.
 */
#ifndef FLEET_CLI_INIFILE_H
#define FLEET_CLI_INIFILE_H

#include <stdio.h>

#include "base/error.h"

/* Hears one "name = value"; `section` is "" above the first [section]. The
 * strings live for the call. A code other than 0 ends the reading. */
typedef int inifile_take(void *self, int line, const char *section,
			 const char *name, const char *value,
			 struct error *err);

/* Reads all of `stream`; `path` stands for it in messages. ERROR_CONFIG:
 * "PATH:LINE: what; what to do", also in front of the errors that `take`
 * returns. ERROR_IO: it could not be read. What `take` heard counts only if 0
 * is returned. */
int inifile_read(FILE *stream, const char *path, inifile_take *take, void *self,
		 struct error *err);

#endif
