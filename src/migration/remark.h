/*
 * remark: the way back that a comment in a way up says.
 *
 * Runs on: any thread. No state.
 *
 *     -- rollback:			--rollback DROP TABLE inbox;
 *     -- DROP TABLE inbox;		--rollback DELETE FROM settings;
 *     -- DELETE FROM settings;
 *
 * The first such block of comment lines that is SQL: it begins with a word that
 * changes something and ends a statement with ";". A blank line, or anything
 * that is no comment, ends the block. (The second form is Liquibase's, for its
 * formatted SQL.)
 */
#ifndef FLEET_MIGRATION_REMARK_H
#define FLEET_MIGRATION_REMARK_H

#include <stddef.h>

/* The SQL, with as many lines as the comment has, which the caller frees; NULL
 * if there is none. *begin is where in `sql` the comment begins. */
char *remark_rollback(const char *sql, size_t *begin);

#endif
