/*
 * reasons: what many databases have in common: each text that was said of any
 * of them, how often, and of whom first.
 *
 *     in 2,000 databases, as user alice: duplicate column name: x
 *     in 1 database, as user bob: index idx_messages_timestamp is missing
 *
 * Why: where the first five names out of two thousand all tell the same, the
 * one database with another trouble would hide behind them.
 *
 * Runs on: the loop thread. Owns: copies of the texts, until reasons_release().
 * Memory is bounded: after REASONS_KEPT different texts, further ones are only
 * counted as others. A zeroed struct is an empty one.
 */
#ifndef FLEET_REPORT_REASONS_H
#define FLEET_REPORT_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "database/job.h"

#define REASONS_KEPT 100
/* How many of them are told. */
#define REASONS_TOLD 20

struct reason {
	char *text;
	size_t databases;
	enum kind kind;	/* of the first database by name */
	char *username;	/* NULL: system.db */
};

struct reasons {
	struct reason *items;
	size_t count, capacity;
	size_t others; /* said, and not kept */
};

void reasons_add(struct reasons *reasons, const char *text,
		 const struct subject *subject);

/* Adds each part of `text`, as notes and findings come: "; " stands between. */
void reasons_add_parts(struct reasons *reasons, const char *text,
		       const struct subject *subject);

/* The most frequent first. */
void reasons_print(FILE *out, struct reasons *reasons);
void reasons_release(struct reasons *reasons);

#endif
