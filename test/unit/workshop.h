/*
 * workshop: a small fleet for the tests of the database layer: a data folder, a
 * state folder, migrations in memory with their replay, a plan, and jobs.
 *
 * Runs on: the test's only thread. Everything lies in a fresh temporary folder,
 * removed by workshop_close().
 */
#ifndef FLEET_TEST_WORKSHOP_H
#define FLEET_TEST_WORKSHOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "database/job.h"
#include "database/work.h"

struct sqlite3;

struct workshop {
	char *root;		/* the temporary folder */
	char *data, *state;	/* root/data, root/state */
	struct migrations *migrations;
	struct replay *replays[KIND_COUNT];
	struct plan plan;
	struct subject subject;	/* of the last job */
	atomic_bool stop_now;
};

/* Migrations used by most tests: user 1 (people, letters), 2 (a column), 3 (a
 * table, a rebuild). In Markdown. */
extern const char workshop_history[];

/* How workshops opened from now on upgrade: CHOOSE_AUTO unless it is changed,
 * which is by swap where nothing is in the way. */
extern enum strategy_choice workshop_strategy;

/* Opens one with these migrations (Markdown), targets at their ends. */
void workshop_open(struct workshop *shop, const char *markdown);
void workshop_close(struct workshop *shop);

/* A test that gets one with workshop_history as its state. */
#define WORKSHOP_TEST(test) \
	cmocka_unit_test_setup_teardown(test, workshop_setup, workshop_teardown)
int workshop_setup(void **state);
int workshop_teardown(void **state);

/* Replaces the migrations, as a new release of the application would. */
void workshop_release(struct workshop *shop, const char *markdown);

/* Releases workshop_history with a step from 3 to 4 behind it. Its SQL begins
 * in line 1 of the step. */
void workshop_release_step(struct workshop *shop, const char *sql);

/* Makes data/NAME at version 3 with a ledger and, if not NULL, what `sql` adds
 * before the ledger is there; and begins a new run. */
void workshop_ready(struct workshop *shop, const char *name, const char *sql);

/* Begins a new run: another run id, with its folder of backups. */
void workshop_new_run(struct workshop *shop);

/* Runs SQL on data/NAME with a connection as an application has it, which is
 * closed again; made if it is not there. */
void workshop_sql(struct workshop *shop, const char *name, const char *sql);

/* Makes data/NAME as the application has it at that version of
 * workshop_history (1 to 3), with rows: text, blobs, foreign keys. No
 * ledger. */
void workshop_make(struct workshop *shop, const char *name, int version);

/* The same in WAL mode, closed and checkpointed. */
void workshop_make_wal(struct workshop *shop, const char *name, int version);

/* Leaves what an application leaves that was killed: a hot journal with half a
 * transaction in the database; a WAL with a letter (number 1000) that the
 * database has not. */
void workshop_leave_journal(struct workshop *shop, const char *name);
void workshop_leave_wal(struct workshop *shop, const char *name);

/* Everything in the tables of version 1, as text that shows types and blobs;
 * freed by the caller. */
char *workshop_rows(struct workshop *shop, const char *path);

/* First column of the first row, as text, freed by the caller; through an
 * ordinary connection. NULL if there is none. */
char *workshop_ask(struct workshop *shop, const char *path, const char *sql);

/* Asserts that the answer is `expected`. */
void workshop_expect(struct workshop *shop, const char *name, const char *sql,
		     const char *expected);

/* A job for data/NAME as user database; the subject is the workshop's. */
struct job workshop_job(struct workshop *shop, const char *name);

/* Does `work` with data/NAME as user database, in a batch of one, and gives the
 * result. */
struct result workshop_do(struct workshop *shop, job_work *work,
			  const char *name);

/* The same for a job that is made already. */
struct result workshop_work(job_work *work, struct job job);

/* As workshop_do() in a child process, after `prepare` has run there. */
struct result workshop_do_in_child(struct workshop *shop, job_work *work,
				   const char *name, void (*prepare)(void));

/* Asserts that it is this outcome; if not, tells why not. */
void workshop_outcome(const struct result *result, enum outcome outcome);

/* Asserts that the failure is of this kind and that its text has `part`. */
void workshop_failure(const struct result *result, enum error_code code,
		      const char *part);

/* Name, inode, mode, owner, size, times and checksum of everything in data/ and
 * state/, as text: the same if nothing was written. Freed by the caller. */
char *workshop_print(struct workshop *shop);

/* Asserts that `before` is still right, and frees it. */
void workshop_untouched(struct workshop *shop, char *before);

/* How many files there are below state/. */
int workshop_state_files(struct workshop *shop);

/* Absolute path in the data folder, and of its backup of the present run; freed
 * by the caller. */
char *workshop_path(struct workshop *shop, const char *name);
char *workshop_backup(struct workshop *shop, const char *name);

#endif
