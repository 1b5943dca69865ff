#include "migration/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "migration/section.h"
#include "migration/sheets.h"
#include "migration/textfile.h"

struct reading {
	struct migrations *into;
	enum kind kind;
	const char *marks; /* whose marks count, see files_read() */
	struct sheets sheets;
	struct step *newest;	/* that was read; NULL: none yet */
	const struct sheet *up; /* from which it came */
	const char *format;	/* of the first file that has marks */
	const char *unmarked;	/* the first file that has none; borrowed */
};

/* What the marks of one file say about the folder. */
static void judge_format(struct reading *reading, const struct sheet *sheet,
			 const struct section *section)
{
	if (section->format == NULL) {
		if (reading->unmarked == NULL)
			reading->unmarked = sheet->path;
		return;
	}
	if (reading->format == NULL)
		reading->format = section->format;
	if (strcmp(reading->format, section->format) != 0)
		migrations_add_finding(
			reading->into, SEVERITY_ERROR, sheet->path, 0,
			"two-formats",
			"it has marks of %s, and other files of the folder "
			"those of %s; keep to one of them",
			section->format, reading->format);
}

static char *copy_part(const struct section_part *part)
{
	return textfile_copy(part->text.at, part->text.at + part->text.bytes);
}

/* A step of which the file's name has said all that it says. */
static struct step *begin_step(const struct reading *reading,
			       const struct sheet *sheet)
{
	struct step *step = xcalloc(1, sizeof(*step));

	step->kind = reading->kind;
	step->from = reading->newest == NULL ? NULL
					     : xstrdup(reading->newest->to);
	step->to = xstrdup(sheet->name.number);
	step->file = xstrdup(sheet->path);
	step->line = 1;
	step->description = xstrdup(sheet->name.words);
	step->date = xstrdup(sheet->name.date);
	return step;
}

static void end_step(struct reading *reading, const struct sheet *sheet,
		     struct step *step)
{
	migrations_add_step(reading->into, step);
	reading->newest = step;
	reading->up = sheet;
}

/* The comments at the head of a script, as those of SQL. */
static char *copy_head(const char *text, size_t bytes)
{
	const char *at = text, *const end = text + bytes;
	char *copy = xmalloc(2 * bytes + 1), *to = copy;

	while (at < end && *at == '#') {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *next = stop == NULL ? end : stop + 1;

		if (at[1] == '!') /* how the kernel runs it */
			at = stop == NULL ? end : stop;
		else
			to = stpcpy(to, "--"), at++;
		to = mempcpy(to, at, (size_t)(next - at));
		at = next;
	}
	*to = '\0';
	return copy;
}

static void add_program(struct reading *reading, const struct sheet *sheet,
			const char *text, size_t bytes)
{
	struct step *step = begin_step(reading, sheet);
	struct checksum sum;

	step->sql = copy_head(text, bytes);
	step->is_program = true;
	checksum_init(&sum);
	checksum_add(&sum, text, bytes);
	checksum_end(&sum, step->checksum);
	end_step(reading, sheet, step);
}

static void add_step(struct reading *reading, const struct sheet *sheet,
		     const char *text, size_t bytes)
{
	struct step *step = begin_step(reading, sheet);
	struct section section;

	section_read(sheet->path, text, bytes, reading->marks, &section,
		     reading->into);
	judge_format(reading, sheet, &section);
	step->line = section.up.line;
	step->sql = copy_part(&section.up);
	step->is_outside_transaction = section.up.is_outside_transaction;
	if (section.down.line > 0) {
		const struct step_text down = {
			.sql = copy_part(&section.down),
			.file = xstrdup(sheet->path),
			.line = section.down.line,
		};

		(void)step_set_part(step, STEP_DOWN, &down);
	}
	end_step(reading, sheet, step);
}

/* A file that is a part of the newest step. */
static void add_part(struct reading *reading, const struct sheet *sheet,
		     enum step_part part, const char *text, size_t bytes)
{
	const size_t mark = textfile_mark(text, bytes);
	struct step_text copy = {
		.sql = textfile_copy(text + mark, text + bytes),
		.file = xstrdup(sheet->path),
		.line = 1,
	};

	if (step_set_part(reading->newest, part, &copy))
		return;
	migrations_add_finding(reading->into, SEVERITY_ERROR, sheet->path, 0,
			       "same-part",
			       "%s has a %s already, at %s:%d; keep one of "
			       "them",
			       reading->newest->name, step_part_name(part),
			       reading->newest->parts[part].file,
			       reading->newest->parts[part].line);
	step_text_release(&copy);
}

static void report_same(struct reading *reading, const struct sheet *second)
{
	const struct sheets *sheets = &reading->sheets;
	char next[VERSION_BYTES];

	(void)filename_next(sheets->list[sheets->count - 1].name.number, next,
			    sizeof(next));
	migrations_add_finding(reading->into, SEVERITY_ERROR, second->path, 0,
			       "same-number",
			       "%s has the same number; give the newer of the "
			       "two %s%s",
			       reading->up->path,
			       next[0] == '\0' ? "a later one"
					       : "the next free one, ",
			       next);
}

/* Which part of its step a file is; false: it is the way up. */
static bool part_of(enum filename_way way, enum step_part *out)
{
	static const struct {
		enum filename_way way;
		enum step_part part;
	} parts[] = {
		{ FILENAME_DOWN, STEP_DOWN },
		{ FILENAME_CHECK, STEP_CHECK },
		{ FILENAME_VERIFY, STEP_VERIFY },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].way != way)
			continue;
		*out = parts[i].part;
		return true;
	}
	return false;
}

/* Of the files of one number the first is the way up, and parts may follow. */
static int read_sheet(struct reading *reading, const struct sheet *sheet,
		      struct error *err)
{
	bool is_same = reading->up != NULL &&
		       version_compare(reading->up->name.number,
				       sheet->name.number) == 0;
	enum step_part part = STEP_DOWN;
	bool is_part = part_of(sheet->name.way, &part);
	char *text = NULL;
	size_t bytes;
	int rc;

	if (is_part && !is_same) {
		migrations_add_finding(
			reading->into, SEVERITY_ERROR, sheet->path, 0, "no-up",
			"a %s without its way up; add that, or take this file "
			"away",
			step_part_name(part));
		return 0;
	}
	if (is_same && !is_part) {
		report_same(reading, sheet);
		return 0;
	}
	rc = textfile_read(sheet->path, reading->into, &text, &bytes, err);
	if (text != NULL && sheet->name.way == FILENAME_PROGRAM)
		add_program(reading, sheet, text, bytes);
	else if (text != NULL && is_part)
		add_part(reading, sheet, part, text, bytes);
	else if (text != NULL)
		add_step(reading, sheet, text, bytes);
	free(text);
	return rc;
}

/* What only all files together tell. */
static void conclude(struct reading *reading)
{
	struct migrations *into = reading->into;

	if (reading->format != NULL && reading->unmarked != NULL)
		migrations_add_finding(
			into, SEVERITY_WARNING, reading->unmarked, 0, "no-mark",
			"it has no marks, and other files of the folder have "
			"those of %s; all of it is run",
			reading->format);
	into->format = reading->format != NULL ? reading->format
					       : reading->sheets.shape;
	into->chains[reading->kind].format = into->format;
	into->chains[reading->kind].is_set = true;
}

int files_read(const char *folder, enum kind kind, const char *format,
	       struct migrations *into, struct error *err)
{
	struct reading reading = {
		.into = into,
		.kind = kind,
		.marks = format,
	};
	int rc = sheets_find(folder, &reading.sheets, into, err);
	size_t i;

	for (i = 0; rc == 0 && i < reading.sheets.count; i++)
		rc = read_sheet(&reading, &reading.sheets.list[i], err);
	if (rc == 0)
		conclude(&reading);
	sheets_release(&reading.sheets);
	return rc;
}
