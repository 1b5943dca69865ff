/*
 * leased: a live file that nobody else has open, and that nobody can open while
 * we have it; if it is one that may be swapped.
 *
 * Runs on: a worker thread, for one job. Owns: two descriptors, of the file and
 * of its folder, until leased_close(), which gives the lease back.
 *
 * The file is opened to be read. The POSIX lock trap (base/file.h) is not
 * sprung by closing it: no connection of this process has it open, and none can
 * be opened meanwhile (it would wait for our own lease, for ever).
 *
 * If the process dies: nothing was written, and the lease goes with it.
 */
#ifndef FLEET_DATABASE_LEASED_H
#define FLEET_DATABASE_LEASED_H

#include <stdbool.h>

#include "base/error.h"
#include "base/file.h"
#include "base/lease.h"
#include "database/job.h"

struct leased {
	struct place place; /* of its name */
	struct stamp stamp; /* as it is while it is leased */
	int fd;		    /* -1: not open */
};

/* Opens and leases job's live file. ERROR_BUSY: somebody has it open, or
 * another file has its name by now. ERROR_SKIPPED, saying why: it is nothing
 * that can be swapped (no database by its header, in WAL mode, a journal beside
 * it, another hard link, another file system than staging/, not to be written
 * by us, so big that others would wait for long). On failure nothing is
 * held. */
int leased_open(const struct job *job, struct leased *out, struct error *err);
void leased_close(struct leased *leased); /* closed is fine */

/* Gives the lease back of a file that has lost its name, and locks SQLite's
 * RESERVED byte of it, for as long as it stays open (swap.h says why). */
void leased_retire(int fd);

/* ERROR_BUSY if somebody has asked for it since. */
int leased_check(const struct leased *leased, struct error *err);

#endif
