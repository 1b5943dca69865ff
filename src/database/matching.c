#include "database/matching.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "migration/filename.h"

static int compare_to(const void *key, const void *element)
{
	const struct step *const *step = element;

	return version_compare(key, (*step)->to);
}

/* The steps of a chain are in the order of their versions. */
static size_t find_number(const struct chain *chain, const char *number,
			  size_t *position)
{
	struct step *const *found =
		version_is_valid(number) && chain->count > 0
			? bsearch(number, chain->steps, chain->count,
				  sizeof(*chain->steps), compare_to)
			: NULL;

	if (found == NULL)
		return 0;
	*position = (size_t)(found - chain->steps) + 1;
	return 1;
}

/* The part of the path that the `up`th slash from its end stands before. */
static const char *part_of(const char *path, int up)
{
	const char *begin = path + strlen(path);

	while (begin > path && (begin[-1] != '/' || up-- > 0))
		begin--;
	return begin;
}

const char *matching_file_name(const struct step *step)
{
	const char *name = part_of(step->file, 0);

	return isdigit((unsigned char)*name) ? name : part_of(step->file, 1);
}

/* True if `part` is `text`, as a whole or up to a slash or suffix of a
 * migration. */
static bool is_named(const char *part, const char *text)
{
	static const char *const ends[] = { "", ".sql", ".up.sql" };
	size_t bytes = strlen(text), i;

	if (strncmp(part, text, bytes) != 0)
		return false;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strcmp(part + bytes, ends[i]) == 0)
			return true;
	}
	return part[bytes] == '/' && strchr(part + bytes + 1, '/') == NULL;
}

/* A name with folders in it ("2024/0001_a.sql") is the end of the path. */
static bool fits_file(const struct step *step, const char *text)
{
	const char *c;
	int up = 0;

	for (c = text; *c != '\0'; c++)
		up += *c == '/';
	return is_named(part_of(step->file, up), text) ||
	       is_named(part_of(step->file, up + 1), text);
}

static bool is_blank(char c)
{
	return strchr("_-. ", c) != NULL; /* also the end */
}

/* The same but for which blank stands between words; `b` may go on with a
 * suffix where it is the name of a file. */
static bool is_same_name(const char *a, const char *b)
{
	while (*a != '\0' && (*a == *b || (is_blank(*a) && *b != '\0' &&
					   is_blank(*b)))) {
		a++;
		b++;
	}
	return *a == '\0' && (*b == '\0' || strcmp(b, ".sql") == 0 ||
			      strcmp(b, ".up.sql") == 0);
}

static bool fits_name(const struct step *step, const char *text)
{
	const char *name = matching_file_name(step);
	const char *rest = name + strspn(name, "0123456789");

	return is_same_name(text, step->description) ||
	       is_same_name(text, name) ||
	       is_same_name(text, rest + strspn(rest, "_-. "));
}

static bool has_word(const char *text, const char *word)
{
	size_t bytes = strlen(word);
	const char *at = text;

	for (; (at = strstr(at, word)) != NULL; at++) {
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[bytes]))
			return true;
	}
	return false;
}

static bool fits_word(const struct step *step, const char *text)
{
	return has_word(matching_file_name(step), text) ||
	       has_word(step->description, text);
}

/* NULL: by number alone. */
static bool (*const fits[TRACKER_MATCH_COUNT])(const struct step *step,
					       const char *text) = {
	[TRACKER_BY_FILE] = fits_file,
	[TRACKER_BY_NAME] = fits_name,
	[TRACKER_BY_WORD] = fits_word,
};

/* Markdown has no file for each step: there the number has to do. */
static size_t find_leading_number(const struct chain *chain, const char *text,
				  size_t *position)
{
	struct filename name;

	return !chain->is_set && filename_read(text, &name)
		       ? find_number(chain, name.number, position)
		       : 0;
}

size_t matching_find(enum tracker_match match, const struct chain *chain,
		     const char *text, size_t *position)
{
	size_t found = 0, i;

	*position = 0;
	if (fits[match] == NULL)
		return find_number(chain, text, position);
	for (i = 0; i < chain->count; i++) {
		if (!fits[match](chain->steps[i], text))
			continue;
		if (found++ == 0)
			*position = i + 1;
	}
	if (found == 0 && match == TRACKER_BY_FILE)
		found = find_leading_number(chain, text, position);
	/* A version itself, where somebody has named the steps so. */
	return found > 0 || match == TRACKER_BY_FILE
		       ? found
		       : find_number(chain, text, position);
}

bool matching_is_before(enum tracker_match match, const struct chain *chain,
			const char *text)
{
	struct filename name;

	if (chain->count == 0)
		return false;
	if (match == TRACKER_BY_NUMBER)
		return version_is_valid(text) &&
		       version_compare(text, chain->steps[0]->to) < 0;
	return match == TRACKER_BY_FILE && filename_read(text, &name) &&
	       version_compare(name.number, chain->steps[0]->to) < 0;
}
