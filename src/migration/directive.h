/*
 * directive: how a step asks to be run, in comments on its first lines.
 *
 *     -- fleet-upgrade: foreign_keys=on, timeout=10m (40 million rows)
 *     DELETE FROM accounts WHERE closed_at IS NOT NULL;
 *
 * Runs on: any thread. No state; a struct directives is plain data.
 *
 * Words are separated with commas; what stands behind a blank, or in
 * parentheses, explains. Case does not count.
 *
 *     repeatable		it may be run where it may have happened already
 *     planned			it is listed, never run, never the target
 *     destructive		what it removes is meant: no lint finding
 *     application-functions	the application has the functions of ours that
 *				its schema keeps
 *     foreign_keys=on		it runs with foreign keys enforced, so that ON
 *				DELETE CASCADE deletes; they are off otherwise
 *     no-transaction		it runs without a transaction around it, on a
 *				copy (database/apart.h)
 *     analyze			ANALYZE behind the last step, in its transaction
 *     vacuum			VACUUM behind the last step
 *     timeout=30s		it may take so long, whatever the time limit for
 *				one database is (amount.h: 250ms, 30s, 10m, 2h)
 *
 * A word that is none of these is a mistake that nobody would notice before the
 * step has run another way than it was meant to. So it is an error, and so is a
 * list that stands behind the first statement or in another kind of comment.
 */
#ifndef FLEET_MIGRATION_DIRECTIVE_H
#define FLEET_MIGRATION_DIRECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct directives {
	bool is_repeatable;
	bool is_planned;
	bool is_destructive;
	bool keeps_functions;	     /* application-functions */
	bool has_foreign_keys;	     /* they are enforced while it runs */
	bool is_outside_transaction;
	bool analyzes;
	bool vacuums;
	int64_t limit_ms;	     /* 0: it has none of its own */
};

/* Reads those of a step's SQL. `complain` (NULL: nobody listens) hears of each
 * mistake: the offset in `sql` of the comment that it is in, and what is wrong
 * and would do, for people, valid during the call. A word with a mistake asks
 * for nothing. */
void directives_read(const char *sql, struct directives *out,
		     void (*complain)(void *self, size_t offset,
				      const char *what),
		     void *self);

/* True if a comment before the first statement begins such a list. */
bool directives_begin(const char *sql);

#endif
