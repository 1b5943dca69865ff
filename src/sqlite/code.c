#include "sqlite/connection.h"

#include <sqlite3.h>
#include <stddef.h>

#include "sqlite/rights.h"

/* The part of connection.h that knows result codes: a table for each way that a
 * code is looked at. */

/* clang-format off */
#define CODE(name) { SQLITE_##name, "SQLITE_" #name }
/* clang-format on */

static const struct {
	int code;
	const char *name;
} code_names[] = {
	CODE(OK),
	CODE(ERROR),
	CODE(INTERNAL),
	CODE(PERM),
	CODE(ABORT),
	CODE(BUSY),
	CODE(LOCKED),
	CODE(NOMEM),
	CODE(READONLY),
	CODE(INTERRUPT),
	CODE(IOERR),
	CODE(CORRUPT),
	CODE(NOTFOUND),
	CODE(FULL),
	CODE(CANTOPEN),
	CODE(PROTOCOL),
	CODE(EMPTY),
	CODE(SCHEMA),
	CODE(TOOBIG),
	CODE(CONSTRAINT),
	CODE(MISMATCH),
	CODE(MISUSE),
	CODE(NOLFS),
	CODE(AUTH),
	CODE(FORMAT),
	CODE(RANGE),
	CODE(NOTADB),
	CODE(NOTICE),
	CODE(WARNING),
	CODE(ROW),
	CODE(DONE),

	CODE(ERROR_MISSING_COLLSEQ),
	CODE(ERROR_RETRY),
	CODE(ERROR_SNAPSHOT),
	CODE(IOERR_READ),
	CODE(IOERR_SHORT_READ),
	CODE(IOERR_WRITE),
	CODE(IOERR_FSYNC),
	CODE(IOERR_DIR_FSYNC),
	CODE(IOERR_TRUNCATE),
	CODE(IOERR_FSTAT),
	CODE(IOERR_UNLOCK),
	CODE(IOERR_RDLOCK),
	CODE(IOERR_DELETE),
	CODE(IOERR_NOMEM),
	CODE(IOERR_ACCESS),
	CODE(IOERR_CHECKRESERVEDLOCK),
	CODE(IOERR_LOCK),
	CODE(IOERR_CLOSE),
	CODE(IOERR_SHMOPEN),
	CODE(IOERR_SHMSIZE),
	CODE(IOERR_SHMLOCK),
	CODE(IOERR_SHMMAP),
	CODE(IOERR_SEEK),
	CODE(IOERR_DELETE_NOENT),
	CODE(IOERR_MMAP),
	CODE(IOERR_GETTEMPPATH),
	CODE(IOERR_VNODE),
	CODE(IOERR_AUTH),
	CODE(IOERR_BEGIN_ATOMIC),
	CODE(IOERR_COMMIT_ATOMIC),
	CODE(IOERR_ROLLBACK_ATOMIC),
	CODE(IOERR_DATA),
	CODE(IOERR_CORRUPTFS),
	CODE(LOCKED_SHAREDCACHE),
	CODE(LOCKED_VTAB),
	CODE(BUSY_RECOVERY),
	CODE(BUSY_SNAPSHOT),
	CODE(BUSY_TIMEOUT),
	CODE(CANTOPEN_NOTEMPDIR),
	CODE(CANTOPEN_ISDIR),
	CODE(CANTOPEN_FULLPATH),
	CODE(CANTOPEN_CONVPATH),
	CODE(CANTOPEN_DIRTYWAL),
	CODE(CANTOPEN_SYMLINK),
	CODE(CORRUPT_VTAB),
	CODE(CORRUPT_SEQUENCE),
	CODE(CORRUPT_INDEX),
	CODE(READONLY_RECOVERY),
	CODE(READONLY_CANTLOCK),
	CODE(READONLY_ROLLBACK),
	CODE(READONLY_DBMOVED),
	CODE(READONLY_CANTINIT),
	CODE(READONLY_DIRECTORY),
	CODE(ABORT_ROLLBACK),
	CODE(CONSTRAINT_CHECK),
	CODE(CONSTRAINT_COMMITHOOK),
	CODE(CONSTRAINT_FOREIGNKEY),
	CODE(CONSTRAINT_FUNCTION),
	CODE(CONSTRAINT_NOTNULL),
	CODE(CONSTRAINT_PRIMARYKEY),
	CODE(CONSTRAINT_TRIGGER),
	CODE(CONSTRAINT_UNIQUE),
	CODE(CONSTRAINT_VTAB),
	CODE(CONSTRAINT_ROWID),
	CODE(CONSTRAINT_PINNED),
	CODE(CONSTRAINT_DATATYPE),
	CODE(NOTICE_RECOVER_WAL),
	CODE(NOTICE_RECOVER_ROLLBACK),
	CODE(WARNING_AUTOINDEX),
	CODE(AUTH_USER),
};

static const struct {
	int primary;
	enum error_code error;
} error_codes[] = {
	{ SQLITE_BUSY, ERROR_BUSY },       { SQLITE_LOCKED, ERROR_BUSY },
	{ SQLITE_CORRUPT, ERROR_CORRUPT }, { SQLITE_NOTADB, ERROR_CORRUPT },
	{ SQLITE_FULL, ERROR_NOSPACE },    { SQLITE_IOERR, ERROR_IO },
	{ SQLITE_CANTOPEN, ERROR_IO },     { SQLITE_READONLY, ERROR_IO },
	{ SQLITE_PERM, ERROR_IO },         { SQLITE_INTERRUPT, ERROR_STOPPED },
};

static int primary_code(int sqlite_code)
{
	return sqlite_code & 0xff;
}

static const char *find_name(int sqlite_code)
{
	for (size_t i = 0; i < sizeof(code_names) / sizeof(*code_names); i++)
		if (code_names[i].code == sqlite_code)
			return code_names[i].name;
	return NULL;
}

const char *connection_code_name(int sqlite_code)
{
	const char *name = find_name(sqlite_code);

	if (!name)
		name = find_name(primary_code(sqlite_code));
	return name ? name : "SQLITE_UNKNOWN";
}

bool connection_blames_sql(const struct error *err)
{
	return primary_code(err->sqlite_code) == SQLITE_ERROR;
}

static enum error_code error_code_of(int sqlite_code)
{
	size_t count = sizeof(error_codes) / sizeof(*error_codes);

	for (size_t i = 0; i < count; i++)
		if (error_codes[i].primary == primary_code(sqlite_code))
			return error_codes[i].error;
	return ERROR_SQL;
}

/* What the system said, where SQLite failed because of it; 0 if nothing. A
 * refused link is SQLite's own finding: errno then is left from before. */
static int system_error(struct sqlite3 *db, int sqlite_code)
{
	int primary = primary_code(sqlite_code);

	if (sqlite3_extended_errcode(db) != sqlite_code ||
	    sqlite_code == SQLITE_CANTOPEN_SYMLINK ||
	    (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN))
		return 0;
	return sqlite3_system_errno(db);
}

int connection_error(struct sqlite3 *db, int sqlite_code, struct error *err)
{
	enum error_code code = error_code_of(sqlite_code);
	const char *text = sqlite3_errstr(sqlite_code);
	const char *limit;
	int errnum = 0;
	int result;

	if (db && sqlite3_extended_errcode(db) == sqlite_code) {
		text = sqlite3_errmsg(db);
		errnum = system_error(db, sqlite_code);
	}
	limit = db && code == ERROR_STOPPED ? connection_over(db) : NULL;
	if (limit)
		result = error_set(err, ERROR_SQL,
				   "it took longer than %s lets it", limit);
	else
		result = errnum ? error_set_errno(err, code, errnum, "%s", text)
				: error_set(err, code, "%s", text);
	if (err)
		err->sqlite_code = sqlite_code;
	if (err && db && primary_code(sqlite_code) == SQLITE_READONLY)
		rights_explain(sqlite3_db_filename(db, "main"), true, err);
	return result;
}
