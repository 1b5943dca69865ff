/*
 * discover: which databases a fleet has.
 *
 * Runs on: the loop thread, before the run; opens no database. The data
 * directory is walked once, by openat() from the folder held open, without
 * following links or leaving the file system. Hidden folders, state directories
 * (state_is_marked()), "lost+found" and names that end in -wal, -shm or
 * -journal are passed over. Folders that a reader would have expected to be
 * entered (a link to a folder, a mount point) are counted in `links`, what lies
 * below more than DISCOVER_DEPTH_MOST folders in `deep`, and folders that
 * cannot be read in `closed`; the last two are no errors here, since one user
 * can bring them about: see flaws.h. The names of a folder are read to the end
 * before the stamps of its databases are taken, one system call each: company.h
 * says why.
 *
 * Owns: every string and subject, until fleet_free(). Memory: about 250 bytes
 * a database. Lifetime: the run. Whoever narrows a fleet may change `system`,
 * `users` (order and content) and `user_count` in a shallow copy of the
 * struct, which he does not fleet_free().
 *
 * Errors: ERROR_IO (the data directory cannot be read, or a folder not to its
 * end), ERROR_USAGE (a user asked for by name has no database), ERROR_CONFIG
 * (system_db lies behind a link). Paths in messages are below
 * data_dir.
 */
#ifndef FLEET_FLEET_DISCOVER_H
#define FLEET_FLEET_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pattern.h"
#include "database/job.h"

struct selection {
	const char *system_db;	/* below data_dir; "": the fleet has none */
	const struct pattern *user_db;
	char **users;		/* narrow to these; NULL: all */
	size_t user_count;
	const struct pattern *include; /* of user names; NULL: all */
	const struct pattern *exclude; /* NULL: none */
	bool trusts_all;	/* no database is exposed, whoever may write */
	bool users_only;	/* system.db is no part of it, nor a user's */
	const char *advice;	/* ends the error about an unknown user; NULL */
};

/* More folders one below the other hold no database, and each takes a
 * descriptor. */
#define DISCOVER_DEPTH_MOST 64

/* Folders not entered, though databases may lie there. */
struct passed {
	size_t count;
	const char *first; /* by name; NULL: none */
};

struct fleet {
	struct subject *system;	 /* NULL: system_db is "", not there or not
				  * asked for */
	struct subject *users;	 /* by user name, then path, as bytes */
	size_t user_count;
	struct subject **by_file; /* all of them, by device and inode */
	size_t file_count;
	size_t not_selected;	 /* user databases found and not asked for */
	struct passed links;	 /* links to folders, mount points */
	struct passed deep, closed;
	const char *closed_why;	 /* for one of the closed; NULL: none */
	struct arena *arena;	 /* where the strings live */
};

/* What fits the pattern and is no regular file is a subject too (its stamp
 * says what it is; it will be `skipped`). system_db is never a user database
 * as well; it is looked up by its path and may be hidden. */
int fleet_discover(int data_dir, const struct selection *selection,
		   struct fleet **out, struct error *err);
void fleet_free(struct fleet *fleet); /* NULL is fine */

/* True if a user database of that name and path was found. */
bool fleet_has_user(const struct fleet *fleet, const char *username,
		    const char *path);

#endif
