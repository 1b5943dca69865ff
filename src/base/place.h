/*
 * place: what a look at a file sees, and where the file lies, without a path
 * that others could bend.
 *
 * Runs on: any thread. No state.
 *
 * Why not plain paths: a path is looked up again at each call, and whoever may
 * write to one of its folders can swap a component for a link in between. So
 * the folder a file lies in is opened component by component (O_NOFOLLOW), and
 * the file is named relative to that descriptor.
 *
 * Nothing here opens a file: the POSIX lock trap (see base/file.h) is not
 * sprung by any of it, and a database in use may be looked at.
 */
#ifndef FLEET_BASE_PLACE_H
#define FLEET_BASE_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"

/* What a look at a file sees without opening it. */
struct stamp {
	dev_t device;
	ino_t inode;
	mode_t mode;	/* type and permission bits */
	uid_t owner;
	gid_t group;
	nlink_t links;
	off_t bytes;
	blkcnt_t blocks; /* of 512 bytes */
	struct timespec modified, changed, accessed;
};

/* Takes the stamp of `name` in the open folder, following no link; with "" for
 * a name, of the open file itself. Fails with ERROR_MISSING (no such file),
 * ERROR_IO. */
int stamp_take(int folder, const char *name, struct stamp *out,
	       struct error *err);

/* True if nothing seems to have happened to the file between the two: same
 * device, inode, mode, owner, size, mtime and ctime. */
bool stamp_is_same(const struct stamp *a, const struct stamp *b);

/* Orders stamps by the file that they are of: by device, then inode, each as a
 * signed number, which is how a database sorts them. 0: one and the same. */
int stamp_compare_file(const struct stamp *a, const struct stamp *b);

/* What a copy of the file takes on a disk: its length, or less if there are
 * holes in it. A file of a terabyte with nothing in it takes nothing. */
uint64_t stamp_disk_bytes(const struct stamp *stamp);

/* Where one file lies: its folder, held open, and its name in it. */
struct place {
	int folder;   /* O_PATH|O_DIRECTORY, or -1 */
	char *path;   /* absolute, for messages and for SQLite (NOFOLLOW) */
	const char *name; /* the last component, inside `path` */
};

/* Opens the folder that `relative` lies in below the folder `root`, whose
 * absolute, link-free path is `root_path`. `relative` has no "." or ".." and no
 * leading "/". Fails with ERROR_MISSING, ERROR_IO, and ERROR_SKIPPED where a
 * component is a link. On failure nothing is held. */
int place_open(int root, const char *root_path, const char *relative,
	       struct place *out, struct error *err);
void place_close(struct place *place); /* zeroed or closed twice is fine */

/* stamp_take() of the name with `suffix` behind it ("", "-wal", "-journal"). */
int place_stamp(const struct place *place, const char *suffix,
		struct stamp *out, struct error *err);

#endif
