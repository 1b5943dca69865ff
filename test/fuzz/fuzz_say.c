/*
 * Any text as the name of a user, a path, a message, in every report: no byte
 * of it gets to a terminal or a program as anything but text.
 *
 * Input: lines: user name, path, message, statement, notes, version.
 */
#include "fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "../unit/events.h"
#include "report/history.h"
#include "report/json.h"
#include "report/reasons.h"
#include "report/say.h"
#include "report/status.h"
#include "report/summary.h"

enum { USERNAME, PATH, MESSAGE, STATEMENT, NOTES, AT_VERSION, TEXT_COUNT };

/* The way back from text_escape(), which reads as C does. */
static char *unescape(const char *text)
{
	static const char named[] = "abtnvfr\\";
	static const char plain[] = "\a\b\t\n\v\f\r\\";
	char *out = xmalloc(strlen(text) + 1), *to = out;

	while (*text != '\0') {
		const char *name;
		char hex[3] = { 0 };

		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		text++;
		name = *text != '\0' ? strchr(named, *text) : NULL;
		if (name != NULL) {
			*to++ = plain[name - named];
			text++;
			continue;
		}
		fuzz_claim(text[0] == 'x' && text[1] != '\0',
			   "a backslash begins an escape of C's");
		memcpy(hex, text + 1, 2);
		*to++ = (char)strtol(hex, NULL, 16);
		text += 3;
	}
	*to = '\0';
	return out;
}

static void check_escape(const char *text)
{
	char *escaped = text_escape(text);
	char *back = unescape(escaped);
	char small[24];

	fuzz_claim(strcmp(back, text) == 0, "an escaped text has one meaning");
	fuzz_claim(text_copy(small, sizeof(small), text) ==
			   (strlen(text) < sizeof(small)),
		   "a cut is told");
	fuzz_claim(!text_is_utf8(text) || text_is_utf8(small),
		   "a cut leaves no half character");
	free(back);
	free(escaped);
}

static void check_say(char **texts)
{
	struct reasons reasons = { 0 };
	struct subject subject = { .kind = KIND_USER,
				   .username = texts[USERNAME] };
	struct fuzz_page page;

	fuzz_page_open(&page);
	say_escaped(page.out, texts[PATH]);
	say_subject(page.out, KIND_USER, texts[USERNAME]);
	say_parts(page.out, "  ", texts[NOTES]);
	say_padded(page.out, texts[MESSAGE], say_width(texts[MESSAGE]) + 3);
	reasons_add_parts(&reasons, texts[NOTES], &subject);
	reasons_add(&reasons, texts[MESSAGE], &subject);
	reasons_print(page.out, &reasons);
	reasons_release(&reasons);
	fuzz_page_close(&page);
}

/* One database that failed, in a run of its own. */
static void tell(struct scene *scene, char **texts, struct listener *listener)
{
	scene_tell(scene, listener, EVENT_RUN_BEGIN);
	scene_result(scene, texts[USERNAME], OUTCOME_FAILED, texts[AT_VERSION],
		     texts[AT_VERSION]);
	scene_failure(scene, ERROR_SQL, 1, texts[MESSAGE]);
	scene_place(scene, "user:1→2", texts[PATH], 3, texts[STATEMENT]);
	snprintf(scene->result.notes, sizeof(scene->result.notes), "%s",
		 texts[NOTES]);
	scene->event.path = texts[PATH];
	scene->event.backup = texts[PATH];
	scene_database(scene, listener);
	scene_notice(scene, listener, texts[NOTES]);
	scene_end(scene, listener, 1);
}

static void check_summary(struct scene *scene, char **texts)
{
	struct summary_options options = { .verbose = true };
	struct summary *summary;
	struct fuzz_page page;

	fuzz_page_open(&page);
	options.out = options.bad = page.out;
	summary = summary_new(&options);
	tell(scene, texts, summary_listener(summary));
	summary_free(summary);
	fuzz_page_close(&page);
}

static void check_status(struct scene *scene, char **texts)
{
	struct status *status = status_new(true, true);
	struct status_options options = { 0 };
	struct fuzz_page page;

	tell(scene, texts, status_listener(status));
	scene_result(scene, texts[USERNAME], OUTCOME_WOULD_UPGRADE,
		     texts[AT_VERSION], "2");
	scene_database(scene, status_listener(status));
	fuzz_page_open(&page);
	options.out = page.out;
	status_print(status, &options);
	fuzz_page_close(&page);
	fuzz_page_open(&page);
	json_print_status(page.out, status);
	fuzz_page_close_json(&page);
	status_free(status);
}

static void check_history(char **texts)
{
	const struct journal_run run = {
		.id = texts[PATH], .command = texts[MESSAGE],
		.began = texts[AT_VERSION], .ended = texts[NOTES],
		.target_system = texts[AT_VERSION], .target_user = texts[PATH],
	};
	const struct journal_result result = {
		.kind = texts[AT_VERSION], .username = texts[USERNAME],
		.path = texts[PATH], .from = texts[AT_VERSION],
		.to = texts[AT_VERSION], .outcome = texts[NOTES],
		.strategy = texts[NOTES], .backup = texts[PATH],
		.error_code = texts[NOTES], .message = texts[MESSAGE],
		.migration = texts[PATH], .file = texts[PATH], .line = 1,
		.statement = texts[STATEMENT], .notes = texts[NOTES],
	};
	struct history_options options = { 0 };
	struct fuzz_page page;

	fuzz_page_open(&page);
	options.out = page.out;
	history_print_head(&options);
	history_print_run(&options, &run);
	history_print_result(&options, &result);
	fuzz_page_close(&page);
	fuzz_page_open(&page);
	json_print_run(page.out, &run);
	json_print_result(page.out, &result);
	json_print_setting(page.out, texts[PATH], texts[NOTES], texts[PATH]);
	fuzz_page_close_json(&page);
}

/* A program that reads the line gets the very name, or its escaped form. */
static void check_json(struct scene *scene, char **texts)
{
	struct fuzz_page page;
	struct json *json;
	json_t *object;
	char *escaped = text_escape(texts[USERNAME]), *line;
	const char *name;

	fuzz_page_open(&page);
	json = json_new(page.out);
	tell(scene, texts, json_listener(json));
	fflush(page.out);
	line = strchr(page.text, '\n') + 1;
	object = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
	name = json_string_value(json_object_get(object, "username"));
	fuzz_claim(texts[USERNAME][0] == '\0' ||
			   (name != NULL &&
			    strcmp(name, text_is_utf8(texts[USERNAME])
						 ? texts[USERNAME]
						 : escaped) == 0),
		   "JSON gives the name back");
	json_decref(object);
	free(escaped);
	json_free(json);
	fuzz_page_close_json(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	char *texts[TEXT_COUNT];
	struct scene scene;

	for (int i = 0; i < TEXT_COUNT; i++) {
		texts[i] = fuzz_until(&input, '\n');
		check_escape(texts[i]);
	}
	/* Nothing else is ever taken for one. */
	if (!version_is_valid(texts[AT_VERSION]))
		texts[AT_VERSION][0] = '\0';
	check_say(texts);
	scene_open(&scene, "upgrade", false);
	check_summary(&scene, texts);
	check_status(&scene, texts);
	check_json(&scene, texts);
	scene_close(&scene);
	check_history(texts);
	for (int i = 0; i < TEXT_COUNT; i++)
		free(texts[i]);
	return 0;
}
