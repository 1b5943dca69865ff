#include "migration/appendix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/markdown.h"
#include "migration/outline.h"
#include "migration/span.h"
#include "migration/version.h"

#define DEFAULT_LEVEL 3
#define FENCE_MARKS 3
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* How the document writes. */
struct manner {
	struct outline outline; /* where it ends */
	int level;		/* of the heading over the newest step that
				 * names its version; 0: there is none */
	char *title;		/* of it, without the "#" */
	bool is_in_block;	/* at the end */
	const char *line_end;
	const char *arrow;
};

static bool is_version_byte(char c)
{
	char text[] = { '0', c };

	return version_is_valid_n(text, sizeof(text));
}

/* Finds the version as a whole word at or behind `at`; NULL if it is not
 * there. */
static const char *find_version(const char *at, const char *version)
{
	size_t bytes = strlen(version);
	const char *begin = at;

	for (; (at = strstr(at, version)) != NULL; at++)
		if ((at == begin || !is_version_byte(at[-1])) &&
		    !is_version_byte(at[bytes]))
			return at;
	return NULL;
}

/* A line of a block, or its fence: no prose. As markdown.h has it. */
static bool passes_block(struct manner *manner, struct span line)
{
	char fence = line.bytes > 0 ? line.at[0] : '\0';
	size_t marks = span_run(line, fence);

	if ((fence != '`' && fence != '~') || marks < FENCE_MARKS)
		return manner->is_in_block;
	manner->is_in_block = span_skip(line, marks).bytes > 0;
	return true;
}

static void look_at_heading(struct manner *manner, struct span line,
			    const struct step *newest)
{
	size_t level = span_run(line, '#');
	struct span rest = span_skip(line, level);
	char *title;

	if (level == 0 || level > OUTLINE_LEVELS)
		return;
	title = xstrndup(rest.at, rest.bytes);
	if (find_version(title, newest->to)) {
		free(manner->title);
		manner->title = title;
		manner->level = (int)level;
	} else {
		free(title);
	}
}

static void look_at(struct manner *manner, const char *text, size_t bytes,
		    const struct step *newest)
{
	const char *end = text + bytes;
	int number = 1;

	if (bytes >= strlen(BYTE_ORDER_MARK) &&
	    memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	manner->line_end = "\n";
	manner->arrow = "→";
	for (; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);
		struct span line = span_trim(text, length);

		if (number == 1 && length > 0 && text[length - 1] == '\r')
			manner->line_end = "\r\n";
		if (number == newest->line - 1 &&
		    memmem(line.at, line.bytes, "->", 2))
			manner->arrow = "->";
		if (!passes_block(manner, line)) {
			outline_read(&manner->outline, text, length);
			if (number < newest->line)
				look_at_heading(manner, line, newest);
		} else {
			outline_break(&manner->outline);
		}
		text = stop ? stop + 1 : end;
	}
}

/* "Migration: " and "Version ", but no title of the version's own. */
static bool is_label(const char *begin, size_t bytes)
{
	bool has_blank = false;

	for (size_t i = 0; i < bytes; i++) {
		char c = begin[i];

		if (has_blank ||
		    !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == ':' || c == ' '))
			return false;
		has_blank = c == ' ';
	}
	return true;
}

/* "Migration: 0.1 → 0.2" becomes "Migration: 0.2 → 0.3"; what the title says
 * besides was about the other one. */
static char *title_of(const struct manner *manner, const struct step *newest,
		      const struct step *made)
{
	const char *title = manner->title;
	const char *from = NULL, *to = NULL;
	size_t between = 0;

	if (title && newest->from)
		from = find_version(title, newest->from);
	if (from)
		to = find_version(from + strlen(newest->from), newest->to);
	if (to)
		between = (size_t)(to - from) - strlen(newest->from);
	if (to && made->from && between <= 8 &&
	    is_label(title, (size_t)(from - title)))
		return xasprintf("%.*s%s%.*s%s", (int)(from - title), title,
				 made->from, (int)between,
				 from + strlen(newest->from), made->to);
	to = title && newest->from ? find_version(title, newest->to) : NULL;
	if (to && is_label(title, (size_t)(to - title)))
		return xasprintf("%.*s%s", (int)(to - title), title, made->to);
	return xstrdup(made->to);
}

static int level_of(const struct manner *manner)
{
	int level = manner->level > 0 ? manner->level : DEFAULT_LEVEL;

	for (int above = 1; above < level; above++)
		if (above <= manner->outline.level &&
		    manner->outline.headings[above].is_planned)
			return above;
	return level;
}

/* The lines of the new step; the empty ones part paragraphs. */
static void put(FILE *out, const struct manner *manner, const char *title,
		const struct step *made)
{
	char *way = xasprintf("%s:%s%s%s", kind_name(made->kind),
			      made->from ? made->from : STEP_BASELINE,
			      manner->arrow, made->to);
	const char *end = manner->line_end;

	fprintf(out, "%.*s %s: %s (Planned)%s%s", level_of(manner), "######",
		title, made->description, end, end);
	fprintf(out, "**Date**: %s%s**Description**: %s%s%s", made->date, end,
		made->description, end, end);
	fprintf(out, "```sql%s-- [%s:start]%s", end, way, end);
	fprintf(out, "-- Write the SQL of this step here, without BEGIN and "
		"COMMIT. It is listed and%s-- not run while its heading "
		"says (Planned): take that out when it is ready.%s", end, end);
	fprintf(out, "-- [%s:end]%s```%s", way, end, end);
	free(way);
}

static char *append(const struct manner *manner, const char *text, size_t bytes,
		    const char *title, const struct step *made)
{
	char *all = NULL;
	size_t all_bytes = 0;
	FILE *out = open_memstream(&all, &all_bytes);

	if (!out)
		abort();
	fwrite(text, 1, bytes, out);
	if (bytes > 0 && text[bytes - 1] != '\n')
		fputs(manner->line_end, out);
	fputs(manner->line_end, out);
	put(out, manner, title, made);
	fclose(out);
	return all;
}

static bool is_same(const struct step *a, const struct step *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       strcmp(a->sql, b->sql) == 0 && a->line == b->line &&
	       a->is_planned == b->is_planned;
}

/* Read again: what was there, and the new step. */
static int check(const char *name, const struct migrations *old,
		 const struct migrations *new, const struct step *made,
		 struct error *err)
{
	const struct step *last = NULL;
	const struct finding *wrong;
	bool is_fine = new->step_count == old->step_count + 1;
	size_t errors;

	for (size_t i = 0; is_fine && i < old->step_count; i++)
		is_fine = is_same(old->steps[i], new->steps[i]);
	if (is_fine)
		last = new->steps[old->step_count];
	wrong = migrations_first_error(new, &errors);
	if (last && !wrong && last->is_planned && last->kind == made->kind &&
	    version_compare(last->from, made->from) == 0 &&
	    strcmp(last->to, made->to) == 0 &&
	    strcmp(last->description, made->description) == 0)
		return 0;
	if (wrong)
		return error_set(err, ERROR_MIGRATION, "%s:%d: %s; nothing was "
				 "written", name, wrong->line, wrong->message);
	return error_set(err, ERROR_MIGRATION, "%s: a step at its end would "
			 "not be read as one that is planned, perhaps because "
			 "a block before it is not closed; nothing was "
			 "written; 'fleet-upgrade lint' says more", name);
}

int appendix_write(const char *name, const char *text, size_t bytes,
		   const struct step *newest, struct step *made, char **out,
		   struct error *err)
{
	struct migrations *old = xcalloc(1, sizeof(*old));
	struct migrations *new = xcalloc(1, sizeof(*new));
	struct manner manner = { 0 };
	char *title, *all;
	int rc;

	*out = NULL;
	look_at(&manner, text, bytes, newest);
	title = title_of(&manner, newest, made);
	all = append(&manner, text, bytes, title, made);
	markdown_parse(name, text, bytes, old);
	markdown_parse(name, all, strlen(all), new);
	rc = check(name, old, new, made, err);
	if (rc == 0) {
		made->line = new->steps[new->step_count - 1]->line;
		*out = all;
		all = NULL;
	}
	free(all);
	free(title);
	free(manner.title);
	outline_release(&manner.outline);
	migrations_free(old);
	migrations_free(new);
	return rc;
}
