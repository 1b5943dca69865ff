#include "migration/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "migration/appendix.h"
#include "migration/namesake.h"
#include "migration/version.h"

#define FILE_LIMIT_BYTES ((size_t)16 << 20)
#define DATE_BYTES 16

/* The newest step of a kind (KIND_COUNT: of any), planned ones too; with
 * `below`, the newest below that version. NULL: there is none. */
static const struct step *newest_of(const struct migrations *migrations,
				    enum kind kind, const char *below)
{
	const struct step *newest = NULL;

	for (size_t i = 0; i < migrations->step_count; i++) {
		const struct step *step = migrations->steps[i];

		if ((step->kind != kind && kind != KIND_COUNT) ||
		    (below && version_compare(step->to, below) >= 0))
			continue;
		if (!newest || version_compare(step->to, newest->to) >= 0)
			newest = step;
	}
	return newest;
}

static int check_words(const char *words, struct error *err)
{
	if (strpbrk(words, "\r\n") || !text_is_utf8(words))
		return error_set(err, ERROR_USAGE, "the description has to be "
				 "one line of UTF-8");
	if (words[strspn(words, " \t")] == '\0')
		return error_set(err, ERROR_USAGE, "say what the migration is "
				 "for: new \"add inbox\"");
	/* It stands in a heading, and would speak for good. */
	if (strcasestr(words, "(planned)") ||
	    strcasestr(words, "future migrations"))
		return error_set(err, ERROR_USAGE, "a heading with \"%s\" says "
				 "that all below it is planned; choose other "
				 "words", words);
	return 0;
}

/* Of a document: the version said, or the next one. */
static int choose_version(const struct migrations *migrations,
			  const struct draft_request *request,
			  char out[VERSION_BYTES], struct error *err)
{
	const struct step *own = newest_of(migrations, request->kind, NULL);
	const struct chain *chain = &migrations->chains[request->kind];
	const char *active = chain_version(chain, chain->count);
	const char *newest = migrations_newest(migrations);
	const char *wanted = request->version;

	if (own && version_compare(own->to, newest) > 0)
		newest = own->to;
	if (!wanted)
		return version_next(newest ? newest : "0", out)
			       ? 0 : error_set(err, ERROR_USAGE, "there is no "
					       "version after %s; say one with "
					       "--to", newest);
	if (!version_is_valid(wanted))
		return error_set(err, ERROR_USAGE, "--to %s: that is no "
				 "version; one begins with a digit, as 0.3.20",
				 wanted);
	if (version_compare(wanted, active) <= 0)
		return error_set(err, ERROR_USAGE, "--to %s: %s databases are "
				 "at %s already, and versions only rise",
				 wanted, kind_name(request->kind), active);
	for (size_t i = 0; i < migrations->step_count; i++) {
		const struct step *step = migrations->steps[i];

		if (step->kind == request->kind &&
		    version_compare(step->to, wanted) == 0)
			return error_set(err, ERROR_USAGE, "--to %s: there is "
					 "a step to it, %s at %s:%d", wanted,
					 step->name, step->file, step->line);
	}
	strcpy(out, wanted);
	return 0;
}

static int read_file(const char *path, char **out, size_t *bytes,
		     struct error *err)
{
	FILE *stream = fopen(path, "re");

	*out = stream ? text_read_all(stream, FILE_LIMIT_BYTES, bytes) : NULL;
	if (!*out)
		error_set_errno(err, ERROR_IO, errno, "%s cannot be read",
				path);
	if (stream)
		(void)fclose(stream);
	return *out ? 0 : (int)err->code;
}

static int refuse_first(const struct draft_request *request, struct error *err)
{
	return error_set(err, ERROR_USAGE, "there is no migration for %s "
			 "databases yet that the next could be like; make the "
			 "first by hand", kind_name(request->kind));
}

static void come_after(struct draft *out, const struct step *before)
{
	if (!before)
		return;
	out->before = xstrdup(before->to);
	if (before->is_planned)
		out->waits_for = xstrdup(before->name);
}

static int append(const struct migrations *migrations,
		  const struct draft_request *request, struct draft *out,
		  struct error *err)
{
	const struct step *newest = newest_of(migrations, request->kind, NULL);
	time_t seconds = (time_t)request->now_s;
	char version[VERSION_BYTES], date[DATE_BYTES];
	struct step made = { .kind = request->kind };
	char *text = NULL;
	struct tm now;
	size_t bytes = 0;
	int rc = choose_version(migrations, request, version, err);

	if (rc)
		return rc;
	if (!newest && request->is_apart)
		return refuse_first(request, err);
	if (!newest)
		newest = newest_of(migrations, KIND_COUNT, NULL);
	if (!gmtime_r(&seconds, &now) ||
	    !strftime(date, sizeof(date), "%Y-%m-%d", &now))
		return error_set(err, ERROR_BUG, "the clock tells no date");
	come_after(out, newest_of(migrations, request->kind, version));
	made.from = out->before;
	made.to = version;
	made.description = (char *)request->words;
	made.date = date;
	rc = read_file(newest->file, &text, &bytes, err);
	if (rc == 0)
		rc = appendix_write(newest->file, text, bytes, newest, &made,
				    &out->files[0].text, err);
	free(text);
	if (rc)
		return rc;
	out->appends = true;
	out->old_bytes = bytes;
	out->version = xstrdup(version);
	out->files[0].path = xstrdup(newest->file);
	out->files[0].line = made.line;
	return 0;
}

static int add_file(const struct migrations *migrations,
		    const struct draft_request *request, struct draft *out,
		    struct error *err)
{
	const struct step *newest = newest_of(migrations, request->kind, NULL);
	struct namesake namesake;
	int rc;

	if (!newest)
		return refuse_first(request, err);
	come_after(out, newest);
	rc = namesake_make(newest->file, migrations->format,
			   request->words, request->version, request->now_s,
			   &namesake, err);
	if (rc)
		return rc;
	out->version = xstrdup(namesake.number);
	out->folder = namesake.folder ? xstrdup(namesake.folder) : NULL;
	for (size_t i = 0; i < DRAFT_FILES; i++) {
		out->files[i].path = namesake.files[i].path;
		out->files[i].text = namesake.files[i].text;
		out->files[i].line = namesake.files[i].line;
		namesake.files[i].path = namesake.files[i].text = NULL;
	}
	namesake_release(&namesake);
	return 0;
}

int draft_make(const struct migrations *migrations,
	       const struct draft_request *request, struct draft *out,
	       struct error *err)
{
	int rc = check_words(request->words, err);

	memset(out, 0, sizeof(*out));
	out->kind = request->kind;
	if (rc)
		return rc;
	rc = strcmp(migrations->format, "markdown") == 0
		     ? append(migrations, request, out, err)
		     : add_file(migrations, request, out, err);
	if (rc)
		draft_release(out);
	return rc;
}

void draft_release(struct draft *draft)
{
	for (size_t i = 0; i < DRAFT_FILES; i++) {
		free(draft->files[i].path);
		free(draft->files[i].text);
	}
	free(draft->folder);
	free(draft->version);
	free(draft->before);
	free(draft->waits_for);
	memset(draft, 0, sizeof(*draft));
}
