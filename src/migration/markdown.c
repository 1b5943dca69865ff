#include "migration/markdown.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "migration/outline.h"
#include "migration/span.h"
#include "migration/tag.h"

#define FILE_LIMIT_BYTES ((size_t)16 << 20)
#define BYTE_ORDER_MARK  "\xef\xbb\xbf"

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
	struct tag start;
	int start_line;
	const char *sql;
};

/* The lines from `begin` on, with "\n" for every kind of line break. */
static char *copy_sql(const char *begin, const char *end)
{
	char *sql = xmalloc((size_t)(end - begin) + 1);
	size_t used = 0;

	for (; begin < end; begin++) {
		if (*begin != '\r' || begin + 1 == end || begin[1] != '\n')
			sql[used++] = *begin;
	}
	sql[used] = '\0';
	return sql;
}

static void end_step(struct document *doc, const char *sql_end)
{
	struct step *step = xcalloc(1, sizeof(*step));

	step->kind = doc->start.kind;
	step->from =
		doc->start.from[0] == '\0' ? NULL : xstrdup(doc->start.from);
	step->to = xstrdup(doc->start.to);
	step->file = xstrdup(doc->name);
	step->line = doc->start_line + 1;
	step->sql = copy_sql(doc->sql, sql_end);
	step->description =
		xstrdup(outline_text(&doc->outline, OUTLINE_DESCRIPTION));
	step->date = xstrdup(outline_text(&doc->outline, OUTLINE_DATE));
	step->is_planned = outline_is_planned(&doc->outline);
	migrations_add_step(doc->into, step);
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

static void start_step(struct document *doc, const struct tag *tag,
		       const char *next)
{
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
		end_step(doc, line_begin);
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
	else if (type == TAG_START)
		start_step(doc, &tag, next);
	else
		read_end(doc, &tag, begin);
	return true;
}

static void read_line(struct document *doc, const char *begin, const char *end,
		      const char *next)
{
	struct span line = span_trim(begin, (size_t)(end - begin));

	if (memchr(begin, '\0', (size_t)(end - begin)) != NULL) {
		migrations_add_finding(doc->into, SEVERITY_ERROR, doc->name,
				       doc->line, "nul",
				       "the line has a NUL byte; save the file "
				       "as UTF-8 text");
	} else if (read_fence(doc, line) || read_tag(doc, line, begin, next)) {
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

	if (bytes >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0)
		text += 3;
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
	/* A named pipe must not hold us up before it is seen to be one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat stat_of;
	char *text = NULL;
	size_t bytes = 0;
	int rc = 0;

	if (stream != NULL && fstat(fd, &stat_of) == 0 &&
	    !S_ISREG(stat_of.st_mode))
		rc = error_set(err, ERROR_MIGRATION,
			       "%s: it is no regular file; the migrations are "
			       "not read",
			       path);
	else if (stream != NULL)
		text = text_read_all(stream, FILE_LIMIT_BYTES, &bytes);
	if (text != NULL)
		markdown_parse(path, text, bytes, into);
	else if (rc == 0 && stream != NULL && errno == EFBIG)
		migrations_add_finding(into, SEVERITY_ERROR, path, 0, "size",
				       "the file is over %zu MiB; split it "
				       "into several in one folder",
				       FILE_LIMIT_BYTES >> 20);
	else if (rc == 0)
		rc = error_set_errno(err, ERROR_MIGRATION, errno,
				     "%s: the migrations cannot be read", path);
	free(text);
	if (stream != NULL)
		(void)fclose(stream);
	return rc;
}
