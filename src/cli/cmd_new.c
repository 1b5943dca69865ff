#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/replacement.h"
#include "cli/exit_status.h"
#include "cli/session.h"
#include "migration/draft.h"
#include "report/line.h"
#include "report/say.h"

#define FOLDER_MODE 0777
#define FILE_MODE 0666

int cmd_new_check(const struct options *options, struct error *err)
{
	enum kind kind;
	int rc = options_kind(options, KIND_USER, &kind, err);

	if (rc == 0 && options->word_count == 0)
		rc = error_set(err, ERROR_USAGE, "new: say what the migration "
			       "is for: new \"add inbox\"");
	return rc;
}

/* `new add inbox` says the same as `new "add inbox"`. */
static char *join_words(const struct options *options)
{
	char *all = xstrdup(options->words[0]);

	for (size_t i = 1; i < options->word_count; i++) {
		char *longer = xasprintf("%s %s", all, options->words[i]);

		free(all);
		all = longer;
	}
	return all;
}

/* What --to says; a target that stands in some file is not meant. */
static const char *wanted_version(const struct options *options)
{
	const char *version = NULL;

	for (size_t i = 0; i < options->setting_count; i++)
		if (strcmp(options->settings[i].option, "to") == 0)
			version = options->settings[i].value;
	return version;
}

/* Planned steps alone are enough to go on from. */
static int read_source(struct session *session, struct error *err)
{
	int rc = session_read_migrations(session, err);
	size_t errors = 1;

	if (session->migrations)
		(void)migrations_first_error(session->migrations, &errors);
	if (rc && (errors > 0 || session->migrations->step_count == 0))
		return error_append(err, "nothing was written");
	memset(err, 0, sizeof(*err));
	return 0;
}

static int write_file(const struct draft_file *file, bool appends,
		      struct error *err)
{
	size_t bytes = strlen(file->text), done = 0;
	struct replacement new;
	struct error ignored;
	int rc = replacement_begin(file->path, &new, err);

	if (rc == 0 && new.has_old != appends)
		rc = error_set(err, ERROR_USAGE, "%s %s; nothing was written",
			       file->path, appends ? "is gone"
						   : "is there already");
	if (rc == 0)
		rc = replacement_make(&new, FILE_MODE, err);
	while (rc == 0 && done < bytes) {
		ssize_t written = write(new.fd, file->text + done,
					bytes - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			rc = error_set_errno(err, ERROR_IO, errno, "%s cannot "
					     "be written", file->path);
	}
	if (rc) {
		(void)replacement_end(&new, false, &ignored);
		return rc;
	}
	return replacement_end(&new, true, err);
}

/* What was written goes again; what was there before comes back. */
static void take_back(struct draft *draft, size_t files)
{
	struct error ignored;

	if (draft->appends && files > 0) {
		draft->files[0].text[draft->old_bytes] = '\0';
		(void)write_file(&draft->files[0], true, &ignored);
		return;
	}
	for (size_t i = 0; i < files; i++)
		(void)unlink(draft->files[i].path);
	if (draft->folder)
		(void)rmdir(draft->folder);
}

static int write_draft(struct draft *draft, struct error *err)
{
	size_t written = 0;
	int rc = 0;

	if (draft->folder && mkdir(draft->folder, FOLDER_MODE) != 0)
		return error_set_errno(err, ERROR_IO, errno, "the folder %s "
				       "cannot be made; nothing was written",
				       draft->folder);
	while (rc == 0 && written < DRAFT_FILES &&
	       draft->files[written].path) {
		rc = write_file(&draft->files[written], draft->appends, err);
		written += rc == 0;
	}
	if (rc)
		take_back(draft, written);
	return rc;
}

/* Read again as any run would: the step is there, and nothing is wrong. */
static int check_written(struct session *session, struct draft *draft,
			 struct error *err)
{
	const struct migrations *migrations;
	struct error reason = { 0 };
	bool is_there = false;
	int rc;

	migrations_free(session->migrations);
	session->migrations = NULL;
	rc = read_source(session, &reason);
	migrations = session->migrations;
	for (size_t i = 0; rc == 0 && i < migrations->step_count; i++)
		is_there |= migrations->steps[i]->is_planned &&
			    strcmp(migrations->steps[i]->file,
				   draft->files[0].path) == 0 &&
			    migrations->steps[i]->line <= draft->files[0].line;
	if (is_there)
		return 0;
	take_back(draft, draft->files[1].path ? 2 : 1);
	return error_set(err, ERROR_MIGRATION, "%s: the new step is not read "
			 "as it was written (%s); it was taken out again",
			 draft->files[0].path,
			 rc ? reason.message : "no planned step there");
}

static void print_json(const struct draft *draft)
{
	const char *down = draft->files[1].path;

	line_print(stdout, json_pack("{s:s,s:s,s:o,s:o,s:o,s:i,s:o}",
		"event", "draft",
		"kind", kind_name(draft->kind),
		"after", draft->before ? line_text(draft->before)
				       : json_null(),
		"version", line_text(draft->version),
		"file", line_text(draft->files[0].path),
		"line", draft->files[0].line,
		"down_file", down ? line_text(down) : json_null()));
}

static void print(const struct session *session, const struct draft *draft)
{
	for (size_t i = 0; i < DRAFT_FILES && draft->files[i].path; i++) {
		say_escaped(stdout, draft->files[i].path);
		printf(":%d: ", draft->files[i].line);
		if (i == 0)
			printf("%s %s, planned", kind_name(draft->kind),
			       draft->version);
		else
			fputs("the way down", stdout);
		putchar('\n');
	}
	printf("write its SQL there; it is not run until %s\n",
	       draft->appends ? "\"(Planned)\" is taken out of its heading"
			      : "its line \"-- fleet-upgrade: planned\" is "
				"taken out");
	if (draft->waits_for) {
		fputs("before it comes ", stdout);
		say_escaped(stdout, draft->waits_for);
		fputs(", which is only planned too and has to be first\n",
		      stdout);
	}
	printf("then: %s lint\n", session->again);
}

int cmd_new(struct session *session, int *exit_status, struct error *err)
{
	const struct options *options = session->options;
	struct draft_request request = {
		.version = wanted_version(options),
		.now_s = clock_seconds(),
		.is_apart = session->config.migrations[KIND_COUNT] == NULL,
	};
	struct draft draft = { 0 };
	char *words = join_words(options);
	int rc = options_kind(options, KIND_USER, &request.kind, err);

	request.words = words;
	if (rc == 0)
		rc = read_source(session, err);
	if (rc == 0)
		rc = draft_make(session->migrations, &request, &draft, err);
	if (rc == 0)
		rc = write_draft(&draft, err);
	if (rc == 0)
		rc = check_written(session, &draft, err);
	if (rc == 0 && options->json)
		print_json(&draft);
	else if (rc == 0 && !options->quiet)
		print(session, &draft);
	draft_release(&draft);
	free(words);
	*exit_status = EXIT_STATUS_GOOD;
	return rc;
}
