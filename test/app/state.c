/*
 * state SCRATCH FILE...: what a database is, in a line for each FILE:
 *
 *	VERSION CHECK MODE CONTENT RIGHTS
 *
 * the version that its ledger says ("none" without one), what SQLite finds
 * wrong ("ok"), its journal mode, a checksum of its schema and rows but for the
 * ledger, and who may do what with FILE ("640 0:0": mode, owner, group). What
 * cannot be read is told in place of it.
 *
 * It is opened as an application would open it: what a dead one left beside it
 * is played back. That is done to a copy in SCRATCH, a folder, and FILE stays
 * as it is. (A sweep looks at thousands of them: what is one process here would
 * be six with cp and rm.)
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER "'fleet_schema_history'"

struct content {
	sqlite3 *db;
	uint64_t sum;
	int failed;
};

/* FNV-1a: nobody means any harm here. */
static void add(struct content *content, const void *data, size_t bytes)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < bytes; i++)
		content->sum = (content->sum ^ byte[i]) *
			       UINT64_C(0x100000001b3);
}

static void add_column(struct content *content, sqlite3_stmt *row, int i)
{
	char type = (char)sqlite3_column_type(row, i);
	const void *data = sqlite3_column_blob(row, i);
	int bytes = sqlite3_column_bytes(row, i);

	add(content, &type, sizeof(type));
	add(content, &bytes, sizeof(bytes));
	if (bytes > 0)
		add(content, data, (size_t)bytes);
}

static void add_rows(struct content *content, const char *sql)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(content->db, sql, -1, &row, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(row); i++)
			add_column(content, row, i);
		code = SQLITE_OK;
	}
	sqlite3_finalize(row);
	content->failed |= code != SQLITE_DONE;
}

static int add_table(void *self, int count, char **values, char **names)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", values[0]);

	(void)count;
	(void)names;
	add_rows(self, sql);
	sqlite3_free(sql);
	return 0;
}

/* The first column of the last row; of a failure, what it was. */
static void print_answer(sqlite3 *db, const char *sql, const char *otherwise)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(row);
	if (code == SQLITE_ROW)
		printf("%s ", sqlite3_column_text(row, 0));
	else
		printf("%s ", otherwise != NULL ? otherwise
						: sqlite3_errmsg(db));
	sqlite3_finalize(row);
}

/* What is not there is not in the copy either. */
static void copy(const char *from, const char *to)
{
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int target;
	ssize_t bytes;

	unlink(to);
	if (source < 0)
		return;
	target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	do
		bytes = sendfile(target, source, NULL, 1 << 20);
	while (bytes > 0);
	if (bytes < 0)
		printf("cannot be copied: %s: ", strerror(errno));
	close(source);
	close(target);
}

/* The database and what lies beside it. */
static void copy_all(const char *path, const char *name)
{
	static const char *const suffixes[] = { "", "-journal", "-wal",
						"-shm" };
	char from[4096], to[4096];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s%s", name, suffixes[i]);
		copy(from, to);
	}
}

static void print_state(const char *path)
{
	struct content content = { .sum = UINT64_C(0xcbf29ce484222325) };

	if (sqlite3_open_v2(path, &content.db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK) {
		printf("cannot be opened: %s ", sqlite3_errmsg(content.db));
		sqlite3_close(content.db);
		return;
	}
	print_answer(content.db, "SELECT to_version FROM fleet_schema_history "
		     "ORDER BY rank DESC", "none");
	print_answer(content.db, "PRAGMA integrity_check", NULL);
	print_answer(content.db, "PRAGMA journal_mode", NULL);
	add_rows(&content, "SELECT type, name, tbl_name, sql FROM "
		 "sqlite_schema WHERE tbl_name <> " LEDGER " ORDER BY 1, 2");
	if (sqlite3_exec(content.db, "SELECT name FROM sqlite_schema WHERE "
			 "type = 'table' AND name <> " LEDGER " ORDER BY 1",
			 add_table, &content, NULL) != SQLITE_OK)
		content.failed = 1;
	printf("%016" PRIx64 "%s ", content.sum,
	       content.failed ? " and more that cannot be read" : "");
	sqlite3_close(content.db);
}

static void print_rights(const char *path)
{
	struct stat seen;

	if (lstat(path, &seen) == 0)
		printf("%o %u:%u\n", (unsigned)seen.st_mode & 07777,
		       (unsigned)seen.st_uid, (unsigned)seen.st_gid);
	else
		printf("%s\n", strerror(errno));
}

int main(int argc, char **argv)
{
	char name[4096];

	if (argc < 2)
		return 64;
	snprintf(name, sizeof(name), "%s/looked-at.db", argv[1]);
	for (int i = 2; i < argc; i++) {
		copy_all(argv[i], name);
		print_state(name);
		print_rights(argv[i]);
	}
	return 0;
}
