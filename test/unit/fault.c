#include "fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

/* A copy of one file's methods, which knows where it belongs: SQLite hands out
 * the pointer to `methods`, its first member. */
struct fault_methods {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *real;
	struct fault *fault;
	char *path;
	bool is_ended; /* a journal, by zeros over its header */
	struct fault_methods *next;
};

#define JOURNAL_HEADER_BYTES 28

static int write_file(sqlite3_file *file, const void *data, int bytes,
		      sqlite3_int64 offset)
{
	static const char zeros[JOURNAL_HEADER_BYTES];
	struct fault_methods *mine = (struct fault_methods *)file->pMethods;

	mine->is_ended = offset == 0 && bytes == JOURNAL_HEADER_BYTES &&
			 memcmp(data, zeros, sizeof(zeros)) == 0;
	mine->fault->writes++;
	if (mine->fault->before_write != NULL)
		mine->fault->before_write(mine->fault, mine->path);
	if (mine->fault->fail_writes)
		return SQLITE_FULL;
	return mine->real->xWrite(file, data, bytes, offset);
}

static int sync_file(sqlite3_file *file, int flags)
{
	const struct fault_methods *mine = (const void *)file->pMethods;
	int rc = mine->real->xSync(file, flags);

	if (rc != SQLITE_OK || !mine->is_ended || !mine->fault->late_failure)
		return rc;
	mine->fault->late_failures++;
	return SQLITE_IOERR_FSYNC;
}

static int unlock_file(sqlite3_file *file, int level)
{
	const struct fault_methods *mine = (const void *)file->pMethods;
	int rc = mine->real->xUnlock(file, level);

	if (mine->fault->after_unlock != NULL)
		mine->fault->after_unlock(mine->fault, mine->path);
	return rc;
}

static bool is_meant(const struct fault *fault, const char *path, int flags)
{
	if (fault->only == NULL)
		return (flags & SQLITE_OPEN_MAIN_DB) != 0;
	if (text_ends_with(fault->only, "/"))
		return strstr(path, fault->only) != NULL;
	return text_ends_with(path, fault->only);
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
		     int flags, int *out_flags)
{
	struct fault *fault =
		(struct fault *)((char *)vfs - offsetof(struct fault, vfs));
	int rc = fault->real->xOpen(fault->real, path, file, flags, out_flags);
	struct fault_methods *mine;

	if (rc != SQLITE_OK || path == NULL || !is_meant(fault, path, flags))
		return rc;
	mine = xcalloc(1, sizeof(*mine));
	mine->methods = *file->pMethods;
	mine->methods.xWrite = write_file;
	mine->methods.xSync = sync_file;
	mine->methods.xUnlock = unlock_file;
	mine->real = file->pMethods;
	mine->fault = fault;
	mine->path = xstrdup(path);
	mine->next = fault->methods;
	fault->methods = mine;
	file->pMethods = &mine->methods;
	fault->opens++;
	if (fault->after_open != NULL)
		fault->after_open(fault, path);
	return rc;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync)
{
	struct fault *fault =
		(struct fault *)((char *)vfs - offsetof(struct fault, vfs));
	int rc = fault->real->xDelete(fault->real, path, sync);

	if (rc == SQLITE_OK && fault->late_failure &&
	    text_ends_with(path, "-journal")) {
		fault->late_failures++;
		return SQLITE_IOERR_DIR_FSYNC;
	}
	return rc;
}

void fault_open(struct fault *fault)
{
	fault->real = sqlite3_vfs_find(NULL);
	assert_non_null(fault->real);
	fault->vfs = *fault->real;
	fault->vfs.zName = "fault";
	fault->vfs.pNext = NULL;
	fault->vfs.xOpen = open_file;
	fault->vfs.xDelete = delete_file;
	assert_int_equal(sqlite3_vfs_register(&fault->vfs, 1), SQLITE_OK);
}

void fault_close(struct fault *fault)
{
	assert_int_equal(sqlite3_vfs_unregister(&fault->vfs), SQLITE_OK);
	assert_int_equal(sqlite3_vfs_register(fault->real, 1), SQLITE_OK);
	while (fault->methods != NULL) {
		struct fault_methods *next = fault->methods->next;

		free(fault->methods->path);
		free(fault->methods);
		fault->methods = next;
	}
}
