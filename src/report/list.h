/*
 * list: the migrations known, and how many databases still need each.
 *
 * Runs on: the loop thread. struct needs is a listener of one look pass;
 * list_print() only reads.
 * Owns: struct needs its counters, until needs_free(); the migrations are
 * borrowed and outlive it.
 */
#ifndef FLEET_REPORT_LIST_H
#define FLEET_REPORT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fleet/event.h"
#include "migration/source.h"

/* Counts, in a look pass, at which place of its chain each database stands.
 * Databases whose version cannot be read (busy, skipped, damaged, undecided)
 * are counted in `unknown` and need nothing that we know of. */
struct needs {
	struct listener listener;
	const struct migrations *migrations;
	size_t *at[KIND_COUNT]; /* at[kind][p]: databases after p steps */
	size_t *late[KIND_COUNT]; /* late[kind][p]: of those at a later place,
				   * the ones that lack step p + 1 */
	size_t unknown[KIND_COUNT];
};
struct needs *needs_new(const struct migrations *migrations);
void needs_free(struct needs *needs); /* NULL is fine */
struct listener *needs_listener(struct needs *needs);

/* How many databases of the kind have yet to run the step at `position` (from
 * 1, as in struct chain). */
size_t needs_count(const struct needs *needs, enum kind kind, size_t position);

/* How many databases of the kind the pass told of, unknown ones too. */
size_t needs_total(const struct needs *needs, enum kind kind);

/* How much of a checksum people are shown; programs get all of it. */
#define LIST_CHECKSUM_DIGITS 12

struct list_options {
	FILE *out;
	bool colour;
	bool sql;		   /* the text of each step below its line */
	const struct needs *needs; /* NULL: no fleet is known, no such column */
};
void list_print(const struct migrations *migrations,
		const struct list_options *options);

#endif
