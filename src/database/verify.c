#include "database/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "database/applied.h"
#include "database/look.h"
#include "database/mirror.h"
#include "database/scratch.h"
#include "database/standing.h"
#include "sqlite/check.h"
#include "sqlite/connection.h"
#include "sqlite/schema.h"

/* What is found about one database. */
struct verify {
	struct job *job;
	struct standing standing;
	size_t findings;
};

static void find(struct verify *verify, const char *text)
{
	verify->findings++;
	result_note(&verify->job->result, "%s", text);
}

static int take_schema(const struct verify *verify, struct sqlite3 *db,
		       struct schema **out, struct error *err)
{
	const struct job *job = verify->job;
	const struct replay *replay = job->plan->replays[job->subject->kind];
	struct schema_known known = { 0 };
	int rc;

	if (replay != NULL)
		known = replay_known(replay);
	rc = schema_take(db, LEDGER_TABLE, &known, out, err);
	/* What another tool keeps in a database is no drift. */
	if (rc == 0)
		tracker_hide(*out, &known);
	return rc;
}

static int find_complaints(struct verify *verify, struct sqlite3 *db,
			   struct error *err)
{
	struct complaints found = { 0 };
	struct schema *schema = NULL;
	size_t i;
	int rc = check_integrity_of(db, true, NULL, &found, err);

	if (rc == 0 && !found.damage)
		rc = take_schema(verify, db, &schema, err);
	if (rc == 0 && !found.damage)
		rc = check_foreign_keys_of(db, schema, &found, err);
	for (i = 0; i < found.count; i++) {
		const struct complaint *item = &found.items[i];
		char *text = item->count == 1
				     ? xstrdup(item->text)
				     : xasprintf("%s (%ld)", item->text,
						 item->count);
		find(verify, text);
		free(text);
	}
	complaints_release(&found);
	schema_free(schema);
	return rc;
}

/* The look's connection may not write, and so does not see what CHECK says. */
static int find_all_complaints(struct verify *verify, struct sqlite3 *db,
			       struct error *err)
{
	struct sqlite3 *copy = NULL;
	int64_t checks;
	int rc = connection_number(db,
				   "SELECT count(*) FROM sqlite_schema WHERE "
				   "sql LIKE '%check%'",
				   &checks, err);

	if (rc == 0 && checks > 0)
		rc = scratch_open(verify->job, db, &copy, err);
	if (rc == 0)
		rc = find_complaints(verify, copy != NULL ? copy : db, err);
	connection_close(copy);
	return rc;
}

/* The step of the migrations that a ledger row is about, if it is known. */
static const struct step *step_of_row(const struct chain *chain,
				      const struct ledger_row *row)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		const struct step *step = chain->steps[i];

		if (row->to == NULL || strcmp(step->to, row->to) != 0)
			continue;
		/* What came before it in a set may change later. */
		if (chain->is_set ||
		    version_compare(row->from, step->from) == 0)
			return step;
	}
	return NULL;
}

/* It ran here, or was taken over from another tool's table. */
static bool is_about_step(const struct ledger_row *row)
{
	static const char *const kinds[] = { "migrate", APPLIED_LATE };
	size_t i;

	if (row->kind == NULL)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(row->kind, kinds[i]) == 0)
			return true;
	}
	return strcmp(row->kind, "baseline") == 0 && row->checksum != NULL;
}

static void check_row(void *self, const struct ledger_row *row)
{
	struct verify *verify = self;
	const struct job *job = verify->job;
	const struct step *step;
	char *text = NULL;

	if (!is_about_step(row))
		return;
	step = step_of_row(job->plan->replays[job->subject->kind]->chain, row);
	if (step == NULL)
		text = xasprintf("its ledger has a step %s→%s that the "
				 "migrations do not have",
				 row->from == NULL ? "baseline" : row->from,
				 row->to == NULL ? "?" : row->to);
	else if (row->checksum == NULL ||
		 strcmp(row->checksum, step->checksum) != 0)
		text = xasprintf("%s was changed after it %s here (%s:%d)",
				 step->name,
				 strcmp(row->kind, "baseline") == 0
					 ? "was recorded"
					 : "ran",
				 step->file, step->line);
	if (text != NULL)
		find(verify, text);
	free(text);
}

/* The table that is kept current beside the ledger. */
static int find_mirror(struct verify *verify, struct sqlite3 *db,
		       struct error *err)
{
	const struct job *job = verify->job;
	const struct mirror *mirror = job->plan->mirror;
	char text[256] = "";
	int rc = 0;

	if (mirror == NULL)
		return 0;
	rc = mirror_check(mirror, job->subject->kind, db, err);
	if (rc == ERROR_UNVERSIONED) {
		find(verify, err->message);
		memset(err, 0, sizeof(*err));
		return 0;
	}
	if (rc == 0)
		rc = mirror_compare(mirror, job->subject->kind, db, text,
				    sizeof(text), err);
	if (rc == 0 && text[0] != '\0')
		find(verify, text);
	return rc;
}

static void find_drift(void *self, const char *difference)
{
	char *text = xasprintf("drift: %s", difference);

	find(self, text);
	free(text);
}

static int find_drift_of(struct verify *verify, struct sqlite3 *db,
			 struct error *err)
{
	const struct job *job = verify->job;
	const struct replay *replay = job->plan->replays[job->subject->kind];
	struct schema *schema = NULL;
	int rc;

	if (replay == NULL || verify->standing.position == 0)
		return 0;
	rc = ledger_each(db, check_row, verify, err);
	if (rc == 0)
		rc = take_schema(verify, db, &schema, err);
	/* Without them its schema is that of no version. */
	if (rc == 0 && verify->standing.late.count > 0)
		find(verify, "older steps of the migrations have not run here "
			     "(migrations.out_of_order = allow runs them)");
	else if (rc == 0)
		(void)schema_compare(replay->schemas[verify->standing.position],
				     schema, find_drift, verify);
	schema_free(schema);
	return rc;
}

static int verify_on(struct job *job, struct look *look, void *self,
		     struct error *err)
{
	struct verify *verify = self;
	int rc, standing;

	verify->findings = 0;
	standing = standing_learn(look->db, job, &verify->standing, err);
	job->result.notes[0] = '\0'; /* drift is told in full below */
	if (standing != 0 && standing != ERROR_NEWER &&
	    standing != ERROR_UNVERSIONED)
		return standing;
	rc = find_all_complaints(verify, look->db, err);
	if (rc == 0 && standing == 0)
		rc = find_drift_of(verify, look->db, err);
	if (rc == 0 && standing == 0 && verify->standing.head.exists)
		rc = find_mirror(verify, look->db, err);
	return rc != 0 ? rc : standing;
}

void work_verify(struct job *job)
{
	struct verify verify = { .job = job };
	int64_t begin = clock_now_us();
	struct error error = { 0 };
	int rc = look_with(job, verify_on, &verify, &error);

	if (rc == 0 && verify.findings > 0)
		rc = error_set(&error, ERROR_CHECK, "%zu finding%s",
			       verify.findings,
			       verify.findings == 1 ? "" : "s");
	if (rc == 0)
		job->result.outcome = OUTCOME_CURRENT;
	else
		result_fail(&job->result, &error);
	/* Nothing is going to be run: where it stands is where it stays. */
	memcpy(job->result.to, job->result.from, sizeof(job->result.to));
	job->result.steps = 0;
	job->result.duration_us = clock_now_us() - begin;
}
