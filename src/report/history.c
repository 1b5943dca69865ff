#include "report/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "base/text.h"
#include "report/say.h"

void history_print_head(const struct history_options *options)
{
	say_toned(options->out, options->colour, TONE_TITLE, "%-21s  %-10s  %s",
		  "run", "command", "what became of it");
	fputc('\n', options->out);
}

static void print_end(const struct history_options *options,
		      const struct journal_run *run)
{
	bool good = run->exit_status == 0;

	if (run->signal != 0)
		say_toned(options->out, options->colour, TONE_WARN,
			  "ended by signal %d", run->signal);
	else if (!run->ended)
		say_toned(options->out, options->colour, TONE_BAD,
			  "interrupted");
	else
		say_toned(options->out, options->colour,
			  good ? TONE_GOOD : TONE_BAD, "status %d",
			  run->exit_status);
}

void history_print_run(const struct history_options *options,
		       const struct journal_run *run)
{
	FILE *out = options->out;
	char count[SAY_COUNT_BYTES];

	say_padded(out, run->id, 21);
	fputs("  ", out);
	say_padded(out, run->command, 10);
	fputs("  ", out);
	print_end(options, run);
	fputs(", ", out);
	say_amount(out, run->databases, "database", "databases");
	for (int outcome = 1; outcome < OUTCOME_COUNT; outcome++)
		if (run->outcomes[outcome] > 0)
			fprintf(out, ", %s %s",
				say_count(run->outcomes[outcome], count),
				outcome_name((enum outcome)outcome));
	if (run->target_user) {
		fputs(", target ", out);
		say_escaped(out, run->target_user);
	}
	fputc('\n', out);
}

static void print_line(FILE *out, const char *text)
{
	if (!text || text[0] == '\0')
		return;
	fputs("    ", out);
	say_escaped(out, text);
	fputc('\n', out);
}

static void print_place(FILE *out, const struct journal_result *result)
{
	bool has_file = result->file && result->file[0] != '\0';

	if (!result->migration || result->migration[0] == '\0')
		return;
	fputs("    ", out);
	say_escaped(out, result->migration);
	if (has_file) {
		fputs(", ", out);
		say_escaped(out, result->file);
		if (result->line > 0)
			fprintf(out, ":%d", result->line);
	}
	fputc('\n', out);
}

static void print_message(FILE *out, const struct journal_result *result)
{
	if (!result->message || result->message[0] == '\0')
		return;
	fputs("    ", out);
	say_escaped(out, result->message);
	if (result->error_code) {
		fputs(" (", out);
		say_escaped(out, result->error_code);
		fputc(')', out);
	}
	fputc('\n', out);
}

void history_print_result(const struct history_options *options,
			  const struct journal_result *result)
{
	FILE *out = options->out;
	bool bad = result->message && result->message[0] != '\0';
	char *outcome = text_escape(result->outcome ? result->outcome : "-");
	bool moved = result->from && result->to &&
		     strcmp(result->from, result->to) != 0;
	char text[64];

	say_toned(out, options->colour, bad ? TONE_BAD : TONE_GOOD, "%s",
		  outcome);
	free(outcome);
	fputs("  ", out);
	say_subject(out, result->username ? KIND_USER : KIND_SYSTEM,
		    result->username);
	fputs(", ", out);
	say_escaped(out, result->path);
	if (result->from) {
		fputs(", ", out);
		say_escaped(out, result->from);
	}
	if (moved) {
		fputs(" → ", out);
		say_escaped(out, result->to);
	}
	fprintf(out, ", %s\n",
		amount_format_duration(result->duration_us, text,
				       sizeof(text)));
	print_place(out, result);
	print_line(out, result->statement);
	print_message(out, result);
	if (result->notes)
		say_parts(out, "    ", result->notes);
}
