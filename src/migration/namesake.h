/*
 * namesake: the next migration among numbered files, named and laid out like
 * the newest.
 *
 * Runs on: any thread. No state. Owns: its strings, until namesake_release().
 * Nothing is read and nothing is written here.
 *
 *     0007_add_users.sql			0008_add_inbox.sql
 *     007-add-users.up.sql			008-add-inbox.up.sql, .down.sql
 *     00007_add_users/up.sql			00008_add_inbox/up.sql, down.sql
 *     20240131120000_add_users/migration.sql	20261121043100_add_inbox/...
 *     0.10/07__add_users.sql			0.10/08__add_inbox.sql
 *
 * A number is as wide as the newest one. Where that is a time (dates of 8, 12
 * or 14 digits, 2024-01-31-120000, seconds since 1970), it is the time now; or
 * one more than the newest, should that lie ahead. What stands between number
 * and words is the newest one's, and so is what stands between words.
 *
 * The text is of comments only and begins with "-- fleet-upgrade: planned", so
 * that the step is listed and not run until somebody has written it and takes
 * that line out (see appendix.h for why). With dbmate, goose and sql-migrate
 * it has their marks.
 */
#ifndef FLEET_MIGRATION_NAMESAKE_H
#define FLEET_MIGRATION_NAMESAKE_H

#include <stdint.h>

#include "base/error.h"

#define NAMESAKE_FILES 2

struct namesake {
	char *number; /* as it stands in the name */
	char *folder; /* to be made first; NULL: the files lie in one that is
		       * there */
	struct namesake_file {
		char *path; /* NULL: there is no such file */
		char *text;
		int line;   /* where the SQL goes, from 1 */
	} files[NAMESAKE_FILES]; /* the way up, and the way down if the newest
				  * is of a form that has it in another file */
};

/* `newest` is the path of the newest step's file, `format` migrations->format,
 * `words` what the new one is for. `number`: the one to take; NULL: the next.
 * `now_s`: seconds since 1970. ERROR_USAGE: the words have no letter and no
 * digit, or the number is none or not above the newest; ERROR_MIGRATION: the
 * newest file has no number. */
int namesake_make(const char *newest, const char *format, const char *words,
		  const char *number, int64_t now_s, struct namesake *out,
		  struct error *err);
void namesake_release(struct namesake *namesake);

#endif
