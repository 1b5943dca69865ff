/*
 * study: migrations written in a test, read and looked at.
 *
 * Runs on: the test's only thread. The document has the name "t.md" in
 * messages, and its first line is line 1.
 */
#ifndef FLEET_TEST_STUDY_H
#define FLEET_TEST_STUDY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "migration/source.h"

/* A fenced block of one step; `way` is "user:0.1→0.2". Takes 4 lines if `sql`
 * is one: the fence, the tag (so that `sql` is in the third), and so on. */
#define STUDY_STEP(way, sql) \
	"```sql\n-- [" way ":start]\n" sql "\n-- [" way ":end]\n```\n"

/* Group setup for whoever runs SQL: SQLite is configured once in a process. */
int study_begin(void **state);

/* Reads a document, builds the chains; freed with migrations_free(). */
struct migrations *study(const char *markdown);

/* The only finding with that rule; asserts that there is one. */
const struct finding *study_finding(const struct migrations *migrations,
				    const char *rule);

/* Asserts that there is one finding with that rule, what it is, in which line,
 * and that its message has `part` in it. */
void study_expect(const struct migrations *migrations, const char *rule,
		  enum severity severity, int line, const char *part);

/* The same in a file whose path ends with `file`. */
void study_expect_in(const struct migrations *migrations, const char *file,
		     const char *rule, enum severity severity, int line,
		     const char *part);

/* Asserts that there is nothing to tell, or no error. */
void study_expect_nothing(const struct migrations *migrations);
void study_expect_no_error(const struct migrations *migrations);

/* How many findings have the rule. */
size_t study_count(const struct migrations *migrations, const char *rule);

#endif
