#include "migration/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"

#define FILE_LIMIT_BYTES ((size_t)16 << 20)
#define BYTE_ORDER_MARK	 "\xef\xbb\xbf"

/* What is read is told by `errno`, as of fopen(). */
static FILE *open_regular(const char *path, bool *is_other)
{
	/* A named pipe must not hold us up before it is seen to be one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat stat_of;

	*is_other = stream != NULL && fstat(fd, &stat_of) == 0 &&
		    !S_ISREG(stat_of.st_mode);
	return stream;
}

int textfile_read(const char *path, struct migrations *into, char **out,
		  size_t *bytes, struct error *err)
{
	bool is_other;
	FILE *stream = open_regular(path, &is_other);
	char *text = NULL;
	int rc = 0;

	if (is_other)
		rc = error_set(err, ERROR_MIGRATION,
			       "%s: it is no regular file; the migrations are "
			       "not read",
			       path);
	else if (stream != NULL)
		text = text_read_all(stream, FILE_LIMIT_BYTES, bytes);
	if (text == NULL && rc == 0 && stream != NULL && errno == EFBIG)
		migrations_add_finding(into, SEVERITY_ERROR, path, 0, "size",
				       "the file is over %zu MiB; split it "
				       "into several in one folder",
				       FILE_LIMIT_BYTES >> 20);
	else if (text == NULL && rc == 0)
		rc = error_set_errno(err, ERROR_MIGRATION, errno,
				     "%s: the migrations cannot be read", path);
	if (stream != NULL)
		(void)fclose(stream);
	*out = text;
	return rc;
}

size_t textfile_mark(const char *text, size_t bytes)
{
	size_t mark = strlen(BYTE_ORDER_MARK);

	return bytes >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0 ? mark
									 : 0;
}

char *textfile_copy(const char *begin, const char *end)
{
	char *copy = xmalloc((size_t)(end - begin) + 1);
	size_t used = 0;

	for (; begin < end; begin++) {
		if (*begin != '\r' || begin + 1 == end || begin[1] != '\n')
			copy[used++] = *begin;
	}
	copy[used] = '\0';
	return copy;
}

bool textfile_check_line(const char *name, int line, const char *begin,
			 const char *end, struct migrations *into)
{
	if (memchr(begin, '\0', (size_t)(end - begin)) == NULL)
		return true;
	migrations_add_finding(into, SEVERITY_ERROR, name, line, "nul",
			       "the line has a NUL byte; save the file as "
			       "UTF-8 text");
	return false;
}
