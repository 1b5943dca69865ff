#include "database/detect.h"

#include <stdint.h>
#include <string.h>

/* Room in a message for one mark more and for what to do. */
#define ADVICE_BYTES 400

/* A text that no version has (a default of the application's own, say) is drift
 * and speaks neither for a version nor against one. */
static bool says_nothing(const struct replay *replay, const struct mark *mark,
			 const char *state)
{
	size_t p;

	if (!mark->by_text || state == NULL)
		return false;
	for (p = 1; p <= replay->chain->count; p++) {
		if (mark_state_is_same(state,
				       mark_state(mark, replay->schemas[p])))
			return false;
	}
	return true;
}

/* How many marks are not in the state that they have at this position. */
static size_t marks_against(const struct replay *replay,
			    const struct schema *actual, size_t position)
{
	size_t i, against = 0;

	for (i = 0; i < replay->mark_count; i++) {
		const struct mark *mark = &replay->marks[i];
		const char *state = mark_state(mark, actual);

		if (!mark_state_is_same(
			    state,
			    mark_state(mark, replay->schemas[position])) &&
		    !says_nothing(replay, mark, state))
			against++;
	}
	return against;
}

static bool has_baseline(const struct replay *replay,
			 const struct schema *actual)
{
	const struct schema *first = replay->schemas[1];
	size_t i;

	for (i = 0; i < first->count; i++) {
		const struct schema_object *object = &first->objects[i];

		if (object->type == SCHEMA_TABLE &&
		    schema_find(actual, SCHEMA_TABLE, object->name) != NULL)
			return true;
	}
	return schema_table_count(first) == 0;
}

/* Names what speaks against the position that fits best. */
static int refuse(const struct replay *replay, const struct schema *actual,
		  size_t best, struct error *err)
{
	size_t i, told = 0, untold = 0;

	error_set(err, ERROR_UNVERSIONED,
		  "it has no ledger and no version fits it; %s comes nearest, "
		  "but",
		  chain_version(replay->chain, best));
	for (i = 0; i < replay->mark_count; i++) {
		const struct mark *mark = &replay->marks[i];
		const char *state = mark_state(mark, actual);
		const char *wanted = mark_state(mark, replay->schemas[best]);
		const struct step *step = replay->chain->steps[mark->step - 1];
		char what[160];
		struct error so_far = *err;

		if (mark_state_is_same(state, wanted) ||
		    says_nothing(replay, mark, state))
			continue;
		if (strlen(so_far.message) > ERROR_MESSAGE_BYTES - ADVICE_BYTES)
			untold++;
		else
			error_set(err, ERROR_UNVERSIONED, "%s%s %s %s (%s)",
				  so_far.message, told++ > 0 ? "," : "",
				  mark_describe(mark, what, sizeof(what)),
				  state == NULL    ? "is missing"
				  : wanted == NULL ? "is there already"
						   : "differs",
				  step->name);
	}
	if (untold > 0)
		error_append(err, "and %zu more", untold);
	return error_append(err,
			    "mend it by hand, or record its version with "
			    "fleet-upgrade baseline --to VERSION USER; it was "
			    "left untouched");
}

/* From the lowest version that fits to the highest: a step between them may
 * have happened or not. May each of them run? */
static int look_between(const struct replay *replay, size_t lowest,
			size_t highest, struct error *err)
{
	const struct chain *chain = replay->chain;
	size_t p;

	for (p = lowest; p < highest; p++) {
		const struct step *step = chain->steps[p];

		if (step->is_blank || step->directives.is_repeatable)
			continue;
		return error_set(err, ERROR_UNVERSIONED,
				 "it has no ledger, and whether %s has "
				 "happened cannot be told from its schema; "
				 "declare it \"-- fleet-upgrade: repeatable\", "
				 "or record the version with fleet-upgrade "
				 "baseline --to %s USER (before it) or --to %s "
				 "(after it); it was left untouched",
				 step->name, chain_version(chain, p), step->to);
	}
	return 0;
}

int detect_version(const struct replay *replay, const struct schema *actual,
		   size_t *out_position, struct error *err)
{
	size_t lowest = 0, highest = 0, fewest = SIZE_MAX;
	size_t p;

	*out_position = 0;
	if (!has_baseline(replay, actual))
		return error_set(err, ERROR_UNVERSIONED,
				 "it has no ledger and none of the tables of "
				 "%s: it is another application's database; "
				 "leave it out with --exclude; it was left "
				 "untouched",
				 replay->chain->steps[0]->name);
	for (p = 1; p <= replay->chain->count; p++) {
		size_t against = marks_against(replay, actual, p);

		if (against < fewest) {
			fewest = against;
			lowest = p;
		}
		if (against == fewest)
			highest = p;
	}
	if (fewest > 0)
		return refuse(replay, actual, highest, err);
	*out_position = lowest;
	return look_between(replay, lowest, highest, err);
}
