/*
 * removals: what the SQL of a migration takes away by name.
 *
 * Runs on: any thread. Owns: the list, until removals_release(). Found once for
 * each step, since each object of each database asks for it; const from then
 * on.
 */
#ifndef FLEET_MIGRATION_REMOVALS_H
#define FLEET_MIGRATION_REMOVALS_H

#include <stdbool.h>
#include <stddef.h>

struct removals {
	struct removal {
		const char *kind; /* "TABLE", "INDEX", "TRIGGER", "VIEW" or
				   * "COLUMN"; NULL: rows; static storage */
		char *name;	  /* of what goes, or of whose rows go */
	} *items;
	size_t count, capacity;
};

/* Fills a zeroed list with all that some statement of `sql` removes:
 * "DROP KIND [IF EXISTS] name" (COLUMN may be left out as in ALTER TABLE; a
 * schema name and dot may stand before the name); "ALTER TABLE name RENAME TO",
 * which removes a table of that name; "DELETE FROM name", and the
 * other forms that remove rows on purpose: "REPLACE INTO name", "INSERT OR
 * REPLACE INTO name", "UPDATE OR REPLACE name". Where a text can be read in two
 * ways ("DROP TABLE": perhaps a column of that name) both are in it. */
void removals_find(const char *sql, struct removals *out);
void removals_release(struct removals *removals);

/* True if something of that kind and name is dropped; names without regard to
 * case. */
bool removals_drop(const struct removals *removals, const char *kind,
		   const char *name);

/* True if rows of that table are removed; NULL: of any. */
bool removals_delete_from(const struct removals *removals, const char *table);

#endif
