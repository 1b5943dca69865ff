#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#undef error_set
#undef error_set_errno

/* Twice the room of a message: what is too long shows as too long when it is
 * copied, and is marked as cut there. */
#define SCRATCH_BYTES (2 * ERROR_MESSAGE_BYTES)

static const char *const code_names[] = {
	[ERROR_NONE] = "NONE",
	[ERROR_USAGE] = "USAGE",
	[ERROR_MIGRATION] = "MIGRATION",
	[ERROR_CONFIG] = "CONFIG",
	[ERROR_LOCKED] = "LOCKED",
	[ERROR_HELD] = "HELD",
	[ERROR_NOSPACE] = "NOSPACE",
	[ERROR_IO] = "IO",
	[ERROR_MISSING] = "MISSING",
	[ERROR_BUSY] = "BUSY",
	[ERROR_SKIPPED] = "SKIPPED",
	[ERROR_CORRUPT] = "CORRUPT",
	[ERROR_NEWER] = "NEWER",
	[ERROR_UNVERSIONED] = "UNVERSIONED",
	[ERROR_SQL] = "SQL",
	[ERROR_CHECK] = "CHECK",
	[ERROR_WRITTEN] = "WRITTEN",
	[ERROR_STOPPED] = "STOPPED",
	[ERROR_BUG] = "BUG",
};

/* The arguments may point into err->message, so it is written last. */
static int set_formatted(struct error *err, enum error_code code,
			 const char *tail, const char *fmt, va_list args)
{
	char text[SCRATCH_BYTES] = "";
	size_t used;

	if (!err)
		return (int)code;
	vsnprintf(text, sizeof(text), fmt, args);
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, "%s", tail);
	err->code = code;
	err->sqlite_code = 0;
	text_copy(err->message, sizeof(err->message), text);
	return (int)code;
}

int error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_formatted(err, code, "", fmt, args);
	va_end(args);
	return (int)code;
}

int error_set_errno(struct error *err, enum error_code code, int errnum,
		    const char *fmt, ...)
{
	char reason[128];
	char tail[sizeof(reason) + 2];
	va_list args;

	if (errnum == ENOSPC || errnum == EDQUOT)
		code = ERROR_NOSPACE;
	snprintf(tail, sizeof(tail), ": %s",
		 strerror_r(errnum, reason, sizeof(reason)));
	va_start(args, fmt);
	set_formatted(err, code, tail, fmt, args);
	va_end(args);
	return (int)code;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char text[SCRATCH_BYTES] = "";
	size_t used;
	va_list args;

	if (!err)
		return ERROR_BUG;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, ": %s", err->message);
	text_copy(err->message, sizeof(err->message), text);
	return (int)err->code;
}

int error_append(struct error *err, const char *fmt, ...)
{
	char text[SCRATCH_BYTES];
	size_t used;
	va_list args;

	if (!err)
		return ERROR_BUG;
	snprintf(text, sizeof(text), "%s; ", err->message);
	used = strlen(text);
	va_start(args, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, args);
	va_end(args);
	text_copy(err->message, sizeof(err->message), text);
	return (int)err->code;
}

const char *error_code_name(enum error_code code)
{
	size_t i = (size_t)code;

	if (i >= sizeof(code_names) / sizeof(code_names[0]))
		return "UNKNOWN";
	return code_names[i];
}
