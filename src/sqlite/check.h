/*
 * check: is a database sound, and did a change leave it no worse.
 *
 * Runs on: the thread of the connections. All functions only read.
 *
 * Two connections tell the story: `before` on an untouched copy (the backup),
 * `after` on the database with the steps done and not yet committed. Real
 * schemas have old sins, so complaints are compared and only new ones count;
 * damage always counts.
 */
#ifndef FLEET_SQLITE_CHECK_H
#define FLEET_SQLITE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct schema;
struct schema_object;
struct sqlite3;

enum check_integrity {
	CHECK_INTEGRITY_TOUCHED, /* quick_check, then integrity_check of each
				  * table that the steps touched: quick_check
				  * does not see that an index disagrees */
	CHECK_INTEGRITY_FULL,
	CHECK_INTEGRITY_QUICK,
	CHECK_INTEGRITY_OFF,
};

enum check_foreign_keys {
	CHECK_FOREIGN_KEYS_NEW,	   /* only what the steps added */
	CHECK_FOREIGN_KEYS_STRICT, /* any violation at all */
	CHECK_FOREIGN_KEYS_OFF,
};

/* Complaints: a set of texts, each with how often it was said. */
struct complaints {
	struct complaint {
		char *text;
		long count;
		bool is_damage;
	} *items;
	size_t count, capacity;
	bool damage; /* one of them is damage, not CHECK or NOT NULL */
};
void complaints_release(struct complaints *set);

/* Adds all that `more` has. */
void complaints_add_all(struct complaints *set, const struct complaints *more);

/* Runs quick_check (`full`: integrity_check) over all, or over `table` if it is
 * not NULL, and adds what it says. What the rows violate ("CHECK constraint
 * failed in t", "NULL value in t.c", a value of the wrong type) is counted by
 * text; everything else sets `damage`, of which at most 100 lines are kept. A
 * database so broken that the PRAGMA itself fails is damage, with that as text;
 * one that needs a function or collation which only the application has is
 * a complaint, for it was the same before. With `table`, SQLite stops at 100
 * complaints: then damage is looked for in the whole, so that none hides behind
 * them. CHECK constraints show only where `db` may be written: SQLite does not
 * parse them for a read-only connection. Errors: what keeps the check from its
 * end and is no finding: BUSY, STOPPED, I/O, and ERROR_SQL for a time limit or
 * a lack of memory. */
int check_integrity_of(struct sqlite3 *db, bool full, const char *table,
		       struct complaints *out, struct error *err);

/* False if integrity_check of this table alone could say nothing that a
 * quick_check of the whole does not: it has no index to look into. */
bool check_has_index_of(const struct schema_object *table);

/* foreign_key_check table by table (one "foreign key mismatch" would hide every
 * orphan behind it): adds "foreign key mismatch - ..." texts as SQLite words
 * them, and "rows of CHILD (COLUMNS) without a row in PARENT" with how many
 * they are. Row ids are not kept: a rebuild changes them. `schema` is that of
 * `db`: only tables that may have foreign keys by their text are asked. */
int check_foreign_keys_of(struct sqlite3 *db, const struct schema *schema,
			  struct complaints *out, struct error *err);

/* The first text that is damage; NULL if none is. */
const char *complaints_damage(const struct complaints *set);

/* The first complaint of `after` that `before` lacks or has fewer of; NULL if
 * there is none. */
const struct complaint *complaints_first_new(const struct complaints *before,
					     const struct complaints *after);

/* Rows in a table. */
int check_row_count(struct sqlite3 *db, const char *table, long *out,
		    struct error *err);

#endif
