/*
 * mirror: another tool's table kept current beside the ledger, so that the
 * application which looks there, and the tool itself, agree with it.
 *
 * Runs on: made on the main thread before the run and const from then on; the
 * rest on the thread of the connection, inside the caller's transaction.
 * Owns: the sums of the files, until mirror_free(). Lifetime: the run.
 *
 * Calling order, in one transaction: mirror_check() once the ledger says where
 * the database stands, then the steps and their rows, then mirror_write(). So
 * the two agree in every state that anybody can see, also if the process dies.
 *
 * The ledger leads. What it has and the table has not is added; where there is
 * no such table it is made, as the tool makes it. What the table has and the
 * ledger has not, before the steps, means that the tool was run here since, or
 * an application that brings its own: then nothing is written, because a step
 * that ran there must not run again. What the ledger has no more after them was
 * undone, and is taken out of the table. The table's own triggers do not fire.
 */
#ifndef FLEET_DATABASE_MIRROR_H
#define FLEET_DATABASE_MIRROR_H

#include "base/error.h"
#include "database/tracker.h"
#include "migration/source.h"

struct sqlite3;
struct mirror;

/* Makes one for these migrations. ERROR_CONFIG: the tool could not write down
 * one of them, because its version is no whole number or it has no file of its
 * own; ERROR_MIGRATION: a file cannot be read again, or is another one now.
 * The text says which. */
int mirror_new(const struct tracker *tracker,
	       const struct migrations *migrations, struct mirror **out,
	       struct error *err);
void mirror_free(struct mirror *mirror); /* NULL is fine */

/* Looks for what the table has and the ledger has not. ERROR_UNVERSIONED: there
 * is something, or the table cannot be read; says what to do. */
int mirror_check(const struct mirror *mirror, enum kind kind,
		 struct sqlite3 *db, struct error *err);

/* Makes the table say what the ledger says, and makes it if it is not there. To
 * be called only where mirror_check() was content before. */
int mirror_write(const struct mirror *mirror, enum kind kind,
		 struct sqlite3 *db, struct error *err);

/* The first step that the ledger has and the table has not, for people, in
 * `out`: "its d1_migrations lacks 0003". "" if there is none, or no table. */
int mirror_compare(const struct mirror *mirror, enum kind kind,
		   struct sqlite3 *db, char *out, size_t room,
		   struct error *err);

#endif
