/*
 * step: one migration: one kind of database, one version to the next.
 *
 * Runs on: made once before the run, const from then on: any thread may read.
 * Owns: its strings. Lifetime: the run.
 *
 * Calling order, for readers: fill the upper half of a zeroed struct step, then
 * give it to migrations_add_step(), which calls step_derive() and owns it.
 */
#ifndef FLEET_MIGRATION_STEP_H
#define FLEET_MIGRATION_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/checksum.h"
#include "migration/directive.h"
#include "migration/removals.h"

/* The two kinds of database in a fleet; also an index into arrays of two. */
enum kind { KIND_SYSTEM = 0, KIND_USER = 1, KIND_COUNT = 2 };
const char *kind_name(enum kind kind); /* "system", "user" */
bool kind_find(const char *name, enum kind *out); /* false: no such kind */

/* How "before the first" is written as a from-version. */
#define STEP_BASELINE "baseline"

/* What may stand beside the way up of a step. */
enum step_part {
	STEP_DOWN,   /* the way back, for rollback --to */
	STEP_CHECK,  /* queries that give no row, or the step does not begin */
	STEP_VERIFY, /* queries that give no row, or the step is undone */
	STEP_PARTS
};
const char *step_part_name(enum step_part part); /* "down", "check"... */

/* Owns its strings. */
struct step_text {
	char *sql;  /* NULL: there is none */
	char *file; /* in which it stands */
	int line;   /* of its first line there, from 1 */
	struct removals removals; /* what it takes away by name; found by
				   * step_set_part() */
};

struct step {
	/* what the source says */
	enum kind kind;
	char *from; /* NULL: baseline, the first step */
	char *to;
	char *file;        /* the file it was read from */
	int line;          /* of the first line of `sql` in that file, from 1 */
	char *sql;         /* between the tags, line breaks as "\n" */
	char *description; /* "" if the source has none */
	char *date;        /* "" if the source has none */
	bool is_planned;   /* listed, never run, never the target; also if its
			    * SQL begins with "-- fleet-upgrade: planned" */
	struct step_text parts[STEP_PARTS];
	bool is_outside_transaction; /* its format's marks ask to run it without
				      * one; then so do `directives` */
	bool is_program;   /* `file` is to be executed; `sql` has nothing but
			    * the comments at its head, and `checksum` is that
			    * of its bytes */

	/* what follows from it */
	char *name; /* for people: "user:0.3.19→0.3.20" */
	char checksum[CHECKSUM_HEX_BYTES]; /* see sql_checksum() */
	int statements;     /* an estimate for people: complete statements */
	bool is_blank;      /* comments only: recorded, changes no schema */
	struct directives directives; /* how it asks to be run */
	struct removals removals; /* what its SQL takes away by name */
};

/* Fills the lower half from the upper one. */
void step_derive(struct step *step);

/* True if it cannot run inside one transaction with others on the live
 * database: see database/apart.h. */
bool step_is_apart(const struct step *step);
void step_free(struct step *step); /* NULL is fine */

/* Gives the step a part, which it owns from then on, `removals` found. False,
 * and nothing is taken over, if it has one already. */
bool step_set_part(struct step *step, enum step_part part,
		   const struct step_text *text);
void step_text_release(struct step_text *text); /* zeroed is fine */

/* The way back; NULL if there is none. Comments alone are none where the way up
 * does something: nobody has written it yet. (Who means it writes SELECT 1.) */
const struct step_text *step_way_down(const struct step *step);

/* The line of `text->file` in which the first token at or behind `offset` in
 * its SQL stands. */
int step_text_line_at(const struct step_text *text, size_t offset);

/* The same of the way up, in `step->file` and `step->sql`: where a statement
 * begins for people. */
int step_line_at(const struct step *step, size_t offset);

/* "user:0.3.19→0.3.20", which the caller frees; `from` may be NULL. */
char *step_name_of(enum kind kind, const char *from, const char *to);

#endif
