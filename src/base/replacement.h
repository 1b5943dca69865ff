/*
 * replacement: a file that is made beside its place and takes it whole.
 *
 * Runs on: any thread; one struct is one thread's. Owns: descriptors and names,
 * until replacement_end().
 *
 * Calling order: replacement_begin(), which only looks; replacement_make(); the
 * new content is written, through `fd` or by whoever opens `path`;
 * replacement_end(), always, which keeps it or lets it go. Whoever opens the
 * old file meanwhile has the old one, whole; after it the new one, whole.
 *
 * What is replaced has to be a regular file; a link is not followed and not
 * replaced. The new file is like the old one: owner, group, mode, access lists
 * (attributes.h). Where there was none it must not appear meanwhile, and where
 * there was one it must not change.
 *
 * If the process dies: the old file is there, untouched, or the new one, whole
 * and durable. ".NAME.new" may stay beside it; it is locked (flock) while
 * somebody writes it, and what is not locked is removed by the next
 * replacement of the same file.
 *
 * POSIX LOCK TRAP (file.h): both descriptors are of files that nobody in this
 * process has open through SQLite, but with locks off.
 */
#ifndef FLEET_BASE_REPLACEMENT_H
#define FLEET_BASE_REPLACEMENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/place.h"

struct replacement {
	int folder;	   /* -1: nothing is held */
	int fd;		   /* of the new file: read and write, empty at first;
			    * -1: it is not made yet */
	char *folder_path; /* absolute, link-free */
	char *name;	   /* of what is to be replaced, in the folder */
	char *temporary;   /* ".NAME.new", in the folder */
	char *path;	   /* absolute, of the new file while it is made */
	bool has_old;
	struct stamp old;  /* of the old file, if there is one */
};

/* `path` as the administrator wrote it; its folder may be reached through
 * links. Writes nothing. On failure nothing is held: ERROR_USAGE (a link, a
 * folder or another special file; no name), ERROR_MISSING (no such folder),
 * ERROR_IO. */
int replacement_begin(const char *path, struct replacement *out,
		      struct error *err);

/* Makes the new file, empty. `mode` is what it has where there was none, as far
 * as the umask allows it. ERROR_LOCKED: somebody else is at it. */
int replacement_make(struct replacement *replacement, mode_t mode,
		     struct error *err);

/* `keep`: makes the content last, gives it the place, and makes that last. Not,
 * or if that fails: removes it; the old file is untouched then. ERROR_BUSY: the
 * old file changed meanwhile, or one appeared. ERROR_SKIPPED: the new file
 * cannot be made like the old one (another's, and we are not root).
 * A failure to make the *folder* last is ERROR_IO though the new file is there;
 * the message says so. Zeroed with folder -1 is fine. */
int replacement_end(struct replacement *replacement, bool keep,
		    struct error *err);

#endif
