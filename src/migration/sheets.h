/*
 * sheets: which files of a folder are numbered migrations, in their order.
 *
 * Runs on: the main thread, before the run. Owns: the paths, until
 * sheets_release().
 *
 *     0001_name.sql                     any width, also times; gaps are fine
 *     0001_name.up.sql, .down.sql       golang-migrate, sqlx
 *     0001_name/up.sql, down.sql        diesel
 *     0001_name/migration.sql           Prisma
 *     0.10/00_name.sql                  folders of versions; 0.2 before 0.10
 *
 * and ".check.sql", ".verify.sql" beside each of them, or check.sql, verify.sql
 * in its folder; and what can be executed: "005-populate", "005_populate.py".
 * What begins with no digit, and hidden names, are left alone: a
 * README, a folder of snapshots. The number of a file in a folder of versions
 * is "0.10.00".
 */
#ifndef FLEET_MIGRATION_SHEETS_H
#define FLEET_MIGRATION_SHEETS_H

#include <stdbool.h>

#include "base/error.h"
#include "migration/filename.h"
#include "migration/source.h"

/* One file, and what names it. */
struct sheet {
	struct filename name; /* its own, or that of the folder around it */
	char *path;
};

struct sheets {
	struct sheet *list; /* by number, and for one number by way */
	size_t count, capacity;
	const char *shape; /* static: "numbered", "pairs" or "folders" */
};

/* True if the folder holds any. */
bool sheets_are_in(const char *folder);

/* Finds them. What has a number and is none is a finding ("not-read").
 * ERROR_MIGRATION: a folder cannot be read. To be released in any case. */
int sheets_find(const char *folder, struct sheets *out, struct migrations *into,
		struct error *err);
void sheets_release(struct sheets *sheets);

#endif
