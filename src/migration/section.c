#include "migration/section.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "migration/directive.h"
#include "migration/sql.h"
#include "migration/textfile.h"
#include "sqlite/token.h"

enum part { PART_HEAD, PART_UP, PART_DOWN };

/* A mark: the first word of a comment, and what stands behind it. */
static const struct mark {
	const char *format;
	const char *word;
	const char *rest;
	enum part opens; /* PART_HEAD: it opens none */
	bool is_outside_transaction;
} marks[] = {
	{ "dbmate", "migrate:up", "", PART_UP, false },
	{ "dbmate", "migrate:up", "transaction:true", PART_UP, false },
	{ "dbmate", "migrate:up", "transaction:false", PART_UP, true },
	{ "dbmate", "migrate:down", "", PART_DOWN, false },
	{ "dbmate", "migrate:down", "transaction:true", PART_DOWN, false },
	{ "dbmate", "migrate:down", "transaction:false", PART_DOWN, true },
	{ "goose", "+goose", "Up", PART_UP, false },
	{ "goose", "+goose", "Down", PART_DOWN, false },
	{ "goose", "+goose", "StatementBegin", PART_HEAD, false },
	{ "goose", "+goose", "StatementEnd", PART_HEAD, false },
	{ "goose", "+goose", "ENVSUB OFF", PART_HEAD, false },
	{ "goose", "+goose", "NO TRANSACTION", PART_HEAD, true },
	{ "sql-migrate", "+migrate", "Up", PART_UP, false },
	{ "sql-migrate", "+migrate", "Up notransaction", PART_UP, true },
	{ "sql-migrate", "+migrate", "Down", PART_DOWN, false },
	{ "sql-migrate", "+migrate", "Down notransaction", PART_DOWN, true },
	{ "sql-migrate", "+migrate", "StatementBegin", PART_HEAD, false },
	{ "sql-migrate", "+migrate", "StatementEnd", PART_HEAD, false },
};

#define MARK_COUNT (sizeof(marks) / sizeof(marks[0]))

struct reading {
	const char *name;
	const char *format; /* the only one whose marks count; NULL: all do */
	struct migrations *into;
	struct section *out;
	int line;
	struct section_part *part; /* that is open; NULL: none yet */
	const char *head_end;	   /* the first mark; NULL: none yet */
	bool is_outside_transaction; /* said for the file as a whole */
};

static struct span take_word(struct span *rest)
{
	struct span word = { rest->at, 0 };

	while (word.bytes < rest->bytes && !span_is_blank(word.at[word.bytes]))
		word.bytes++;
	*rest = span_skip(*rest, word.bytes);
	return word;
}

/* Word by word, without regard to case. */
static bool is_same(struct span a, const char *text)
{
	struct span b = span_trim(text, strlen(text));

	while (a.bytes > 0 && b.bytes > 0) {
		struct span left = take_word(&a), right = take_word(&b);

		if (left.bytes != right.bytes ||
		    strncasecmp(left.at, right.at, left.bytes) != 0)
			return false;
	}
	return a.bytes == 0 && b.bytes == 0;
}

/* The mark that a line is, NULL if it is none. `*of` is the mark that it begins
 * like, even if it goes on in another way. */
static const struct mark *find_mark(const struct reading *reading,
				    struct span line, const struct mark **of)
{
	struct span comment, word;
	size_t i;

	*of = NULL;
	if (span_run(line, '-') != 2)
		return NULL;
	comment = span_skip(line, 2);
	word = take_word(&comment);
	for (i = 0; i < MARK_COUNT; i++) {
		if (!is_same(word, marks[i].word) ||
		    (reading->format != NULL &&
		     strcmp(reading->format, marks[i].format) != 0))
			continue;
		*of = &marks[i];
		if (is_same(comment, marks[i].rest))
			return &marks[i];
	}
	return NULL;
}

static void complain(struct reading *reading, int line, const char *rule,
		     const char *what)
{
	migrations_add_finding(reading->into, SEVERITY_ERROR, reading->name,
			       line, rule, "%s", what);
}

static void open_part(struct reading *reading, struct section_part *part,
		      const char *next)
{
	if (part->line > 0)
		complain(reading, reading->line, "same-mark",
			 "this mark is in the file already; keep one way up "
			 "and one way down, or make two files of it");
	reading->part = part;
	part->text = (struct span){ next, 0 };
	part->line = reading->line + 1;
}

static void read_mark(struct reading *reading, const struct mark *mark,
		      const char *next)
{
	struct section *out = reading->out;

	if (out->format != NULL && strcmp(out->format, mark->format) != 0)
		migrations_add_finding(reading->into, SEVERITY_ERROR,
				       reading->name, reading->line,
				       "two-formats",
				       "a mark of %s in a file with marks of "
				       "%s; keep those of one of them",
				       mark->format, out->format);
	out->format = mark->format;
	if (mark->opens != PART_HEAD)
		open_part(reading, mark->opens == PART_UP ? &out->up
							  : &out->down,
			  next);
	if (mark->opens == PART_HEAD)
		reading->is_outside_transaction |= mark->is_outside_transaction;
	else
		reading->part->is_outside_transaction =
			mark->is_outside_transaction;
}

static void read_line(struct reading *reading, const char *begin,
		      const char *end, const char *next)
{
	struct span line = span_trim(begin, (size_t)(end - begin));
	const struct mark *of;
	const struct mark *mark = find_mark(reading, line, &of);

	if (of != NULL && reading->head_end == NULL)
		reading->head_end = begin;
	if (mark != NULL)
		read_mark(reading, mark, next);
	else if (of != NULL)
		migrations_add_finding(reading->into, SEVERITY_ERROR,
				       reading->name, reading->line, "mark",
				       "this line begins like a mark of %s and "
				       "goes on like none that is known here; "
				       "mend it, or take it out",
				       of->format);
	else if (reading->part != NULL)
		reading->part->text.bytes =
			(size_t)(next - reading->part->text.at);
}

/* What stands before the first mark belongs to no way. */
static void check_head(struct reading *reading, const char *begin)
{
	char *head = textfile_copy(begin, reading->head_end);

	if (!sql_is_blank(head))
		complain(reading,
			 sql_line_of(head, (size_t)(token_skip_blank(head) -
						    head)),
			 "outside",
			 "what stands before the first mark would never run; "
			 "move it behind the mark of the way up");
	else if (directives_begin(head))
		complain(reading, 1, "directive",
			 "the directives before the first mark would be "
			 "overlooked; move them behind the mark of the way "
			 "up");
	free(head);
}

static void conclude(struct reading *reading, const char *begin,
		     const char *end)
{
	struct section *out = reading->out;

	if (reading->head_end == NULL) {
		out->up.text = (struct span){ begin, (size_t)(end - begin) };
		out->up.line = 1;
		return;
	}
	check_head(reading, begin);
	out->up.is_outside_transaction |= reading->is_outside_transaction;
	out->down.is_outside_transaction |= reading->is_outside_transaction;
	if (out->up.line == 0)
		complain(reading, out->down.line > 0 ? out->down.line - 1 : 1,
			 "no-up",
			 "no mark says where the way up begins; put one before "
			 "its SQL");
}

void section_read(const char *name, const char *text, size_t bytes,
		  const char *format, struct section *out,
		  struct migrations *into)
{
	struct reading reading = {
		.name = name,
		.format = format,
		.into = into,
		.out = out,
	};
	const char *begin = text + textfile_mark(text, bytes);
	const char *const end = text + bytes;
	const char *at = begin;

	memset(out, 0, sizeof(*out));
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *next = stop == NULL ? end : stop + 1;

		reading.line++;
		if (textfile_check_line(name, reading.line, at,
					stop == NULL ? end : stop, into))
			read_line(&reading, at, stop == NULL ? end : stop,
				  next);
		at = next;
	}
	conclude(&reading, begin, end);
}
