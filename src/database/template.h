/*
 * template: an empty database at a version, for the application to copy when a
 * user signs up.
 *
 * Runs on: the main thread; no fleet has to be known. No state.
 *
 * The steps run as they do in a new database of the fleet, through steps.h: the
 * same rights, the same checks, the same rows in the ledger; rows that they
 * insert are in it. They run in memory, and the result is copied, page by page,
 * to a file that takes its place whole (base/replacement.h), after it was read
 * again and found sound. The file has a rollback journal, whatever the
 * application makes of its copies.
 *
 * The newest row of its ledger has no evidence (evidence.h): a copy has no run
 * whose backup could be put back into it.
 *
 * If the process dies: what was there before is there, whole, or the new one;
 * ".NAME.new" may stay beside it, and the next template clears it away.
 */
#ifndef FLEET_DATABASE_TEMPLATE_H
#define FLEET_DATABASE_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/replacement.h"
#include "database/job.h"

/* What came of it. */
struct template {
	const char *version; /* the migrations' text */
	size_t steps;
	int64_t bytes;
};

/* Judges what is to be replaced: ERROR_USAGE if it is anything else than an
 * empty file or a database with our ledger; if that was upgraded (which leaves
 * evidence), since then it is somebody's; or if there is something beside it
 * that SQLite would take for a part of the new one (-wal, -journal, -shm: then
 * somebody has it open, or has died with it). Opens it to read. */
int template_may_replace(const struct replacement *file, struct error *err);

/* Fills `file`, which was begun and is the caller's to end. Of the plan:
 * replays, targets, run_id and the checks. ERROR_MIGRATION: a step failed, or
 * leaves a database that is not sound, "FILE:LINE: STEP: ..." says where; or it
 * is a program, which is not run here. */
int template_fill(const struct plan *plan, enum kind kind,
		  const struct replacement *file, struct template *out,
		  struct error *err);

#endif
