/*
 * offline: a backup in the place of a file that is gone or no database any
 * more.
 *
 * Runs on: a worker thread. Only when the administrator has said that nobody
 * has the database open (`restore --offline`): a file that is renamed away
 * under an application, or a WAL left beside the new one, brings the damage
 * back.
 *
 * What was there, be it a folder (with -wal, -shm and -journal, together) is
 * renamed to a hidden name beside it, ".NAME.aside-RUN...", and nothing of it
 * is deleted.
 *
 * If the process dies: the new file is under a hidden name until it is complete
 * and durable; between moving aside and the rename there is no file under the
 * database's name, and the same command goes on from there.
 */
#ifndef FLEET_DATABASE_OFFLINE_H
#define FLEET_DATABASE_OFFLINE_H

#include "base/error.h"
#include "base/file.h"
#include "database/job.h"

struct sqlite3;

/* Puts all of `source` at `live`, with the owner and mode of `like`. */
int offline_replace(struct job *job, const struct place *live,
		    struct sqlite3 *source, const struct stamp *like,
		    struct error *err);

#endif
