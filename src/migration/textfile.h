/*
 * textfile: one file of a source, read whole.
 *
 * Runs on: the main thread, before the run. No state; the caller frees what it
 * is given.
 *
 * A source is what somebody put into a folder: it may be a named pipe, far too
 * big, or no text. What is no text is a finding at its line; what cannot be
 * read at all ends the reading.
 */
#ifndef FLEET_MIGRATION_TEXTFILE_H
#define FLEET_MIGRATION_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "migration/source.h"

/* The whole file; a NUL byte stands behind it. NULL with 0: it is over 16 MiB,
 * which is a finding ("size"). ERROR_MIGRATION: it cannot be read, or is no
 * regular file. */
int textfile_read(const char *path, struct migrations *into, char **out,
		  size_t *bytes, struct error *err);

/* How many bytes of it are a byte-order mark. */
size_t textfile_mark(const char *text, size_t bytes);

/* A copy of what stands between, with "\n" for every kind of line break. */
char *textfile_copy(const char *begin, const char *end);

/* True if the line has no NUL byte; else that is a finding ("nul"). */
bool textfile_check_line(const char *name, int line, const char *begin,
			 const char *end, struct migrations *into);

#endif
