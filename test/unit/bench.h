/*
 * bench: a temporary folder with databases in it, for the tests of the SQLite
 * layer.
 *
 * Runs on: the test's own thread. Owns: the folder, the paths it gave, and the
 * connections that bench_connect() opened; bench_close() frees, closes and
 * removes all of them.
 * Calling order: bench_group_setup() as the group's setup (SQLite is configured
 * once in a process), bench_setup() and bench_teardown() around every test,
 * with a struct bench in *state.
 */
#ifndef FLEET_TEST_BENCH_H
#define FLEET_TEST_BENCH_H

#include <stddef.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "sandpit.h"
#include "sqlite/connection.h"

#define BENCH_CONNECTIONS 8

/* A row of cmocka's table: a test with a bench in *state. */
#define BENCH_TEST(function) \
	cmocka_unit_test_setup_teardown(function, bench_setup, bench_teardown)

struct bench {
	struct sandpit *folder;
	char **paths;
	size_t path_count, path_capacity;
	struct sqlite3 *connections[BENCH_CONNECTIONS];
	size_t connection_count;
	struct error err; /* for whoever wants one */
};

int bench_group_setup(void **state);
int bench_setup(void **state);
int bench_teardown(void **state);

/* The path of a file in the folder. */
const char *bench_path(struct bench *bench, const char *name);

/* Makes a database, or changes it, as an application would: with an ordinary
 * connection of SQLite's, which is closed again. */
void bench_make(struct bench *bench, const char *name, const char *sql);

/* An application that stays: its connection, to be closed with
 * connection_close(). It does not wait for locks. */
struct sqlite3 *bench_application(struct bench *bench, const char *name);

/* A connection of ours that waits for no lock; asserts that it opens. */
struct sqlite3 *bench_connect(struct bench *bench, const char *name,
			      enum connection_mode mode);

/* A database in memory, with this content. */
struct sqlite3 *bench_memory(struct bench *bench, const char *sql);

/* Runs it, and asserts that it works. */
void bench_run(struct sqlite3 *db, const char *sql);

/* Asserts what the first column of the first row says; NULL: no row. */
void bench_expect(struct sqlite3 *db, const char *sql, const char *expected);

/* True if there is such a file in the folder. */
bool bench_has_file(struct bench *bench, const char *name);

/* Writes `bytes` of `data` into the file, at `offset`. */
void bench_damage(struct bench *bench, const char *name, long offset,
		  const void *data, size_t bytes);

/* How many files there are in the folder. */
int bench_file_count(struct bench *bench);

#endif
