#include "report/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "base/memory.h"
#include "report/reasons.h"
#include "report/say.h"
#include "report/wording.h"

/* Notices that a quiet run keeps in case it turns out bad. */
#define NOTICES_KEPT 20

struct summary {
	struct listener listener;
	struct summary_options options;
	struct trouble troubles[OUTCOME_COUNT];
	struct reasons reasons[OUTCOME_COUNT];
	struct reasons noted; /* of what went well, and has a note */
	char *notices[NOTICES_KEPT];
	size_t notice_count;
};

/* The order of telling: what was done, then what is worse and worse, so that
 * the worst stands last, next to the prompt or at the end of the mail. */
static const struct {
	enum outcome outcome;
	enum tone tone;
} order[] = {
	{ OUTCOME_UPGRADED, TONE_GOOD },
	{ OUTCOME_RESTORED, TONE_GOOD },
	{ OUTCOME_WOULD_UPGRADE, TONE_PLAIN },
	{ OUTCOME_CURRENT, TONE_PLAIN },
	{ OUTCOME_SKIPPED, TONE_WARN },
	{ OUTCOME_BUSY, TONE_WARN },
	{ OUTCOME_KEPT, TONE_WARN },
	{ OUTCOME_NEWER, TONE_BAD },
	{ OUTCOME_WOULD_FAIL, TONE_BAD },
	{ OUTCOME_FAILED, TONE_BAD },
};
#define ORDERED (sizeof(order) / sizeof(order[0]))

/* Where one summary goes, and what all of its parts need. */
struct page {
	FILE *out;
	bool colour;
	const struct call *call;
	const struct run_summary *run;
	const struct wording *wording;
};

static enum tone tone_of(enum outcome outcome)
{
	for (size_t i = 0; i < ORDERED; i++)
		if (order[i].outcome == outcome)
			return order[i].tone;
	return TONE_PLAIN;
}

/* Whatever is told with all there is to know, not on one line. */
static bool is_told_whole(enum outcome outcome)
{
	return outcome == OUTCOME_FAILED || outcome == OUTCOME_WOULD_FAIL;
}

/* `user`: whom it may be about; NULL: nobody, or system.db. */
static void print_advice(const struct page *page, const char *indent,
			 const struct advice *advice, const char *user)
{
	if (!advice->text)
		return;
	fprintf(page->out, "%s%s", indent, advice->text);
	if (advice->command) {
		fputs(": ", page->out);
		call_print(page->out, page->call, advice->command,
			   advice->about, user);
	}
	fputc('\n', page->out);
}

/* "201 databases in 0.8 s: 200 upgraded, 1 failed". */
static void print_counts(const struct page *page)
{
	const struct totals *totals = &page->run->totals;
	char text[64], count[SAY_COUNT_BYTES];
	const char *before = ": ";

	say_toned(page->out, page->colour, TONE_TITLE, "%s:",
		  page->wording->title);
	fputc(' ', page->out);
	say_amount(page->out, totals->databases, "database", "databases");
	fprintf(page->out, " in %s",
		amount_format_duration(page->run->duration_us, text,
				       sizeof(text)));
	for (size_t i = 0; i < ORDERED; i++) {
		size_t n = totals->outcomes[order[i].outcome];

		if (n == 0)
			continue;
		fputs(before, page->out);
		before = ", ";
		say_toned(page->out, page->colour, order[i].tone, "%s %s",
			  say_count(n, count),
			  wording_telling(page->wording, order[i].outcome)
				  ->label);
	}
	if (totals->not_begun > 0)
		fprintf(page->out, "%s%s not begun", before,
			say_count(totals->not_begun, count));
	fputc('\n', page->out);
}

static void print_frame(const struct page *page)
{
	static const char *const names[KIND_COUNT] = { "system", "user" };
	const struct run_summary *run = page->run;
	const char *before = "target ";

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (!page->wording->has_target || !run->targets[kind])
			continue;
		fprintf(page->out, "%s%s ", before, names[kind]);
		say_escaped(page->out, run->targets[kind]);
		before = ", ";
	}
	if (before[0] == ',')
		fputs("; ", page->out);
	fprintf(page->out, "run %s", run->run_id);
	if (run->exit_status != 0)
		fprintf(page->out, "; exit status %d", run->exit_status);
	fputc('\n', page->out);
	if (run->totals.databases > 0 && run->totals.not_begun == 0 &&
	    run->totals.outcomes[OUTCOME_CURRENT] == run->totals.databases)
		fprintf(page->out, "%s\n", page->wording->nothing);
}

static void print_bytes(const struct page *page)
{
	char text[64];

	if (page->run->totals.bytes_backed_up > 0)
		fprintf(page->out, "%s: %s\n", page->wording->bytes,
			amount_format_bytes(
				(uint64_t)page->run->totals.bytes_backed_up,
				text, sizeof(text)));
}

static void print_more(const struct page *page, size_t kept, size_t total)
{
	char count[SAY_COUNT_BYTES];
	char *history;

	if (total <= kept)
		return;
	history = xasprintf("history %s", page->run->run_id);
	fprintf(page->out, "  and %s more: ", say_count(total - kept, count));
	call_print(page->out, page->call,
		   page->wording->more ? page->wording->more : history,
		   page->wording->more ? CALL_GIVEN : CALL_FLEET, NULL);
	fputc('\n', page->out);
	free(history);
}

static void print_noted(const struct page *page, struct reasons *noted)
{
	if (noted->count == 0)
		return;
	fputs("to note, though nothing failed by it:\n", page->out);
	reasons_print(page->out, noted);
}

static void print_trouble(const struct page *page, size_t row,
			  const struct trouble *trouble,
			  struct reasons *reasons)
{
	enum outcome outcome = order[row].outcome;
	const struct telling *telling = wording_telling(page->wording, outcome);

	if (!telling->title || trouble->total == 0)
		return;
	fputc('\n', page->out);
	say_toned(page->out, page->colour, order[row].tone, "%s",
		  outcome == OUTCOME_FAILED && page->wording->left &&
				  trouble->changed > 0
			  ? "failed, and not all are left as they were:"
			  : telling->title);
	fputc('\n', page->out);
	/* Five are told in full; among more, one unlike them would hide. */
	if (trouble->total > trouble->kept)
		reasons_print(page->out, reasons);
	for (size_t i = 0; i < trouble->kept; i++)
		if (is_told_whole(outcome))
			trouble_print_whole(page->out, &trouble->items[i],
					    page->wording->left,
					    page->wording->mends ? page->call
								 : NULL);
		else
			trouble_print_line(page->out, &trouble->items[i]);
	print_more(page, trouble->kept, trouble->total);
	print_advice(page, "  ", &telling->advice, trouble->items[0].username);
}

/* Why the run did not do all of it, if it did not. */
static void print_stop(const struct page *page)
{
	const struct run_summary *run = page->run;

	if (run->stopped) {
		say_toned(page->out, page->colour, TONE_BAD, "stopped: ");
		say_escaped(page->out, run->stopped);
		fputc('\n', page->out);
	}
	if (run->signal != 0) {
		say_toned(page->out, page->colour, TONE_WARN, "interrupted");
		fprintf(page->out, " by signal %d (%s); what was begun is "
			"whole, run again to go on\n", run->signal,
			strsignal(run->signal));
	}
	if (run->exit_status == 2)
		say_toned(page->out, page->colour, TONE_BAD,
			  "system.db is not at its target: %s\n",
			  run->dry_run ? "an upgrade would touch no user "
					 "database"
				       : "no user database was touched");
	if (run->exit_status == 2 && run->totals.system == OUTCOME_NONE) {
		fputs("if it has a backup: ", page->out);
		call_print(page->out, page->call, "restore --offline --system",
			   CALL_FLEET, NULL);
		fputc('\n', page->out);
	}
}

static void print_page(struct summary *summary, const struct page *page)
{
	size_t did = page->run->totals.outcomes[page->wording->did];

	print_counts(page);
	print_frame(page);
	print_bytes(page);
	if (did > 0 && page->run->signal == 0 &&
	    !(page->run->dry_run && page->run->stopped))
		print_advice(page, "", &page->wording->after, NULL);
	print_noted(page, &summary->noted);
	for (size_t i = 0; i < ORDERED; i++)
		print_trouble(page, i, &summary->troubles[order[i].outcome],
			      &summary->reasons[order[i].outcome]);
	print_stop(page);
	fflush(page->out);
}

static void print_database(const struct summary *summary,
			   const struct event *event)
{
	FILE *out = summary->options.out;
	const struct result *result = event->result;
	const struct wording *wording = wording_of(event->run);
	char text[64];

	say_toned(out, summary->options.colour, tone_of(result->outcome), "%s",
		  wording_telling(wording, result->outcome)->label);
	fputs("  ", out);
	say_subject(out, event->subject->kind, event->subject->username);
	if (result->from[0] != '\0') {
		fputs("  ", out);
		say_escaped(out, result->from);
	}
	if (result->to[0] != '\0' && strcmp(result->from, result->to) != 0) {
		fputs(" → ", out);
		say_escaped(out, result->to);
	}
	fprintf(out, "  %s",
		amount_format_duration(result->duration_us, text,
				       sizeof(text)));
	if (result->failure.error.message[0] != '\0') {
		fputs("  ", out);
		say_escaped(out, result->failure.error.message);
	}
	fputc('\n', out);
	say_parts(out, "    ", result->notes);
}

static void hear_database(struct summary *summary, const struct event *event)
{
	const struct result *result = event->result;
	enum outcome outcome = result->outcome;

	if (summary->options.verbose && !summary->options.quiet)
		print_database(summary, event);
	if (!wording_telling(wording_of(event->run), outcome)->title) {
		reasons_add_parts(&summary->noted, result->notes,
				  event->subject);
		return;
	}
	trouble_add(&summary->troubles[outcome], event);
	if (result->notes[0] != '\0')
		reasons_add_parts(&summary->reasons[outcome], result->notes,
				  event->subject);
	else
		reasons_add(&summary->reasons[outcome],
			    result->failure.error.message, event->subject);
}

static void hear_notice(struct summary *summary, const char *text)
{
	if (summary->options.quiet) {
		if (summary->notice_count < NOTICES_KEPT)
			summary->notices[summary->notice_count++] =
				xstrdup(text);
		return;
	}
	fputs("note: ", summary->options.out);
	say_escaped(summary->options.out, text);
	fputc('\n', summary->options.out);
	fflush(summary->options.out);
}

static void hear_end(struct summary *summary, const struct run_summary *run)
{
	const struct summary_options *options = &summary->options;
	struct page page = {
		.out = options->quiet ? options->bad : options->out,
		.colour = options->colour,
		.call = &options->call,
		.run = run,
		.wording = wording_of(run),
	};

	if (options->quiet && run->exit_status == 0 && run->signal == 0)
		return;
	for (size_t i = 0; i < summary->notice_count; i++) {
		fputs("note: ", page.out);
		say_escaped(page.out, summary->notices[i]);
		fputc('\n', page.out);
	}
	print_page(summary, &page);
}

static void hear(struct listener *listener, const struct event *event)
{
	/* The listener is the first member. */
	struct summary *summary = (struct summary *)listener;

	if (event->type == EVENT_DATABASE)
		hear_database(summary, event);
	else if (event->type == EVENT_NOTICE)
		hear_notice(summary, event->text);
	else if (event->type == EVENT_RUN_END)
		hear_end(summary, event->run);
}

struct summary *summary_new(const struct summary_options *options)
{
	struct summary *summary = xcalloc(1, sizeof(*summary));

	summary->listener.hear = hear;
	summary->options = *options;
	return summary;
}

void summary_free(struct summary *summary)
{
	if (!summary)
		return;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		trouble_release(&summary->troubles[i]);
		reasons_release(&summary->reasons[i]);
	}
	reasons_release(&summary->noted);
	for (size_t i = 0; i < summary->notice_count; i++)
		free(summary->notices[i]);
	free(summary);
}

struct listener *summary_listener(struct summary *summary)
{
	return &summary->listener;
}
