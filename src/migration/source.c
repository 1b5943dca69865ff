#include "migration/source.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/trust.h"
#include "migration/files.h"
#include "migration/markdown.h"
#include "migration/parts.h"
#include "migration/sheets.h"

#define CANNOT_READ                                                           \
	"%s: the migrations cannot be read (--migrations PATH says where "    \
	"they are)"

/* What each enum source_format asks for. */
static const struct format {
	bool is_document;  /* Markdown, though there are numbered files */
	bool is_certain;   /* nothing else is looked for */
	const char *marks; /* see files_read() */
} formats[] = {
	[SOURCE_AUTO] = { false, false, NULL },
	[SOURCE_MARKDOWN] = { true, true, NULL },
	[SOURCE_NUMBERED] = { false, true, "" },
	[SOURCE_DBMATE] = { false, true, "dbmate" },
	[SOURCE_GOOSE] = { false, true, "goose" },
	[SOURCE_SQL_MIGRATE] = { false, true, "sql-migrate" },
};

void migrations_add_step(struct migrations *migrations, struct step *step)
{
	migrations->steps =
		array_grow(migrations->steps, migrations->step_count,
			   &migrations->step_capacity, sizeof(struct step *));
	step_derive(step);
	migrations->steps[migrations->step_count++] = step;
}

void migrations_add_finding(struct migrations *migrations,
			    enum severity severity, const char *file, int line,
			    const char *rule, const char *fmt, ...)
{
	struct finding *finding;
	va_list args;

	migrations->findings = array_grow(
		migrations->findings, migrations->finding_count,
		&migrations->finding_capacity, sizeof(struct finding));
	finding = &migrations->findings[migrations->finding_count++];
	finding->severity = severity;
	finding->file = xstrdup(file);
	finding->line = line;
	va_start(args, fmt);
	finding->message = xvasprintf(fmt, args);
	va_end(args);
	finding->rule = rule;
}

const struct finding *
migrations_first_error(const struct migrations *migrations, size_t *count)
{
	const struct finding *first = NULL;
	size_t i;

	*count = 0;
	for (i = 0; i < migrations->finding_count; i++) {
		if (migrations->findings[i].severity != SEVERITY_ERROR)
			continue;
		if ((*count)++ == 0)
			first = &migrations->findings[i];
	}
	return first;
}

static int is_markdown(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       text_ends_with(entry->d_name, ".md");
}

/* By bytes, so that the order does not hang on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_markdown(const char *path, struct migrations *into,
			 struct error *err)
{
	into->format = "markdown";
	return markdown_read(path, into, err);
}

static int read_documents(const char *path, struct migrations *into,
			  struct error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_markdown, by_name);
	int i, rc = 0;

	if (count < 0)
		return error_set_errno(err, ERROR_MIGRATION, errno,
				       CANNOT_READ, path);
	for (i = 0; i < count; i++) {
		char *file = xasprintf("%s/%s", path, entries[i]->d_name);

		if (rc == 0)
			rc = read_markdown(file, into, err);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* A folder with one folder of files for each kind, or at least one of them. */
static int read_kinds(const char *path, const char *marks, bool *has_any,
		      struct migrations *into, struct error *err)
{
	enum kind kind;
	int rc = 0;

	*has_any = false;
	for (kind = 0; rc == 0 && kind < KIND_COUNT; kind++) {
		char *folder = xasprintf("%s/%s", path, kind_name(kind));

		if (sheets_are_in(folder)) {
			*has_any = true;
			rc = files_read(folder, kind, marks, into, err);
		}
		free(folder);
	}
	return rc;
}

/* `kind` is that of a source which has no tags to say it. */
static int read_folder(const char *path, enum kind kind,
		       const struct format *format, struct migrations *into,
		       struct error *err)
{
	bool has_kinds;
	int rc;

	if (format->is_document)
		return read_documents(path, into, err);
	if (sheets_are_in(path))
		return files_read(path, kind, format->marks, into, err);
	rc = read_kinds(path, format->marks, &has_kinds, into, err);
	if (rc == 0 && !has_kinds && !format->is_certain)
		rc = read_documents(path, into, err);
	return rc;
}

static int read_path(const char *path, enum kind kind,
		     const struct format *format, struct migrations *into,
		     struct error *err)
{
	struct stat stat_of;

	if (stat(path, &stat_of) != 0)
		return error_set_errno(err, ERROR_MIGRATION, errno,
				       CANNOT_READ, path);
	if (S_ISDIR(stat_of.st_mode))
		return read_folder(path, kind, format, into, err);
	if (text_ends_with(path, ".sql"))
		return error_set(err, ERROR_MIGRATION,
				 "%s: one SQL file is no source of migrations; "
				 "name the folder that it is in",
				 path);
	return read_markdown(path, into, err);
}

/* The steps from `first` on were read from the source of one kind. */
static void check_kind(struct migrations *migrations, size_t first,
		       enum kind kind)
{
	size_t i;

	for (i = first; i < migrations->step_count; i++) {
		const struct step *step = migrations->steps[i];

		if (step->kind != kind)
			migrations_add_finding(
				migrations, SEVERITY_ERROR, step->file,
				step->line, "other-kind",
				"%s stands in the source for %s databases and "
				"would never run; move it, or name one source "
				"for both kinds (migrations.path)",
				step->name, kind_name(kind));
	}
}

static int read_each(const char *const paths[KIND_COUNT],
		     const struct format *format, struct migrations *into,
		     struct error *err)
{
	enum kind kind;
	int rc = 0;

	for (kind = 0; rc == 0 && kind < KIND_COUNT; kind++) {
		size_t first = into->step_count;

		if (paths[kind] == NULL)
			continue;
		rc = read_path(paths[kind], kind, format, into, err);
		check_kind(into, first, kind);
	}
	return rc;
}

/* What the findings and the chains come to, as one error. */
static int judge(const struct migrations *migrations, const char *path,
		 struct error *err)
{
	size_t errors;
	const struct finding *first =
		migrations_first_error(migrations, &errors);
	int rc;

	if (first != NULL) {
		rc = error_set(err, ERROR_MIGRATION, "%s", first->message);
		if (first->line > 0)
			error_prefix(err, "%s:%d", first->file, first->line);
		else
			error_prefix(err, "%s", first->file);
		if (errors > 1)
			error_append(err,
				     "and %zu more, see fleet-upgrade lint",
				     errors - 1);
		return rc;
	}
	if (migrations->version_count > 0)
		return 0;
	if (migrations->step_count > 0)
		return error_set(err, ERROR_MIGRATION,
				 "%s: every migration in it is planned; take "
				 "\"(Planned)\" out of the heading of what is "
				 "to run",
				 path);
	return error_set(err, ERROR_MIGRATION,
			 "%s: no migration in it; one is a file as "
			 "0001_name.sql, or an sql block in a Markdown file "
			 "that begins with \"-- [user:baseline→0.1:start]\" "
			 "and ends with \"-- [user:baseline→0.1:end]\"",
			 path);
}

/* Programs are run by whoever wants them run, and may write them. */
static void check_programs(struct migrations *migrations,
			   const struct source *source)
{
	for (size_t i = 0; i < migrations->step_count; i++) {
		const struct step *step = migrations->steps[i];
		uid_t caller = getuid();
		struct error err = { 0 };

		if (step->is_program && !source->allows_programs)
			migrations_add_finding(
				migrations, SEVERITY_ERROR, step->file, 0,
				"program",
				"a step that is a program runs only with "
				"migrations.allow_programs = yes; set that, or "
				"write it as SQL, or take its number away");
		else if (step->is_program &&
			 trust_path(step->file, &caller, &err) != 0)
			migrations_add_finding(migrations, SEVERITY_ERROR,
					       step->file, 0, "program",
					       "this program is not run: %s",
					       err.message);
	}
}

int migrations_read(const struct source *source, struct migrations **out,
		    struct error *err)
{
	struct migrations *read = xcalloc(1, sizeof(*read));
	const struct format *wanted = &formats[source->format];
	const char *const path = source->path;
	const char *system = path != NULL ? path : source->paths[KIND_SYSTEM];
	const char *user = path != NULL ? path : source->paths[KIND_USER];
	int rc;

	*out = NULL;
	if (system == NULL && user == NULL)
		rc = error_set(err, ERROR_MIGRATION,
			       "no migrations are named; name a file or folder "
			       "with --migrations or migrations.path");
	else if (system != NULL && user != NULL && strcmp(system, user) == 0)
		rc = read_path(system, KIND_USER, wanted, read, err);
	else
		rc = read_each(source->paths, wanted, read, err);
	if (rc != 0) {
		migrations_free(read);
		return rc;
	}
	check_programs(read, source);
	migrations_chain(read);
	*out = read;
	return judge(read, system != NULL ? system : user, err);
}

void migrations_free(struct migrations *migrations)
{
	enum kind kind;
	size_t i;

	if (migrations == NULL)
		return;
	for (i = 0; i < migrations->step_count; i++)
		step_free(migrations->steps[i]);
	for (i = 0; i < migrations->finding_count; i++) {
		free(migrations->findings[i].file);
		free(migrations->findings[i].message);
	}
	for (kind = 0; kind < KIND_COUNT; kind++) {
		free(migrations->chains[kind].steps);
		free(migrations->chains[kind].planned);
	}
	parts_release(migrations);
	free(migrations->steps);
	free(migrations->findings);
	free(migrations->versions);
	free(migrations);
}
