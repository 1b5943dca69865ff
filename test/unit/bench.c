#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

int bench_group_setup(void **state)
{
	(void)state;
	return library_begin(NULL);
}

int bench_setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	void *folder;
	int rc = sandpit_open(&folder);

	bench->folder = folder;
	*state = bench;
	return rc;
}

int bench_teardown(void **state)
{
	struct bench *bench = *state;
	void *folder = bench->folder;
	int rc;

	for (size_t i = 0; i < bench->connection_count; i++)
		connection_close(bench->connections[i]);
	rc = sandpit_close(&folder);
	for (size_t i = 0; i < bench->path_count; i++)
		free(bench->paths[i]);
	free(bench->paths);
	free(bench);
	return rc;
}

const char *bench_path(struct bench *bench, const char *name)
{
	bench->paths = array_grow(bench->paths, bench->path_count,
				  &bench->path_capacity, sizeof(*bench->paths));
	return bench->paths[bench->path_count++] =
		       xasprintf("%s/%s", bench->folder->path, name);
}

struct sqlite3 *bench_application(struct bench *bench, const char *name)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(bench_path(bench, name), &db,
					 SQLITE_OPEN_READWRITE |
						 SQLITE_OPEN_CREATE,
					 NULL),
			 SQLITE_OK);
	return db;
}

void bench_make(struct bench *bench, const char *name, const char *sql)
{
	sqlite3 *db = bench_application(bench, name);

	bench_run(db, sql);
	connection_close(db);
}

static struct sqlite3 *keep(struct bench *bench, struct sqlite3 *db)
{
	assert_true(bench->connection_count < BENCH_CONNECTIONS);
	return bench->connections[bench->connection_count++] = db;
}

struct sqlite3 *bench_connect(struct bench *bench, const char *name,
			      enum connection_mode mode)
{
	const struct connection_options options = { .mode = mode };
	struct sqlite3 *db;

	if (connection_open(bench_path(bench, name), &options, &db,
			    &bench->err))
		fail_msg("%s: %s", name, bench->err.message);
	return keep(bench, db);
}

struct sqlite3 *bench_memory(struct bench *bench, const char *sql)
{
	struct sqlite3 *db = bench_connect(bench, "", CONNECTION_TEMPORARY);

	bench_run(db, sql);
	return db;
}

void bench_run(struct sqlite3 *db, const char *sql)
{
	struct error err = { 0 };

	if (connection_run(db, sql, &err))
		fail_msg("%s: %s", sql, err.message);
}

void bench_expect(struct sqlite3 *db, const char *sql, const char *expected)
{
	struct error err = { 0 };
	char *actual;

	if (connection_text(db, sql, &actual, &err))
		fail_msg("%s: %s", sql, err.message);
	if (expected) {
		assert_non_null(actual);
		assert_string_equal(actual, expected);
	} else {
		assert_null(actual);
	}
	free(actual);
}

bool bench_has_file(struct bench *bench, const char *name)
{
	return sandpit_has(bench->folder, name);
}

void bench_damage(struct bench *bench, const char *name, long offset,
		  const void *data, size_t bytes)
{
	int fd = open(bench_path(bench, name), O_WRONLY | O_CREAT | O_CLOEXEC,
		      0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, bytes, offset), bytes);
	close(fd);
}

int bench_file_count(struct bench *bench)
{
	DIR *folder = opendir(bench->folder->path);
	struct dirent *entry;
	int count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		count += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return count;
}
