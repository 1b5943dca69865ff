#include "report/line.h"

#include <stdlib.h>

#include "base/text.h"

/* The first byte of U+0080 to U+00BF. */
#define C1_LEAD 0xc2

/* What stands outside of strings is plain ASCII. */
static void print_safe(FILE *out, const unsigned char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == C1_LEAD && text[1] <= 0x9f)
			fprintf(out, "\\u%04X", *++text);
		else if (*text == 0x7f)
			fprintf(out, "\\u%04X", *text);
		else
			fputc(*text, out);
	}
}

json_t *line_text(const char *text)
{
	json_t *value;
	char *safe;

	if (text_is_utf8(text))
		return json_string(text);
	safe = text_escape(text);
	value = json_string(safe);
	free(safe);
	return value;
}

void line_print(FILE *out, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	if (!text)
		abort();
	print_safe(out, (const unsigned char *)text);
	fputc('\n', out);
	fflush(out);
	free(text);
	json_decref(object);
}
