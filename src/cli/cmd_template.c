#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/session.h"
#include "cli/strict.h"
#include "database/template.h"
#include "report/line.h"
#include "report/say.h"

#define NEW_MODE 0644

int cmd_template_build_check(const struct options *options, struct error *err)
{
	static const char *const parts[] = { "-wal", "-journal", "-shm" };
	enum kind kind;
	int rc = options_kind(options, KIND_USER, &kind, err);

	if (rc == 0 && options->word_count != 1)
		rc = error_set(err, ERROR_USAGE, "template build: name the "
			       "file: template build FILE");
	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (text_ends_with(options->words[0], parts[i]))
			rc = error_set(err, ERROR_USAGE, "template build: to "
				       "SQLite %s is a part of another "
				       "database; choose a name that does not "
				       "end in %s", options->words[0],
				       parts[i]);
	return rc;
}

/* The part of the path below the folder; "" if it does not lie there. */
static const char *below(const char *folder, const char *path)
{
	size_t bytes = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return path + 1;
	return text_starts_with(path, folder) && path[bytes] == '/'
		       ? path + bytes + 1 : "";
}

/* Where a database of the fleet would be looked for, and in the state
 * directory, nothing of ours may lie. `path` is free of links. */
static int refuse_in_fleet(const struct config *config, const char *data_path,
			   const char *path, struct error *err)
{
	const char *relative = below(data_path, path);
	char *state = config->state_dir[0] == '/'
			      ? xstrdup(config->state_dir)
			      : xasprintf("%s/%s", data_path,
					  config->state_dir);
	int rc = 0;

	if (relative[0] != '\0' &&
	    (strcmp(relative, config->system_db) == 0 ||
	     pattern_matches(config->user_db, relative, NULL, NULL)))
		rc = error_set(err, ERROR_USAGE, "%s: there it would be a "
			       "database of the fleet in %s, if not in the "
			       "place of one; nothing was changed; choose a "
			       "name that fleet.user_db does not fit", path,
			       data_path);
	else if (below(state, path)[0] != '\0')
		rc = error_set(err, ERROR_USAGE, "%s: it is in the state "
			       "directory, which is no place for it; nothing "
			       "was changed; choose another", path);
	free(state);
	return rc;
}

static int check_place(const struct session *session,
		       const struct replacement *file, struct error *err)
{
	const struct config *config = &session->config;
	char *data_path = NULL, *path;
	int data_dir = -1, rc;

	if (!config->data_dir)
		return 0;
	rc = folder_open(config->data_dir, &data_dir, &data_path, err);
	/* Without a fleet there is none that it could be in. */
	if (rc == ERROR_MISSING) {
		memset(err, 0, sizeof(*err));
		return 0;
	}
	if (rc)
		return error_prefix(err, "the data directory, see --data-dir");
	path = xasprintf("%s/%s", strcmp(file->folder_path, "/") == 0
				  ? "" : file->folder_path, file->name);
	rc = refuse_in_fleet(config, data_path, path, err);
	free(path);
	free(data_path);
	(void)close(data_dir);
	return rc;
}

static int build(const struct session *session, enum kind kind,
		 struct replacement *file, struct template *out,
		 struct error *err)
{
	const struct config *config = &session->config;
	struct plan plan = {
		.mirror = session->mirror,
		.migrations = session->migrations,
		.integrity = CHECK_INTEGRITY_FULL,
		.foreign_keys = (enum check_foreign_keys)config->foreign_keys,
		.data_dir = -1, .state_dir = -1, .backup_dir = -1,
		.staging_dir = -1, .source_dir = -1,
	};
	int rc = strict_files(session, file->folder_path, err);

	clock_run_id(plan.run_id);
	for (int k = 0; k < KIND_COUNT; k++) {
		plan.replays[k] = session->replays[k];
		plan.targets[k] = session->targets[k];
	}
	if (rc == 0)
		rc = check_place(session, file, err);
	if (rc == 0)
		rc = template_may_replace(file, err);
	if (rc == 0)
		rc = replacement_make(file, NEW_MODE, err);
	return rc ? rc : template_fill(&plan, kind, file, out, err);
}

static void report(const struct session *session, enum kind kind,
		   const struct template *made)
{
	const char *path = session->options->words[0];
	char bytes[32];

	if (session->options->json) {
		line_print(stdout, json_pack("{s:s,s:s,s:s,s:o,s:I,s:I}",
			"event", "template",
			"kind", kind_name(kind),
			"version", made->version,
			"path", line_text(path),
			"steps", (json_int_t)made->steps,
			"bytes", (json_int_t)made->bytes));
	} else if (!session->options->quiet) {
		say_escaped(stdout, path);
		printf(": an empty %s database at %s, ", kind_name(kind),
		       made->version);
		say_amount(stdout, made->steps, "step", "steps");
		printf(", %s\n", amount_format_bytes((uint64_t)made->bytes,
						     bytes, sizeof(bytes)));
	}
}

int cmd_template_build(struct session *session, int *exit_status,
		       struct error *err)
{
	const struct options *options = session->options;
	struct template made = { 0 };
	struct replacement file = { .folder = -1 };
	struct error ignored;
	enum kind kind;
	int rc = options_kind(options, KIND_USER, &kind, err);

	if (rc == 0 && session->targets[kind] == 0)
		rc = error_set(err, ERROR_USAGE, "template build: up to the "
			       "target there is no step for %s databases; "
			       "--kind names the other kind, 'fleet-upgrade "
			       "list' shows what there is", kind_name(kind));
	if (rc == 0)
		rc = replacement_begin(options->words[0], &file, err);
	if (rc == 0)
		rc = build(session, kind, &file, &made, err);
	if (rc)
		(void)replacement_end(&file, false, &ignored);
	else
		rc = replacement_end(&file, true, err);
	if (rc == 0)
		report(session, kind, &made);
	*exit_status = EXIT_STATUS_GOOD;
	return rc;
}
