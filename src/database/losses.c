#include "database/losses.h"

#include <stdbool.h>

#include "sqlite/check.h"

/* The words that DROP takes. */
static const char *const drop_words[] = {
	[SCHEMA_INDEX] = "INDEX",
	[SCHEMA_TABLE] = "TABLE",
	[SCHEMA_TRIGGER] = "TRIGGER",
	[SCHEMA_VIEW] = "VIEW",
};

static const struct replay *replay_of(const struct losses *losses)
{
	const struct job *job = losses->steps->job;

	return job->plan->replays[job->subject->kind];
}

/* What the i-th of the steps removes by name, the way that it is run. */
static const struct removals *removals_of(const struct losses *losses, size_t i)
{
	const struct standing *standing = losses->steps->standing;
	const struct step *step =
		replay_of(losses)->chain->steps[standing_step(standing, i)];

	return standing->goes_down ? &step->parts[STEP_DOWN].removals
				   : &step->removals;
}

static bool steps_drop(const struct losses *losses, const char *word,
		       const char *name)
{
	const struct standing *standing = losses->steps->standing;

	for (size_t i = 0; i < standing_step_count(standing); i++)
		if (removals_drop(removals_of(losses, i), word, name))
			return true;
	return false;
}

/* NULL: from any. */
static bool steps_delete_from(const struct losses *losses, const char *table)
{
	const struct standing *standing = losses->steps->standing;

	for (size_t i = 0; i < standing_step_count(standing); i++)
		if (removals_delete_from(removals_of(losses, i), table))
			return true;
	return false;
}

/* Does the replay have it at the one position and not at the other? */
static bool replay_removes_between(const struct replay *replay, size_t from,
				   size_t to, enum schema_type type,
				   const char *name, const char *column)
{
	const struct schema_object *old =
		schema_find(replay->schemas[from], type, name);
	const struct schema_object *new =
		schema_find(replay->schemas[to], type, name);

	if (old == NULL)
		return false;
	if (column == NULL)
		return new == NULL;
	return schema_has_column(old, column) &&
	       (new == NULL || !schema_has_column(new, column));
}

static bool replay_removes(const struct losses *losses, enum schema_type type,
			   const char *name, const char *column)
{
	const struct replay *replay = replay_of(losses);
	const struct standing *standing = losses->steps->standing;
	bool removes = replay_removes_between(replay, standing->position,
					      standing->target, type, name,
					      column);

	for (size_t i = 0; !removes && i < standing->late.count; i++)
		removes = replay_removes_between(replay, standing->late.at[i],
						 standing->late.at[i] + 1, type,
						 name, column);
	return removes;
}

static int check_columns(const struct losses *losses,
			 const struct schema_object *old,
			 const struct schema_object *new, struct error *err)
{
	size_t i;

	for (i = 0; i < old->column_count; i++) {
		const char *column = old->columns[i];

		if (schema_has_column(new, column) ||
		    replay_removes(losses, SCHEMA_TABLE, old->name, column) ||
		    steps_drop(losses, "COLUMN", column))
			continue;
		return error_set(err, ERROR_CHECK,
				 "column %s.%s would be lost: the migrations "
				 "rebuild the table without knowing it",
				 old->name, column);
	}
	return 0;
}

/* A rebuilt table has its name still and begins on another page; unless what
 * was dropped before has made room on the same one, or auto_vacuum has moved
 * the new one there. Then the SQL has taken the name from the old one. */
static bool is_rebuilt(const struct losses *losses,
		       const struct schema_object *old,
		       const struct schema_object *new)
{
	return !old->is_virtual && !new->is_virtual &&
	       (old->root_page != new->root_page ||
		steps_drop(losses, "TABLE", old->name));
}

/* With foreign keys enforced, a DROP TABLE deletes the rows first, and with
 * them those of other tables that say ON DELETE CASCADE. */
static bool steps_enforce_keys(const struct losses *losses)
{
	const struct standing *standing = losses->steps->standing;
	const struct chain *chain = replay_of(losses)->chain;

	for (size_t i = 0; !standing->goes_down &&
			   i < standing_step_count(standing); i++)
		if (chain->steps[standing_step(standing, i)]
			    ->directives.has_foreign_keys)
			return true;
	return false;
}

/* Whose rows have to be as many as before. Where the SQL deletes from one table
 * and keys are enforced, others may lose some on purpose. */
static bool keeps_rows(const struct losses *losses,
		       const struct schema_object *old,
		       const struct schema_object *new)
{
	bool cascades = steps_enforce_keys(losses);

	return (is_rebuilt(losses, old, new) ||
		(cascades && !old->is_virtual && !new->is_virtual)) &&
	       !steps_delete_from(losses, cascades ? NULL : old->name);
}

static int check_rows(const struct losses *losses,
		      const struct schema_object *old,
		      const struct schema_object *new, struct error *err)
{
	long rows_before, rows_after;
	struct sqlite3 *before;
	int rc;

	if (!keeps_rows(losses, old, new))
		return 0;
	rc = steps_before(losses->steps, &before, err);
	if (rc == 0)
		rc = check_row_count(before, old->name, &rows_before, err);
	if (rc == 0)
		rc = check_row_count(losses->steps->db, old->name, &rows_after,
				     err);
	if (rc == 0 && rows_after < rows_before)
		rc = error_set(err, ERROR_CHECK,
			       "table %s would have %ld rows where it had %ld: "
			       "the migrations rebuild a table and lose some; "
			       "where that is meant, say so with a DELETE FROM "
			       "first",
			       old->name, rows_after, rows_before);
	return rc;
}

/* Is there something that bears the triggers and indexes of `table`? */
static bool has_bearer(const struct schema *schema, const char *table)
{
	return schema_find(schema, SCHEMA_TABLE, table) != NULL ||
	       schema_find(schema, SCHEMA_VIEW, table) != NULL;
}

static int check_object(const struct losses *losses,
			const struct schema_object *old, struct error *err)
{
	const struct schema_object *new =
		schema_find(losses->new, old->type, old->name);
	int rc = 0;

	if (new != NULL && old->type == SCHEMA_TABLE) {
		rc = check_columns(losses, old, new, err);
		return rc != 0 ? rc : check_rows(losses, old, new, err);
	}
	/* Tables go only when the SQL says so by name or renames them, and what
	 * belongs to one goes with it. */
	if (new != NULL || old->type == SCHEMA_TABLE ||
	    old->type == SCHEMA_VIEW || !has_bearer(losses->new, old->table) ||
	    replay_removes(losses, old->type, old->name, NULL) ||
	    steps_drop(losses, drop_words[old->type], old->name))
		return 0;
	return error_set(err, ERROR_CHECK,
			 "%s %s of %s would be lost: the migrations rebuild "
			 "that without making it again",
			 schema_type_name(old->type), old->name, old->table);
}

int losses_check(const struct losses *losses, struct error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < losses->old->count; i++)
		rc = check_object(losses, &losses->old->objects[i], err);
	return rc;
}
