#include "database/adoption.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "database/ledger.h"
#include "database/matching.h"
#include "replay/replay.h"
#include "sqlite/connection.h"

/* So many are named in a message. */
#define NAMED 3

/* What is being read. */
struct reading {
	struct adoption *into;
	char *strangers; /* those that no step fits, for people; NULL: none */
	size_t stranger_count;
	char *before; /* the last of those before the first step */
};

static void add_stranger(struct reading *reading, const char *text)
{
	char *shown = text_escape(text);
	char *more;

	if (reading->stranger_count++ < NAMED) {
		more = reading->strangers == NULL
			       ? xasprintf("%.80s", shown)
			       : xasprintf("%s, %.80s", reading->strangers,
					   shown);
		free(reading->strangers);
		reading->strangers = more;
	}
	free(shown);
}

static void cover(struct adoption *into, size_t first, size_t last)
{
	size_t p;

	for (p = first; p <= last; p++) {
		into->count += !into->has[p - 1];
		into->has[p - 1] = true;
	}
	if (last > into->newest)
		into->newest = last;
}

/* One of their rows. */
static int take(void *self, const char *text, enum tracker_span span,
		struct error *err)
{
	struct reading *reading = self;
	struct adoption *into = reading->into;
	const enum tracker_match match = into->tracker->match;
	size_t position;
	size_t found = matching_find(match, into->chain, text, &position);

	if (found > 1) {
		char *shown = text_escape(text);
		int rc = error_set(err, ERROR_UNVERSIONED,
				   "its %s has %.80s, and %zu migrations are "
				   "called so, the first of them %s; it was "
				   "left untouched",
				   into->tracker->table, shown, found,
				   into->chain->steps[position - 1]->name);
		free(shown);
		return rc;
	}
	if (found == 1)
		cover(into, span == TRACKER_ONE ? position : 1, position);
	else if (!matching_is_before(match, into->chain, text))
		add_stranger(reading, text);
	else if (span != TRACKER_BASELINE) {
		into->older++;
		free(reading->before);
		reading->before = text_escape(text);
	}
	return 0;
}

/* Theirs that no step of ours is. */
static int check_strangers(const struct reading *reading, struct error *err)
{
	const struct adoption *into = reading->into;
	char table[64], more[32] = "";

	tracker_describe(into->tracker, table, sizeof(table));
	if (reading->stranger_count > NAMED)
		(void)snprintf(more, sizeof(more), " and %zu more",
			       reading->stranger_count - NAMED);
	if (reading->stranger_count > 0)
		return error_set(err, ERROR_UNVERSIONED,
				 "%s has %s%s, and the migrations do not; it "
				 "was left untouched; point --migrations at "
				 "all that it was made with",
				 table, reading->strangers, more);
	if (into->older > 0 && (into->count == 0 || !into->has[0]))
		return error_set(err, ERROR_UNVERSIONED,
				 "%s ends at %.80s, and the first of the "
				 "migrations is %s, so that what lies between "
				 "is unknown; it was left untouched; point "
				 "--migrations at all that it was made with",
				 table, reading->before,
				 into->chain->steps[0]->name);
	return 0;
}

/* In a chain each version stands on the one before. */
static int check_gaps(const struct adoption *adoption, struct error *err)
{
	char table[64];
	size_t p;

	for (p = 1; !adoption->chain->is_set && p < adoption->newest; p++) {
		if (!adoption->has[p - 1])
			return error_set(
				err, ERROR_UNVERSIONED,
				"%s has %s and not %s, which comes before it; "
				"it was left untouched; set it right with %s, "
				"or record its version with fleet-upgrade "
				"baseline --to VERSION USER",
				tracker_describe(adoption->tracker, table,
						 sizeof(table)),
				adoption->chain->steps[adoption->newest - 1]
					->to,
				adoption->chain->steps[p - 1]->to,
				adoption->tracker->name);
	}
	return 0;
}

int adoption_read(struct sqlite3 *db, const struct tracker *tracker,
		  const struct chain *chain, struct adoption *out,
		  struct error *err)
{
	struct reading reading = { .into = out };
	int rc;

	*out = (struct adoption){
		.tracker = tracker,
		.chain = chain,
		.has = xcalloc(chain->count + 1, sizeof(*out->has)),
	};
	rc = tracker_read(db, tracker, take, &reading, err);
	if (rc == 0)
		rc = check_strangers(&reading, err);
	if (rc == 0)
		rc = check_gaps(out, err);
	if (rc == 0)
		rc = tracker_passed(db, tracker, &out->passed, err);
	free(reading.strangers);
	free(reading.before);
	return rc;
}

void adoption_release(struct adoption *adoption)
{
	free(adoption->has);
	adoption->has = NULL;
}

int adoption_choose(struct sqlite3 *db, const struct tracker *wanted,
		    const struct tracker **out, size_t *tables,
		    struct error *err)
{
	struct schema *schema = NULL;
	bool there = false;
	int rc = schema_take(db, LEDGER_TABLE, NULL, &schema, err);

	*out = NULL;
	if (rc == 0 && wanted == NULL)
		rc = tracker_tell(schema, out, err);
	else if (rc == 0)
		rc = tracker_is_there(wanted, schema, &there, err);
	if (there)
		*out = wanted;
	if (rc == 0) {
		tracker_hide(schema, NULL);
		*tables = schema_table_count(schema);
	}
	schema_free(schema);
	return rc;
}

int adoption_record(struct sqlite3 *db, const struct adoption *adoption,
		    const char *run_id, struct error *err)
{
	size_t p;
	int rc = 0;

	for (p = 0; rc == 0 && p < adoption->chain->count; p++) {
		const struct step *step = adoption->chain->steps[p];
		struct ledger_row row = {
			.kind = "baseline",
			.from = step->from,
			.to = step->to,
			.checksum = step->checksum,
			.run_id = run_id,
		};
		char *words;

		if (!adoption->has[p])
			continue;
		words = xasprintf("adopted from %s, no step run%s%s",
				  adoption->tracker->name,
				  step->description[0] == '\0' ? "" : ": ",
				  step->description);
		row.description = words;
		rc = ledger_add(db, &row, err);
		free(words);
	}
	return rc;
}

char *adoption_describe(const struct adoption *adoption)
{
	const struct tracker *tracker = adoption->tracker;
	char *words = xasprintf("adopted from %s: %zu step%s", tracker->name,
				adoption->count,
				adoption->count == 1 ? "" : "s");
	char *more;

	if (adoption->older > 0) {
		more = xasprintf("%s, and %zu from before the first of them",
				 words, adoption->older);
		free(words);
		words = more;
	}
	if (adoption->passed > 0) {
		more = xasprintf("%s; passed over %lld that %s %s", words,
				 (long long)adoption->passed,
				 adoption->passed == 1 ? "is" : "are",
				 tracker->passed_words);
		free(words);
		words = more;
	}
	return words;
}
