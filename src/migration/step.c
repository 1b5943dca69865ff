#include "migration/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/sql.h"
#include "sqlite/token.h"

const char *kind_name(enum kind kind)
{
	static const char *const names[KIND_COUNT] = { "system", "user" };

	return names[kind];
}

char *step_name_of(enum kind kind, const char *from, const char *to)
{
	return xasprintf("%s:%s→%s", kind_name(kind),
			 from == NULL ? STEP_BASELINE : from, to);
}

bool kind_find(const char *name, enum kind *out)
{
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		if (strcmp(name, kind_name(kind)) == 0) {
			*out = kind;
			return true;
		}
	}
	return false;
}

void step_derive(struct step *step)
{
	free(step->name);
	step->name = step_name_of(step->kind, step->from, step->to);
	sql_checksum(step->sql, step->checksum);
	step->statements = sql_count_statements(step->sql);
	step->is_blank = sql_is_blank(step->sql);
	step->is_planned |= sql_has_directive(step->sql, "planned");
	step->is_repeatable = sql_has_directive(step->sql, "repeatable");
	removals_release(&step->removals);
	removals_find(step->sql, &step->removals);
}

int step_line_at(const struct step *step, size_t offset)
{
	const char *token = token_skip_blank(step->sql + offset);

	return step->line - 1 +
	       sql_line_of(step->sql, (size_t)(token - step->sql));
}

void step_free(struct step *step)
{
	if (step == NULL)
		return;
	free(step->from);
	free(step->to);
	free(step->file);
	free(step->sql);
	free(step->down);
	free(step->description);
	free(step->date);
	free(step->name);
	removals_release(&step->removals);
	free(step);
}
