#include "cli/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static void print(const char *lead, const char *text)
{
	char *escaped = text_escape(text);

	fprintf(stderr, "fleet-upgrade: %s%s\n", lead, escaped);
	free(escaped);
}

void message_error(const struct error *error)
{
	print("", error->message);
}

void message_warn(const char *fmt, ...)
{
	char text[ERROR_MESSAGE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	print("warning: ", text);
}
