#include "migration/span.h"

#include <string.h>
#include <strings.h>

bool span_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct span span_trim(const char *at, size_t bytes)
{
	while (bytes > 0 && span_is_blank(*at)) {
		at++;
		bytes--;
	}
	while (bytes > 0 && span_is_blank(at[bytes - 1]))
		bytes--;
	return (struct span){ at, bytes };
}

size_t span_run(struct span span, char c)
{
	size_t count = 0;

	while (count < span.bytes && span.at[count] == c)
		count++;
	return count;
}

struct span span_skip(struct span span, size_t bytes)
{
	return span_trim(span.at + bytes, span.bytes - bytes);
}

bool span_is(struct span span, const char *word)
{
	return span.bytes == strlen(word) &&
	       memcmp(span.at, word, span.bytes) == 0;
}

bool span_is_ignoring_case(struct span span, const char *word)
{
	return span.bytes == strlen(word) &&
	       strncasecmp(span.at, word, span.bytes) == 0;
}
