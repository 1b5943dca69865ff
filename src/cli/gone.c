#include "cli/gone.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/subset.h"
#include "fleet/backups.h"
#include "fleet/narrow.h"
#include "fleet/room.h"

/* A walk over the backups of a run. */
struct search {
	const struct session *session;
	const char *run_id;
	struct selection selection;
	struct narrow *narrow;
	struct stamp owner; /* of the place that is being walked */
	struct gone *gone;
};

static struct subject subject_of(const struct search *search, enum kind kind,
				 const char *path)
{
	return (struct subject){
		.kind = kind,
		.path = arena_add(search->gone->arena, path, strlen(path)),
		.stamp = { .owner = search->owner.owner,
			   .group = search->owner.group },
	};
}

static void hear_system(struct search *search, const char *path)
{
	if (search->session->fleet->system == NULL &&
	    !search->selection.users_only)
		search->gone->system = subject_of(search, KIND_SYSTEM, path);
}

static void hear_user(struct search *search, const char *path,
		      const char *username)
{
	struct gone *gone = search->gone;
	struct subject *user;

	if (!narrow_takes(search->narrow, username) ||
	    fleet_has_user(search->session->fleet, username, path))
		return;
	gone->users = array_grow(gone->users, gone->count, &gone->capacity,
				 sizeof(*gone->users));
	user = &gone->users[gone->count++];
	*user = subject_of(search, KIND_USER, path);
	user->username = arena_add(gone->arena, username, strlen(username));
}

static int hear(void *self, const struct backup *backup, struct error *err)
{
	struct search *search = self;
	const char *path = backup->path;
	size_t start, length;
	char *username;

	(void)err;
	if (strcmp(path, search->selection.system_db) == 0) {
		hear_system(search, path);
	} else if (pattern_matches(search->selection.user_db, path, &start,
				   &length)) {
		username = xstrndup(path + start, length);
		hear_user(search, path, username);
		free(username);
	}
	return 0;
}

static int walk(void *self, const struct state *place, struct error *err)
{
	struct search *search = self;
	int rc = 0;

	if (place->folder >= 0)
		rc = stamp_take(place->folder, "", &search->owner, err);
	return rc != 0 ? rc : backups_of_run(place, search->run_id, hear,
					     search, err);
}

int gone_find(const struct session *session, const char *run_id,
	      struct gone *out, struct error *err)
{
	struct search search = {
		.session = session,
		.run_id = run_id,
		.selection = session_selection(session),
		.gone = out,
	};
	int rc;

	*out = (struct gone){ .arena = arena_new() };
	search.narrow = narrow_new(&search.selection);
	rc = rooms_each(&session->state, walk, &search, err);
	narrow_free(search.narrow);
	if (rc != 0)
		gone_release(out);
	return rc;
}

void gone_release(struct gone *gone)
{
	free(gone->users);
	arena_free(gone->arena);
	*gone = (struct gone){ 0 };
}

void gone_join(struct gone *gone, struct fleet *subset)
{
	if (gone->system.path != NULL)
		subset->system = &gone->system;
	for (size_t i = 0; i < gone->count; i++)
		subset_add(subset, &gone->users[i]);
}
