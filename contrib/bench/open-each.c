/*
 * open-each: asks every database of a fleet for its version in the plain way,
 * by opening one after the other with SQLite in one process. What the program
 * needs where there is nothing to do is measured against this.
 *
 * usage: open-each DIR
 *
 * Prints "VERSION COUNT" for the newest row of each ledger, in the order in
 * which the versions are met.
 */
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define SUFFIX        "_longterm.db"
#define VERSIONS_MOST 64

struct count {
	char version[64];
	unsigned long files;
};

static void newest_version(const char *path, char *out, size_t size)
{
	sqlite3_stmt *statement = NULL;
	const unsigned char *version = NULL;
	sqlite3 *db;

	if (sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db,
			       "SELECT to_version FROM fleet_schema_history "
			       "ORDER BY rank DESC LIMIT 1",
			       -1, &statement, NULL) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		version = sqlite3_column_text(statement, 0);
	snprintf(out, size, "%s",
		 version == NULL ? "none" : (const char *)version);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void count_version(struct count counts[VERSIONS_MOST],
			  const char *version)
{
	size_t i;

	for (i = 0; i < VERSIONS_MOST; i++) {
		if (counts[i].files == 0)
			snprintf(counts[i].version, sizeof(counts[i].version),
				 "%s", version);
		if (strcmp(counts[i].version, version) == 0) {
			counts[i].files++;
			return;
		}
	}
	errx(1, "more than %d versions", VERSIONS_MOST);
}

int main(int argc, char **argv)
{
	struct count counts[VERSIONS_MOST] = { 0 };
	struct dirent *entry;
	char version[64], path[4096];
	char *folder;
	DIR *dir;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: open-each DIR\n");
		return 64;
	}
	folder = realpath(argv[1], NULL);
	dir = folder == NULL ? NULL : opendir(folder);
	if (dir == NULL)
		err(1, "%s", argv[1]);
	while ((entry = readdir(dir)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (length < sizeof(SUFFIX) ||
		    strcmp(entry->d_name + length - sizeof(SUFFIX) + 1,
			   SUFFIX) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		newest_version(path, version, sizeof(version));
		count_version(counts, version);
	}
	for (i = 0; i < VERSIONS_MOST && counts[i].files > 0; i++)
		printf("%s %lu\n", counts[i].version, counts[i].files);
	closedir(dir);
	free(folder);
	return 0;
}
