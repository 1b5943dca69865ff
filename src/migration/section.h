/*
 * section: which part of an SQL file is the way up, and which the way down.
 *
 * Runs on: the main thread, before the run. Plain data; the spans live as long
 * as the text.
 *
 * Some tools keep both ways in one file, under marks in comments:
 *
 *     -- migrate:up		-- +goose Up		-- +migrate Up
 *     ...SQL...		...SQL...		...SQL...
 *     -- migrate:down		-- +goose Down		-- +migrate Down
 *     ...SQL...		...SQL...		...SQL...
 *
 * (dbmate, goose, sql-migrate; their manuals say so.) A mark has its line for
 * itself; case and blanks do not count. A file without marks is a way up as a
 * whole. "StatementBegin" and "StatementEnd" of goose and sql-migrate mean
 * nothing here, where SQLite's own parser finds the end of a statement; nor
 * does "--> statement-breakpoint" of drizzle, which is a comment.
 *
 * Errors (findings, with line): marks of two tools in one file ("two-formats"),
 * the same mark twice ("same-mark"), SQL before the first mark, which would
 * never run ("outside"), directives there, which nobody would read
 * ("directive"), a way down and none up ("no-up"), a mark that goes on
 * like none that is known ("mark").
 */
#ifndef FLEET_MIGRATION_SECTION_H
#define FLEET_MIGRATION_SECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "migration/source.h"
#include "migration/span.h"

struct section_part {
	struct span text; /* empty, with `line` 0, if there is none */
	int line;	  /* of its first line in the file, from 1 */
	bool is_outside_transaction; /* its mark asks for that */
};

struct section {
	struct section_part up, down;
	const char *format; /* static: "dbmate", "goose", "sql-migrate"; NULL: a
			     * file without marks */
};

/* Reads the text of the file `name`; findings go into `into`. `format`: only
 * its marks count, "" none; NULL: those of all. */
void section_read(const char *name, const char *text, size_t bytes,
		  const char *format, struct section *out,
		  struct migrations *into);

#endif
