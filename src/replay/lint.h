/*
 * lint: everything that can be known about migrations without a database.
 *
 * Runs on: the main thread.
 * Adds findings to the migrations: what the readers and the chain found is
 * there already; here come the ones that need SQLite or look at statements:
 * - error "replay": a statement fails on an empty database;
 * - error "forbidden": BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, VACUUM,
 *   ATTACH, DETACH, a PRAGMA that is refused;
 * - error "own-function": the schema would keep a call of a function that only
 *   the program has; error "not-repeatable": a step is not what it says
 *   (proof.h);
 * - error "dialect": a form of PostgreSQL or MySQL that SQLite cannot do; a
 *   warning where it takes it for something else (dialect.h);
 * - warning "double-quoted-string": a string in double quotes, which SQLite
 *   takes only because nothing has that name;
 * - warning "destructive": DROP TABLE, DROP COLUMN, DELETE or UPDATE without
 *   WHERE; an error where lint.destructive says so, but in a planned step; a
 *   note in a step with "-- fleet-upgrade: destructive", which says that it is
 *   meant;
 * - note "ignored-pragma": PRAGMA foreign_keys and foreign_key_check do
 *   nothing;
 * - warning "foreign-key": a foreign key to a column that is neither primary
 *   key nor unique.
 * Warnings and notes never stop a run; whatever is an error stops it.
 */
#ifndef FLEET_REPLAY_LINT_H
#define FLEET_REPLAY_LINT_H

#include "migration/source.h"

struct lint_options {
	enum severity destructive; /* of that rule: a warning or an error */
};

/* Looks at all steps, planned ones as text only, and adds findings, then puts
 * all findings in order of file and line. */
void lint_migrations(struct migrations *migrations);
void lint_with(struct migrations *migrations,
	       const struct lint_options *options);

/* What a run has to ask besides the replay: ERROR_MIGRATION, with file and
 * line, if an active step has a statement that `options` make an error. */
int lint_refuse(const struct migrations *migrations,
		const struct lint_options *options, struct error *err);

#endif
