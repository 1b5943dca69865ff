#include "report/status.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "report/say.h"

/* Width of a bar for all of the users. */
#define BAR_COLUMNS 40

static const char *const state_names[STATUS_COUNT] = {
	[STATUS_NONE] = "none",
	[STATUS_MISSING] = "missing",
	[STATUS_CURRENT] = "current",
	[STATUS_PENDING] = "pending",
	[STATUS_NEWER] = "newer",
	[STATUS_UNREADABLE] = "unreadable",
	[STATUS_EMPTY] = "empty",
	[STATUS_BUSY] = "busy",
	[STATUS_SKIPPED] = "skipped",
};

/* What a look's outcome says of a database; all others do not come of a look
 * and count as nothing. */
static const enum status_state states[OUTCOME_COUNT] = {
	[OUTCOME_CURRENT] = STATUS_CURRENT,
	[OUTCOME_WOULD_UPGRADE] = STATUS_PENDING,
	[OUTCOME_WOULD_FAIL] = STATUS_PENDING,
	[OUTCOME_NEWER] = STATUS_NEWER,
	[OUTCOME_FAILED] = STATUS_UNREADABLE,
	[OUTCOME_BUSY] = STATUS_BUSY,
	[OUTCOME_SKIPPED] = STATUS_SKIPPED,
};

/* The states of users, in the order in which they are told. */
static const struct {
	enum status_state state;
	enum tone tone;
	const char *meaning;
} rows[] = {
	{ STATUS_PENDING, TONE_WARN, "an upgrade has steps to run" },
	{ STATUS_NEWER, TONE_BAD, "newer than every migration known" },
	{ STATUS_UNREADABLE, TONE_BAD,
	  "damaged, no database, or not to be read" },
	{ STATUS_EMPTY, TONE_WARN, "0 bytes: perhaps about to be filled" },
	{ STATUS_BUSY, TONE_WARN, "in use, or in need of recovery" },
	{ STATUS_SKIPPED, TONE_WARN, "no regular file" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *status_state_name(enum status_state state)
{
	return state_names[state];
}

static enum status_state state_of(const struct event *event)
{
	enum status_state state = states[event->result->outcome];
	const struct stamp *stamp = &event->subject->stamp;

	if (state == STATUS_SKIPPED && S_ISREG(stamp->mode) &&
	    stamp->bytes == 0)
		return STATUS_EMPTY;
	return state;
}

/* Where `version` stands, or would stand, newest first and "" last. */
static size_t version_place(const struct status *status, const char *version)
{
	size_t place = 0;

	if (version[0] == '\0')
		return status->version_count -
		       (status->version_count > 0 &&
			status->versions[status->version_count - 1]
					.version[0] == '\0');
	while (place < status->version_count &&
	       status->versions[place].version[0] != '\0' &&
	       version_compare(status->versions[place].version, version) > 0)
		place++;
	return place;
}

static void count_version(struct status *status, const char *version)
{
	size_t place = version_place(status, version);
	struct status_version *at;

	if (place == status->version_count ||
	    strcmp(status->versions[place].version, version) != 0) {
		status->versions = array_grow(status->versions,
					      status->version_count,
					      &status->version_capacity,
					      sizeof(*status->versions));
		at = &status->versions[place];
		memmove(at + 1, at,
			(status->version_count - place) * sizeof(*at));
		memset(at, 0, sizeof(*at));
		text_copy(at->version, sizeof(at->version), version);
		status->version_count++;
	}
	status->versions[place].users++;
}

/* system.db, then users by name: the workers' order would change each time. */
static int compare_names(const struct status_name *name,
			 const struct event *event)
{
	int order = (int)name->kind - (int)event->subject->kind;

	if (order == 0 && name->username && event->subject->username)
		order = strcmp(name->username, event->subject->username);
	return order != 0 ? order : strcmp(name->path, event->path);
}

/* The place that the database has, or would have, among the names. Mostly they
 * come nearly in order, so it is looked for from the end. */
static size_t name_place(const struct status_names *names,
			 const struct event *event)
{
	size_t place = names->count;

	while (place > 0 && compare_names(&names->items[place - 1], event) > 0)
		place--;
	return place;
}

static void release_name(struct status_name *name)
{
	free(name->username);
	free(name->path);
	free(name->reason);
}

static void remember(struct status *status, enum status_state state,
		     const struct event *event)
{
	struct status_names *names = &status->names[state];
	size_t place = name_place(names, event);
	struct status_name *name;

	if (place == status->names_limit)
		return;
	if (names->count == status->names_limit)
		release_name(&names->items[--names->count]);
	names->items = array_grow(names->items, names->count, &names->capacity,
				  sizeof(*names->items));
	name = &names->items[place];
	memmove(name + 1, name, (names->count - place) * sizeof(*name));
	names->count++;
	name->kind = event->subject->kind;
	name->username = event->subject->username
				 ? xstrdup(event->subject->username)
				 : NULL;
	name->path = xstrdup(event->path);
	name->reason = xstrdup(event->result->failure.error.message);
}

/* A version is known where the look could read one: also of what it cannot
 * bring further, never of what it could not open. */
static bool has_version(enum outcome outcome, const char *from)
{
	return outcome == OUTCOME_CURRENT || outcome == OUTCOME_WOULD_UPGRADE ||
	       from[0] != '\0';
}

static void hear_database(struct status *status, const struct event *event)
{
	const struct result *result = event->result;
	enum status_state state = state_of(event);
	bool undecided = result->outcome == OUTCOME_WOULD_FAIL;

	if (state != STATUS_CURRENT && state != STATUS_NONE)
		remember(status, state, event);
	if (event->subject->kind == KIND_SYSTEM) {
		status->system = state;
		status->system_undecided = undecided;
		text_copy(status->system_version,
			  sizeof(status->system_version), result->from);
		return;
	}
	status->users++;
	status->counts[state]++;
	status->undecided += undecided;
	if (has_version(result->outcome, result->from))
		count_version(status, result->from);
}

static void hear(struct listener *listener, const struct event *event)
{
	/* The listener is the first member. */
	struct status *status = (struct status *)listener;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (event->run->targets[kind])
			text_copy(status->targets[kind],
				  sizeof(status->targets[kind]),
				  event->run->targets[kind]);
	if (event->type == EVENT_DATABASE)
		hear_database(status, event);
}

struct status *status_new(bool system_expected, bool all_names)
{
	struct status *status = xcalloc(1, sizeof(*status));

	status->listener.hear = hear;
	status->names_limit = all_names ? SIZE_MAX : STATUS_NAMES;
	status->system = system_expected ? STATUS_MISSING : STATUS_NONE;
	return status;
}

void status_free(struct status *status)
{
	if (!status)
		return;
	for (int state = 0; state < STATUS_COUNT; state++) {
		struct status_names *names = &status->names[state];

		for (size_t i = 0; i < names->count; i++)
			release_name(&names->items[i]);
		free(names->items);
	}
	free(status->versions);
	free(status);
}

struct listener *status_listener(struct status *status)
{
	return &status->listener;
}

/* Without migrations every database passes for current. */
static bool knows_target(const struct status *status)
{
	return status->targets[KIND_SYSTEM][0] != '\0' ||
	       status->targets[KIND_USER][0] != '\0';
}

bool status_is_pending(const struct status *status)
{
	return status->counts[STATUS_PENDING] > 0 ||
	       status->system == STATUS_PENDING ||
	       status->system == STATUS_MISSING;
}

static void print_head(const struct status *status,
		       const struct status_options *options)
{
	FILE *out = options->out;
	bool good = status->system == STATUS_CURRENT ||
		    status->system == STATUS_NONE;
	char count[SAY_COUNT_BYTES];

	fputs("target   system ", out);
	say_escaped(out, status->targets[KIND_SYSTEM][0] != '\0'
				 ? status->targets[KIND_SYSTEM] : NULL);
	fputs(", user ", out);
	say_escaped(out, status->targets[KIND_USER][0] != '\0'
				 ? status->targets[KIND_USER] : NULL);
	fputs("\nsystem   ", out);
	say_escaped(out, status->system_version[0] != '\0'
				 ? status->system_version : NULL);
	if (knows_target(status) || !good) {
		fputs(", ", out);
		say_toned(out, options->colour, good ? TONE_GOOD : TONE_BAD,
			  "%s", state_names[status->system]);
	}
	fprintf(out, "\nusers    %s\n", say_count(status->users, count));
}

static void print_bar(const struct status *status,
		      const struct status_options *options,
		      const struct status_version *version, int width)
{
	FILE *out = options->out;
	double share = (double)version->users / (double)status->users;
	size_t columns = (size_t)(share * BAR_COLUMNS + 0.5);
	bool good = strcmp(version->version, status->targets[KIND_USER]) == 0;
	char bar[BAR_COLUMNS + 1], count[SAY_COUNT_BYTES];

	/* Even one in a million leaves a trace. */
	if (columns == 0)
		columns = 1;
	memset(bar, '#', columns);
	bar[columns] = '\0';
	fputs("  ", out);
	say_padded(out, version->version[0] != '\0' ? version->version : "none",
		   (size_t)width);
	fprintf(out, "  %9s %5.1f %%  ", say_count(version->users, count),
		share * 100);
	say_toned(out, options->colour, good ? TONE_GOOD : TONE_WARN, "%s",
		  bar);
	fputc('\n', out);
}

static void print_histogram(const struct status *status,
			    const struct status_options *options)
{
	size_t width = strlen("none");

	if (status->version_count == 0)
		return;
	for (size_t i = 0; i < status->version_count; i++) {
		size_t own = say_width(status->versions[i].version);

		width = own > width ? own : width;
	}
	fputc('\n', options->out);
	for (size_t i = 0; i < status->version_count; i++)
		print_bar(status, options, &status->versions[i], (int)width);
}

static void print_names(const struct status *status, enum status_state state,
			const struct status_options *options, size_t total)
{
	const struct status_names *names = &status->names[state];
	FILE *out = options->out;
	char count[SAY_COUNT_BYTES];

	for (size_t i = 0; i < names->count; i++) {
		const struct status_name *name = &names->items[i];

		fputs("  ", out);
		say_subject(out, name->kind, name->username);
		fputs(", ", out);
		say_escaped(out, name->path);
		if (name->reason[0] != '\0') {
			fputs(": ", out);
			say_escaped(out, name->reason);
		}
		fputc('\n', out);
	}
	if (total <= names->count)
		return;
	fprintf(out, "  and %s more: ", say_count(total - names->count, count));
	call_print(out, &options->call, "status --verbose", CALL_GIVEN, NULL);
	fputc('\n', out);
}

static void print_end(const struct status *status,
		      const struct status_options *options)
{
	FILE *out = options->out;

	if (status_is_pending(status)) {
		fputs("\nto see what an upgrade would do: ", out);
		call_print(out, &options->call, "upgrade --dry-run", CALL_GIVEN,
			   NULL);
		fputc('\n', out);
	} else if (!knows_target(status)) {
		fputs("\nwithout migrations it is not known what is pending\n",
		      out);
	} else if (status->counts[STATUS_CURRENT] == status->users) {
		say_toned(out, options->colour, TONE_GOOD, "\n%s\n",
			  "all are current");
	}
}

void status_print(const struct status *status,
		  const struct status_options *options)
{
	FILE *out = options->out;
	char count[SAY_COUNT_BYTES];

	print_head(status, options);
	print_histogram(status, options);
	for (size_t i = 0; i < ROWS; i++) {
		enum status_state state = rows[i].state;
		size_t total = status->counts[state] +
			       (status->system == state ? 1 : 0);

		if (total == 0)
			continue;
		fputc('\n', out);
		say_toned(out, options->colour, rows[i].tone, "%s %s",
			  say_count(total, count), state_names[state]);
		fprintf(out, " (%s)\n", rows[i].meaning);
		print_names(status, state, options, total);
	}
	if (status->undecided > 0 || status->system_undecided)
		fprintf(out, "\nof the pending, %zu would be refused: their "
			"version cannot be told\n",
			status->undecided + (status->system_undecided ? 1 : 0));
	print_end(status, options);
	fflush(out);
}
