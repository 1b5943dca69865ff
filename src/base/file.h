/*
 * file: making, reading and finishing single files in an open folder, and what
 * it takes to make them last.
 *
 * Runs on: any thread. No state.
 * Includes base/place.h and base/folder.h, its two halves: where a file lies,
 * and the folders around it.
 *
 * POSIX LOCK TRAP. Closing *any* descriptor of a file drops every lock that the
 * process holds on it, SQLite's too. No function here opens a file that is a
 * database in use: stamps are taken with fstatat(), which opens nothing. The
 * functions that do open a file say so, and whoever calls them makes sure that
 * no connection to it is open in this process.
 *
 * If the process dies: a file that file_create() made and nobody renamed stays
 * behind where it is; the callers put such files into staging/ only. A
 * half-written text stays under NAME.new, and the next file_write_text() of
 * NAME removes it.
 */
#ifndef FLEET_BASE_FILE_H
#define FLEET_BASE_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/place.h"

/* Makes a new, empty file, mode 0600 (O_EXCL|O_NOFOLLOW|O_CLOEXEC), and closes
 * it again. */
int file_create(int folder, const char *name, struct error *err);

/* Makes the file's content last: opens it, fsync, close. See the trap above. */
int file_sync(int folder, const char *name, struct error *err);

/* Gives the file the owner and group (where we are allowed), permission bits
 * and times of `like`; never a permission bit that `like` has not. Where the
 * group could not be given, nobody but the owner gets what the old group had
 * not. An access control list that it has from its folder goes; what the list
 * of the original withholds, `like` has to withhold (base/attributes.h). Opens
 * nothing. */
int file_dress(int folder, const char *name, const struct stamp *like,
	       struct error *err);

/* Writes `text` as the whole content of `name`, mode 0600, through a temporary
 * name in the same folder, durable on return. */
int file_write_text(int folder, const char *name, const char *text,
		    struct error *err);

/* Makes a new file `name`, mode 0600, with all `bytes` of what is open at
 * `from`, shared with it where the file system can do that, and gives it open
 * for reading and writing. On failure there is none. */
int file_clone(int from, off_t bytes, int folder, const char *name, int *out_fd,
	       struct error *err);

/* The same; ERROR_STOPPED once `stop_now` (NULL: never) is set. */
int file_clone_unless(const atomic_bool *stop_now, int from, off_t bytes,
		      int folder, const char *name, int *out_fd,
		      struct error *err);

/* The content of a small file (at most `limit` bytes), which the caller frees.
 * ERROR_MISSING if there is none. No link is followed. */
int file_read_text(int folder, const char *name, size_t limit, char **out,
		   struct error *err);

#endif
