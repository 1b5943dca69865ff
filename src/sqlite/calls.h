/*
 * calls: the system calls with a path that SQLite makes, made so that no link
 * is followed anywhere on it.
 *
 * Runs on: calls_begin() on the main thread, before there is any other; the
 * calls themselves on any. No state.
 *
 * SQLITE_OPEN_NOFOLLOW looks for links first, component by component, and opens
 * then: whoever may rename a folder on the way puts a link in its place in
 * between. So the kernel is told instead (openat2(), Linux 5.6; where there is
 * none, each component is opened by itself). No file is opened and looked at
 * afterwards: closing the wrong one would drop the locks on it (base/file.h).
 * Exempt are temporary files, whose folder the administrator names.
 *
 * What is a pipe, whenever it came there, is not waited for: nothing but a
 * regular file is opened for SQLite (ENXIO), which costs a look at what was.
 *
 * SQLite deletes what a rollback journal calls its super-journal, whatever file
 * that is, and a journal may be forged. Here nothing is deleted by name that is
 * not named as SQLite names its own files.
 *
 * It costs one further system call to open a database, and three to make a
 * journal, two to delete it.
 */
#ifndef FLEET_SQLITE_CALLS_H
#define FLEET_SQLITE_CALLS_H

#include "base/error.h"

/* Puts them in the place of SQLite's, for the whole process. ERROR_BUG where
 * SQLite does not let us. */
int calls_begin(struct error *err);

/* ERROR_IO if a pipe has the name of the database's -journal, -wal or -shm: to
 * say so, where SQLite could not. */
int calls_check(const char *path, struct error *err);

#endif
