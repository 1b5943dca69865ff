#include "report/progress.h"

#include <stdlib.h>

#include "base/amount.h"
#include "base/memory.h"
#include "report/say.h"

/* Before this a rate says more about the first database than about the rest. */
#define RATE_AFTER_US 500000

struct progress {
	struct listener listener;
	FILE *out;
	bool colour;
	bool is_drawn;
	size_t waiting; /* databases that the present round tries again */
};

/* Events at which other listeners print: the line has to be gone by then. */
static const bool others_print[EVENT_TYPE_COUNT] = {
	[EVENT_ROUND] = true,
	[EVENT_NOTICE] = true,
	[EVENT_RUN_END] = true,
};

static void clear(struct progress *progress)
{
	if (!progress->is_drawn)
		return;
	fputs("\r\033[K", progress->out);
	fflush(progress->out);
	progress->is_drawn = false;
}

static void draw_rate(const struct progress *progress,
		      const struct totals *totals, int64_t duration_us)
{
	double rate = (double)totals->done * 1e6 / (double)duration_us;
	int64_t left = totals->work - totals->work_done;
	char time[64];

	/* Under ten a second a whole number would jump or say 0. */
	fprintf(progress->out, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	if (left <= 0)
		return;
	/* By work, not by number: the big ones come first. */
	amount_format_duration((int64_t)((double)left * (double)duration_us /
					 (double)totals->work_done),
			       time, sizeof(time));
	fprintf(progress->out, ", %s left", time);
}

static void draw(struct progress *progress, const struct run_summary *run)
{
	const struct totals *totals = &run->totals;
	size_t failed = totals->outcomes[OUTCOME_FAILED] +
			totals->outcomes[OUTCOME_WOULD_FAIL];
	char done[SAY_COUNT_BYTES], all[SAY_COUNT_BYTES];

	if (totals->work == 0)
		return;
	fprintf(progress->out, "\r\033[K%s of %s (%zu %%)",
		say_count(totals->done, done),
		say_count(totals->databases, all),
		(size_t)((double)totals->work_done * 100 /
			 (double)totals->work));
	/* done can pass databases while a round tells late: no rate then. */
	if (totals->done > 0 && totals->done <= totals->databases &&
	    run->duration_us >= RATE_AFTER_US)
		draw_rate(progress, totals, run->duration_us);
	if (failed > 0) {
		fputs(", ", progress->out);
		say_toned(progress->out, progress->colour, TONE_BAD,
			  "%zu failed", failed);
	}
	if (progress->waiting > 0)
		fprintf(progress->out, ", trying %zu busy again",
			progress->waiting);
	if (run->signal != 0)
		fputs(", stopping", progress->out);
	fflush(progress->out);
	progress->is_drawn = true;
}

static void hear(struct listener *listener, const struct event *event)
{
	/* The listener is the first member. */
	struct progress *progress = (struct progress *)listener;

	/* Drawing at every database would cost more than the tick. */
	if (event->type == EVENT_PROGRESS)
		draw(progress, event->run);
	if (event->type == EVENT_ROUND)
		progress->waiting = event->waiting;
	if (others_print[event->type])
		clear(progress);
}

struct progress *progress_new(FILE *out, bool colour)
{
	struct progress *progress = xcalloc(1, sizeof(*progress));

	progress->listener.hear = hear;
	progress->out = out;
	progress->colour = colour;
	return progress;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	clear(progress);
	free(progress);
}

struct listener *progress_listener(struct progress *progress)
{
	return &progress->listener;
}
