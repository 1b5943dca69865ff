/*
 * program: a step that is a program, run on a private copy of one database.
 *
 * Runs on: a worker thread, for one job; the program as a process of its own
 * (base/child.h), with the rights that this one has.
 *
 *     copy the database into a folder of its own in staging/
 *     run the program, in that folder
 *     bring the copy to rest (a journal or WAL that it left is folded in)
 *     copy it back; look whether it is still what it may be
 *     remove the folder
 *
 * It is not let at the copy that goes on: so it may leave what it likes beside
 * its own, delete it or write garbage to it, and somebody whom it has begun and
 * left behind has nothing that he could still write to. Its path is its first
 * argument; its environment is PATH, LANG and
 *
 *	FLEET_UPGRADE_DB	the absolute path of its copy
 *	FLEET_UPGRADE_KIND	"system" or "user"
 *	FLEET_UPGRADE_USERNAME	"" for system.db
 *	FLEET_UPGRADE_FROM	the step's versions; "baseline": the first one
 *	FLEET_UPGRADE_TO
 *	FLEET_UPGRADE_RUN	the id of the run
 *
 * Exit status 0 means done. It may change rows and nothing else: a replay of
 * the migrations, which tells versions by their schemas, cannot run programs.
 *
 * If the process dies: the program goes on until it ends by itself, on its
 * copy, which the next run removes.
 */
#ifndef FLEET_DATABASE_PROGRAM_H
#define FLEET_DATABASE_PROGRAM_H

#include "base/error.h"
#include "database/job.h"
#include "migration/step.h"

struct sqlite3;

struct program {
	struct job *job;
	const struct step *step;
	struct sqlite3 *db;    /* the copy that goes on; no transaction is
				* open on it */
	const char *staged;    /* a name in staging/ that is nobody else's, for
				* the folder */
	int64_t limit_ms;      /* 0: it may take as long as it likes */
	const char *limit_name; /* what that comes from, for people */
};

/* Runs it, and leaves what it has made in `db`. What it says at the end is a
 * note. ERROR_CHECK, with its last words: it failed, took too long, or did what
 * it may not; ERROR_STOPPED; ERROR_IO, ERROR_NOSPACE. result.failure says
 * which. After a failure `db` is of no use any more. */
int program_run(const struct program *program, struct error *err);

#endif
