#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

static void *or_die(void *memory)
{
	if (!memory) {
		fputs("fleet-upgrade: out of memory\n", stderr);
		abort();
	}
	return memory;
}

/* malloc(0) may give NULL, which would look like a failure. */
static size_t at_least_one(size_t bytes)
{
	return bytes ? bytes : 1;
}

void *xmalloc(size_t bytes)
{
	return or_die(malloc(at_least_one(bytes)));
}

void *xcalloc(size_t count, size_t bytes)
{
	return or_die(calloc(at_least_one(count), at_least_one(bytes)));
}

void *xrealloc(void *old, size_t bytes)
{
	return or_die(realloc(old, at_least_one(bytes)));
}

char *xstrdup(const char *text)
{
	return or_die(strdup(text));
}

char *xstrndup(const char *text, size_t bytes)
{
	return or_die(strndup(text, bytes));
}

char *xvasprintf(const char *fmt, va_list args)
{
	char *text = NULL;
	int length = vasprintf(&text, fmt, args);

	/* Where it fails, vasprintf() leaves the pointer undefined. */
	return or_die(length < 0 ? NULL : text);
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}

void *array_grow(void *array, size_t count, size_t *capacity,
		 size_t element_bytes)
{
	size_t wanted = *capacity ? *capacity : FIRST_CAPACITY / 2;

	if (count < *capacity)
		return array;
	if (wanted > SIZE_MAX / 2 / element_bytes)
		or_die(NULL);
	*capacity = wanted * 2;
	return xrealloc(array, *capacity * element_bytes);
}
