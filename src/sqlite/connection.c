#include "sqlite/connection.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sqlite/authorizer.h"
#include "sqlite/calls.h"
#include "sqlite/patience.h"
#include "sqlite/rights.h"

/* A gigabyte, SQLite's own limit, for each worker is what one zeroblob() in a
 * hostile trigger could take; rows of half of it are still legitimate. */
#define VALUE_BYTES_MAX (512 * 1024 * 1024)

/* Before it, trusted_schema=OFF breaks FTS and R-Tree in triggers. */
#define TRUSTED_SCHEMA_VERSION 3044000

#define FILE_FLAGS                                                       \
	(SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | \
	 SQLITE_OPEN_NOFOLLOW)

struct mode {
	int flags;
	const char *parameters; /* of the URI; NULL: there is no file */
	/* Before DEFENSIVE, which refuses some. Where there is a file, one of
	 * them reads it: its schema, or the header alone (schema_version). */
	const char *pragmas;
};

/* Before a page is read: what is in the cache is not looked at again. */
#define CHECKED "PRAGMA cell_size_check=ON;"

static const struct mode modes[] = {
	[CONNECTION_WRITE] = { FILE_FLAGS | SQLITE_OPEN_READWRITE, "",
			       CHECKED "PRAGMA synchronous=EXTRA" },
	[CONNECTION_READ] = { FILE_FLAGS | SQLITE_OPEN_READONLY,
			      "?mode=ro&readonly_shm=1",
			      CHECKED "PRAGMA page_count" },
	[CONNECTION_COPY] = { FILE_FLAGS | SQLITE_OPEN_READONLY,
			      "?mode=ro&readonly_shm=1",
			      CHECKED "PRAGMA schema_version" },
	[CONNECTION_IMMUTABLE] = { FILE_FLAGS | SQLITE_OPEN_READONLY,
				   "?mode=ro&immutable=1",
				   CHECKED "PRAGMA page_count" },
	[CONNECTION_PRIVATE] = { FILE_FLAGS | SQLITE_OPEN_READWRITE,
				 "?nolock=1",
				 CHECKED "PRAGMA locking_mode=EXCLUSIVE;"
					 "PRAGMA journal_mode=OFF;"
					 "PRAGMA synchronous=OFF" },
	[CONNECTION_TEMPORARY] = { SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					   SQLITE_OPEN_NOMUTEX |
					   SQLITE_OPEN_EXRESCODE,
				   NULL, CHECKED "PRAGMA journal_mode=MEMORY" },
	[CONNECTION_JOURNAL] = { FILE_FLAGS | SQLITE_OPEN_READWRITE, "",
				 CHECKED "PRAGMA synchronous=NORMAL" },
};

/* An empty authority, so that a path which begins with two slashes is no host
 * name; every byte that could mean something in a URI is encoded. */
static char *make_uri(const char *path, const char *parameters)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/-._~";
	static const char digits[] = "0123456789abcdef";
	static const char scheme[] = "file://";
	char *uri =
		xmalloc(sizeof(scheme) + 3 * strlen(path) + strlen(parameters));
	char *end = stpcpy(uri, scheme);

	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;

		if (strchr(plain, byte)) {
			*end++ = (char)byte;
			continue;
		}
		*end++ = '%';
		*end++ = digits[byte >> 4];
		*end++ = digits[byte & 0xf];
	}
	strcpy(end, parameters);
	return uri;
}

/* SQLite would make the file with the rights that the umask leaves. O_EXCL also
 * keeps from opening, and so from closing, a file that is there already: that
 * would drop every lock this process has on it. */
static int create_file(const char *path, struct error *err)
{
	int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0600);

	if (fd < 0)
		return errno == EEXIST
			       ? 0
			       : error_set_errno(err, ERROR_IO, errno,
						 "%s cannot be made", path);
	close(fd);
	return 0;
}

/* What does not depend on the file, and so cannot fail for its sake. */
static void harden(struct sqlite3 *db)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 0 },
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		sqlite3_db_config(db, options[i].option, options[i].value,
				  NULL);
	if (sqlite3_libversion_number() >= TRUSTED_SCHEMA_VERSION)
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	authorizer_install(db, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

static int set_cache(struct sqlite3 *db,
		     const struct connection_options *options,
		     struct error *err)
{
	int64_t kib = options->cache_bytes / 1024;
	char *sql;
	int code = 0;

	if (options->cache_bytes > 0) {
		sql = xasprintf("PRAGMA cache_size=-%d", kib < 1 ? 1
							 : kib > INT_MAX
								 ? INT_MAX
								 : (int)kib);
		code = connection_run(db, sql, err);
		free(sql);
	}
	/* A spilled page locks readers out until the commit. */
	if (!code && options->mode == CONNECTION_WRITE && !options->spill)
		code = connection_run(db, "PRAGMA cache_spill=OFF", err);
	return code;
}

static int set_up(struct sqlite3 *db, const struct connection_options *options,
		  struct error *err)
{
	int code;

	patience_begin(db, options);
	/* Checkpoints that overlap with the application's are not ours to
	 * risk. */
	sqlite3_wal_autocheckpoint(db, 0);
	code = connection_run(db, modes[options->mode].pragmas, err);
	if (code)
		return code;
	harden(db);
	return set_cache(db, options, err);
}

int connection_open(const char *path, const struct connection_options *options,
		    struct sqlite3 **out, struct error *err)
{
	const struct mode *mode = &modes[options->mode];
	char *uri = NULL;
	int sqlite_code, code = 0;

	*out = NULL;
	if (options->mode == CONNECTION_JOURNAL)
		code = create_file(path, err);
	else if (options->mode <= CONNECTION_COPY)
		code = calls_check(path, err);
	if (code)
		return code;
	if (mode->parameters)
		uri = make_uri(path, mode->parameters);
	sqlite_code = sqlite3_open_v2(uri ? uri : "", out, mode->flags, NULL);
	free(uri);
	if (sqlite_code != SQLITE_OK) {
		code = connection_error(*out, sqlite_code, err);
		rights_explain(path, !(mode->flags & SQLITE_OPEN_READONLY),
			       err);
	} else {
		code = set_up(*out, options, err);
	}
	if (code && *out) {
		/* What cannot be opened is damaged, and whoever is to repair it
		 * needs the WAL that lies beside it. */
		sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
				  NULL);
		connection_close(*out);
		*out = NULL;
	}
	return code;
}

void connection_close(struct sqlite3 *db)
{
	struct patience *patience = db ? patience_end(db) : NULL;
	int sqlite_code = sqlite3_close(db);

	free(patience);
	/* Not closed means that a query was left open: a defect, which would
	 * keep the file's locks. */
	assert(sqlite_code == SQLITE_OK);
	(void)sqlite_code;
}

int connection_allow_triggers(struct sqlite3 *db, bool allowed,
			      struct error *err)
{
	int code = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER,
				     (int)allowed, NULL);

	return code == SQLITE_OK ? 0 : connection_error(db, code, err);
}

int connection_enforce_keys(struct sqlite3 *db, bool enforced,
			    struct error *err)
{
	int code = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY,
				     (int)enforced, NULL);

	return code == SQLITE_OK ? 0 : connection_error(db, code, err);
}

void connection_allow_vacuum(struct sqlite3 *db, bool allowed)
{
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, (int)allowed);
}

int connection_vacuum(struct sqlite3 *db, struct error *err)
{
	int code;

	connection_allow_vacuum(db, true);
	code = connection_run(db, "VACUUM", err);
	connection_allow_vacuum(db, false);
	return code;
}

bool connection_in_transaction(struct sqlite3 *db)
{
	return !sqlite3_get_autocommit(db);
}

int connection_run(struct sqlite3 *db, const char *sql, struct error *err)
{
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : connection_error(db, code, err);
}

/* Steps `sql` once. *out is the statement on its first row, NULL if there is
 * none; the caller finalizes it. */
static int first_row(struct sqlite3 *db, const char *sql, sqlite3_stmt **out,
		     struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int code;

	*out = NULL;
	code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		*out = statement;
		return 0;
	}
	/* The message is the connection's only until it is finalized. */
	code = code == SQLITE_DONE ? 0 : connection_error(db, code, err);
	sqlite3_finalize(statement);
	return code;
}

int connection_number(struct sqlite3 *db, const char *sql, int64_t *out,
		      struct error *err)
{
	sqlite3_stmt *row;
	int code = first_row(db, sql, &row, err);

	*out = row ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	return code;
}

int connection_text(struct sqlite3 *db, const char *sql, char **out,
		    struct error *err)
{
	const unsigned char *text = NULL;
	sqlite3_stmt *row;
	int code = first_row(db, sql, &row, err);

	if (row)
		text = sqlite3_column_text(row, 0);
	*out = text ? xstrdup((const char *)text) : NULL;
	sqlite3_finalize(row);
	return code;
}

int connection_read_file(struct sqlite3 *db, void *out, int bytes,
			 int64_t offset, struct error *err)
{
	sqlite3_file *file = NULL;
	int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER,
					&file);

	if (code == SQLITE_OK && (!file || !file->pMethods))
		return error_set(err, ERROR_BUG,
				 "the database has no file to read from");
	if (code == SQLITE_OK)
		code = file->pMethods->xRead(file, out, bytes, offset);
	if (code == SQLITE_IOERR_SHORT_READ)
		return error_set(err, ERROR_CORRUPT,
				 "the file ends before byte %lld",
				 (long long)offset + bytes);
	return code == SQLITE_OK ? 0 : connection_error(db, code, err);
}

bool connection_has_moved(struct sqlite3 *db)
{
	int moved = 0;

	return sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED,
				    &moved) == SQLITE_OK &&
	       moved;
}
