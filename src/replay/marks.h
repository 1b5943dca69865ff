/*
 * marks: what each step leaves in the schema, by which it can be told whether
 * it has happened.
 *
 * Runs on: built on the main thread before the run, const from then on. Owns:
 * the arrays of struct replay that are named below; the names are borrowed from
 * its schemas.
 *
 * Tables and columns that a step adds or removes are its marks. Only of a step
 * that does neither, what else it changes: indexes, triggers, views and tables,
 * then by their text. The first step, the baseline, has none.
 */
#ifndef FLEET_REPLAY_MARKS_H
#define FLEET_REPLAY_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "sqlite/schema.h"

struct replay;

struct mark {
	enum schema_type type; /* SCHEMA_TABLE with `column`: a column */
	const char *name;
	const char *column; /* NULL: the object itself */
	bool by_text;       /* the text counts, not only presence */
	size_t step;        /* position (from 1) of the first step it marks */
};

/* Fills `marks`, `mark_count` and `has_marks` from the schemas. */
void marks_build(struct replay *replay);
void marks_release(struct replay *replay);

/* The state of a mark in a schema: NULL if it is not there, "" if it is there,
 * or the text where mark->by_text. Borrowed from the schema. */
const char *mark_state(const struct mark *mark, const struct schema *schema);

/* True if two states are the same; of a text the layout does not count. */
bool mark_state_is_same(const char *a, const char *b);

/* "table t", "column t.c", "index i" into `out`; returns `out`. */
char *mark_describe(const struct mark *mark, char *out, size_t room);

#endif
