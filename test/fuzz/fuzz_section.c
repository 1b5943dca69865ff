/*
 * Any text as a numbered SQL file: its parts lie in it and do not overlap, what
 * is wrong is said with its line; and as a way up with a comment that says the
 * way back.
 *
 * Input: a byte that says whose marks count, then the file.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/remark.h"
#include "migration/section.h"
#include "migration/sql.h"
#include "migration/textfile.h"

static const char *const formats[] = { NULL, "", "dbmate", "goose",
				       "sql-migrate" };
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static void check_part(const struct section_part *part, const char *text,
		       size_t bytes, int lines)
{
	if (part->line == 0) {
		fuzz_claim(part->text.bytes == 0, "what is not there is empty");
		return;
	}
	fuzz_claim(part->line <= lines + 1, "a part begins in its file");
	fuzz_claim(part->text.at >= text &&
			   part->text.at + part->text.bytes <= text + bytes,
		   "a part lies in its file");
}

static bool overlap(const struct section *section)
{
	const struct span *up = &section->up.text;
	const struct span *down = &section->down.text;

	return up->bytes > 0 && down->bytes > 0 &&
	       up->at < down->at + down->bytes &&
	       down->at < up->at + up->bytes;
}

static void check_section(const char *format, const char *text, size_t bytes)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));
	struct section section;
	int lines = 1;

	for (size_t i = 0; i < bytes; i++)
		lines += text[i] == '\n';
	section_read("1_a.sql", text, bytes, format, &section, migrations);
	check_part(&section.up, text, bytes, lines);
	check_part(&section.down, text, bytes, lines);
	fuzz_claim(!overlap(&section), "no line is of both ways");
	fuzz_claim(section.up.line > 0 || migrations->finding_count > 0,
		   "a file without way up is told of");
	fuzz_claim(format == NULL || section.format == NULL ||
			   strcmp(format, section.format) == 0,
		   "only the marks that count are seen");
	for (size_t i = 0; i < migrations->finding_count; i++)
		fuzz_claim(migrations->findings[i].line <= lines,
			   "a finding lies in the file");
	migrations_free(migrations);
}

static void check_remark(const char *text, size_t bytes)
{
	char *sql = textfile_copy(text, text + bytes);
	size_t begin = 0;
	char *back = remark_rollback(sql, &begin);

	if (back != NULL) {
		fuzz_claim(strncmp(sql + begin, "--", 2) == 0,
			   "it begins with its comment");
		fuzz_claim(strlen(back) <= strlen(sql) + 1 &&
				   !sql_is_blank(back),
			   "it says no more than the comment, and something");
	}
	free(back);
	free(sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	check_section(formats[*data % FORMAT_COUNT], text, size - 1);
	if (memchr(text, '\0', size - 1) == NULL)
		check_remark(text, size - 1);
	return 0;
}
