/*
 * living: the application of a fleet, at work while the fleet is upgraded.
 *
 * A fleet here is system.db and u001_longterm.db, u002_longterm.db...; each has
 *
 *	note(id, body)	what the application writes; an id is the writer's
 *			number and, in the lower 32 bits, a number that rises
 *	applied(step)	what the migrations write: step N adds the row N
 *
 * A writer notes an id in its own log only once COMMIT has returned, so that
 * the logs are what the application was promised to keep:
 *
 *	DATABASE ID ok		acknowledged
 *	DATABASE ID doubt	an error came with the commit: there or not
 */
#ifndef FLEET_TEST_LIVING_H
#define FLEET_TEST_LIVING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the processes of the application count together. */
enum count {
	COUNT_OPENED,	 /* files opened, with SQLite or without */
	COUNT_REFUSED,	 /* open() that did not wait, and met a lease */
	COUNT_COMMITTED, /* transactions acknowledged */
	COUNT_READ,	 /* looks at a whole database */
	COUNT_BUSY,	 /* SQLITE_BUSY and SQLITE_LOCKED, tried again */
	COUNT_LOST,	 /* SQLITE_NOTADB at the first read: a lost race; but
			  * not twice, one after the other */
	COUNT_MOVED,	 /* SQLITE_READONLY_DBMOVED at the first write */
	COUNT_FAILED,	 /* what must not be: any other error, a row gone */
	COUNTS
};

/* In memory that all of them share. */
struct world {
	_Atomic long counts[COUNTS];
	_Atomic long longest_open_us; /* the longest wait in open() */
	_Atomic int turn; /* which half of the databases is written to */
	_Atomic int is_over;
};

/* One process. */
struct actor {
	struct world *world;
	const char *folder;
	uint32_t number;   /* from 1; 0 wrote what was there first */
	uint32_t sequence; /* of the last id */
	int databases;
	int log;	   /* descriptor */
	unsigned seed;
	int64_t *written;  /* by database: the last id of this process; or 0 */
	int64_t *seen;	   /* by database: so many rows it had at least */
	bool has_lost;	   /* a race, and has read nothing since */
};

/* The file of a database: 0 is system.db. u003 and every fifth after it have a
 * WAL. */
void database_path(char *path, size_t size, const char *folder, int database);
bool database_has_wal(int database);

/* Notes an id, in one write(). */
void log_id(int log, int database, int64_t id, bool is_sure);

/* In what all of them share: one more of these; and how long open() took. */
void count_one(struct actor *actor, enum count count);
void note_wait(struct actor *actor, long us);

/* What process `number` does until the world is over. */
void act(struct actor *actor);

/* `living check`: looks at a fleet that nobody has open, and says on `out` what
 * is wrong with it; gives the number of complaints. */
int check_fleet(FILE *out, const char *folder, const char *logs, int version);

#endif
