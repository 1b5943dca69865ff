/*
 * memory: allocation that cannot fail, and arrays that grow.
 *
 * Runs on: any thread.
 * Errors: none are returned. Where there is no memory the process says so on
 * standard error and ends with abort(): the program has to survive SIGKILL at
 * any instruction anyway (every database is whole old or whole new), so that
 * handling a failed malloc at hundreds of places would add branches and no
 * safety. SQLite's own SQLITE_NOMEM is an ordinary error.
 * Owns: the caller frees what is returned with free().
 */
#ifndef FLEET_BASE_MEMORY_H
#define FLEET_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

#define NEVER_NULL __attribute__((returns_nonnull))

NEVER_NULL void *xmalloc(size_t bytes);
NEVER_NULL void *xcalloc(size_t count, size_t bytes); /* zeroed; overflow
						       * aborts */
NEVER_NULL void *xrealloc(void *old, size_t bytes);
NEVER_NULL char *xstrdup(const char *text);
NEVER_NULL char *xstrndup(const char *text, size_t bytes);
NEVER_NULL __attribute__((format(printf, 1, 2))) char *
xasprintf(const char *fmt, ...);
NEVER_NULL __attribute__((format(printf, 1, 0))) char *
xvasprintf(const char *fmt, va_list args);

/* Makes room for one more element of `element_bytes` behind `count` used ones
 * in `array`, which has room for `*capacity`. Returns the array, perhaps
 * moved; doubles the capacity when it is full. */
NEVER_NULL void *array_grow(void *array, size_t count, size_t *capacity,
			    size_t element_bytes);

#endif
