#include "sqlite/copy.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/amount.h"
#include "base/folder.h"
#include "base/memory.h"
#include "sqlite/connection.h"

struct copy {
	sqlite3_backup *backup;
	struct sqlite3 *to; /* where SQLite keeps the message of a failure */
};

#define NOTHING_YET 0
#define ALL_PAGES   (-1)

/* Lets go of both databases: what is not complete is undone. */
static int end_backup(struct copy *copy, int code, struct error *err)
{
	struct sqlite3 *to = copy->to;

	sqlite3_backup_finish(copy->backup);
	free(copy);
	return code == SQLITE_OK ? 0 : connection_error(to, code, err);
}

/* Whether there is a first page. The PRAGMA would read the whole schema for it,
 * which nobody else needs who only copies; so it is asked only where the file
 * says nothing: in memory, or with all content in the WAL. */
static int has_pages(struct sqlite3 *db, bool *out, struct error *err)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 bytes = 0;
	int64_t pages = 0;
	int code = 0;

	sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (file && file->pMethods &&
	    file->pMethods->xFileSize(file, &bytes) != SQLITE_OK)
		bytes = 0;
	if (bytes == 0)
		code = connection_number(db, "PRAGMA main.page_count", &pages,
					 err);
	*out = bytes > 0 || pages > 0;
	return code;
}

/* Before the first lock is taken. */
static int start(struct sqlite3 *from, struct sqlite3 *to, struct copy **out,
		 struct error *err)
{
	sqlite3_backup *backup;
	bool is_filled;
	int code;

	*out = NULL;
	code = has_pages(from, &is_filled, err);
	if (code)
		return code;
	/* To SQLite an empty source is complete before its first page, and the
	 * target would be emptied on the spot. */
	if (!is_filled)
		return error_set(err, ERROR_CORRUPT,
				 "the database to be copied is empty");
	backup = sqlite3_backup_init(to, "main", from, "main");
	if (!backup)
		return connection_error(to, sqlite3_extended_errcode(to), err);
	*out = xmalloc(sizeof(**out));
	**out = (struct copy){ .backup = backup, .to = to };
	return 0;
}

int copy_begin(struct sqlite3 *from, struct sqlite3 *to, struct copy **out,
	       struct error *err)
{
	int sqlite_code;
	int code = start(from, to, out, err);

	if (!*out)
		return code;
	sqlite_code = sqlite3_backup_step((*out)->backup, NOTHING_YET);
	if (sqlite_code == SQLITE_OK)
		return 0;
	code = end_backup(*out, sqlite_code, err);
	*out = NULL;
	return code;
}

int copy_end(struct copy *copy, bool keep, struct error *err)
{
	int code = SQLITE_OK;

	if (!copy)
		return 0;
	if (keep)
		code = sqlite3_backup_step(copy->backup, ALL_PAGES);
	return end_backup(copy, code == SQLITE_DONE ? SQLITE_OK : code, err);
}

int copy_database(struct sqlite3 *from, struct sqlite3 *to, struct error *err)
{
	struct copy *copy;
	int code = start(from, to, &copy, err);

	return code ? code : copy_end(copy, true, err);
}

int copy_size(struct sqlite3 *db, int64_t *out_bytes, struct error *err)
{
	int64_t pages = 0, page_bytes = 0;
	int code;

	code = connection_number(db, "PRAGMA main.page_count", &pages, err);
	if (!code)
		code = connection_number(db, "PRAGMA main.page_size",
					 &page_bytes, err);
	*out_bytes = pages * page_bytes;
	return code;
}

int copy_expect_room(struct sqlite3 *db, int folder, const char *path,
		     struct error *err)
{
	char need[32], have[32];
	struct space space;
	int64_t bytes = 0;
	int code = space_of(folder, &space, err);

	if (!code)
		code = copy_size(db, &bytes, err);
	if (code || (uint64_t)bytes <= space.available)
		return code;
	amount_format_bytes((uint64_t)bytes, need, sizeof(need));
	amount_format_bytes(space.available, have, sizeof(have));
	return error_set(err, ERROR_NOSPACE, "a copy of it takes %s, and %s "
			 "are free in %s; make room there, or look what that "
			 "file is", need, have, path);
}
