/*
 * night: what a night does with one database, for the targets that make one: it
 * is looked at, verified, rehearsed and upgraded, and everything that came of
 * it is reported.
 *
 * Runs on: the only thread. The database lies in a workshop of its own
 * (unit/workshop.h), below TMPDIR, which is made with the first call and
 * removed when the process ends.
 */
#ifndef FLEET_TEST_NIGHT_H
#define FLEET_TEST_NIGHT_H

#include <stddef.h>

#include "database/job.h"

/* A database file of any content, and what lies beside it: "-wal", "-journal",
 * or NULL for nothing. */
struct night_file {
	const void *content;
	size_t bytes;
	const char *suffix;
	const void *beside;
	size_t beside_bytes;
};

/* Claims that
 * - looking, verifying and rehearsing leave every byte as it was, and no file;
 * - the upgrade does what the rehearsal said;
 * - what was upgraded is sound, at the target, and has a backup, which is the
 *   very file (of a database in WAL mode SQLite makes it);
 * - what was not is what it was, byte for byte, with nothing beside it (if
 *   there was nothing before: a journal is SQLite's to put back);
 * - each failure has a code and a message, and every report is clean. */
void night_spend(const struct night_file *file);

/* A database at a version of the workshop's migrations (0: no tables; 1 to 3),
 * with some rows. In memory; lives as long as the process. */
const void *night_base(unsigned version, size_t *bytes);

/* Runs the SQL of an input's making on such a database, which may go wrong, and
 * spends the night with it. */
struct sqlite3;
void night_with(unsigned version,
		void (*change)(struct sqlite3 *db, void *self), void *self);

#endif
