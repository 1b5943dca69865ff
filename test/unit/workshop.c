#include "workshop.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "application.h"
#include "base/lease.h"
#include "base/memory.h"
#include "base/text.h"
#include "database/batch.h"
#include "migration/markdown.h"
#include "sqlite/connection.h"

enum strategy_choice workshop_strategy = CHOOSE_AUTO;

const char workshop_history[] =
	"```sql\n"
	"-- [user:baseline→1:start]\n"
	"CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
	"CREATE TABLE letters(id INTEGER PRIMARY KEY, person INTEGER NOT NULL\n"
	"  REFERENCES people(id) ON DELETE CASCADE, body BLOB);\n"
	"CREATE INDEX letters_person ON letters(person);\n"
	"-- [user:baseline→1:end]\n"
	"```\n"
	"```sql\n"
	"-- [user:1→2:start]\n"
	"ALTER TABLE people ADD COLUMN mail TEXT DEFAULT 'none';\n"
	"-- [user:1→2:end]\n"
	"```\n"
	"```sql\n"
	"-- [user:2→3:start]\n"
	"CREATE TABLE tags(id INTEGER PRIMARY KEY, word TEXT UNIQUE);\n"
	"CREATE TABLE new_people(id INTEGER PRIMARY KEY, name TEXT NOT NULL,\n"
	"  mail TEXT DEFAULT 'none', CHECK (length(name) > 0));\n"
	"INSERT INTO new_people SELECT id, name, mail FROM people;\n"
	"DROP TABLE people;\n"
	"ALTER TABLE new_people RENAME TO people;\n"
	"-- [user:2→3:end]\n"
	"```\n";

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

void workshop_release(struct workshop *shop, const char *markdown)
{
	struct error err = { 0 };
	size_t kind;

	for (kind = 0; kind < KIND_COUNT; kind++)
		replay_free(shop->replays[kind]);
	migrations_free(shop->migrations);
	shop->migrations = xcalloc(1, sizeof(*shop->migrations));
	markdown_parse("history.md", markdown, strlen(markdown),
		       shop->migrations);
	migrations_chain(shop->migrations);
	for (kind = 0; kind < KIND_COUNT; kind++) {
		const struct chain *chain = &shop->migrations->chains[kind];

		if (replay_new(chain, &shop->replays[kind], &err) != 0)
			fail_msg("%s", err.message);
		shop->plan.replays[kind] = shop->replays[kind];
		shop->plan.targets[kind] = chain->count;
	}
	shop->plan.migrations = shop->migrations;
}

void workshop_release_step(struct workshop *shop, const char *sql)
{
	char *markdown = xasprintf("%s```sql\n-- [user:3→4:start]\n%s\n"
				   "-- [user:3→4:end]\n```\n",
				   workshop_history, sql);

	workshop_release(shop, markdown);
	free(markdown);
}

void workshop_ready(struct workshop *shop, const char *name, const char *sql)
{
	struct result result;

	workshop_make(shop, name, 3);
	if (sql != NULL)
		workshop_sql(shop, name, sql);
	result = workshop_do(shop, work_upgrade, name);
	workshop_outcome(&result, OUTCOME_UPGRADED);
	workshop_new_run(shop);
}

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

void workshop_new_run(struct workshop *shop)
{
	char *path;

	if (shop->plan.backup_dir >= 0)
		(void)close(shop->plan.backup_dir);
	clock_run_id(shop->plan.run_id);
	path = xasprintf("%s/backups/%s", shop->state, shop->plan.run_id);
	make_folder(path);
	shop->plan.backup_dir = open_folder(path);
	free(path);
}

void workshop_open(struct workshop *shop, const char *markdown)
{
	const char *parent = getenv("TMPDIR");
	char *template = xasprintf("%s/workshop-XXXXXX",
				   parent != NULL ? parent : "/tmp");
	struct error err = { 0 };
	struct stamp staging;
	char *path;

	memset(shop, 0, sizeof(*shop));
	if (library_begin(&err) != 0)
		fail_msg("%s", err.message);
	assert_non_null(mkdtemp(template));
	shop->root = realpath(template, NULL);
	free(template);
	shop->data = xasprintf("%s/data", shop->root);
	shop->state = xasprintf("%s/state", shop->root);
	make_folder(shop->data);
	make_folder(shop->state);
	path = xasprintf("%s/backups", shop->state);
	make_folder(path);
	shop->plan.source_dir = open_folder(path);
	free(path);
	path = xasprintf("%s/staging", shop->state);
	make_folder(path);
	shop->plan.staging_dir = open_folder(path);
	free(path);
	shop->plan.data_dir = open_folder(shop->data);
	shop->plan.data_path = shop->data;
	shop->plan.state_dir = open_folder(shop->state);
	shop->plan.state_path = shop->state;
	shop->plan.backup_dir = -1;
	shop->plan.strategy = workshop_strategy;
	assert_int_equal(stamp_take(shop->plan.staging_dir, "", &staging,
				    &err), 0);
	shop->plan.staging_device = staging.device;
	shop->plan.lease_break_ms = lease_break_ms();
	lease_begin();
	shop->plan.cache_bytes = 4 << 20;
	workshop_new_run(shop);
	workshop_release(shop, markdown);
}

void workshop_close(struct workshop *shop)
{
	char *command = xasprintf("rm -rf '%s'", shop->root);
	size_t kind;

	(void)close(shop->plan.data_dir);
	(void)close(shop->plan.state_dir);
	(void)close(shop->plan.backup_dir);
	(void)close(shop->plan.staging_dir);
	(void)close(shop->plan.source_dir);
	for (kind = 0; kind < KIND_COUNT; kind++)
		replay_free(shop->replays[kind]);
	migrations_free(shop->migrations);
	assert_int_equal(system(command), 0);
	free(command);
	free(shop->root);
	free(shop->data);
	free(shop->state);
	/* So that the next one may begin the library again. */
	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
}

int workshop_setup(void **state)
{
	struct workshop *shop = xcalloc(1, sizeof(*shop));

	workshop_open(shop, workshop_history);
	*state = shop;
	return 0;
}

int workshop_teardown(void **state)
{
	workshop_close(*state);
	free(*state);
	return 0;
}

char *workshop_path(struct workshop *shop, const char *name)
{
	return xasprintf("%s/%s", shop->data, name);
}

char *workshop_backup(struct workshop *shop, const char *name)
{
	return xasprintf("%s/backups/%s/%s", shop->state, shop->plan.run_id,
			 name);
}

void workshop_sql(struct workshop *shop, const char *name, const char *sql)
{
	char *path = workshop_path(shop, name);
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s: %s", name, sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(path);
}

static const char rows_of_version_1[] =
	"INSERT INTO people(id, name) VALUES (1, 'Ada'), "
	"(2, 'Grete ''G.'' Hermann'), (7, 'Øystein');"
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
	"SELECT i + 1 FROM n WHERE i < 60) "
	"INSERT INTO letters SELECT i, i % 2 + 1, CASE i % 3 "
	"WHEN 0 THEN 'letter ' || i WHEN 1 THEN randomblob(900) END FROM n";

void workshop_make(struct workshop *shop, const char *name, int version)
{
	struct migrations *history = xcalloc(1, sizeof(*history));
	int p;

	markdown_parse("history.md", workshop_history, strlen(workshop_history),
		       history);
	for (p = 0; p < version; p++)
		workshop_sql(shop, name, history->steps[p]->sql);
	migrations_free(history);
	workshop_sql(shop, name, rows_of_version_1);
}

void workshop_make_wal(struct workshop *shop, const char *name, int version)
{
	workshop_make(shop, name, version);
	workshop_sql(shop, name, "PRAGMA journal_mode = WAL");
}

static off_t size_beside(struct workshop *shop, const char *name,
			 const char *suffix)
{
	char *path = xasprintf("%s/%s%s", shop->data, name, suffix);
	struct stat status = { 0 };

	(void)stat(path, &status);
	free(path);
	return status.st_size;
}

void workshop_leave_journal(struct workshop *shop, const char *name)
{
	char *path = workshop_path(shop, name);
	struct application app;

	application_start(&app, path);
	/* A cache too small for the transaction spills it into the file. */
	assert_int_equal(application_do(&app,
					"PRAGMA cache_size = 1; BEGIN;"
					"UPDATE people SET name = 'half';"
					"UPDATE letters SET body = zeroblob("
					"2000)"),
			 SQLITE_OK);
	application_kill(&app);
	assert_true(size_beside(shop, name, "-journal") > 0);
	free(path);
}

void workshop_leave_wal(struct workshop *shop, const char *name)
{
	char *path = workshop_path(shop, name);
	struct application app;

	application_start(&app, path);
	assert_int_equal(application_do(&app,
					"PRAGMA journal_mode = WAL;"
					"PRAGMA wal_autocheckpoint = 0;"
					"INSERT INTO letters VALUES (1000, 7, "
					"'only in the WAL')"),
			 SQLITE_OK);
	application_kill(&app);
	assert_true(size_beside(shop, name, "-wal") > 0);
	free(path);
}

char *workshop_rows(struct workshop *shop, const char *path)
{
	return workshop_ask(
		shop, path,
		"SELECT (SELECT group_concat(id || quote(name), ',') FROM "
		"(SELECT id, name FROM people ORDER BY id)) || ';' || "
		"(SELECT group_concat(id || ' ' || person || ' ' || "
		"quote(body), ',') FROM (SELECT * FROM letters ORDER BY id))");
}

char *workshop_ask(struct workshop *shop, const char *path, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	char *answer = NULL;
	sqlite3 *db;

	(void)shop;
	assert_int_equal(
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
		SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s: %s", path, sql, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW &&
	    sqlite3_column_text(statement, 0) != NULL)
		answer = xstrdup(
			(const char *)sqlite3_column_text(statement, 0));
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return answer;
}

void workshop_expect(struct workshop *shop, const char *name, const char *sql,
		     const char *expected)
{
	char *path = workshop_path(shop, name);
	char *answer = workshop_ask(shop, path, sql);

	if (answer == NULL)
		fail_msg("%s: %s: no row", name, sql);
	assert_string_equal(answer, expected);
	free(answer);
	free(path);
}

struct job workshop_job(struct workshop *shop, const char *name)
{
	shop->subject = (struct subject){
		.kind = KIND_USER,
		.username = "alice",
		.path = name,
	};
	return (struct job){
		.plan = &shop->plan,
		.subject = &shop->subject,
		.stop_now = &shop->stop_now,
	};
}

struct result workshop_work(job_work *work, struct job job)
{
	struct batch *batch = batch_new(1);
	struct result result;

	batch->jobs[0] = job;
	batch->may_swap = true;
	batch->knows_disk = true;
	batch_work(batch, work);
	assert_int_equal(batch->jobs[0].phase, JOB_DONE);
	result = batch->jobs[0].result;
	batch_free(batch);
	return result;
}

struct result workshop_do(struct workshop *shop, job_work *work,
			  const char *name)
{
	return workshop_work(work, workshop_job(shop, name));
}

struct result workshop_do_in_child(struct workshop *shop, job_work *work,
				   const char *name, void (*prepare)(void))
{
	struct result result;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prepare();
		result = workshop_do(shop, work, name);
		_exit(write(ends[1], &result, sizeof(result)) !=
		      sizeof(result));
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &result, sizeof(result)),
			 sizeof(result));
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return result;
}

void workshop_outcome(const struct result *result, enum outcome outcome)
{
	if (result->outcome != outcome)
		fail_msg("%s and not %s: %s (%s)",
			 outcome_name(result->outcome), outcome_name(outcome),
			 result->failure.error.message, result->notes);
}

void workshop_failure(const struct result *result, enum error_code code,
		      const char *part)
{
	const struct error *error = &result->failure.error;

	if (error->code != code || strstr(error->message, part) == NULL)
		fail_msg("%s \"%s\", not %s \"%s\"",
			 error_code_name(error->code), error->message,
			 error_code_name(code), part);
}

/* What a shell command prints. */
static char *output_of(char *command)
{
	FILE *stream = popen(command, "r");
	char *text;

	assert_non_null(stream);
	text = text_read_all(stream, 1 << 20, NULL);
	assert_non_null(text);
	assert_int_equal(pclose(stream), 0);
	free(command);
	return text;
}

char *workshop_print(struct workshop *shop)
{
	/* As root SQLite gives each journal to the owner of its database,
	 * though it is his already: that alone sets the time of the last
	 * change. */
	return output_of(xasprintf(
		"cd '%s' && find data state -printf '%%p %%i %%m %%u %%s %%T@ "
		"%s\\n' | sort && find data state -type f -exec sha256sum {} "
		"+ 2>/dev/null | sort",
		shop->root, geteuid() == 0 ? "" : "%C@"));
}

void workshop_untouched(struct workshop *shop, char *before)
{
	char *after = workshop_print(shop);

	assert_string_equal(after, before);
	free(after);
	free(before);
}

int workshop_state_files(struct workshop *shop)
{
	char *text =
		output_of(xasprintf("find '%s' -type f | wc -l", shop->state));
	int count = atoi(text);

	free(text);
	return count;
}
