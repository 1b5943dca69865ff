/*
 * rights: why a file could not be opened or written, where it is a matter of
 * whose it is.
 *
 * Runs on: any thread. No state. Only looks at modes, by path; opens nothing,
 * so that the POSIX lock trap (see base/file.h) is not sprung.
 *
 * SQLite says "attempt to write a readonly database" of a file that may not be
 * written, and of a folder in which its journal may not be made; and it tells
 * neither which of the two, nor who was not let.
 */
#ifndef FLEET_SQLITE_RIGHTS_H
#define FLEET_SQLITE_RIGHTS_H

#include <stdbool.h>

#include "base/error.h"

/* Appends to the error which of the database at `path` and its folder the user
 * that we run as may not read (or, with `writes`, write), and what to do.
 * Nothing where it may: then the cause is another one. */
void rights_explain(const char *path, bool writes, struct error *err);

#endif
