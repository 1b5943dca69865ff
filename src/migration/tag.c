#include "migration/tag.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "migration/span.h"

static const char *const arrows[] = { "→", "->" };

static const struct {
	const char *text;
	enum tag_type type;
} words[] = {
	{ "start", TAG_START },   { "down", TAG_DOWN }, { "check", TAG_CHECK },
	{ "verify", TAG_VERIFY }, { "end", TAG_END },
};

static bool has_digit(struct span span)
{
	size_t i;

	for (i = 0; i < span.bytes; i++) {
		if (span.at[i] >= '0' && span.at[i] <= '9')
			return true;
	}
	return false;
}

/* Cuts `whole` in two around `length` bytes at `mark`. */
static void cut(struct span whole, const char *mark, size_t length,
		struct span *before, struct span *behind)
{
	size_t bytes = (size_t)(mark - whole.at);

	*before = span_trim(whole.at, bytes);
	*behind = span_trim(mark + length, whole.bytes - bytes - length);
}

/* What stands in "-- [...]". */
static bool find_inside(struct span line, struct span *out)
{
	if (span_run(line, '-') != 2)
		return false;
	line = span_skip(line, 2);
	if (line.bytes < 2 || line.at[0] != '[' ||
	    line.at[line.bytes - 1] != ']')
		return false;
	*out = span_trim(line.at + 1, line.bytes - 2);
	return true;
}

static bool split_colons(struct span inside, struct span *kind,
			 struct span *way, struct span *word)
{
	const char *first = memchr(inside.at, ':', inside.bytes);
	const char *last = memrchr(inside.at, ':', inside.bytes);
	struct span rest;

	if (first == NULL || first == last)
		return false;
	cut(inside, first, 1, kind, &rest);
	cut(rest, last, 1, way, word);
	return true;
}

static bool split_arrow(struct span way, struct span *from, struct span *to)
{
	size_t i;

	for (i = 0; i < sizeof(arrows) / sizeof(arrows[0]); i++) {
		size_t length = strlen(arrows[i]);
		const char *arrow =
			memmem(way.at, way.bytes, arrows[i], length);

		if (arrow == NULL)
			continue;
		cut(way, arrow, length, from, to);
		return true;
	}
	return false;
}

static bool read_kind(struct span span, enum kind *out)
{
	enum kind kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		if (span_is(span, kind_name(kind))) {
			*out = kind;
			return true;
		}
	}
	return false;
}

static enum tag_type read_word(struct span span)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_is(span, words[i].text))
			return words[i].type;
	}
	return TAG_WRONG;
}

static bool read_version(struct span span, char out[VERSION_BYTES])
{
	if (!version_is_valid_n(span.at, span.bytes))
		return false;
	memcpy(out, span.at, span.bytes);
	out[span.bytes] = '\0';
	return true;
}

static enum tag_type wrong(struct tag *tag, const char *problem)
{
	tag->problem = problem;
	return TAG_WRONG;
}

static enum tag_type read_inside(struct span inside, struct tag *tag)
{
	struct span kind, way, word, from, to;
	enum tag_type type;
	bool is_kind;

	if (!split_colons(inside, &kind, &way, &word))
		return TAG_NONE;
	is_kind = read_kind(kind, &tag->kind);
	type = read_word(word);
	if (!split_arrow(way, &from, &to)) {
		if (!is_kind || type == TAG_WRONG)
			return TAG_NONE;
		return wrong(tag, "it has no arrow between two versions; write "
				  "\"→\" or \"->\"");
	}
	if ((!span_is(from, STEP_BASELINE) && !read_version(from, tag->from)) ||
	    !read_version(to, tag->to)) {
		tag->has_digit = has_digit(from) || has_digit(to);
		return TAG_PLACEHOLDER;
	}
	if (!is_kind)
		return wrong(tag, "no such kind of database; the kinds are "
				  "\"system\" and \"user\"");
	if (type == TAG_WRONG)
		return wrong(tag, "it ends in none of \":start\", \":down\", "
				  "\":check\", \":verify\" and \":end\"");
	return type;
}

enum tag_type tag_read(const char *line, size_t bytes, struct tag *out)
{
	struct span inside;
	char *name;

	memset(out, 0, sizeof(*out));
	if (!find_inside(span_trim(line, bytes), &inside))
		return TAG_NONE;
	out->type = read_inside(inside, out);
	if (out->type >= TAG_START)
		name = step_name_of(out->kind,
				    out->from[0] == '\0' ? NULL : out->from,
				    out->to);
	else
		name = xstrndup(inside.at, inside.bytes);
	(void)text_copy(out->name, sizeof(out->name), name);
	free(name);
	return out->type;
}

bool tag_is_same_step(const struct tag *a, const struct tag *b)
{
	return a->kind == b->kind && version_compare(a->from, b->from) == 0 &&
	       version_compare(a->to, b->to) == 0;
}
