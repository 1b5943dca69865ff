/*
 * reserve: the part of a disk that a run has to leave free.
 *
 * Runs on: the loop thread, before a job is handed out. Asking the file system
 * each time would cost more than many a database, so it is asked every 50 jobs
 * or 100 ms, and before the answer is no; in between, what was handed out is
 * taken off.
 * Owns: nothing; the folder's descriptor is borrowed.
 */
#ifndef FLEET_FLEET_RESERVE_H
#define FLEET_FLEET_RESERVE_H

#include <stdint.h>

#include "base/amount.h"
#include "base/error.h"
#include "base/file.h"

struct reserve {
	int folder;		  /* on the disk in question */
	const char *path;	  /* its name, for messages */
	struct amount_share keep; /* backup.min_free */
	struct space space;	  /* when it was last looked at */
	uint64_t promised;	  /* handed out since, in bytes */
	int64_t looked_us;	  /* 0: never */
	unsigned jobs;		  /* handed out since */
};

void reserve_init(struct reserve *reserve, int folder, const char *path,
		  const struct amount_share *keep);

/* May a job that can take `bytes` more begin? 0: yes, and they are promised.
 * ERROR_HELD: no; the message names the folder, what is free and what has to
 * stay so. ERROR_IO: the file system gives no answer. */
int reserve_take(struct reserve *reserve, uint64_t bytes, struct error *err);

#endif
