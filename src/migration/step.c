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

const char *step_part_name(enum step_part part)
{
	static const char *const names[STEP_PARTS] = {
		[STEP_DOWN] = "down",
		[STEP_CHECK] = "check",
		[STEP_VERIFY] = "verify",
	};

	return names[part];
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
	if (!step->is_program)
		sql_checksum(step->sql, step->checksum);
	step->statements = sql_count_statements(step->sql);
	step->is_blank = !step->is_program && sql_is_blank(step->sql);
	directives_read(step->sql, &step->directives, NULL, NULL);
	step->directives.is_outside_transaction |= step->is_outside_transaction;
	step->is_planned |= step->directives.is_planned;
	removals_release(&step->removals);
	removals_find(step->sql, &step->removals);
}

bool step_is_apart(const struct step *step)
{
	return step->is_program || step->directives.has_foreign_keys ||
	       step->directives.is_outside_transaction ||
	       step->directives.vacuums;
}

bool step_set_part(struct step *step, enum step_part part,
		   const struct step_text *text)
{
	if (step->parts[part].sql != NULL)
		return false;
	step->parts[part] = *text;
	removals_find(text->sql, &step->parts[part].removals);
	return true;
}

const struct step_text *step_way_down(const struct step *step)
{
	const struct step_text *down = &step->parts[STEP_DOWN];

	if (down->sql == NULL || (sql_is_blank(down->sql) && !step->is_blank))
		return NULL;
	return down;
}

void step_text_release(struct step_text *text)
{
	free(text->sql);
	free(text->file);
	removals_release(&text->removals);
	memset(text, 0, sizeof(*text));
}

static int line_at(const char *sql, int line, size_t offset)
{
	const char *token = token_skip_blank(sql + offset);

	return line - 1 + sql_line_of(sql, (size_t)(token - sql));
}

int step_text_line_at(const struct step_text *text, size_t offset)
{
	return line_at(text->sql, text->line, offset);
}

int step_line_at(const struct step *step, size_t offset)
{
	return line_at(step->sql, step->line, offset);
}

void step_free(struct step *step)
{
	if (step == NULL)
		return;
	free(step->from);
	free(step->to);
	free(step->file);
	free(step->sql);
	free(step->description);
	free(step->date);
	free(step->name);
	for (size_t part = 0; part < STEP_PARTS; part++)
		step_text_release(&step->parts[part]);
	removals_release(&step->removals);
	free(step);
}
