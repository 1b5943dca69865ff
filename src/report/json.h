/*
 * json: what happens in a run, for programs: one JSON object a line.
 *
 * Runs on: the loop thread. Borrows the stream, which nobody else writes to.
 * Keys and their order are a promise (the manual page has them): programs read
 * them. What does not apply is null. Strings are UTF-8; a name that is not
 * valid UTF-8 is written in its escaped form ("\xff" as text), so that every
 * line is valid JSON. Each line is flushed: a reader sees it as it happens.
 * Notices and rounds have no object: put a quiet summary beside it, which tells
 * a bad run on standard error.
 * Errors: none are returned; a stream that cannot be written keeps its error
 * flag, which `main` looks at.
 */
#ifndef FLEET_REPORT_JSON_H
#define FLEET_REPORT_JSON_H

#include <stdio.h>

#include "fleet/backups.h"
#include "fleet/event.h"
#include "fleet/journal.h"
#include "migration/source.h"
#include "report/list.h"
#include "report/status.h"

struct json;

struct json *json_new(FILE *out);
void json_free(struct json *json); /* NULL is fine */

/* run-begin, a `database` for each, run-end. Owned by `json`. The counts
 * "restored" and "kept" stand in run-end only where the command is rollback or
 * restore. */
struct listener *json_listener(struct json *json);

/* Only the `database` objects: for `status --json --verbose`. */
struct listener *json_database_listener(struct json *json);

/* The other commands' objects, one line each. */
void json_print_status(FILE *out, const struct status *status);

/* {"event":"migration","kind","from","to","name","state":"active"|"planned",
 * "statements","checksum","date","description","file","line","needed","sql",
 * "has_down","down"}; `needs` NULL: "needed" is null; "sql" and "down" are null
 * unless `with_sql`. One line for each step, in the order of list_print(). */
void json_print_list(FILE *out, const struct migrations *migrations,
		     const struct needs *needs, bool with_sql);

/* {"event":"run","run","command","dry_run","began","ended","target",
 * "databases","outcomes":{"upgraded":N,...},"exit_status","signal"} */
void json_print_run(FILE *out, const struct journal_run *run);

/* The keys of a `database` object, in the same order, and "notes" last. */
void json_print_result(FILE *out, const struct journal_result *result);

/* {"event":"backup","run","command","path","bytes","age_s"} */
void json_print_backup(FILE *out, const struct backup *backup);

/* {"event":"finding","severity","file","line","rule","message"} */
void json_print_finding(FILE *out, const struct finding *finding);

/* Behind the last: {"event":"lint-end","format","steps","errors","warnings",
 * "notes","exit_status"}; `found`: how many, by severity. */
void json_print_lint(FILE *out, const struct migrations *migrations,
		     const size_t found[], int exit_status);

/* {"event":"setting","key":"run.jobs","value":"4","origin":"default"} */
void json_print_setting(FILE *out, const char *key, const char *value,
			const char *origin);

#endif
