#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/execution.h"
#include "cli/preflight.h"
#include "cli/rewind.h"
#include "fleet/backups.h"
#include "fleet/room.h"

/* A database to be restored, and from which run. One whose file is gone is no
 * part of the fleet that was found: then its strings are ours. */
struct choice {
	struct subject subject;
	char run_id[RUN_ID_BYTES];
	char *own_path, *own_name; /* NULL: the fleet's */
};

struct choices {
	struct session *session;
	struct choice *items;
	size_t count, capacity;
	const char *name; /* the user that is being looked for in backups */
};

/* Whose a file was that is gone nobody can say, and what is put in its place
 * has to be somebody's. */
static int refuse_missing(const struct session *session, struct error *err)
{
	return error_set(err, ERROR_CONFIG, "its file is gone, and the "
			 "databases have several owners, so that it is not "
			 "known whose it is to be; nothing was touched; put it "
			 "back with that user's rights: run.user is the user, "
			 "and fleet.state_dir %s/owners/ and the user's id",
			 session->state.path ? session->state.path : "");
}

static struct choice *add(struct choices *choices)
{
	choices->items = array_grow(choices->items, choices->count,
				    &choices->capacity,
				    sizeof(*choices->items));
	memset(&choices->items[choices->count], 0, sizeof(*choices->items));
	return &choices->items[choices->count++];
}

static bool has_path(const struct choices *choices, const char *path)
{
	for (size_t i = 0; i < choices->count; i++)
		if (strcmp(choices->items[i].subject.path, path) == 0)
			return true;
	return false;
}

static void add_missing(struct choices *choices, enum kind kind,
			const char *name, const char *path)
{
	struct choice *choice = add(choices);

	choice->own_path = xstrdup(path);
	choice->own_name = name ? xstrdup(name) : NULL;
	choice->subject = (struct subject){ .kind = kind,
					    .username = choice->own_name,
					    .path = choice->own_path };
}

/* A backup of the user that is being looked for: the file may be gone, but its
 * path has the name in it. */
static int hear_backup(void *self, const struct backup *backup,
		       struct error *err)
{
	struct choices *choices = self;
	const struct pattern *pattern = choices->session->config.user_db;
	size_t start, length;

	(void)err;
	if (pattern_matches(pattern, backup->path, &start, &length) &&
	    strlen(choices->name) == length &&
	    memcmp(backup->path + start, choices->name, length) == 0 &&
	    !has_path(choices, backup->path))
		add_missing(choices, KIND_USER, choices->name, backup->path);
	return 0;
}

static int add_user(struct choices *choices, const char *name,
		    struct error *err)
{
	struct session *session = choices->session;
	const struct fleet *fleet = session->fleet;
	size_t before = choices->count;
	bool is_there = false;
	int rc = 0;

	for (size_t i = 0; i < fleet->user_count; i++) {
		if (strcmp(fleet->users[i].username, name) != 0)
			continue;
		is_there = true;
		if (!has_path(choices, fleet->users[i].path))
			add(choices)->subject = fleet->users[i];
	}
	if (is_there)
		return 0;
	if (!session->options->offline)
		return error_set(err, ERROR_USAGE, "no database of user %s; if "
				 "its file is gone, --offline puts the backup "
				 "in its place", name);
	if (session->state.has_rooms)
		return refuse_missing(session, err);
	choices->name = name;
	rc = backups_each(&session->state, hear_backup, choices, err);
	if (rc == 0 && choices->count == before)
		rc = error_set(err, ERROR_USAGE, "user %s has neither a "
			       "database nor a backup", name);
	return rc;
}

static int add_system(struct choices *choices, struct error *err)
{
	const struct session *session = choices->session;
	const char *path = session->config.system_db;

	if (session->fleet->system)
		add(choices)->subject = *session->fleet->system;
	else if (!*path)
		return error_set(err, ERROR_USAGE, "--system: this fleet has "
				 "no system database (fleet.system_db is "
				 "empty)");
	else if (!session->options->offline)
		return error_set(err, ERROR_USAGE, "--system: %s is not there; "
				 "if it is gone, --offline puts the backup in "
				 "its place", path);
	else if (session->state.has_rooms)
		return refuse_missing(session, err);
	else
		add_missing(choices, KIND_SYSTEM, NULL, path);
	return 0;
}

static int choose(struct choices *choices, struct error *err)
{
	struct session *session = choices->session;
	const struct users *users = &session->users;
	const char *run = session->options->run;
	int rc = 0;

	for (size_t i = 0; i < users->count && rc == 0; i++)
		rc = add_user(choices, users->names[i], err);
	if (rc == 0 && session->options->system)
		rc = add_system(choices, err);
	for (size_t i = 0; i < choices->count && rc == 0; i++)
		rc = room_find_backup(&session->state,
				      &choices->items[i].subject,
				      run ? run : "",
				      choices->items[i].run_id, err);
	/* Nothing of the kind is there: a mistake, and not a broken disk. */
	if (rc == ERROR_MISSING) {
		error_append(err, "'%s backups list' shows what there is",
			     session->again);
		rc = err->code = ERROR_USAGE;
	}
	return rc;
}

static int by_run(const void *a, const void *b)
{
	const struct choice *one = a, *other = b;

	return strcmp(one->run_id, other->run_id);
}

/* Narrows `fleet`, whose array of users has room for all choices, to those from
 * `first` on that are restored from one run. Returns where the next begin. */
static size_t narrow(struct choices *choices, size_t first, struct fleet *fleet)
{
	const char *run_id = choices->items[first].run_id;
	size_t i;

	fleet->system = NULL;
	fleet->user_count = 0;
	for (i = first; i < choices->count; i++) {
		struct choice *choice = &choices->items[i];

		if (strcmp(choice->run_id, run_id) != 0)
			break;
		if (choice->subject.kind == KIND_SYSTEM)
			fleet->system = &choice->subject;
		else
			fleet->users[fleet->user_count++] = choice->subject;
	}
	return i;
}

/* One run with a pass for each run that backups are taken from. */
static int restore(struct choices *choices, struct fleet *fleet,
		   int *exit_status, struct error *err)
{
	struct session *session = choices->session;
	struct execution execution;
	int rc = execution_begin(session, fleet, &operation_restore,
				 &execution, err);

	if (rc)
		return rc;
	for (size_t first = 0; first < choices->count && rc == 0;) {
		text_copy(session->plan.source_run,
			  sizeof(session->plan.source_run),
			  choices->items[first].run_id);
		first = narrow(choices, first, fleet);
		rc = run_pass(execution.run, &operation_restore, NULL, err);
	}
	execution_end(&execution, exit_status);
	return rc;
}

static void take_all(struct choices *choices, struct fleet *out)
{
	if (choices->count > 1)
		qsort(choices->items, choices->count, sizeof(*choices->items),
		      by_run);
	out->users = xcalloc(choices->count + 1, sizeof(*out->users));
	for (size_t i = 0; i < choices->count; i++) {
		struct choice *choice = &choices->items[i];

		if (choice->subject.kind == KIND_SYSTEM)
			out->system = &choice->subject;
		else
			out->users[out->user_count++] = choice->subject;
	}
}

static void release(struct choices *choices)
{
	for (size_t i = 0; i < choices->count; i++) {
		free(choices->items[i].own_path);
		free(choices->items[i].own_name);
	}
	free(choices->items);
}

int cmd_restore_check(const struct options *options, struct error *err)
{
	if (options->word_count > 0 || options->users_from || options->system)
		return 0;
	return error_set(err, ERROR_USAGE, "restore: say whose database is to "
			 "be put back: a USER, or --system");
}

int cmd_restore(struct session *session, int *exit_status, struct error *err)
{
	struct choices choices = { .session = session };
	struct fleet fleet = { 0 };
	int rc = rewind_check_run(session, err);

	if (rc == 0)
		rc = choose(&choices, err);
	if (rc == 0) {
		take_all(&choices, &fleet);
		rc = preflight_space(session, &fleet, false, err);
	}
	if (rc == 0)
		rc = restore(&choices, &fleet, exit_status, err);
	free(fleet.users);
	release(&choices);
	return rc;
}
