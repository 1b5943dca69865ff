#include "fleet/discover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/trust.h"
#include "fleet/arena.h"
#include "fleet/company.h"
#include "fleet/flaws.h"
#include "fleet/narrow.h"
#include "fleet/state.h"
#include "fleet/way.h"

struct walk {
	const struct selection *selection;
	struct narrow *narrow;
	struct fleet *fleet;
	size_t capacity;
	dev_t device;
	unsigned depth;
	char path[PATH_MAX]; /* of what is being looked at, below data_dir */
};

/* Puts `name` behind the first `length` bytes of the path; the new length, or 0
 * if it is too long. No system call takes a longer path, and SQLite would not
 * either. */
static size_t path_append(struct walk *walk, size_t length, const char *name)
{
	int more = snprintf(walk->path + length, sizeof(walk->path) - length,
			    "%s%s", length > 0 ? "/" : "", name);

	if ((size_t)more < sizeof(walk->path) - length)
		return length + (size_t)more;
	walk->path[length] = '\0';
	return 0;
}

static void pass_over(struct fleet *fleet, struct passed *passed,
		      const char *path)
{
	passed->count++;
	if (passed->first == NULL || strcmp(path, passed->first) < 0)
		passed->first = arena_add(fleet->arena, path, strlen(path));
}

static void pass_closed(struct fleet *fleet, const char *path,
			struct error *why)
{
	if (fleet->closed_why == NULL)
		fleet->closed_why = arena_add(fleet->arena, why->message,
					      strlen(why->message));
	pass_over(fleet, &fleet->closed, path);
	*why = (struct error){ 0 };
}

/* Takes what is at the walk's path if it is one of the databases asked for. Its
 * stamp comes later: see company.h. */
static void take_candidate(struct walk *walk)
{
	struct fleet *fleet = walk->fleet;
	struct subject found = { .kind = KIND_USER };
	char username[NAME_MAX + 1];
	size_t start, length;

	if (strcmp(walk->path, walk->selection->system_db) == 0 ||
	    !pattern_matches(walk->selection->user_db, walk->path, &start,
			     &length))
		return;
	snprintf(username, sizeof(username), "%.*s", (int)length,
		 walk->path + start);
	if (!narrow_takes(walk->narrow, username)) {
		fleet->not_selected++;
		return;
	}
	found.username = arena_add(fleet->arena, username, length);
	found.path = arena_add(fleet->arena, walk->path, strlen(walk->path));
	fleet->users = array_grow(fleet->users, fleet->user_count,
				  &walk->capacity, sizeof(*fleet->users));
	fleet->users[fleet->user_count++] = found;
}

static bool is_exposed(const struct walk *walk, const struct subject *found,
		       const struct way *way)
{
	return !walk->selection->trusts_all && S_ISREG(found->stamp.mode) &&
	       !way_is_safe(way, found->stamp.owner);
}

/* Takes the stamps of what was found in one folder: from `first` on, but for
 * those of folders below, which have theirs. `length` is that of the folder's
 * path. What is gone since the folder was read was never found. */
static void stamp_folder(struct walk *walk, int folder, size_t length,
			 size_t first, const struct way *way,
			 struct company *company)
{
	struct fleet *fleet = walk->fleet;
	size_t kept = first;

	for (size_t i = first; i < fleet->user_count; i++) {
		struct subject found = fleet->users[i];
		const char *name = found.path + length + (length > 0);
		struct error why = { 0 };
		int rc = 0;

		if (found.stamp.mode == 0) {
			rc = stamp_take(folder, name, &found.stamp, &why);
			found.is_alone = !company_is_kept(company, name);
			found.is_exposed = is_exposed(walk, &found, way);
		}
		if (rc == 0)
			fleet->users[kept++] = found;
		else if (rc != ERROR_MISSING)
			pass_closed(fleet, found.path, &why);
	}
	fleet->user_count = kept;
}

/* That we have no memory or descriptors left is no word about the folder. */
static int unreadable(struct walk *walk, struct error *err)
{
	int failure = errno;
	int rc = error_set_errno(err, ERROR_IO, failure,
				 "folder %s cannot be read, so that databases "
				 "in it would be missed", walk->path);

	if (failure == EMFILE || failure == ENFILE || failure == ENOMEM)
		return rc;
	pass_closed(walk->fleet, walk->path, err);
	return 0;
}

/* Whether a folder just opened is to be walked; negative: it cannot be told. A
 * state directory is not: the backups in it have the names of databases. */
static int is_ours(struct walk *walk, int folder, struct stat *seen)
{
	int is_marked = -1;

	if (fstat(folder, seen) == 0)
		is_marked = state_is_marked(folder, seen);
	if (is_marked != 0)
		return is_marked > 0 ? 0 : -1;
	if (seen->st_dev != walk->device)
		pass_over(walk->fleet, &walk->fleet->links, walk->path);
	return seen->st_dev == walk->device;
}

/* Opens what may be a folder, and looks at it; *out is -1 if there is nothing
 * to walk. */
static int enter(struct walk *walk, int parent, const struct dirent *entry,
		 int *out, struct stat *seen, struct error *err)
{
	int ours, rc;

	*out = -1;
	if ((entry->d_type != DT_DIR && entry->d_type != DT_LNK &&
	     entry->d_type != DT_UNKNOWN) ||
	    strcmp(entry->d_name, "lost+found") == 0)
		return 0;
	*out = openat(parent, entry->d_name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*out >= 0) {
		ours = is_ours(walk, *out, seen);
		if (ours > 0 && walk->depth < DISCOVER_DEPTH_MOST)
			return 0;
		rc = ours < 0 ? unreadable(walk, err) : 0;
		if (ours > 0)
			pass_over(walk->fleet, &walk->fleet->deep, walk->path);
		close(*out);
		*out = -1;
		return rc;
	}
	if (errno == ENOENT)
		return 0;
	if (errno != ENOTDIR && errno != ELOOP)
		return unreadable(walk, err);
	/* A link, or a file where the file system does not say which. */
	if (fstatat(parent, entry->d_name, seen, 0) == 0 &&
	    S_ISDIR(seen->st_mode))
		pass_over(walk->fleet, &walk->fleet->links, walk->path);
	return 0;
}

/* Walks the open folder, whose path is the first `length` bytes, and closes
 * it. */
static int walk_folder(struct walk *walk, int folder, size_t length,
		       const struct way *way, struct error *err)
{
	DIR *dir = fdopendir(folder);
	const struct dirent *entry = NULL;
	struct company company = { 0 };
	size_t first = walk->fleet->user_count, end = 0;
	struct stat seen;
	struct way into;
	int below, rc = 0;

	if (dir == NULL) {
		rc = error_set_errno(err, ERROR_IO, errno, "%.*s",
				     (int)length, walk->path);
		close(folder);
		return rc;
	}
	while (rc == 0) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (entry->d_name[0] == '.' ||
		    company_note(&company, entry->d_name))
			continue;
		end = path_append(walk, length, entry->d_name);
		if (end == 0) {
			pass_over(walk->fleet, &walk->fleet->deep, walk->path);
			continue;
		}
		take_candidate(walk);
		rc = enter(walk, folder, entry, &below, &seen, err);
		if (rc == 0 && below >= 0) {
			into = way_into(way, &seen);
			walk->depth++;
			rc = walk_folder(walk, below, end, &into, err);
			walk->depth--;
		}
	}
	if (rc == 0 && errno != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "folder %.*s cannot be read to its end",
				     (int)length, walk->path);
	if (rc == 0)
		stamp_folder(walk, folder, length, first, way, &company);
	company_release(&company);
	closedir(dir);
	return rc;
}

/* Whether there is no -wal and no -journal; to be asked before the stamp is
 * taken, for the reason that company.h gives. */
static bool is_alone(const struct place *place)
{
	struct error ignored;
	struct stamp stamp;

	return place_stamp(place, "-wal", &stamp, &ignored) == ERROR_MISSING &&
	       place_stamp(place, "-journal", &stamp, &ignored) ==
		       ERROR_MISSING;
}

static int find_system(struct walk *walk, int data_dir, const struct way *above,
		       struct error *err)
{
	const char *path = walk->selection->system_db;
	struct subject found = { .kind = KIND_SYSTEM };
	struct place place;
	struct way way;
	int rc;

	if (path[0] == '\0' || walk->selection->users_only)
		return 0;
	rc = place_open(data_dir, "", path, &place, err);
	if (rc == 0) {
		found.is_alone = is_alone(&place);
		rc = place_stamp(&place, "", &found.stamp, err);
	}
	/* On another file system, of which nobody has asked what its stamps
	 * are worth. */
	if (found.stamp.device != walk->device)
		found.is_alone = false;
	place_close(&place);
	if (rc == ERROR_MISSING)
		return 0;
	if (rc == ERROR_SKIPPED)
		return error_set(err, ERROR_CONFIG,
				 "fleet.system_db: %s lies behind a link, and "
				 "below the data directory none is followed; "
				 "nothing was touched", path);
	if (rc != 0)
		return error_prefix(err, "fleet.system_db: %s", path);
	found.path = arena_add(walk->fleet->arena, path, strlen(path));
	way = way_along(above, data_dir, path);
	found.is_exposed = is_exposed(walk, &found, &way);
	walk->fleet->system = xmalloc(sizeof(found));
	*walk->fleet->system = found;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct subject *one = a, *two = b;
	int order = strcmp(one->username, two->username);

	return order != 0 ? order : strcmp(one->path, two->path);
}

bool fleet_has_user(const struct fleet *fleet, const char *username,
		    const char *path)
{
	const struct subject key = { .username = username, .path = path };

	return fleet->user_count > 0 &&
	       bsearch(&key, fleet->users, fleet->user_count, sizeof(key),
		       by_name) != NULL;
}

static int by_file(const void *a, const void *b)
{
	return stamp_compare_file(&(*(const struct subject *const *)a)->stamp,
				  &(*(const struct subject *const *)b)->stamp);
}

static void sort(struct fleet *fleet)
{
	if (fleet->user_count > 1)
		qsort(fleet->users, fleet->user_count, sizeof(*fleet->users),
		      by_name);
	fleet->by_file = xcalloc(fleet->user_count + 1,
				 sizeof(*fleet->by_file));
	if (fleet->system != NULL)
		fleet->by_file[fleet->file_count++] = fleet->system;
	for (size_t i = 0; i < fleet->user_count; i++)
		fleet->by_file[fleet->file_count++] = &fleet->users[i];
	if (fleet->file_count > 1)
		qsort(fleet->by_file, fleet->file_count,
		      sizeof(*fleet->by_file), by_file);
}

static int search(struct walk *walk, int data_dir, struct error *err)
{
	struct fleet *fleet = walk->fleet;
	int folder = openat(data_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat seen;
	struct way way = { .writer = TRUST_NOBODY };
	int rc;

	if (folder < 0 || fstat(folder, &seen) != 0) {
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the data directory cannot be read");
		if (folder >= 0)
			close(folder);
		return rc;
	}
	walk->device = seen.st_dev;
	way = way_into(&way, &seen);
	rc = walk_folder(walk, folder, 0, &way, err);
	if (rc == 0)
		rc = find_system(walk, data_dir, &way, err);
	/* Who is not seen may be there. */
	if (rc == 0 && flaws_unseen(fleet) == 0)
		rc = narrow_check(walk->narrow, err);
	if (rc == 0) {
		sort(fleet);
		flaws_find_twins(fleet);
	}
	return rc;
}

int fleet_discover(int data_dir, const struct selection *selection,
		   struct fleet **out, struct error *err)
{
	struct walk *walk = xcalloc(1, sizeof(*walk));
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));
	int rc;

	*out = NULL;
	fleet->arena = arena_new();
	walk->selection = selection;
	walk->fleet = fleet;
	walk->narrow = narrow_new(selection);
	rc = search(walk, data_dir, err);
	narrow_free(walk->narrow);
	free(walk);
	if (rc != 0)
		fleet_free(fleet);
	else
		*out = fleet;
	return rc;
}

void fleet_free(struct fleet *fleet)
{
	if (fleet == NULL)
		return;
	free(fleet->system);
	free(fleet->users);
	free(fleet->by_file);
	arena_free(fleet->arena);
	free(fleet);
}
