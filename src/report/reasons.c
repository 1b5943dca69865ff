#include "report/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/say.h"

static struct reason *find(struct reasons *reasons, const char *text)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (strcmp(reasons->items[i].text, text) == 0)
			return &reasons->items[i];
	return NULL;
}

/* True if the database comes before the one that the reason names. */
static bool is_earlier(const struct subject *subject,
		       const struct reason *reason)
{
	if (!reason->username || !subject->username)
		return reason->username && !subject->username;
	return strcmp(subject->username, reason->username) < 0;
}

static void take_name(struct reason *reason, const struct subject *subject)
{
	free(reason->username);
	reason->kind = subject->kind;
	reason->username = subject->username ? xstrdup(subject->username)
					     : NULL;
}

void reasons_add(struct reasons *reasons, const char *text,
		 const struct subject *subject)
{
	struct reason *reason = find(reasons, text);

	if (!reason && reasons->count == REASONS_KEPT) {
		reasons->others++;
		return;
	}
	if (!reason) {
		reasons->items = array_grow(reasons->items, reasons->count,
					    &reasons->capacity,
					    sizeof(*reasons->items));
		reason = &reasons->items[reasons->count++];
		*reason = (struct reason){ .text = xstrdup(text) };
	}
	if (reason->databases == 0 || is_earlier(subject, reason))
		take_name(reason, subject);
	reason->databases++;
}

void reasons_add_parts(struct reasons *reasons, const char *text,
		       const struct subject *subject)
{
	while (*text != '\0') {
		char *part = say_part(&text);

		reasons_add(reasons, part, subject);
		free(part);
	}
}

/* What is as frequent stands in the order of its text, the same each time. */
static int compare(const void *a, const void *b)
{
	const struct reason *one = a, *other = b;

	if (one->databases != other->databases)
		return one->databases > other->databases ? -1 : 1;
	return strcmp(one->text, other->text);
}

void reasons_print(FILE *out, struct reasons *reasons)
{
	size_t told = reasons->count < REASONS_TOLD ? reasons->count
						    : REASONS_TOLD;
	size_t rest = reasons->count - told + reasons->others;

	if (reasons->count > 0)
		qsort(reasons->items, reasons->count, sizeof(*reasons->items),
		      compare);
	for (size_t i = 0; i < told; i++) {
		const struct reason *reason = &reasons->items[i];

		fputs("  in ", out);
		say_amount(out, reason->databases, "database", "databases");
		fputs(", as ", out);
		say_subject(out, reason->kind, reason->username);
		fputs(": ", out);
		say_escaped(out, reason->text);
		fputc('\n', out);
	}
	if (rest > 0) {
		fputs("  and ", out);
		say_amount(out, rest, "thing more\n", "things more\n");
	}
}

void reasons_release(struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++) {
		free(reasons->items[i].text);
		free(reasons->items[i].username);
	}
	free(reasons->items);
	memset(reasons, 0, sizeof(*reasons));
}
