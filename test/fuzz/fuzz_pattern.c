/*
 * Any pattern against any path: it is refused, or matches what a matcher says
 * that tries everything, as base/pattern.h has it.
 *
 * Input: lines: the pattern, the path. (A pattern that has {username} in it
 * needs it.)
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"

#define USERNAME "{username}"
#define MOST_TRIES 20000 /* it takes exponential time, this one */

struct attempt {
	const char *pattern, *path; /* where they begin */
	const char *caught, *caught_end;
	int tries;
};

static bool match(struct attempt *attempt, const char *pattern,
		  const char *path);

/* A set, behind its "[": whether `c` is in it; *end is behind its "]". */
static bool is_in_set(const char *at, unsigned char c, const char **end)
{
	bool is_negated = *at == '!', is_in = false;
	const char *first = at += is_negated;

	while (*at != ']' || at == first) {
		unsigned char low, high;

		at += *at == '\\';
		low = high = (unsigned char)*at++;
		if (at[0] == '-' && at[1] != ']') {
			at++;
			at += *at == '\\';
			high = (unsigned char)*at++;
		}
		is_in = is_in || (c >= low && c <= high);
	}
	*end = at + 1;
	return is_in != is_negated && c != '/';
}

/* `rest` behind `least` or more bytes without "/", the fewest first. */
static bool match_run(struct attempt *attempt, const char *rest,
		      const char *path, size_t least, bool is_caught)
{
	for (size_t n = 0;; n++) {
		if (n >= least && match(attempt, rest, path + n)) {
			if (is_caught) {
				attempt->caught = path;
				attempt->caught_end = path + n;
			}
			return true;
		}
		if (path[n] == '/' || path[n] == '\0')
			return false;
	}
}

/* `rest` behind any number of whole folders. */
static bool match_folders(struct attempt *attempt, const char *rest,
			  const char *path)
{
	bool begins = path == attempt->path || path[-1] == '/';

	for (;;) {
		const char *slash = strchr(path, '/');

		if (match(attempt, rest, path))
			return true;
		if (!begins || slash == NULL)
			return false;
		path = slash + 1;
	}
}

static bool match_stars(struct attempt *attempt, const char *pattern,
			const char *path)
{
	const char *rest = pattern + strspn(pattern, "*");
	bool is_double = rest - pattern > 1;

	if (is_double && *rest == '\0')
		return true;
	if (is_double && *rest == '/' &&
	    (pattern == attempt->pattern || pattern[-1] == '/'))
		return match_folders(attempt, rest + 1, path);
	return match_run(attempt, rest, path, 0, false);
}

static bool match(struct attempt *attempt, const char *pattern,
		  const char *path)
{
	const char *rest = pattern + 1;
	bool fits;

	if (++attempt->tries > MOST_TRIES)
		return false;
	if (*pattern == '\0')
		return *path == '\0';
	if (*pattern == '*')
		return match_stars(attempt, pattern, path);
	if (*pattern == '{')
		return match_run(attempt, pattern + strlen(USERNAME), path, 1,
				 true);
	if (*path == '\0')
		return false;
	if (*pattern == '[')
		fits = is_in_set(pattern + 1, (unsigned char)*path, &rest);
	else if (*pattern == '?')
		fits = *path != '/';
	else if (*pattern == '\\')
		fits = *rest++ == *path;
	else
		fits = *pattern == *path;
	return fits && match(attempt, rest, path + 1);
}

static void check_match(const struct pattern *compiled, const char *pattern,
			const char *path)
{
	struct attempt attempt = { .pattern = pattern, .path = path };
	size_t start = 0, length = 0;
	bool expected = match(&attempt, pattern, path);
	bool got = pattern_matches(compiled, path, &start, &length);

	if (attempt.tries > MOST_TRIES)
		return;
	fuzz_claim(got == expected, "both matchers agree");
	fuzz_claim(!got || attempt.caught == NULL ||
			   (path + start == attempt.caught &&
			    path + start + length == attempt.caught_end),
		   "both matchers catch the same name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	char *pattern = fuzz_until(&input, '\n');
	char *path = fuzz_until(&input, '\n');
	struct pattern *compiled = NULL;
	struct error err = { 0 };
	int rc = pattern_new(pattern, strstr(pattern, USERNAME) != NULL,
			     &compiled, &err);

	fuzz_claim(rc == (int)err.code && (rc == 0 || rc == ERROR_CONFIG),
		   "a bad pattern is just that");
	if (rc == 0)
		check_match(compiled, pattern, path);
	pattern_free(compiled);
	free(path);
	free(pattern);
	return 0;
}
