/*
 * company: which databases of one folder have a -wal or a -journal beside them.
 *
 * Runs on: the loop thread, while discovery reads a folder. Owns the names it
 * has noted, until company_release(). Zeroed is none.
 *
 * Calling order: company_note() for each name that the folder has, to its end;
 * only then the stamps of its databases, and company_is_kept(); then
 * company_release().
 *
 * Why reading the names is enough to know that a database was alone, and why
 * the stamps come after it. What is committed is in the file, and in WAL mode
 * also in the -wal. Folders change while they are read, but what is in one all
 * the time is reported. So a -wal that was not reported was missing at some
 * moment m of the reading; and if the stamp taken later, at s, is that of an
 * earlier look, the file was at m what it was then:
 *
 *     look, no -wal          m: no -wal        s: same stamp
 *     ------+------------------+-----------------+------> time
 *           |      content of the file unchanged |
 *
 * An application that commits to a new -wal after m came after the answer. One
 * that committed before m had its -wal taken into the file before the -wal
 * went, which changes the stamp. With the stamp first this would not hold:
 *
 *     s: same stamp, and commits in the -wal | checkpoint, -wal gone | m
 *
 * A rollback journal needs no such care: a commit changes the file, so that an
 * unchanged one has seen none. But one that was put there by hand, or that came
 * with another file, may undo what it never did: such a file is opened too.
 */
#ifndef FLEET_FLEET_COMPANY_H
#define FLEET_FLEET_COMPANY_H

#include <stdbool.h>
#include <stddef.h>

struct company {
	char **names; /* of the databases that have some */
	size_t count, capacity;
	bool is_sorted;
};

/* True if the name is that of a file which belongs to a database (-wal, -shm,
 * -journal) and is none itself. A -shm alone holds nothing and is no
 * company. */
bool company_note(struct company *company, const char *name);

/* True if a -wal or a -journal of that name was noted. */
bool company_is_kept(struct company *company, const char *name);

void company_release(struct company *company);

#endif
