#include "migration/mistakes.h"

#include <stdlib.h>

#include "base/memory.h"
#include "migration/sql.h"

/* A text that is being looked at. */
struct look {
	struct migrations *migrations;
	const struct step *step;
	const char *sql, *file;
	int line;
};

static void report(void *self, size_t offset, const char *what)
{
	const struct look *look = self;

	migrations_add_finding(look->migrations,
			       look->step->is_planned ? SEVERITY_WARNING
						      : SEVERITY_ERROR,
			       look->file,
			       look->line - 1 + sql_line_of(look->sql, offset),
			       "directive", "%s: %s", look->step->name, what);
}

static void look_at_way_up(struct look *look)
{
	struct directives read;

	directives_read(look->sql, &read, report, look);
	if (look->step->is_program &&
	    (read.has_foreign_keys || read.is_outside_transaction))
		report(look, 0, "foreign_keys=on and no-transaction mean "
		       "nothing to a program, which opens its copy by itself; "
		       "take them out");
}

/* Steps are taken back in one transaction, and within the time for all. */
static void look_at_part(struct look *look, enum step_part part)
{
	struct directives read;
	char *what;

	directives_read(look->sql, &read, report, look);
	if (!read.has_foreign_keys && !read.is_outside_transaction &&
	    !read.analyzes && !read.vacuums && read.limit_ms == 0)
		return;
	what = xasprintf("foreign_keys, no-transaction, analyze, vacuum and "
			 "timeout are for ways up, and would be passed over "
			 "in this %s; take them out", step_part_name(part));
	report(look, 0, what);
	free(what);
}

static void look_at_step(struct migrations *migrations, const struct step *step)
{
	struct look look = {
		.migrations = migrations,
		.step = step,
		.sql = step->sql,
		.file = step->file,
		.line = step->line,
	};

	look_at_way_up(&look);
	for (size_t i = 0; i < STEP_PARTS; i++) {
		const struct step_text *part = &step->parts[i];

		if (part->sql == NULL)
			continue;
		look.sql = part->sql;
		look.file = part->file;
		look.line = part->line;
		look_at_part(&look, (enum step_part)i);
	}
}

void mistakes_find(struct migrations *migrations)
{
	for (size_t i = 0; i < migrations->step_count; i++)
		look_at_step(migrations, migrations->steps[i]);
}
