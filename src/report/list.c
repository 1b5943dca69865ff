#include "report/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/say.h"

/* The position that a look found a database at; false if it could not tell. */
static bool position_of(const struct chain *chain, const struct result *result,
			size_t *out)
{
	bool is_told = result->outcome == OUTCOME_CURRENT ||
		       result->outcome == OUTCOME_WOULD_UPGRADE ||
		       result->outcome == OUTCOME_NEWER;

	if (!is_told)
		return false;
	/* chain_position() takes what is no version for the end. */
	*out = result->from[0] == '\0' ? 0
				       : chain_position(chain, result->from);
	return true;
}

static void count_known(struct needs *needs, enum kind kind, size_t position,
			const struct late_steps *late)
{
	needs->at[kind][position]++;
	for (size_t i = 0; i < late->count; i++)
		needs->late[kind][late->at[i]]++;
}

static void hear(struct listener *listener, const struct event *event)
{
	/* The listener is the first member. */
	struct needs *needs = (struct needs *)listener;
	enum kind kind;
	size_t position;

	if (event->type != EVENT_DATABASE)
		return;
	kind = event->subject->kind;
	if (position_of(&needs->migrations->chains[kind], event->result,
			&position))
		count_known(needs, kind, position, &event->result->late);
	else
		needs->unknown[kind]++;
}

struct needs *needs_new(const struct migrations *migrations)
{
	struct needs *needs = xcalloc(1, sizeof(*needs));

	needs->listener.hear = hear;
	needs->migrations = migrations;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		size_t places = migrations->chains[kind].count + 1;

		needs->at[kind] = xcalloc(places, sizeof(*needs->at[kind]));
		needs->late[kind] = xcalloc(places, sizeof(*needs->late[kind]));
	}
	return needs;
}

void needs_free(struct needs *needs)
{
	if (!needs)
		return;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		free(needs->at[kind]);
		free(needs->late[kind]);
	}
	free(needs);
}

struct listener *needs_listener(struct needs *needs)
{
	return &needs->listener;
}

/* How many stand before the place. */
static size_t count_before(const struct needs *needs, enum kind kind,
			   size_t position)
{
	size_t count = 0;

	for (size_t p = 0; p < position; p++)
		count += needs->at[kind][p];
	return count;
}

size_t needs_count(const struct needs *needs, enum kind kind, size_t position)
{
	return count_before(needs, kind, position) +
	       needs->late[kind][position - 1];
}

size_t needs_total(const struct needs *needs, enum kind kind)
{
	return count_before(needs, kind,
			    needs->migrations->chains[kind].count + 1) +
	       needs->unknown[kind];
}

/* Columns that the longest texts take, so that the table stands straight. */
struct widths {
	size_t name, date;
};

static struct widths widths_of(const struct migrations *migrations)
{
	struct widths widths = { 0 };

	for (size_t i = 0; i < migrations->step_count; i++) {
		size_t name = say_width(migrations->steps[i]->name);
		size_t date = say_width(migrations->steps[i]->date);

		widths.name = name > widths.name ? name : widths.name;
		widths.date = date > widths.date ? date : widths.date;
	}
	return widths;
}

static void print_sql(FILE *out, const char *sql)
{
	while (*sql != '\0') {
		size_t bytes = strcspn(sql, "\n");
		char *line = xstrndup(sql, bytes);

		fputs(bytes > 0 ? "    " : "", out);
		/* Not through say_escaped(): a tab is a tab here, and a
		 * backslash stands for itself. */
		for (const char *at = line; *at != '\0'; at++)
			if (*at == '\t' || (unsigned char)*at >= 0x20)
				fputc(*at, out);
		fputc('\n', out);
		free(line);
		sql += bytes + (sql[bytes] == '\n');
	}
}

static void print_step(const struct list_options *options,
		       const struct step *step, size_t position,
		       const struct widths *widths)
{
	FILE *out = options->out;
	const struct step_text *down = step_way_down(step);
	char count[SAY_COUNT_BYTES];

	fputs("  ", out);
	say_padded(out, step->name, widths->name);
	if (step->is_program)
		fputs("  program         ", out);
	else
		fprintf(out, "  %3d statements  ",
			step->is_blank ? 0 : step->statements);
	say_toned(out, options->colour,
		  step->is_planned ? TONE_ASIDE : TONE_PLAIN, "%s",
		  step->is_planned ? "planned" : "active ");
	fprintf(out, "  %-7s  %.*s", down ? "up/down" : "up",
		LIST_CHECKSUM_DIGITS, step->checksum);
	if (widths->date > 0) {
		fputs("  ", out);
		say_padded(out, step->date, widths->date);
	}
	if (options->needs && !step->is_planned)
		fprintf(out, "  needed by %s",
			say_count(needs_count(options->needs, step->kind,
					      position), count));
	if (step->description[0] != '\0') {
		fputs("  ", out);
		say_escaped(out, step->description);
	}
	fputc('\n', out);
	if (options->sql)
		print_sql(out, step->sql);
	if (options->sql && down) {
		fputs("    -- and back:\n", out);
		print_sql(out, down->sql);
	}
}

void list_print(const struct migrations *migrations,
		const struct list_options *options)
{
	const struct widths widths = widths_of(migrations);
	const char *format;
	size_t unknown = 0;
	char count[SAY_COUNT_BYTES];

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct chain *chain = &migrations->chains[kind];

		if (chain->count + chain->planned_count == 0)
			continue;
		format = chain_format(migrations, (enum kind)kind);
		say_toned(options->out, options->colour, TONE_TITLE, "%s",
			  kind_name((enum kind)kind));
		fprintf(options->out, "%s%s\n", format[0] ? ", " : "", format);
		for (size_t i = 0; i < chain->count; i++)
			print_step(options, chain->steps[i], i + 1, &widths);
		for (size_t i = 0; i < chain->planned_count; i++)
			print_step(options, chain->planned[i], 0, &widths);
		if (options->needs)
			unknown += options->needs->unknown[kind];
	}
	if (unknown > 0)
		fprintf(options->out, "%s more could not be looked at; see "
			"`status`\n", say_count(unknown, count));
	fflush(options->out);
}
