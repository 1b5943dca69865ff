#include "database/program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "database/evidence.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"
#include "sqlite/schema.h"

/* In a message the end of what it said, in a note rather less. */
#define SAID_IN_MESSAGE 400
#define SAID_IN_NOTE	120

/* Nobody should have it open any more. */
#define LEFT_OPEN_MS 1000

#define PATH_OTHERWISE "/usr/local/bin:/usr/bin:/bin"

struct run {
	const struct program *program;
	int folder;	  /* its own; -1: there is none */
	char *folder_path;
	const char *name; /* of its copy there: that of the live file */
	char *path;
	struct schema *schema; /* before */
	struct ledger_head head;
};

static int take_before(struct run *run, struct error *err)
{
	struct sqlite3 *db = run->program->db;
	int rc = schema_take(db, LEDGER_TABLE, NULL, &run->schema, err);

	return rc != 0 ? rc : ledger_read(db, &run->head, err);
}

/* Gives it a copy. */
static int copy_out(struct run *run, struct error *err)
{
	const struct job *job = run->program->job;
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
		.stop_now = job->stop_now,
	};
	struct sqlite3 *to = NULL;
	int rc = folder_make_unsynced(job->plan->staging_dir,
				      run->program->staged, &run->folder, err);

	if (rc == 0)
		rc = file_create(run->folder, run->name, err);
	if (rc == 0)
		rc = connection_open(run->path, &options, &to, err);
	if (rc == 0)
		rc = copy_database(run->program->db, to, err);
	connection_close(to);
	return rc;
}

static char *variable(const char *name, const char *value)
{
	return xasprintf("%s=%s", name, value != NULL ? value : "");
}

static const char *or_otherwise(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : otherwise;
}

/* What it ended with, as an error. */
static int judge_end(const struct run *run, const struct child_end *end,
		     struct error *err)
{
	const struct program *program = run->program;
	const char *file = program->step->file;
	char *words = child_last_words(end, SAID_IN_MESSAGE);
	int rc = 0;

	if (end->is_stopped)
		rc = error_set(err, ERROR_STOPPED, "stopped on request");
	else if (end->is_over)
		rc = error_set(err, ERROR_CHECK,
			       "%s took longer than %s lets it, and was killed",
			       file, program->limit_name);
	else if (end->signal != 0)
		rc = error_set(err, ERROR_CHECK,
			       "%s was killed by signal %d (%s)", file,
			       end->signal, strsignal(end->signal));
	else if (end->status != 0)
		rc = error_set(err, ERROR_CHECK, "%s ended with status %d",
			       file, end->status);
	if (rc != 0 && *words != '\0' && !end->is_stopped)
		error_append(err, "it said: %s", words);
	free(words);
	return rc;
}

static void note_words(const struct run *run, const struct child_end *end)
{
	const char *file = run->program->step->file;
	const char *slash = strrchr(file, '/');
	char *words = child_last_line(end, SAID_IN_NOTE);

	if (*words != '\0')
		result_note(&run->program->job->result, "%s said: %s",
			    slash != NULL ? slash + 1 : file, words);
	free(words);
}

static int start(struct run *run, struct error *err)
{
	const struct program *program = run->program;
	const struct job *job = program->job;
	const struct step *step = program->step;
	char *file = realpath(step->file, NULL);
	char *environment[] = {
		variable("PATH", or_otherwise("PATH", PATH_OTHERWISE)),
		variable("LANG", or_otherwise("LANG", "C.UTF-8")),
		variable("FLEET_UPGRADE_DB", run->path),
		variable("FLEET_UPGRADE_KIND", kind_name(step->kind)),
		variable("FLEET_UPGRADE_USERNAME", job->subject->username),
		variable("FLEET_UPGRADE_FROM",
			 step->from != NULL ? step->from : STEP_BASELINE),
		variable("FLEET_UPGRADE_TO", step->to),
		variable("FLEET_UPGRADE_RUN", job->plan->run_id),
		NULL,
	};
	char *arguments[] = { file != NULL ? file : step->file, run->path,
			      NULL };
	const struct child_errand errand = {
		.arguments = arguments,
		.environment = environment,
		.folder = run->folder_path,
		.limit_ms = program->limit_ms,
		.stop_now = job->stop_now,
	};
	struct child_end end;
	int rc = child_run(&errand, &end, err);

	if (rc != 0)
		error_append(err, "it has to be there and executable for user "
			     "id %lu, with the interpreter that its first line "
			     "names, and run.sandbox has to be off",
			     (unsigned long)geteuid());
	if (rc == 0)
		rc = judge_end(run, &end, err);
	if (rc == 0)
		note_words(run, &end);
	for (size_t i = 0; environment[i] != NULL; i++)
		free(environment[i]);
	free(file);
	return rc;
}

static int blame(const struct run *run, const char *what, struct error *err)
{
	const struct error why = *err;

	return error_set(err, ERROR_CHECK, "%s %s (%s)",
			 run->program->step->file, what, why.message);
}

/* Takes its copy back, once it is at rest. */
static int copy_in(struct run *run, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_WRITE,
		.busy_timeout_ms = LEFT_OPEN_MS,
		.stop_now = run->program->job->stop_now,
	};
	struct sqlite3 *from = NULL;
	int64_t was = 0, is = 0;
	int rc = connection_open(run->path, &options, &from, err);

	if (rc == 0)
		rc = connection_run(from, "PRAGMA journal_mode = DELETE", err);
	if (rc == 0)
		rc = connection_number(from, "PRAGMA page_size", &is, err);
	if (rc == 0)
		rc = connection_number(run->program->db, "PRAGMA page_size",
				       &was, err);
	if (rc == 0 && is != was)
		rc = error_set(err, ERROR_CHECK, "its page size was %lld and "
			       "is %lld", (long long)was, (long long)is);
	if (rc == 0)
		rc = copy_database(from, run->program->db, err);
	connection_close(from);
	if (rc == ERROR_BUSY)
		return blame(run, "has ended, and something that it began "
			     "still has its copy open", err);
	if (rc != 0 && rc != ERROR_STOPPED && rc != ERROR_NOSPACE)
		return blame(run, "left no database that can be used", err);
	return rc;
}

struct difference {
	char first[200];
};

static void hear_difference(void *self, const char *text)
{
	struct difference *difference = self;

	if (difference->first[0] == '\0')
		text_copy(difference->first, sizeof(difference->first), text);
}

static int check_after(struct run *run, struct error *err)
{
	const char *file = run->program->step->file;
	struct difference difference = { "" };
	struct schema *schema = NULL;
	struct ledger_head head = { 0 };
	int rc = schema_take(run->program->db, LEDGER_TABLE, NULL, &schema,
			     err);

	if (rc == 0)
		rc = ledger_read(run->program->db, &head, err);
	if (rc != 0)
		rc = blame(run, "left no database that can be used", err);
	else if (schema_compare(run->schema, schema, hear_difference,
				&difference) > 0)
		rc = error_set(err, ERROR_CHECK,
			       "%s changed the schema (%s), which a program "
			       "may not; write that as an SQL step of its own, "
			       "with a number before or behind it", file,
			       difference.first);
	else if (head.exists != run->head.exists ||
		 head.rank != run->head.rank ||
		 strcmp(head.version, run->head.version) != 0 ||
		 strcmp(head.run_id, run->head.run_id) != 0)
		rc = error_set(err, ERROR_CHECK,
			       "%s changed " LEDGER_TABLE ", which is this "
			       "program's own record; take that out of it",
			       file);
	schema_free(schema);
	return rc;
}

static void tidy_up(struct run *run)
{
	struct error ignored = { 0 };

	if (run->folder >= 0) {
		(void)folder_clear(run->folder, &ignored);
		(void)close(run->folder);
		(void)unlinkat(run->program->job->plan->staging_dir,
			       run->program->staged, AT_REMOVEDIR);
	}
	schema_free(run->schema);
	free(run->folder_path);
	free(run->path);
}

int program_run(const struct program *program, struct error *err)
{
	const struct job *job = program->job;
	const char *slash = strrchr(job->subject->path, '/');
	struct failure *failure = &program->job->result.failure;
	struct run run = {
		.program = program,
		.folder = -1,
		.name = slash != NULL ? slash + 1 : job->subject->path,
	};
	int rc;

	run.folder_path = xasprintf("%s/staging/%s", job->plan->state_path,
				    program->staged);
	run.path = xasprintf("%s/%s", run.folder_path, run.name);
	rc = take_before(&run, err);
	if (rc == 0)
		rc = copy_out(&run, err);
	if (rc == 0)
		rc = start(&run, err);
	if (rc == 0)
		rc = copy_in(&run, err);
	if (rc == 0)
		rc = check_after(&run, err);
	tidy_up(&run);
	if (rc != 0) {
		text_copy(failure->migration, sizeof(failure->migration),
			  program->step->name);
		text_copy(failure->file, sizeof(failure->file),
			  program->step->file);
	}
	return rc;
}
