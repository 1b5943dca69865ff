/*
 * folder: folders below a folder that others may write to: opening, making,
 * walking and emptying them without ever following a link.
 *
 * Runs on: any thread. No state.
 * folder_tree.c has the two that go down a whole tree (walk and clear),
 * folder.c the rest.
 *
 * A path that is given together with a `root` is relative to it, has no empty
 * component, no "." and no "..", and each of its components is opened by
 * itself with O_NOFOLLOW. ERROR_SKIPPED says that a component is a link.
 *
 * If the process dies: folders that folder_make() made stay, empty, and do no
 * harm; folder_clear() may be called again and goes on where it was.
 */
#ifndef FLEET_BASE_FOLDER_H
#define FLEET_BASE_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/place.h"

/* Opens folder `path` (may be reached through links: the administrator named
 * it) and gives its link-free absolute path, which the caller frees. Fails
 * with ERROR_MISSING, ERROR_IO. */
int folder_open(const char *path, int *out_fd, char **out_path,
		struct error *err);

/* Opens the folder that the first `bytes` bytes of `relative` name, below
 * `root`; none of them: `root` once more. `flags` is O_PATH, for a folder that
 * names are to be looked up in, or O_RDONLY, for one that is to be listed or
 * synced; the folders on the way are opened with O_PATH. Fails with
 * ERROR_MISSING, ERROR_SKIPPED, ERROR_IO. */
int folder_enter(int root, const char *relative, size_t bytes, int flags,
		 int *out_fd, struct error *err);

/* Makes the folders of `relative` below `root`, as needed, mode 0700, each one
 * made durable in its parent; gives the last one open (O_RDONLY|O_DIRECTORY).
 * "" gives a copy of `root`. Follows no link. */
int folder_make(int root, const char *relative, int *out_fd, struct error *err);

/* The same without making anything durable: the caller does, with disk_sync(),
 * before it relies on them. */
int folder_make_unsynced(int root, const char *relative, int *out_fd,
			 struct error *err);

/* How many folders one below the other are gone down into: each level holds a
 * descriptor, the names in it and its path, and whose folders they are may have
 * nested them by the thousand. What lies deeper is ERROR_IO. (No database lies
 * so deep, nor does its backup: fleet/discover.h.) */
#define FOLDER_DEPTH_MOST 128

/* Calls `visit` for each regular file below `root` (depth first, names in byte
 * order, links and special files passed over, file systems not left), with its
 * path below `root`. A non-zero return ends the walk and is returned. Folders
 * that vanish meanwhile are passed over. `visit` may unlink the file. Deeper
 * than FOLDER_DEPTH_MOST: ERROR_IO, when all before it by name has been
 * visited. */
int folder_walk(int root,
		int (*visit)(void *self, const char *relative,
			     const struct stamp *stamp, struct error *err),
		void *self, struct error *err);

/* Removes everything in `root` (not `root` itself), following no link; opens no
 * file. Folders that hold nothing are removed with it. What lies on another
 * file system, or too deep, is left, with ERROR_IO. */
int folder_clear(int root, struct error *err);

/* Removes those of the folders of `relative` below `root` that are empty, from
 * the last one up. A folder that is not empty ends it without an error. */
void folder_prune(int root, const char *relative);

/* Makes the folder's entries last. An O_PATH descriptor does as well. */
int folder_sync(int folder, struct error *err);

/* Makes everything last that was ever written to the file system that the open
 * folder is on, by whomever: data, names and attributes. An error of writing is
 * told once to each descriptor that was open when it happened: so the folder is
 * to be opened for this purpose, before the first write. ERROR_IO or
 * ERROR_NOSPACE. */
int disk_sync(int folder, struct error *err);

/* True if this kernel tells such errors at all (Linux 5.8 and later; before,
 * syncfs() says that all is well whatever happened). */
bool disk_sync_tells(void);

/* Space on the file system of the open folder, in bytes. */
struct space {
	uint64_t total, available; /* available: to us, not to root alone */
};
int space_of(int folder, struct space *out, struct error *err);

#endif
