#include "cli/users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* A million names of sixty characters. */
#define MOST_BYTES ((size_t)64 << 20)

static void add(struct users *users, const char *name, size_t bytes)
{
	users->names = array_grow(users->names, users->count, &users->capacity,
				  sizeof(*users->names));
	users->names[users->count++] = xstrndup(name, bytes);
}

static void add_lines(struct users *users, const char *text)
{
	while (*text) {
		size_t bytes = strcspn(text, "\n");

		if (bytes > 0)
			add(users, text, bytes);
		text += bytes + (text[bytes] == '\n');
	}
}

static int read_list(struct users *users, const char *path, struct error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *stream = is_stdin ? stdin : fopen(path, "re");
	size_t bytes = 0, before = users->count;
	char *text = NULL;
	int rc = 0;

	if (stream)
		text = text_read_all(stream, MOST_BYTES, &bytes);
	if (!text)
		rc = error_set_errno(err, ERROR_USAGE, errno,
				     "--users-from %s", path);
	else if (strlen(text) != bytes)
		rc = error_set(err, ERROR_USAGE, "--users-from %s: there is a "
			       "NUL byte in it; write one name a line", path);
	else
		add_lines(users, text);
	if (rc == 0 && users->count == before)
		rc = error_set(err, ERROR_USAGE, "--users-from %s: there is "
			       "no name in it; without the option all users "
			       "are meant", path);
	free(text);
	if (stream && !is_stdin)
		fclose(stream);
	return rc;
}

static int read_glob(const char *option, const char *text, struct pattern **out,
		     struct error *err)
{
	if (!text || pattern_new(text, false, out, err) == 0)
		return 0;
	error_prefix(err, "%s %s", option, text);
	err->code = ERROR_USAGE;
	return ERROR_USAGE;
}

int users_read(const struct options *options, struct users *out,
	       struct error *err)
{
	int rc = 0;

	memset(out, 0, sizeof(*out));
	out->is_narrowed = options->word_count > 0 || options->users_from;
	for (size_t i = 0; i < options->word_count; i++)
		add(out, options->words[i], strlen(options->words[i]));
	if (options->users_from)
		rc = read_list(out, options->users_from, err);
	if (rc == 0)
		rc = read_glob("--include", options->include, &out->include,
			       err);
	if (rc == 0)
		rc = read_glob("--exclude", options->exclude, &out->exclude,
			       err);
	if (rc)
		users_release(out);
	return rc;
}

void users_release(struct users *users)
{
	for (size_t i = 0; i < users->count; i++)
		free(users->names[i]);
	free(users->names);
	pattern_free(users->include);
	pattern_free(users->exclude);
	memset(users, 0, sizeof(*users));
}
