#include "migration/outline.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/span.h"

#define INDENT_OF_CODE 4

static const char *const field_names[OUTLINE_FIELD_COUNT] = { "Date",
							      "Description" };

static void heading_release(struct heading *heading)
{
	size_t i;

	for (i = 0; i < OUTLINE_FIELD_COUNT; i++)
		free(heading->fields[i]);
	memset(heading, 0, sizeof(*heading));
}

static bool is_indented_code(const char *line, size_t indent)
{
	return indent >= INDENT_OF_CODE || memchr(line, '\t', indent) != NULL;
}

/* The number of "#" of a heading; 0: it is none. A word directly behind them is
 * no heading: "#42 tracks this" must not end a heading that says
 * "(Planned)". */
static int heading_level(struct span line)
{
	size_t marks = span_run(line, '#');

	if (marks > OUTLINE_LEVELS ||
	    (marks < line.bytes && !span_is_blank(line.at[marks])))
		return 0;
	return (int)marks;
}

static void read_heading(struct outline *outline, struct span line, int level)
{
	char *title = xstrndup(line.at, line.bytes);
	int i;

	for (i = level; i <= OUTLINE_LEVELS; i++)
		heading_release(&outline->headings[i]);
	outline->headings[level].is_planned =
		strcasestr(title, "(Planned)") != NULL ||
		strcasestr(title, "Future Migrations") != NULL;
	outline->level = level;
	free(title);
}

/* Takes "**name**:" or "**name:**" off the line. */
static bool take_label(struct span *line, const char *name)
{
	size_t end = 2 + strlen(name);
	bool has_colon = false;

	if (span_run(*line, '*') != 2 || line->bytes <= end ||
	    !span_is_ignoring_case((struct span){ line->at + 2, end - 2 },
				   name))
		return false;
	for (; end < line->bytes; end++) {
		if (line->at[end] == ':')
			has_colon = true;
		else if (line->at[end] != '*')
			break;
	}
	*line = span_skip(*line, end);
	return has_colon;
}

static bool read_field(struct outline *outline, struct span line)
{
	char **fields = outline->headings[outline->level].fields;
	size_t i;

	if (line.bytes > 2 && (line.at[0] == '-' || line.at[0] == '*') &&
	    span_is_blank(line.at[1]))
		line = span_skip(line, 2);
	for (i = 0; i < OUTLINE_FIELD_COUNT; i++) {
		struct span rest = line;

		if (!take_label(&rest, field_names[i]))
			continue;
		free(fields[i]);
		fields[i] = xstrndup(rest.at, rest.bytes);
		/* Descriptions are wrapped like all prose; dates are not. */
		outline->paragraph =
			i == OUTLINE_DESCRIPTION ? &fields[i] : NULL;
		return true;
	}
	return false;
}

static void read_prose(struct outline *outline, struct span line)
{
	char *old;

	if (outline->paragraph == NULL)
		return;
	if (line.bytes == 0 || strchr("*-|>", line.at[0]) != NULL) {
		outline->paragraph = NULL;
		return;
	}
	old = *outline->paragraph;
	*outline->paragraph =
		xasprintf("%s%s%.*s", old, old[0] == '\0' ? "" : " ",
			  (int)line.bytes, line.at);
	free(old);
}

void outline_read(struct outline *outline, const char *line, size_t bytes)
{
	struct span text = span_trim(line, bytes);
	int level = heading_level(text);

	if (level > 0 && !is_indented_code(line, (size_t)(text.at - line))) {
		outline_break(outline);
		read_heading(outline, text, level);
	} else if (!read_field(outline, text)) {
		read_prose(outline, text);
	}
}

void outline_break(struct outline *outline)
{
	outline->paragraph = NULL;
}

bool outline_is_planned(const struct outline *outline)
{
	int level;

	for (level = 0; level <= outline->level; level++) {
		if (outline->headings[level].is_planned)
			return true;
	}
	return false;
}

const char *outline_text(const struct outline *outline,
			 enum outline_field field)
{
	int level;

	for (level = outline->level; level >= 0; level--) {
		if (outline->headings[level].fields[field] != NULL)
			return outline->headings[level].fields[field];
	}
	return "";
}

void outline_release(struct outline *outline)
{
	int level;

	for (level = 0; level <= OUTLINE_LEVELS; level++)
		heading_release(&outline->headings[level]);
	outline->paragraph = NULL;
}
