/*
 * fence: from now on this process, whatever makes it, reads and writes files
 * below a few folders only, and starts no program. (Landlock, Linux 5.19.)
 *
 * Runs on: the main thread, before there is any other: those begun later are
 * inside it too. There is no way back. What is open already stays so, and
 * locks, stamps and modes are none of its business.
 *
 * Behind it a file is written, made, moved or removed only below a folder that
 * is to be written; links, devices, pipes and sockets are made nowhere.
 */
#ifndef FLEET_BASE_FENCE_H
#define FLEET_BASE_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A folder, or file, that is inside: `path`, which may be missing; or, where
 * that is NULL, what is open at `fd`; -1 is nothing. */
struct fence_gate {
	const char *path;
	int fd;
	bool is_written;
};

/* True if this kernel has fences through which a file can be moved from one
 * folder to another. */
bool fence_is_there(void);

/* ERROR_CONFIG if it cannot be raised; then there is none. */
int fence_raise(const struct fence_gate *gates, size_t count,
		struct error *err);

#endif
