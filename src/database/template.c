#include "database/template.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "database/ledger.h"
#include "database/steps.h"
#include "database/walk.h"
#include "database/tracker.h"
#include "migration/sql.h"
#include "sqlite/connection.h"
#include "sqlite/copy.h"

/* ---- what is to be replaced ---- */

static const char *const companions[] = { "-wal", "-journal", "-shm" };

static int refuse_companion(const struct replacement *file, struct error *err)
{
	int rc = 0;

	for (size_t i = 0;
	     rc == 0 && i < sizeof(companions) / sizeof(companions[0]); i++) {
		char *name = xasprintf("%s%s", file->name, companions[i]);
		struct stamp stamp;

		if (stamp_take(file->folder, name, &stamp, NULL) == 0)
			rc = error_set(err, ERROR_USAGE, "%s/%s is beside it, "
				       "so that somebody has it open, or has "
				       "died with it; SQLite would take that "
				       "for a part of the new one; close it, "
				       "then run again", file->folder_path,
				       name);
		free(name);
	}
	return rc;
}

static int refuse_stranger(const struct replacement *file, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
	};
	char *path = xasprintf("%s/%s", file->folder_path, file->name);
	struct error reason = { 0 };
	struct ledger_head head = { 0 };
	struct sqlite3 *db = NULL;
	int rc = connection_open(path, &options, &db, &reason);

	if (rc == 0)
		rc = ledger_read(db, &head, &reason);
	connection_close(db);
	if (rc)
		rc = error_set(err, ERROR_USAGE, "what is there cannot be read "
			       "as a database (%s), and is no template; "
			       "nothing was changed; move it away if it is to "
			       "go",
			       reason.message);
	else if (!head.exists)
		rc = error_set(err, ERROR_USAGE, "the database that is there "
			       "has no ledger of ours, and is no template; "
			       "nothing was changed; move it away if it is to "
			       "go");
	else if (head.evidence[0] != '\0')
		rc = error_set(err, ERROR_USAGE, "the database that is there "
			       "has been upgraded (to %s), so that it is in "
			       "use, and no template; nothing was changed; "
			       "move it away if it is to go", head.version);
	free(path);
	return rc;
}

int template_may_replace(const struct replacement *file, struct error *err)
{
	int rc = refuse_companion(file, err);

	if (rc == 0 && file->has_old && file->old.bytes > 0)
		rc = refuse_stranger(file, err);
	if (rc)
		error_prefix(err, "%s/%s", file->folder_path, file->name);
	return rc;
}

/* ---- what takes its place ---- */

/* "FILE:LINE: STEP: message: statement", where a step is to blame. */
static int blame(const struct failure *failure, int rc, struct error *err)
{
	char *message;

	if (rc != ERROR_SQL && rc != ERROR_CHECK)
		return rc;
	message = xstrdup(err->message);
	if (failure->file[0] != '\0')
		rc = error_set(err, ERROR_MIGRATION, "%s:%d: %s: %s: %s",
			       failure->file, failure->line,
			       failure->migration, message, failure->statement);
	else
		rc = error_set(err, ERROR_MIGRATION, "the migrations make a "
			       "database that is not sound: %s", message);
	free(message);
	return rc;
}

static int open_memory(struct sqlite3 **out, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY,
	};

	return connection_open(NULL, &options, out, err);
}

/* Runs the steps in `db`; `empty` is how it was before. */
static int run_steps(const struct plan *plan, enum kind kind,
		     struct sqlite3 *db, struct sqlite3 *empty,
		     struct error *err)
{
	const struct subject subject = { .kind = kind };
	const struct standing standing = { .target = plan->targets[kind] };
	struct job job = { .plan = plan, .subject = &subject };
	struct steps steps;
	int rc;

	steps_begin(&steps, &job, db);
	steps.before = empty;
	steps.standing = &standing;
	rc = connection_run(db, "BEGIN", err);
	if (rc == 0)
		rc = walk_run(&steps, err);
	if (rc == 0)
		rc = steps_check(&steps, err);
	if (rc == 0)
		rc = connection_run(db, "COMMIT", err);
	steps_end(&steps);
	return blame(&job.result.failure, rc, err);
}

static int write_file(struct sqlite3 *db, const char *path, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_PRIVATE,
	};
	struct sqlite3 *to = NULL;
	int rc = connection_open(path, &options, &to, err);

	if (rc == 0)
		rc = copy_database(db, to, err);
	connection_close(to);
	return rc;
}

static int check_content(struct sqlite3 *db, const struct replay *replay,
			 size_t position, struct error *err)
{
	const char *version = chain_version(replay->chain, position);
	const struct schema_known known = replay_known(replay);
	struct complaints found = { 0 };
	struct ledger_head head = { 0 };
	struct schema *schema = NULL;
	int rc = check_integrity_of(db, true, NULL, &found, err);

	if (rc == 0)
		rc = ledger_read(db, &head, err);
	if (rc == 0)
		rc = schema_take(db, LEDGER_TABLE, NULL, &schema, err);
	/* A table that is kept for another tool is of no step. */
	if (rc == 0)
		tracker_hide(schema, &known);
	if (rc == 0 && found.damage)
		rc = error_set(err, ERROR_IO, "it was written, and is damaged "
			       "when read again (%s); look at the disk",
			       complaints_damage(&found));
	else if (rc == 0 && (strcmp(head.version, version) != 0 ||
			     schema_compare(replay->schemas[position], schema,
					    NULL, NULL) > 0))
		rc = error_set(err, ERROR_MIGRATION, "the steps make another "
			       "schema each time they run; 'fleet-upgrade "
			       "lint' checks them");
	schema_free(schema);
	complaints_release(&found);
	return rc;
}

/* As it lies there, not as it was meant. */
static int check_file(const char *path, const struct replay *replay,
		      size_t position, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_IMMUTABLE,
	};
	struct sqlite3 *db = NULL;
	int rc = connection_open(path, &options, &db, err);

	if (rc == 0)
		rc = check_content(db, replay, position, err);
	connection_close(db);
	return rc;
}

/* A program wants a database with its user, in the fleet. */
static int refuse_programs(const struct chain *chain, size_t position,
			   struct error *err)
{
	for (size_t p = 0; p < position; p++)
		if (chain->steps[p]->is_program)
			return error_set(err, ERROR_MIGRATION, "%s: %s is a "
					 "program, which is not run to make a "
					 "template; let the application make "
					 "its databases, or build one up to "
					 "the step before (--to)",
					 chain->steps[p]->file,
					 chain->steps[p]->name);
	return 0;
}

int template_fill(const struct plan *plan, enum kind kind,
		  const struct replacement *file, struct template *out,
		  struct error *err)
{
	const struct replay *replay = plan->replays[kind];
	size_t position = plan->targets[kind];
	struct sqlite3 *db = NULL, *empty = NULL;
	struct stamp made = { 0 };
	int rc = refuse_programs(replay->chain, position, err);

	if (rc == 0)
		rc = open_memory(&db, err);
	if (rc == 0)
		rc = open_memory(&empty, err);
	if (rc == 0)
		rc = run_steps(plan, kind, db, empty, err);
	if (rc == 0)
		rc = write_file(db, file->path, err);
	connection_close(empty);
	connection_close(db);
	if (rc == 0)
		rc = check_file(file->path, replay, position, err);
	if (rc == 0)
		rc = stamp_take(file->fd, "", &made, err);
	*out = (struct template){
		.version = chain_version(replay->chain, position),
		.steps = position,
		.bytes = made.bytes,
	};
	return rc;
}
