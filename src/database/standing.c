#include "database/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "database/adoption.h"
#include "database/applied.h"
#include "database/detect.h"
#include "sqlite/schema.h"

static void note_drift(void *self, const char *difference)
{
	struct standing *standing = self;

	if (standing->drift_first[0] == '\0')
		text_copy(standing->drift_first, sizeof(standing->drift_first),
			  difference);
}

static void compare_with_replay(struct standing *standing,
				const struct replay *replay,
				const struct schema *schema)
{
	standing->drift = schema_compare(replay->schemas[standing->position],
					 schema, note_drift, standing);
}

static int refuse_so_many(const struct standing *standing, struct error *err)
{
	return error_set(err, ERROR_UNVERSIONED,
			 "it is at %s and lacks more than %d of the older "
			 "migrations; it was left untouched; are they the "
			 "right ones for it?", standing->version,
			 LATE_STEPS_MOST);
}

static int refuse_late(const struct standing *standing,
		       const struct step *step, struct error *err)
{
	return error_set(err, ERROR_UNVERSIONED,
			 "it is at %s and lacks the older %s (%s), which came "
			 "to the migrations later; it was left untouched; give "
			 "that file a number above %s, or run it now with "
			 "migrations.out_of_order = allow",
			 standing->version, step->to, step->file,
			 standing->version);
}

/* Of a set, what stands below the version and is not among what it `has`. */
static int note_late(const struct plan *plan, const struct chain *chain,
		     const bool *has, struct standing *standing,
		     struct error *err)
{
	size_t end = standing->position < standing->target
			     ? standing->position
			     : standing->target;
	size_t p;
	int rc = 0;

	for (p = 0; rc == 0 && p < end; p++) {
		if (has[p])
			continue;
		if (!plan->allows_late)
			rc = refuse_late(standing, chain->steps[p], err);
		else if (standing->late.count == LATE_STEPS_MOST)
			rc = refuse_so_many(standing, err);
		else
			standing->late.at[standing->late.count++] = p;
	}
	return rc;
}

/* Where another tool's table says that it is. A table in which nothing is yet
 * leaves it before the first step. */
static int read_adopted(struct sqlite3 *db, const struct plan *plan,
			const struct tracker *tool, const struct replay *replay,
			const struct schema *schema, struct standing *standing,
			struct error *err)
{
	struct adoption adoption = { 0 };
	int rc = adoption_read(db, tool, replay->chain, &adoption, err);

	if (rc == 0 && adoption.count > 0) {
		char *words = adoption_describe(&adoption);

		text_copy(standing->adopted, sizeof(standing->adopted), words);
		free(words);
		standing->position = adoption.newest;
		standing->was_detected = true;
		standing->tool = tool;
		text_copy(standing->version, sizeof(standing->version),
			  chain_version(replay->chain, adoption.newest));
		if (adoption.count == adoption.newest)
			compare_with_replay(standing, replay, schema);
		rc = note_late(plan, replay->chain, adoption.has, standing,
			       err);
	}
	adoption_release(&adoption);
	return rc;
}

/* What its schema says, of which other tools' tables are no part. */
static int read_detected(const struct plan *plan, const struct replay *replay,
			 const struct schema *schema, struct standing *standing,
			 struct error *err)
{
	int rc;

	if (plan->unversioned == UNVERSIONED_REFUSE)
		return error_set(err, ERROR_UNVERSIONED,
				 "it has no ledger, and migrations.unversioned "
				 "is refuse; it was left untouched; record its "
				 "version: %s baseline --to VERSION USER",
				 plan_again(plan));
	rc = detect_version(replay, schema, &standing->position, err);
	if (rc != 0)
		return rc;
	standing->was_detected = true;
	text_copy(standing->version, sizeof(standing->version),
		  chain_version(replay->chain, standing->position));
	compare_with_replay(standing, replay, schema);
	return 0;
}

/* There is a tool's table, and the schema does not tell. */
static int suggest_tool(const struct tracker *tool, struct error *err)
{
	return error_append(err, "it has the table of %s: to go by that, "
			    "fleet-upgrade baseline --from %s USER",
			    tool->name, tool->name);
}

/* Nothing is there but a tool's table, in which nothing is yet: it is new. */
static bool is_new(struct sqlite3 *db, const struct tracker *tool,
		   const struct replay *replay, const struct schema *schema)
{
	struct adoption adoption = { 0 };
	bool out = tool != NULL && schema_table_count(schema) == 0 &&
		   adoption_read(db, tool, replay->chain, &adoption, NULL) ==
			   0 &&
		   adoption.count == 0;

	adoption_release(&adoption);
	return out;
}

/* A database without ledger: new, or of a version that another tool's table or
 * its schema tells. */
static int read_unversioned(struct sqlite3 *db, const struct plan *plan,
			    const struct replay *replay,
			    struct standing *standing, struct error *err)
{
	const struct schema_known known = replay_known(replay);
	bool adopts = plan->unversioned == UNVERSIONED_ADOPT;
	const struct tracker *tool = NULL;
	struct schema *schema = NULL;
	int rc = schema_take(db, LEDGER_TABLE, &known, &schema, err);

	if (rc == 0 && schema_table_count(schema) > 0 &&
	    plan->unversioned != UNVERSIONED_FROM_START) {
		/* Whose tables cannot be told is no matter to the others. */
		rc = tracker_tell(schema, &tool, adopts ? err : NULL);
		rc = adopts ? rc : 0;
		tracker_hide(schema, &known);
		if (rc == 0 && adopts && tool != NULL)
			rc = read_adopted(db, plan, tool, replay, schema,
					  standing, err);
		else if (rc == 0 && !is_new(db, tool, replay, schema))
			rc = read_detected(plan, replay, schema, standing,
					   err);
		if (rc == ERROR_UNVERSIONED && !adopts && tool != NULL)
			suggest_tool(tool, err);
	}
	schema_free(schema);
	return rc;
}

int standing_read_ledger(struct sqlite3 *db, const struct job *job,
			 struct standing *out, struct error *err)
{
	int rc;

	(void)job;
	memset(out, 0, sizeof(*out));
	rc = ledger_read(db, &out->head, err);
	text_copy(out->version, sizeof(out->version), out->head.version);
	return rc;
}

/* A database whose ledger names a version: do these migrations know it? */
static int place_version(const struct plan *plan, const struct replay *replay,
			 struct standing *standing, struct error *err)
{
	const char *newest = migrations_newest(plan->migrations);

	if (newest == NULL || version_compare(standing->version, newest) > 0)
		return error_set(err, ERROR_NEWER,
				 "it is at %s and the newest migration known "
				 "is %s; it was left untouched; install the "
				 "application that it belongs to, or point "
				 "--migrations at newer ones",
				 standing->version,
				 newest == NULL ? "none" : newest);
	if (!migrations_know(plan->migrations, standing->version))
		return error_set(err, ERROR_UNVERSIONED,
				 "its ledger says %s, which is no version of "
				 "these migrations; it was left untouched; are "
				 "they the right ones for it?",
				 standing->version);
	standing->position = chain_position(replay->chain, standing->version);
	return 0;
}

/* Of a set, what stands below the version and is not in the ledger. */
static int find_late(struct sqlite3 *db, const struct plan *plan,
		     const struct chain *chain, struct standing *standing,
		     struct error *err)
{
	bool *has = xcalloc(chain->count, sizeof(bool));
	int rc = applied_read(db, chain, has, err);

	if (rc == 0)
		rc = note_late(plan, chain, has, standing, err);
	free(has);
	return rc;
}

int standing_read(struct sqlite3 *db, const struct job *job,
		  struct standing *out, struct error *err)
{
	const struct plan *plan = job->plan;
	const struct replay *replay = plan->replays[job->subject->kind];
	int rc = standing_read_ledger(db, job, out, err);

	if (rc != 0 || plan->migrations == NULL || replay == NULL)
		return rc;
	out->target = plan->targets[job->subject->kind];
	if (out->head.exists)
		rc = place_version(plan, replay, out, err);
	else if (replay->chain->count > 0)
		rc = read_unversioned(db, plan, replay, out, err);
	if (rc == 0 && out->head.exists && replay->chain->is_set)
		rc = find_late(db, plan, replay->chain, out, err);
	/* Where it cannot be told where it stands, nothing is going to run. */
	if (rc != 0)
		out->target = out->late.count = 0;
	return rc;
}

int standing_read_down(struct sqlite3 *db, const struct job *job,
		       struct standing *out, struct error *err)
{
	int rc = standing_read(db, job, out, err);

	out->late.count = 0;
	out->goes_down = rc == 0 && out->position > out->target;
	return rc;
}

size_t standing_step_count(const struct standing *standing)
{
	if (standing->goes_down)
		return standing->position - standing->target;
	return standing->late.count +
	       (standing->position < standing->target
			? standing->target - standing->position
			: 0);
}

size_t standing_step(const struct standing *standing, size_t i)
{
	if (standing->goes_down)
		return standing->position - 1 - i;
	return i < standing->late.count
		       ? standing->late.at[i]
		       : standing->position + (i - standing->late.count);
}

bool standing_is_pending(const struct standing *standing)
{
	return standing_step_count(standing) > 0 ||
	       (standing->was_detected && !standing->head.exists);
}

void standing_report(const struct standing *standing, struct job *job)
{
	const struct replay *replay = job->plan->replays[job->subject->kind];
	struct result *result = &job->result;
	const char *to = standing->version;

	text_copy(result->from, sizeof(result->from), standing->version);
	text_copy(result->run_id, sizeof(result->run_id),
		  standing->head.run_id);
	result->was_detected = standing->was_detected;
	result->notes[0] = '\0';
	result->steps = (int)standing_step_count(standing);
	result->late = standing->late;
	if (standing->position < standing->target || standing->goes_down)
		to = chain_version(replay->chain, standing->target);
	text_copy(result->to, sizeof(result->to), to);
	if (standing->adopted[0] != '\0')
		result_note(result, "%s", standing->adopted);
	if (standing->drift > 0)
		result_note(result,
			    "%zu difference%s from the migrations (%s%s)",
			    standing->drift, standing->drift > 1 ? "s" : "",
			    standing->drift_first,
			    standing->drift > 1 ? ", ..." : "");
}

bool standing_recall(struct job *job, struct standing *out)
{
	const struct subject *subject = job->subject;
	const struct plan *plan = job->plan;
	const struct replay *replay = plan->replays[subject->kind];
	struct error unplaced = { 0 };

	if (subject->known_version == NULL)
		return false;
	memset(out, 0, sizeof(*out));
	out->head.exists = true;
	text_copy(out->version, sizeof(out->version), subject->known_version);
	if (plan->migrations != NULL && replay != NULL) {
		if (place_version(plan, replay, out, &unplaced) != 0)
			return false;
		out->target = plan->targets[subject->kind];
	}
	standing_report(out, job);
	return true;
}

int standing_learn(struct sqlite3 *db, struct job *job, struct standing *out,
		   struct error *err)
{
	int rc = standing_read(db, job, out, err);

	standing_report(out, job);
	return rc;
}
