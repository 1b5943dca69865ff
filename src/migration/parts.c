#include "migration/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/remark.h"
#include "migration/sql.h"
#include "migration/version.h"

void parts_add(struct migrations *migrations, enum kind kind, const char *from,
	       const char *to, enum step_part part,
	       const struct step_text *text)
{
	migrations->loose =
		array_grow(migrations->loose, migrations->loose_count,
			   &migrations->loose_capacity,
			   sizeof(*migrations->loose));
	migrations->loose[migrations->loose_count++] = (struct loose_part){
		.kind = kind,
		.from = from == NULL ? NULL : xstrdup(from),
		.to = xstrdup(to),
		.part = part,
		.text = *text,
	};
}

static void release_part(struct loose_part *part)
{
	free(part->from);
	free(part->to);
	step_text_release(&part->text);
}

void parts_release(struct migrations *migrations)
{
	for (size_t i = 0; i < migrations->loose_count; i++)
		release_part(&migrations->loose[i]);
	free(migrations->loose);
	migrations->loose = NULL;
	migrations->loose_count = migrations->loose_capacity = 0;
}

static struct step *find_step(const struct migrations *migrations,
			      enum kind kind, const char *from, const char *to)
{
	for (size_t i = 0; i < migrations->step_count; i++) {
		struct step *step = migrations->steps[i];

		if (step != NULL && step->kind == kind &&
		    version_compare(step->from, from) == 0 &&
		    version_compare(step->to, to) == 0)
			return step;
	}
	return NULL;
}

/* Of a text that could not be given to a step, what is to be said. */
static void attach(struct migrations *migrations, struct loose_part *part)
{
	struct step *step = find_step(migrations, part->kind, part->from,
				      part->to);
	char *name = step_name_of(part->kind, part->from, part->to);

	if (step == NULL)
		migrations_add_finding(
			migrations, SEVERITY_ERROR, part->text.file,
			part->text.line, "no-step",
			"a %s of %s, and there is no such step; mend the "
			"versions in its tag, or take it away",
			step_part_name(part->part), name);
	else if (step_set_part(step, part->part, &part->text))
		memset(&part->text, 0, sizeof(part->text));
	else
		migrations_add_finding(
			migrations, SEVERITY_ERROR, part->text.file,
			part->text.line, "same-part",
			"%s has a %s already, at %s:%d; keep one of them", name,
			step_part_name(part->part),
			step->parts[part->part].file,
			step->parts[part->part].line);
	free(name);
}

/* A step that leads back becomes the way back of the one that leads there, if
 * that has none. */
static bool turn_back(struct migrations *migrations, struct step *back)
{
	struct step *step;
	struct step_text text;

	if (back->from == NULL || version_compare(back->from, back->to) <= 0)
		return false;
	step = find_step(migrations, back->kind, back->to, back->from);
	if (step == NULL)
		return false;
	text = (struct step_text){ .sql = back->sql,
				   .file = back->file,
				   .line = back->line };
	if (!step_set_part(step, STEP_DOWN, &text))
		return false;
	back->sql = back->file = NULL;
	step_free(back);
	return true;
}

static void turn_all_back(struct migrations *migrations)
{
	size_t kept = 0;

	for (size_t i = 0; i < migrations->step_count; i++) {
		if (turn_back(migrations, migrations->steps[i]))
			migrations->steps[i] = NULL;
	}
	for (size_t i = 0; i < migrations->step_count; i++) {
		if (migrations->steps[i] != NULL)
			migrations->steps[kept++] = migrations->steps[i];
	}
	migrations->step_count = kept;
}

/* Only where nothing else says the way back: a comment is the weakest word. */
static void heed_remark(struct step *step)
{
	struct step_text text = { .line = step->line };
	size_t begin;

	if (step->parts[STEP_DOWN].sql != NULL)
		return;
	text.sql = remark_rollback(step->sql, &begin);
	if (text.sql == NULL)
		return;
	text.line = step->line - 1 + sql_line_of(step->sql, begin);
	text.file = xstrdup(step->file);
	(void)step_set_part(step, STEP_DOWN, &text);
}

void parts_attach(struct migrations *migrations)
{
	for (size_t i = 0; i < migrations->loose_count; i++)
		attach(migrations, &migrations->loose[i]);
	parts_release(migrations);
	turn_all_back(migrations);
	for (size_t i = 0; i < migrations->step_count; i++)
		heed_remark(migrations->steps[i]);
}
