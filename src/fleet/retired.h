/*
 * retired: descriptors that are to stay open for a while after their use.
 *
 * Runs on: the loop thread. Owns: the descriptors, until retired_close().
 *
 * After a swap the inode that lost the name is kept open and locked for as long
 * as somebody may still come to it (database/swap.h). How long that takes
 * nobody can say, but it is next to nothing: so the newest RETIRED_MOST of them
 * are kept, which is a quarter of a second of the fastest run, and all of a
 * short one.
 */
#ifndef FLEET_FLEET_RETIRED_H
#define FLEET_FLEET_RETIRED_H

#include <stddef.h>

#define RETIRED_MOST 512

/* Zeroed is empty. */
struct retired {
	int fds[RETIRED_MOST];
	size_t count; /* all that were ever added */
};

/* Keeps the descriptor; the oldest one is closed for it if there are many. */
void retired_add(struct retired *retired, int fd);

/* Closes all. */
void retired_close(struct retired *retired);

#endif
