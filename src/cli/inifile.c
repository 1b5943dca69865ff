#include "cli/inifile.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <string.h>

struct reading {
	FILE *stream;
	inifile_take *take;
	void *self;
	struct error *err;
	int line;	 /* the one read last, from 1 */
	int failed_line; /* 0: none */
	int code;	 /* what failed_line failed with */
};

static void fail(struct reading *reading, const char *message)
{
	reading->failed_line = reading->line;
	reading->code = error_set(reading->err, ERROR_CONFIG, "%s", message);
}

/* A line as inih would read it, so that we judge what it judges. */
static const char *misunderstood(const char *line)
{
	const char *start = line;

	while (isspace((unsigned char)*start))
		start++;
	if (*start == '\0' || *start == ';' || *start == '#')
		return NULL;
	if (start > line)
		return "the line is indented; begin it in the first column";
	for (const char *at = start + 1; *at; at++)
		if ((*at == ';' || *at == '#') &&
		    isspace((unsigned char)at[-1]))
			return "a comment behind a value would be read as part "
			       "of it, or cut it; put it on a line of its own";
	return NULL;
}

/* What fgets() does, but never a part of a line. One that is the last, without
 * a line end, may be no longer than the others. */
static char *read_line(char *out, int room, void *stream)
{
	struct reading *reading = stream;
	const char *complaint = NULL;
	int c, bytes = 0;

	if (reading->failed_line)
		return NULL;
	reading->line++;
	while ((c = getc(reading->stream)) != EOF) {
		if (c == '\0')
			complaint = "the line has a NUL byte; is this an INI "
				    "file?";
		else if (bytes == room - 2 && c != '\n')
			complaint = "the line is too long for an INI file; "
				    "give a long value with --set or in the "
				    "environment";
		else
			out[bytes++] = (char)c;
		if (complaint || c == '\n')
			break;
	}
	out[bytes] = '\0';
	if (!complaint)
		complaint = misunderstood(out);
	if (complaint)
		fail(reading, complaint);
	return complaint || bytes == 0 ? NULL : out;
}

static int hear(void *user, const char *section, const char *name,
		const char *value)
{
	struct reading *reading = user;

	if (reading->failed_line)
		return 0;
	reading->code = reading->take(reading->self, reading->line, section,
				      name, value, reading->err);
	if (reading->code)
		reading->failed_line = reading->line;
	return reading->code == 0;
}

int inifile_read(FILE *stream, const char *path, inifile_take *take, void *self,
		 struct error *err)
{
	struct reading reading = {
		.stream = stream, .take = take, .self = self, .err = err,
	};
	int syntax_line = ini_parse_stream(read_line, &reading, hear, &reading);

	if (ferror(stream))
		return error_set_errno(err, ERROR_IO, errno,
				       "%s: cannot be read", path);
	/* inih goes on behind a line that it cannot parse, and tells the first
	 * such line only at the end. */
	if (syntax_line > 0 &&
	    (!reading.failed_line || syntax_line < reading.failed_line)) {
		reading.failed_line = syntax_line;
		reading.code = error_set(err, ERROR_CONFIG, "not understood; "
					 "write \"[section]\" or \"key = "
					 "value\"");
	}
	if (reading.failed_line)
		return error_prefix(err, "%s:%d", path, reading.failed_line);
	return syntax_line < 0 ? error_set(err, ERROR_IO, "%s: cannot be read",
					   path) : 0;
}
