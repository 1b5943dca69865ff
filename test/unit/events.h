/*
 * events: events as a run would tell them, for the tests of listeners.
 *
 * A struct scene owns nothing; its parts point at each other, so it must not
 * be copied. Listeners write to a stream in memory, whose text scene_text()
 * gives.
 */
#ifndef FLEET_TEST_UNIT_EVENTS_H
#define FLEET_TEST_UNIT_EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/event.h"

struct scene {
	struct run_summary run;
	struct subject subject;
	struct result result;
	struct event event;
	char *text; /* what was printed to `out` */
	size_t bytes;
	FILE *out;
};

static inline void scene_open(struct scene *scene, const char *command,
			      bool dry_run)
{
	memset(scene, 0, sizeof(*scene));
	scene->run.run_id = "20261121T043100Z-9f3c";
	scene->run.command = command;
	scene->run.dry_run = dry_run;
	scene->run.targets[KIND_SYSTEM] = "0.3.20";
	scene->run.targets[KIND_USER] = "0.3.20";
	scene->run.jobs = 4;
	scene->event.run = &scene->run;
	scene->out = open_memstream(&scene->text, &scene->bytes);
	assert_non_null(scene->out);
}

static inline void scene_close(struct scene *scene)
{
	fclose(scene->out);
	free(scene->text);
}

/* All that was printed so far. */
static inline const char *scene_text(struct scene *scene)
{
	fflush(scene->out);
	return scene->text;
}

static inline void scene_tell(struct scene *scene, struct listener *listener,
			      enum event_type type)
{
	scene->event.type = type;
	listener->hear(listener, &scene->event);
}

static inline void scene_notice(struct scene *scene, struct listener *listener,
				const char *text)
{
	scene->event.text = text;
	scene_tell(scene, listener, EVENT_NOTICE);
	scene->event.text = NULL;
}

/* Begins the result of a database; `username` NULL: system.db. What else it
 * says is set in scene->result before scene_database(). */
static inline void scene_result(struct scene *scene, const char *username,
				enum outcome outcome, const char *from,
				const char *to)
{
	memset(&scene->result, 0, sizeof(scene->result));
	memset(&scene->subject, 0, sizeof(scene->subject));
	scene->subject.kind = username ? KIND_USER : KIND_SYSTEM;
	scene->subject.username = username;
	scene->subject.path = username ? "u/x_longterm.db" : "system.db";
	scene->subject.stamp.mode = S_IFREG | 0600;
	scene->subject.stamp.bytes = 8192;
	scene->result.outcome = outcome;
	scene->result.duration_us = 12000;
	snprintf(scene->result.from, sizeof(scene->result.from), "%s", from);
	snprintf(scene->result.to, sizeof(scene->result.to), "%s", to);
	scene->event.path = username ? "/srv/fleet/u/x_longterm.db"
				     : "/srv/fleet/system.db";
	scene->event.backup = NULL;
}

static inline void scene_failure(struct scene *scene, enum error_code code,
				 int sqlite_code, const char *message)
{
	struct failure *failure = &scene->result.failure;

	failure->error.code = code;
	failure->error.sqlite_code = sqlite_code;
	snprintf(failure->error.message, sizeof(failure->error.message), "%s",
		 message);
}

static inline void scene_place(struct scene *scene, const char *migration,
			       const char *file, int line,
			       const char *statement)
{
	struct failure *failure = &scene->result.failure;

	snprintf(failure->migration, sizeof(failure->migration), "%s",
		 migration);
	snprintf(failure->file, sizeof(failure->file), "%s", file);
	snprintf(failure->statement, sizeof(failure->statement), "%s",
		 statement);
	failure->line = line;
}

/* Tells the result, and counts it as the run would. */
static inline void scene_database(struct scene *scene,
				  struct listener *listener)
{
	scene->run.totals.databases++;
	scene->run.totals.done++;
	scene->run.totals.outcomes[scene->result.outcome]++;
	if (scene->subject.kind == KIND_SYSTEM)
		scene->run.totals.system = scene->result.outcome;
	scene->event.subject = &scene->subject;
	scene->event.result = &scene->result;
	scene_tell(scene, listener, EVENT_DATABASE);
}

static inline void scene_end(struct scene *scene, struct listener *listener,
			     int exit_status)
{
	scene->run.exit_status = exit_status;
	scene->run.duration_us = 800000;
	scene_tell(scene, listener, EVENT_RUN_END);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

/* `first` stands before `second`. */
static inline void assert_order(const char *text, const char *first,
				const char *second)
{
	assert_has(text, first);
	assert_has(text, second);
	if (strstr(text, first) > strstr(text, second))
		fail_msg("\"%s\" stands behind \"%s\" in:\n%s", first, second,
			 text);
}

#endif
