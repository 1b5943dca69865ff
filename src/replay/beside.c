#include "replay/beside.h"

#include "base/text.h"
#include "replay/replay.h"

static void tell(struct migrations *migrations, const struct step *step,
		 const struct step_text *text, int line, const char *rule,
		 const char *what, const char *why)
{
	migrations_add_finding(migrations, SEVERITY_WARNING, text->file, line,
			       rule, "%s: its %s: %s", step->name, what, why);
}

void beside_ask(struct migrations *migrations, const struct step *step,
		enum step_part part, struct sandbox *sandbox)
{
	const struct step_text *text = &step->parts[part];
	struct error err = { 0 };
	int line = text->line;

	if (text->sql == NULL)
		return;
	if (sandbox_visit(sandbox, text, true, NULL, NULL, &line, &err) != 0)
		tell(migrations, step, text, line, "part",
		     step_part_name(part), err.message);
}

/* Where a way down led. */
struct arrival {
	const struct schema *expected;
	struct schema *reached;
	size_t differences;
	char first[160];
};

static void note(void *self, const char *difference)
{
	struct arrival *arrival = self;

	if (arrival->first[0] == '\0')
		(void)text_copy(arrival->first, sizeof(arrival->first),
				difference);
}

static int look(void *self, struct sqlite3 *db, struct error *err)
{
	struct arrival *arrival = self;
	int rc = schema_take(db, LEDGER_TABLE, NULL, &arrival->reached, err);

	if (rc == 0)
		arrival->differences = schema_compare(
			arrival->expected, arrival->reached, note, arrival);
	return rc;
}

void beside_go_down(struct migrations *migrations, const struct step *step,
		    const struct schema *before, struct sandbox *sandbox)
{
	const struct step_text *text = step_way_down(step);
	struct arrival arrival = { .expected = before };
	struct error err = { 0 };
	int line;

	if (text == NULL || step->directives.is_outside_transaction)
		return;
	line = text->line;
	if (sandbox_visit(sandbox, text, false, look, &arrival, &line, &err) !=
	    0)
		tell(migrations, step, text, line, "way-down", "way down",
		     err.message);
	else if (arrival.differences > 0)
		migrations_add_finding(
			migrations, SEVERITY_WARNING, text->file, text->line,
			"way-down",
			"%s: its way down does not lead back to the schema "
			"that was there before (%zu difference%s, the first: "
			"%s)",
			step->name, arrival.differences,
			arrival.differences == 1 ? "" : "s", arrival.first);
	schema_free(arrival.reached);
}
