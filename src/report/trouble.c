#include "report/trouble.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/say.h"
#include "sqlite/connection.h"

static void item_release(struct trouble_item *item)
{
	free(item->username);
	free(item->path);
}

/* system.db, then users by name. By name and not by arrival: with workers in
 * parallel, two runs on the same fleet tell the same names. */
static int compare(const struct trouble_item *item,
		   const struct subject *subject, const char *path)
{
	int order = (int)item->kind - (int)subject->kind;

	if (order == 0 && item->username && subject->username)
		order = strcmp(item->username, subject->username);
	return order != 0 ? order : strcmp(item->path, path);
}

/* Makes room at its place for one more, pushing out the last if there is one
 * too many; NULL if it would itself be that one. */
static struct trouble_item *make_room(struct trouble *trouble,
				      const struct event *event)
{
	size_t at = 0;

	if (!trouble->items)
		trouble->items = xcalloc(TROUBLE_NAMES,
					 sizeof(*trouble->items));
	while (at < trouble->kept &&
	       compare(&trouble->items[at], event->subject, event->path) <= 0)
		at++;
	if (at == TROUBLE_NAMES)
		return NULL;
	if (trouble->kept == TROUBLE_NAMES)
		item_release(&trouble->items[--trouble->kept]);
	memmove(trouble->items + at + 1, trouble->items + at,
		(trouble->kept - at) * sizeof(*trouble->items));
	trouble->kept++;
	return &trouble->items[at];
}

void trouble_add(struct trouble *trouble, const struct event *event)
{
	const struct subject *subject = event->subject;
	struct trouble_item *item = make_room(trouble, event);

	trouble->total++;
	trouble->changed += !result_is_unchanged(event->result);
	if (!item)
		return;
	item->kind = subject->kind;
	item->username = subject->username ? xstrdup(subject->username) : NULL;
	item->path = xstrdup(event->path);
	item->result = *event->result;
}

void trouble_release(struct trouble *trouble)
{
	for (size_t i = 0; i < trouble->kept; i++)
		item_release(&trouble->items[i]);
	free(trouble->items);
	memset(trouble, 0, sizeof(*trouble));
}

static void print_name(FILE *out, const struct trouble_item *item)
{
	fputs("  ", out);
	say_subject(out, item->kind, item->username);
	fputs(", ", out);
	say_escaped(out, item->path);
}

void trouble_print_line(FILE *out, const struct trouble_item *item)
{
	const struct result *result = &item->result;

	print_name(out, item);
	if (result->failure.error.message[0] != '\0') {
		fputs(": ", out);
		say_escaped(out, result->failure.error.message);
	} else if (result->from[0] != '\0') {
		fputs(": at ", out);
		say_escaped(out, result->from);
	}
	fputc('\n', out);
}

static void print_place(FILE *out, const struct failure *failure)
{
	if (failure->migration[0] == '\0' && failure->file[0] == '\0')
		return;
	fputs("    ", out);
	say_escaped(out, failure->migration);
	if (failure->file[0] != '\0') {
		fputs(failure->migration[0] != '\0' ? ", " : "", out);
		say_escaped(out, failure->file);
		if (failure->line > 0)
			fprintf(out, ":%d", failure->line);
	}
	fputc('\n', out);
}

/* SQLite's own words stay together, with its code; ours are several sentences,
 * what is wrong and what to do, and read better one below the other. */
static void print_message(FILE *out, const struct error *error)
{
	if (error->sqlite_code == 0) {
		say_parts(out, "    ", error->message);
		return;
	}
	fputs("    ", out);
	say_escaped(out, error->message);
	fprintf(out, " (%s)\n", connection_code_name(error->sqlite_code));
}

static void print_mending(FILE *out, const struct trouble_item *item,
			  const struct call *call)
{
	fputs("    if it has a backup, and the application is stopped: ", out);
	call_print(out, call, item->kind == KIND_SYSTEM
				      ? "restore --offline --system"
				      : "restore --offline",
		   CALL_USER, item->username);
	fputc('\n', out);
}

void trouble_print_whole(FILE *out, const struct trouble_item *item,
			 const char *left, const struct call *mends)
{
	const struct result *result = &item->result;
	const struct failure *failure = &result->failure;

	print_name(out, item);
	fputc('\n', out);
	print_place(out, failure);
	if (failure->statement[0] != '\0') {
		fputs("    ", out);
		say_escaped(out, failure->statement);
		fputc('\n', out);
	}
	print_message(out, &failure->error);
	say_parts(out, "    ", result->notes);
	if (mends && failure->error.code == ERROR_CORRUPT)
		print_mending(out, item, mends);
	/* Without a version the heading has said it already. */
	if (!left || result->from[0] == '\0' || !result_is_unchanged(result))
		return;
	fprintf(out, "    %s, at ", left);
	say_escaped(out, result->from);
	fputc('\n', out);
}
