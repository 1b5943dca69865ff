#include "report/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const char *const escape_codes[TONE_COUNT] = {
	[TONE_PLAIN] = "",
	[TONE_GOOD] = "\033[32m",
	[TONE_WARN] = "\033[33m",
	[TONE_BAD] = "\033[1;31m",
	[TONE_TITLE] = "\033[1m",
	[TONE_ASIDE] = "\033[2m",
};

void say_toned(FILE *out, bool colour, enum tone tone, const char *fmt, ...)
{
	bool painted = colour && tone != TONE_PLAIN;
	va_list args;

	if (painted)
		fputs(escape_codes[tone], out);
	va_start(args, fmt);
	vfprintf(out, fmt, args);
	va_end(args);
	if (painted)
		fputs("\033[0m", out);
}

void say_escaped(FILE *out, const char *text)
{
	char *safe;

	if (!text) {
		fputc('-', out);
		return;
	}
	safe = text_escape(text);
	fputs(safe, out);
	free(safe);
}

void say_subject(FILE *out, enum kind kind, const char *username)
{
	if (kind == KIND_SYSTEM) {
		fputs("system.db", out);
		return;
	}
	fputs("user ", out);
	say_escaped(out, username);
}

char *say_count(size_t count, char out[SAY_COUNT_BYTES])
{
	char digits[SAY_COUNT_BYTES];
	int length = snprintf(digits, sizeof(digits), "%zu", count);
	char *to = out;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return out;
}

void say_amount(FILE *out, size_t count, const char *one, const char *many)
{
	char text[SAY_COUNT_BYTES];

	fprintf(out, "%s %s", say_count(count, text), count == 1 ? one : many);
}

char *say_part(const char **text)
{
	const char *end = strstr(*text, "; ");
	size_t bytes = end ? (size_t)(end - *text) : strlen(*text);
	char *part = xstrndup(*text, bytes);

	*text += end ? bytes + 2 : bytes;
	return part;
}

void say_parts(FILE *out, const char *indent, const char *text)
{
	while (*text != '\0') {
		char *part = say_part(&text);

		fputs(indent, out);
		say_escaped(out, part);
		fputc('\n', out);
		free(part);
	}
}

/* The escaped form is valid UTF-8, so a character is a byte that continues
 * none. */
static size_t columns_of(const char *safe)
{
	size_t columns = 0;

	for (; *safe != '\0'; safe++)
		columns += ((unsigned char)*safe & 0xC0) != 0x80;
	return columns;
}

size_t say_width(const char *text)
{
	char *safe = text_escape(text);
	size_t columns = columns_of(safe);

	free(safe);
	return columns;
}

void say_padded(FILE *out, const char *text, size_t width)
{
	char *safe = text_escape(text);
	size_t columns = columns_of(safe);

	fputs(safe, out);
	while (columns++ < width)
		fputc(' ', out);
	free(safe);
}
