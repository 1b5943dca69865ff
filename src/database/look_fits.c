#include "database/look.h"

#include <sys/stat.h>

/* What there is instead of a regular file. */
static const struct {
	mode_t type;
	const char *name;
} file_types[] = {
	{ S_IFDIR, "a folder" },     { S_IFLNK, "a symbolic link" },
	{ S_IFIFO, "a named pipe" }, { S_IFSOCK, "a socket" },
	{ S_IFCHR, "a device" },     { S_IFBLK, "a device" },
};

int look_fits(const struct stamp *stamp, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(file_types) / sizeof(file_types[0]); i++) {
		if ((stamp->mode & S_IFMT) == file_types[i].type)
			return error_set(err, ERROR_SKIPPED,
					 "it is %s and no database; it was "
					 "left untouched",
					 file_types[i].name);
	}
	if (stamp->bytes == 0)
		return error_set(err, ERROR_SKIPPED,
				 "it is empty (0 bytes): the application may "
				 "be creating it, or did not get there; it was "
				 "left untouched");
	/* Fact (SQLite, os_unix.c): one byte is nothing to it, and beside
	 * nothing it deletes a -wal. */
	if (stamp->bytes == 1)
		return error_set(err, ERROR_CORRUPT,
				 "file is not a database (it has 1 byte); it "
				 "was left untouched");
	return 0;
}
