/*
 * schema: what a database is made of, taken once and then plain data.
 *
 * Runs on: taken on the thread of its connection; afterwards it is const and
 * any thread may read it. Owns: everything in it, until schema_free(), but for
 * what it borrows.
 *
 * Borrowing: nearly every database of a fleet has the texts that the replay of
 * the migrations has. So one that is taken may be shown schemas that are known
 * already and live longer: an object that has the same type, name, table and
 * text in one of them takes its strings and columns from there, and SQLite is
 * not asked for them. A virtual table is always asked: its columns are its
 * module's to tell.
 *
 * Objects are in the order of (type, name), names without regard to case.
 * Left out: the ledger and what is on it, SQLite's own tables (sqlite_*) and
 * automatic indexes.
 * Shadow tables of virtual tables are in it.
 */
#ifndef FLEET_SQLITE_SCHEMA_H
#define FLEET_SQLITE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct sqlite3;

enum schema_type { SCHEMA_INDEX, SCHEMA_TABLE, SCHEMA_TRIGGER, SCHEMA_VIEW };

struct schema_object {
	enum schema_type type;
	char *name;
	char *table;	  /* the table that an index or trigger belongs to */
	char *sql;	  /* as stored, never NULL */
	bool is_borrowed; /* strings and columns are another schema's */
	int root_page;	  /* 0 for views, triggers, virtual tables */
	bool is_virtual;  /* a virtual table */
	bool is_shadow;	  /* set by shadow_mark() only (shadow.h) */
	bool has_index;	  /* tables: one is on it, automatic ones too */
	bool says_references; /* the word is in `sql`, be it in a comment:
			       * without it a table has no foreign key */
	bool says_without;    /* the same: without it a table has row ids */
	char **columns;	  /* tables: names, hidden and generated ones too; none
			   * for a virtual table that cannot be opened here
			   * (only the application has its module) */
	size_t column_count;
};

struct schema {
	struct schema_object *objects;
	size_t count;
	bool has_ledger;  /* the ledger is there, though not in `objects` */
};

/* Schemas to borrow from; the last one is asked first. */
struct schema_known {
	struct schema *const *schemas;
	size_t count;
};

/* Reads the schema of "main". `ledger`: the name to leave out. `known` may be
 * NULL; each of its schemas has to outlive the one taken. */
int schema_take(struct sqlite3 *db, const char *ledger,
		const struct schema_known *known, struct schema **out,
		struct error *err);
void schema_free(struct schema *schema); /* NULL is fine */

/* Takes a table out of it, with the indexes and triggers on it. */
void schema_remove(struct schema *schema, const char *table);

const char *schema_type_name(enum schema_type type); /* "index", "table"... */

const struct schema_object *schema_find(const struct schema *schema,
					enum schema_type type,
					const char *name);
bool schema_has_column(const struct schema_object *table, const char *column);
size_t schema_table_count(const struct schema *schema);

/* Calls `tell` for everything in which `actual` differs from `expected`, as
 * text for people: "table t is missing", "column t.c is missing", "table x is
 * not in the migrations", "column t.x is not in the migrations", "index i
 * differs". Columns are compared where both have the table; the text where the
 * columns are the same. Returns how many were told; `tell` may be
 * NULL. */
size_t schema_compare(const struct schema *expected,
		      const struct schema *actual,
		      void (*tell)(void *self, const char *difference),
		      void *self);

/* True if two SQL texts differ in nothing but layout: comments, white space,
 * and the case of what is not in quotes. */
bool schema_sql_is_same(const char *a, const char *b);

#endif
