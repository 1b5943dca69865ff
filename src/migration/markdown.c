#include "migration/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/outline.h"
#include "migration/parts.h"
#include "migration/span.h"
#include "migration/tag.h"
#include "migration/textfile.h"

enum block { BLOCK_NONE, BLOCK_SQL, BLOCK_OTHER };

struct document {
	const char *name;
	struct migrations *into;
	int line;
	struct outline outline;

	enum block block;
	int block_line;
	char fence; /* of which character the block's fence is made */
	bool has_tag;
	bool has_lookalike; /* what is no tag and was told of as such */
	int outside_line; /* the first SQL in the block outside of tags, or 0 */

	bool is_open; /* a start was seen and not its end yet */
	struct tag start; /* of the part that is open */
	int start_line;
	const char *sql;
};

static void add_step(struct document *doc, const char *sql_end)
{
	struct step *step = xcalloc(1, sizeof(*step));

	step->kind = doc->start.kind;
	step->from =
		doc->start.from[0] == '\0' ? NULL : xstrdup(doc->start.from);
	step->to = xstrdup(doc->start.to);
	step->file = xstrdup(doc->name);
	step->line = doc->start_line + 1;
	step->sql = textfile_copy(doc->sql, sql_end);
	step->description =
		xstrdup(outline_text(&doc->outline, OUTLINE_DESCRIPTION));
	step->date = xstrdup(outline_text(&doc->outline, OUTLINE_DATE));
	step->is_planned = outline_is_planned(&doc->outline);
	migrations_add_step(doc->into, step);
}

static void add_part(struct document *doc, enum step_part part,
		     const char *sql_end)
{
	const struct tag *tag = &doc->start;
	struct step_text text = {
		.sql = textfile_copy(doc->sql, sql_end),
		.file = xstrdup(doc->name),
		.line = doc->start_line + 1,
	};

	parts_add(doc->into, tag->kind, tag->from[0] == '\0' ? NULL : tag->from,
		  tag->to, part, &text);
}

static void end_part(struct document *doc, const char *sql_end)
{
	static const struct {
		enum tag_type tag;
		enum step_part part;
	} parts[] = {
		{ TAG_DOWN, STEP_DOWN },
		{ TAG_CHECK, STEP_CHECK },
		{ TAG_VERIFY, STEP_VERIFY },
	};
	size_t i;

	if (doc->start.type == TAG_START)
		add_step(doc, sql_end);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (doc->start.type == parts[i].tag)
			add_part(doc, parts[i].part, sql_end);
	}
	doc->is_open = false;
}

/* The block is over, by its fence or because something else begins. */
static void leave_block(struct document *doc, bool is_closed)
{
	if (doc->is_open)
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->start_line, "no-end",
				       "%s has a start and no end in its "
				       "block; end it with \"-- [%s:end]\" "
				       "before the closing fence",
				       doc->start.name, doc->start.name);
	else if (doc->has_tag && !is_closed)
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->block_line, "open-fence",
				       "the sql block is never closed; put a "
				       "line ``` behind its last tag");
	else if (doc->has_tag && doc->outside_line > 0)
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->outside_line, "outside",
				       "SQL outside the start and end tags of "
				       "its block would never run; move it "
				       "between them");
	else if (doc->block == BLOCK_SQL && !doc->has_tag &&
		 !doc->has_lookalike)
		migrations_add_finding(doc->into, SEVERITY_NOTE, doc->name,
				       doc->block_line, "untagged",
				       "an sql block without tags is text and "
				       "never run");
	doc->block = BLOCK_NONE;
	doc->is_open = false;
}

static void enter_block(struct document *doc, struct span language, char fence)
{
	struct span word = { language.at, 0 };

	if (doc->block != BLOCK_NONE && !doc->has_tag)
		migrations_add_finding(doc->into, SEVERITY_WARNING, doc->name,
				       doc->line, "open-fence",
				       "the block that began at line %d is "
				       "still open here, headings since then "
				       "were not seen as such; close it with a "
				       "line ```",
				       doc->block_line);
	if (doc->block != BLOCK_NONE)
		leave_block(doc, false);
	while (word.bytes < language.bytes &&
	       !span_is_blank(language.at[word.bytes]))
		word.bytes++;
	doc->block =
		span_is_ignoring_case(word, "sql") ? BLOCK_SQL : BLOCK_OTHER;
	doc->block_line = doc->line;
	doc->fence = fence;
	doc->has_tag = doc->has_lookalike = false;
	doc->outside_line = 0;
}

/* Opens or closes a block if the line is a fence. */
static bool read_fence(struct document *doc, struct span line)
{
	char fence = line.bytes > 0 ? line.at[0] : '\0';
	size_t marks = span_run(line, fence);
	struct span language;

	if ((fence != '`' && fence != '~') || marks < 3)
		return false;
	language = span_skip(line, marks);
	/* "```words```" is code inside a line of prose. */
	if (memchr(language.at, '`', language.bytes) != NULL)
		return false;
	if (language.bytes > 0)
		enter_block(doc, language, fence);
	else if (doc->block != BLOCK_NONE && doc->fence != fence)
		return false;
	else if (doc->block != BLOCK_NONE)
		leave_block(doc, true);
	return true;
}

static void start_part(struct document *doc, const struct tag *tag,
		       const char *line_begin, const char *next)
{
	if (doc->is_open && tag->type != TAG_START &&
	    tag_is_same_step(&doc->start, tag))
		end_part(doc, line_begin);
	if (doc->is_open)
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->line, "nested",
				       "%s starts inside %s, which began at "
				       "line %d and has no end yet",
				       tag->name, doc->start.name,
				       doc->start_line);
	doc->is_open = doc->has_tag = true;
	doc->start = *tag;
	doc->start_line = doc->line;
	doc->sql = next;
}

static void read_end(struct document *doc, const struct tag *tag,
		     const char *line_begin)
{
	doc->has_tag = true;
	if (doc->is_open && tag_is_same_step(&doc->start, tag)) {
		end_part(doc, line_begin);
		return;
	}
	if (doc->is_open)
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->line, "other-end",
				       "this end is that of %s, and the step "
				       "that is open here is %s, from line %d",
				       tag->name, doc->start.name,
				       doc->start_line);
	else
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->line, "no-start",
				       "the end of %s has no start before it "
				       "in its block; begin it with \"-- "
				       "[%s:start]\"",
				       tag->name, tag->name);
	/* What stood before this end was most likely meant to be in it. */
	doc->outside_line = 0;
	doc->is_open = false;
}

static void report_placeholder(struct document *doc, const struct tag *tag)
{
	if (tag->has_digit)
		migrations_add_finding(doc->into, SEVERITY_WARNING, doc->name,
				       doc->line, "placeholder",
				       "[%s] names no versions and is ignored; "
				       "a version begins with a digit, as "
				       "0.3.20",
				       tag->name);
	else
		migrations_add_finding(doc->into, SEVERITY_NOTE, doc->name,
				       doc->line, "placeholder",
				       "[%s] names no versions and is ignored",
				       tag->name);
}

/* A tag where none is read: silence would mean a step that never runs. */
static void report_misplaced(struct document *doc, const struct tag *tag)
{
	if (doc->block == BLOCK_OTHER)
		migrations_add_finding(doc->into, SEVERITY_WARNING, doc->name,
				       doc->line, "ignored-tag",
				       "a tag of %s in a block of another "
				       "language is ignored; only ```sql "
				       "blocks are run",
				       tag->name);
	else if (tag->type == TAG_END)
		read_end(doc, tag, NULL);
	else
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->line, "no-block",
				       "%s starts outside an sql block; put a "
				       "line ```sql before the tag",
				       tag->name);
}

/* Handles the line if it is a tag, or looks like one. */
static bool read_tag(struct document *doc, struct span line, const char *begin,
		     const char *next)
{
	struct tag tag;
	enum tag_type type = tag_read(line.at, line.bytes, &tag);

	if (type == TAG_NONE)
		return false;
	doc->has_lookalike |= type == TAG_PLACEHOLDER || type == TAG_WRONG;
	if (type == TAG_PLACEHOLDER && !doc->is_open)
		report_placeholder(doc, &tag);
	else if (type == TAG_PLACEHOLDER || type == TAG_WRONG)
		migrations_add_finding(
			doc->into, SEVERITY_ERROR, doc->name, doc->line, "tag",
			"[%s]: %s", tag.name,
			tag.problem != NULL
				? tag.problem
				: "its versions are none, inside a step");
	else if (doc->block != BLOCK_SQL)
		report_misplaced(doc, &tag);
	else if (type == TAG_END)
		read_end(doc, &tag, begin);
	else
		start_part(doc, &tag, begin, next);
	return true;
}

static void read_line(struct document *doc, const char *begin, const char *end,
		      const char *next)
{
	struct span line = span_trim(begin, (size_t)(end - begin));

	if (!textfile_check_line(doc->name, doc->line, begin, end, doc->into))
		return;
	if (read_fence(doc, line) || read_tag(doc, line, begin, next)) {
		outline_break(&doc->outline);
	} else if (doc->block == BLOCK_NONE) {
		outline_read(&doc->outline, begin, (size_t)(end - begin));
	} else if (!doc->is_open && doc->outside_line == 0 && line.bytes > 0 &&
		   span_run(line, '-') < 2) {
		doc->outside_line = doc->line;
	}
}

void markdown_parse(const char *name, const char *text, size_t bytes,
		    struct migrations *into)
{
	struct document doc = { .name = name, .into = into };
	const char *end = text + bytes;

	text += textfile_mark(text, bytes);
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *next = stop == NULL ? end : stop + 1;

		doc.line++;
		read_line(&doc, text, stop == NULL ? end : stop, next);
		text = next;
	}
	if (doc.block != BLOCK_NONE)
		leave_block(&doc, false);
	outline_release(&doc.outline);
}

int markdown_read(const char *path, struct migrations *into, struct error *err)
{
	size_t bytes;
	char *text;
	int rc = textfile_read(path, into, &text, &bytes, err);

	if (text != NULL)
		markdown_parse(path, text, bytes, into);
	free(text);
	return rc;
}
