#include "database/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "database/losses.h"
#include "database/scratch.h"
#include "sqlite/connection.h"
#include "sqlite/schema.h"

void steps_move(struct steps *steps, struct sqlite3 *db)
{
	if (steps->db != NULL)
		authorizer_install(steps->db, NULL);
	steps->db = db;
	if (db != NULL)
		authorizer_install(db, &steps->authorizer);
}

void steps_begin(struct steps *steps, struct job *job, struct sqlite3 *db)
{
	memset(steps, 0, sizeof(*steps));
	steps->job = job;
	authorizer_init(&steps->authorizer, LEDGER_TABLE);
	steps->authorizer.mode = AUTHORIZE_OURS;
	steps_move(steps, db);
}

void steps_end(struct steps *steps)
{
	if (steps->db != NULL)
		authorizer_install(steps->db, NULL);
	if (steps->open_before != NULL)
		connection_close(steps->before);
	schema_free(steps->old);
	complaints_release(&steps->keys);
	steps->db = steps->before = NULL;
	steps->old = NULL;
	authorizer_release(&steps->authorizer);
}

int steps_before(struct steps *steps, struct sqlite3 **out, struct error *err)
{
	int rc = 0;

	if (steps->before == NULL)
		rc = steps->open_before(steps->job, &steps->before, err);
	*out = steps->before;
	return rc;
}

struct schema_known steps_known(const struct steps *steps)
{
	const struct job *job = steps->job;

	return replay_known(job->plan->replays[job->subject->kind]);
}

int steps_check_before(struct steps *steps, struct error *err)
{
	struct complaints found = { 0 };
	struct sqlite3 *before;
	int rc;

	if (steps->job->plan->integrity == CHECK_INTEGRITY_OFF)
		return 0;
	rc = steps_before(steps, &before, err);
	if (rc == 0)
		rc = check_integrity_of(before, false, NULL, &found, err);
	if (rc == 0 && found.damage)
		rc = error_set(err, ERROR_CORRUPT,
			       "it is damaged already (%s); it was left "
			       "untouched; restore it from a backup, or save "
			       "what can be read: sqlite3 FILE .dump | sed "
			       "'s/^ROLLBACK.*/COMMIT;/' | sqlite3 NEWFILE",
			       complaints_damage(&found));
	complaints_release(&found);
	steps->is_sound = rc == 0;
	return rc;
}

int steps_blame(struct steps *steps, int rc, struct error *err)
{
	struct error damage = { 0 };

	if ((rc != ERROR_CORRUPT && rc != ERROR_CHECK) || steps->is_sound ||
	    steps_check_before(steps, &damage) != ERROR_CORRUPT)
		return rc;
	*err = damage;
	return ERROR_CORRUPT;
}

/* Written by the steps; or not where it is in the other schema, since what is
 * touched under one name may end under another. */
static bool is_touched(const struct steps *steps,
		       const struct schema_object *table,
		       const struct schema *other)
{
	const struct authorizer *authorizer = &steps->authorizer;
	const struct schema_object *there =
		schema_find(other, SCHEMA_TABLE, table->name);
	size_t t;

	if (steps->is_unwatched)
		return true;
	if (there == NULL || there->root_page != table->root_page)
		return true;
	for (t = 0; t < authorizer->touched_count; t++) {
		if (strcasecmp(authorizer->touched[t], table->name) == 0)
			return true;
	}
	return false;
}

/* What the whole is guilty of, and each table that the steps touched. `schema`
 * is that of `db`, `other` that of the other side of the change. */
static int complain_structure(const struct steps *steps, struct sqlite3 *db,
			      const struct schema *schema,
			      const struct schema *other,
			      struct complaints *out, struct error *err)
{
	enum check_integrity level = steps->job->plan->integrity;
	size_t i;
	int rc = check_integrity_of(db, level == CHECK_INTEGRITY_FULL, NULL,
				    out, err);

	if (level != CHECK_INTEGRITY_TOUCHED)
		return rc;
	for (i = 0; rc == 0 && i < schema->count; i++) {
		const struct schema_object *object = &schema->objects[i];

		if (object->type == SCHEMA_TABLE && !object->is_virtual &&
		    check_has_index_of(object) &&
		    is_touched(steps, object, other))
			rc = check_integrity_of(db, true, object->name, out,
						err);
	}
	return rc;
}

/* The same for how it was before, on a copy that shows CHECK constraints. */
static int complain_before(struct steps *steps, const struct schema *new,
			   struct complaints *out, struct error *err)
{
	struct sqlite3 *before, *copy = NULL;
	int rc = steps_before(steps, &before, err);

	if (rc == 0)
		rc = scratch_open(steps->job, before, &copy, err);
	if (rc == 0)
		rc = complain_structure(steps, copy, steps->old, new, out, err);
	connection_close(copy);
	return rc;
}

static int check_structure(struct steps *steps, const struct schema *new,
			   struct error *err)
{
	struct complaints was = { 0 }, is = { 0 };
	const struct complaint *fresh;
	int rc;

	if (steps->job->plan->integrity == CHECK_INTEGRITY_OFF)
		return 0;
	rc = complain_structure(steps, steps->db, new, steps->old, &is, err);
	/* Old sins are looked up only where there is something to excuse. */
	if (rc == 0 && is.count > 0 && !is.damage)
		rc = complain_before(steps, new, &was, err);
	fresh = rc == 0 ? complaints_first_new(&was, &is) : NULL;
	if (rc == 0 && is.damage)
		rc = error_set(err, ERROR_CHECK,
			       "the database would not be sound: %s",
			       complaints_damage(&is));
	else if (fresh != NULL)
		rc = error_set(err, ERROR_CHECK,
			       "%s (%ld times, more than before the "
			       "migrations)",
			       fresh->text, fresh->count);
	complaints_release(&was);
	complaints_release(&is);
	return rc;
}

/* What a database that has yet to get its first step would have had before. */
static void excuse_first_step(const struct steps *steps, struct complaints *was)
{
	const struct job *job = steps->job;
	const struct replay *replay = job->plan->replays[job->subject->kind];

	if (steps->standing->position == 0)
		complaints_add_all(was, &replay->sins);
}

static int complain_keys_before(struct steps *steps, struct complaints *was,
				struct error *err)
{
	struct sqlite3 *before;
	int rc;

	if (steps->has_keys) {
		complaints_add_all(was, &steps->keys);
		return 0;
	}
	rc = steps_before(steps, &before, err);
	return rc != 0 ? rc
		       : check_foreign_keys_of(before, steps->old, was, err);
}

static int check_foreign_keys(struct steps *steps, const struct schema *new,
			      struct error *err)
{
	enum check_foreign_keys level = steps->job->plan->foreign_keys;
	struct complaints was = { 0 }, is = { 0 };
	const struct complaint *fresh;
	int rc;

	if (level == CHECK_FOREIGN_KEYS_OFF)
		return 0;
	rc = check_foreign_keys_of(steps->db, new, &is, err);
	if (rc == 0 && is.count > 0 && level == CHECK_FOREIGN_KEYS_NEW) {
		excuse_first_step(steps, &was);
		rc = complain_keys_before(steps, &was, err);
	}
	fresh = rc == 0 ? complaints_first_new(&was, &is) : NULL;
	if (fresh != NULL)
		rc = error_set(err, ERROR_CHECK,
			       "foreign keys would be violated: %s (%ld)",
			       fresh->text, fresh->count);
	complaints_release(&was);
	complaints_release(&is);
	return rc;
}

/* Could damage have gone with what the steps removed or rewrote? A column goes
 * without a word to the authorizer that ALTER TABLE does not say anyway. */
static bool has_removed(const struct steps *steps, const struct schema *new)
{
	const struct schema *old = steps->old;
	size_t i;

	if (steps->authorizer.removes || steps->is_unwatched)
		return true;
	for (i = 0; i < old->count; i++) {
		const struct schema_object *object =
			schema_find(new, SCHEMA_TABLE, old->objects[i].name);

		if (old->objects[i].type == SCHEMA_TABLE && object != NULL &&
		    object->column_count < old->objects[i].column_count)
			return true;
	}
	return false;
}

int steps_check(struct steps *steps, struct error *err)
{
	const struct schema_known known = steps_known(steps);
	struct schema *new = NULL;
	int rc = schema_take(steps->db, LEDGER_TABLE, &known, &new, err);

	if (rc == 0 && !steps->is_sound && has_removed(steps, new))
		rc = steps_check_before(steps, err);
	if (rc == 0) {
		const struct losses losses = {
			.steps = steps,
			.old = steps->old,
			.new = new,
		};
		rc = losses_check(&losses, err);
	}
	if (rc == 0)
		rc = check_structure(steps, new, err);
	if (rc == 0)
		rc = check_foreign_keys(steps, new, err);
	schema_free(new);
	return rc;
}
