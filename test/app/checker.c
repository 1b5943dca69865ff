/*
 * checker: compares a fleet that nobody has open with the logs of its writers.
 *
 * Databases are read with immutable=1, which leaves nothing beside them and
 * sees nothing that lies there; whatever does is a complaint.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "living.h"

struct entry {
	int database;
	int64_t id;
	bool is_sure;
};

/* What the logs say, by database and id. */
struct ledger {
	struct entry *entries;
	size_t count, room;
};

struct check {
	FILE *out;
	const char *path; /* what is looked at */
	int complaints;
	struct ledger ledger;
	int version; /* 0: any */
};

static void __attribute__((format(printf, 2, 3)))
complain(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fprintf(check->out, "%s: ", check->path);
	(void)vfprintf(check->out, format, args);
	(void)fputc('\n', check->out);
	va_end(args);
	check->complaints++;
}

/* ---- the logs ---- */

static int by_database_and_id(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->database != b->database)
		return a->database < b->database ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static void read_log(struct check *check)
{
	struct ledger *ledger = &check->ledger;
	FILE *log = fopen(check->path, "r");
	struct entry entry;
	char word[8];
	long long id;
	int fields = 0;

	if (log == NULL) {
		complain(check, "%s", strerror(errno));
		return;
	}
	while ((fields = fscanf(log, "%d %lld %7s", &entry.database, &id,
				word)) == 3) {
		entry.id = id;
		entry.is_sure = strcmp(word, "ok") == 0;
		if (ledger->count == ledger->room) {
			ledger->room = ledger->room * 2 + 1024;
			ledger->entries = realloc(ledger->entries,
				ledger->room * sizeof(entry));
			if (ledger->entries == NULL)
				abort();
		}
		ledger->entries[ledger->count++] = entry;
	}
	if (fields != EOF)
		complain(check, "a torn line");
	(void)fclose(log);
}

/* Calls `look` with check->path set to each name in a folder. */
static void each_name(struct check *check, const char *folder,
		      void (*look)(struct check *))
{
	const char *before = check->path;
	char path[4096];
	DIR *dir = opendir(folder);

	check->path = folder;
	if (dir == NULL)
		complain(check, "%s", strerror(errno));
	for (struct dirent *name; dir && (name = readdir(dir)) != NULL;) {
		if (strcmp(name->d_name, ".") == 0 ||
		    strcmp(name->d_name, "..") == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       name->d_name);
		check->path = path;
		look(check);
	}
	if (dir != NULL)
		(void)closedir(dir);
	check->path = before;
}

/* ---- one database ---- */

static sqlite3 *open_database(struct check *check)
{
	sqlite3 *db = NULL;
	char uri[4200];

	(void)snprintf(uri, sizeof(uri), "file:%s?immutable=1", check->path);
	if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
			    NULL) != SQLITE_OK)
		complain(check, "%s", sqlite3_errmsg(db));
	return db;
}

static sqlite3_stmt *prepare(struct check *check, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		complain(check, "%s: %s", sql, sqlite3_errmsg(db));
	return statement;
}

/* Every row of the result is a complaint. */
static void expect_none(struct check *check, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = prepare(check, db, sql);
	int code = SQLITE_DONE;

	while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
		complain(check, "%s: %s", sql,
			 (const char *)sqlite3_column_text(statement, 0));
	if (code != SQLITE_DONE)
		complain(check, "%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_finalize(statement);
}

static int number_of(struct check *check, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = prepare(check, db, sql);
	int number = -1;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	return number;
}

/* Every step up to the version, and none twice; the ledger says the same. A
 * backup may be of any version, but its own must be whole too. */
static void check_steps(struct check *check, sqlite3 *db)
{
	int version = number_of(check, db,
		"SELECT to_version FROM fleet_schema_history "
		"ORDER BY rank DESC LIMIT 1");
	int steps = number_of(check, db, "SELECT count(*) FROM applied");
	int newest = number_of(check, db,
			       "SELECT coalesce(max(step), 1) FROM applied");

	if (check->version != 0 && version != check->version)
		complain(check, "at version %d, not %d", version,
			 check->version);
	if (newest != version || steps != version - 1)
		complain(check, "at version %d, %d steps, the last is %d",
			 version, steps, newest);
	expect_none(check, db, "SELECT 'step ' || step FROM applied "
			       "GROUP BY step HAVING count(*) <> 1");
	expect_none(check, db, "SELECT to_version FROM fleet_schema_history "
			       "GROUP BY to_version HAVING count(*) <> 1");
}

/* What is in the log and not in the database. In a live database that is a row
 * lost. A backup is what was there at one moment: of each writer's rows the
 * first so many, `*gone` being a writer of whom no more may come. */
static void check_missing(struct check *check, const struct entry *entry,
			  int64_t *gone)
{
	if (!entry->is_sure)
		return;
	if (check->version != 0)
		complain(check, "row %lld is lost", (long long)entry->id);
	*gone = entry->id >> 32;
}

static void check_row(struct check *check, int64_t id,
		      const struct entry **entry, const struct entry *end,
		      int database, int64_t *gone)
{
	while (*entry < end && (*entry)->database == database &&
	       (*entry)->id < id)
		check_missing(check, (*entry)++, gone);
	if (*entry == end || (*entry)->database != database ||
	    (*entry)->id != id) {
		complain(check, "row %lld is there, and there twice or "
			 "acknowledged to nobody", (long long)id);
		return;
	}
	if (*gone == id >> 32)
		complain(check, "row %lld is there, and one before it is not",
			 (long long)id);
	(*entry)++;
}

static void check_rows(struct check *check, sqlite3 *db, int database)
{
	const struct entry *entry = check->ledger.entries;
	const struct entry *end = entry + check->ledger.count;
	sqlite3_stmt *rows = prepare(check, db,
				     "SELECT id FROM note ORDER BY id");
	int64_t gone = -1;

	while (entry < end && entry->database < database)
		entry++;
	while (rows && sqlite3_step(rows) == SQLITE_ROW)
		check_row(check, sqlite3_column_int64(rows, 0), &entry, end,
			  database, &gone);
	if (sqlite3_finalize(rows) != SQLITE_OK)
		complain(check, "%s", sqlite3_errmsg(db));
	while (entry < end && entry->database == database)
		check_missing(check, entry++, &gone);
}

static void check_database(struct check *check)
{
	const char *name = strrchr(check->path, '/') + 1;
	int database = 0;
	struct stat stat;
	sqlite3 *db;

	if (strcmp(name, "system.db") != 0 &&
	    sscanf(name, "u%d_longterm.db", &database) != 1) {
		complain(check, "should not be here");
		return;
	}
	if (lstat(check->path, &stat) != 0 || !S_ISREG(stat.st_mode) ||
	    stat.st_nlink != 1)
		complain(check, "is no file with one name");
	db = open_database(check);
	expect_none(check, db,
		    "SELECT integrity_check FROM pragma_integrity_check "
		    "WHERE integrity_check <> 'ok'");
	check_steps(check, db);
	check_rows(check, db, database);
	(void)sqlite3_close(db);
}

/* ---- the folders ---- */

static void check_left(struct check *check)
{
	complain(check, "was left behind");
}

/* In the fleet's folder: databases and the state directory, nothing else. */
static void check_name(struct check *check)
{
	const char *name = strrchr(check->path, '/') + 1;

	if (strcmp(name, ".fleet-upgrade") == 0)
		return;
	if (fnmatch("*.db", name, 0) == 0)
		check_database(check);
	else
		check_left(check);
}

/* Where two close a database with a WAL at one time, neither is the last to
 * SQLite, and its -wal stays. Who opens it next and is alone clears that up. */
static void settle(struct check *check)
{
	int database;
	sqlite3 *db = NULL;

	if (sscanf(strrchr(check->path, '/'), "/u%d_longterm.db", &database) !=
		    1 || !database_has_wal(database) ||
	    fnmatch("*.db", check->path, 0) != 0)
		return;
	if (sqlite3_open_v2(check->path, &db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK)
		complain(check, "%s", sqlite3_errmsg(db));
	(void)number_of(check, db, "SELECT count(*) FROM note");
	(void)sqlite3_close(db);
}

/* In the folder of a run: backups, and a hidden note of ours. */
static void check_backup(struct check *check)
{
	if (strrchr(check->path, '/')[1] != '.')
		check_database(check);
}

static void check_run(struct check *check)
{
	each_name(check, check->path, check_backup);
}

int check_fleet(FILE *out, const char *folder, const char *logs, int version)
{
	struct check check = { .out = out, .version = version };
	char path[4096];

	each_name(&check, logs, read_log);
	qsort(check.ledger.entries, check.ledger.count,
	      sizeof(*check.ledger.entries), by_database_and_id);
	each_name(&check, folder, settle);
	each_name(&check, folder, check_name);

	(void)snprintf(path, sizeof(path), "%s/.fleet-upgrade/staging", folder);
	each_name(&check, path, check_left);
	check.version = 0;
	(void)snprintf(path, sizeof(path), "%s/.fleet-upgrade/backups", folder);
	each_name(&check, path, check_run);
	free(check.ledger.entries);
	return check.complaints;
}
