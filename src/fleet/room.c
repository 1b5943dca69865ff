#include "fleet/room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fleet/backups.h"
#include "fleet/owner.h"

#define ROOMS_NAME "owners"

bool rooms_exist(int data_dir, const char *path)
{
	char *rooms = xasprintf("%s/" ROOMS_NAME, path);
	struct stat seen;
	bool exist = fstatat(data_dir, rooms, &seen, AT_SYMLINK_NOFOLLOW) ==
			     0 &&
		     S_ISDIR(seen.st_mode) && seen.st_uid == 0;

	free(rooms);
	return exist;
}

static int check_way(const char *path, struct error *err)
{
	int rc = owner_check_way(path, 0, false, err);

	if (rc == ERROR_CONFIG)
		error_append(err, "the databases have several owners, so that "
			     "the program stays root; nothing was touched; "
			     "name another in fleet.state_dir, for one below "
			     "/var/lib");
	return rc;
}

int rooms_check(const char *data_path, const char *path, struct error *err)
{
	bool is_absolute = path[0] == '/';
	char *full = xasprintf("%s/%s", is_absolute ? "" : data_path, path);
	char *real, *end = full + strlen(full);
	int rc = 0;

	while (end > full && end[-1] == '/')
		*--end = '\0';
	while (end > full && end[-1] != '/')
		*--end = '\0';
	real = realpath(full, NULL);
	/* One that is not there state_open() tells of. */
	if (real != NULL)
		rc = check_way(real, err);
	free(real);
	free(full);
	return rc != 0 ? error_prefix(err, "state directory %s", path) : 0;
}

int rooms_make(const struct state *state, struct error *err)
{
	int fd = -1;
	int rc = check_way(state->path, err);

	if (rc == 0)
		rc = folder_make(state->folder, ROOMS_NAME, &fd, err);
	if (rc == 0 &&
	    (fchmod(fd, 0711) != 0 || fchmod(state->folder, 0711) != 0))
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the owners cannot be let in");
	if (fd >= 0)
		close(fd);
	return rc != 0 ? error_prefix(err, "state directory %s", state->path)
		       : 0;
}

int room_open(const struct state *state, uid_t uid, gid_t gid, bool make,
	      struct state *out, struct error *err)
{
	char *path = xasprintf("%s/" ROOMS_NAME "/%lu", state->path,
			       (unsigned long)uid);
	int rc = state_open(-1, "", path, make, uid, gid, out, err);

	free(path);
	return rc;
}

/* Takes the owner's rights off again, whatever became of the work. */
static int come_back(int rc, struct error *err)
{
	struct error failed = { 0 };

	if (owner_put_off(&failed) == 0)
		return rc;
	*err = failed;
	return (int)err->code;
}

int room_begin_backups(const struct state *state, uid_t uid, gid_t gid,
		       const char *run_id, const char *command,
		       struct error *err)
{
	struct state room;
	int fd = -1;
	int rc = room_open(state, uid, gid, true, &room, err);

	if (rc != 0)
		return rc;
	rc = owner_put_on(uid, gid, err);
	if (rc == 0)
		rc = come_back(state_begin_backups(&room, run_id, command, &fd,
						   err), err);
	if (fd >= 0)
		close(fd);
	state_close(&room);
	return rc;
}

int room_find_backup(const struct state *state, const struct subject *subject,
		     const char *run_id, char out[RUN_ID_BYTES],
		     struct error *err)
{
	const struct stamp *file = &subject->stamp;
	struct state room;
	int rc;

	if (!state->has_rooms)
		return backups_find(state, subject->path, run_id, out, err);
	rc = room_open(state, file->owner, file->group, false, &room, err);
	if (rc != 0)
		return rc;
	rc = owner_put_on(file->owner, file->group, err);
	if (rc == 0)
		rc = come_back(backups_find(&room, subject->path, run_id, out,
					    err), err);
	state_close(&room);
	return rc;
}

static int by_uid(const void *a, const void *b)
{
	const struct room_owner *one = a, *other = b;

	return one->uid < other->uid ? -1 : one->uid > other->uid;
}

/* A room is its owner's, or it is none. Negative: it cannot be looked at. */
static int is_room(int folder, const char *name, struct room_owner *out)
{
	struct stat seen;
	char *end;
	unsigned long uid = strtoul(name, &end, 10);

	if (*end != '\0' || name[0] < '0' || name[0] > '9')
		return 0;
	if (fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	out->uid = seen.st_uid;
	out->gid = seen.st_gid;
	return S_ISDIR(seen.st_mode) && seen.st_uid == uid;
}

static int unreadable(const struct state *state, struct error *err)
{
	return error_set_errno(err, ERROR_IO, errno,
			       "%s/" ROOMS_NAME " cannot be read",
			       state->path);
}

int rooms_list(const struct state *state, struct room_owner **out,
	       size_t *count, struct error *err)
{
	struct room_owner owner;
	const struct dirent *entry;
	size_t capacity = 0;
	DIR *dir;
	int fd, known = 0, rc = 0;

	*out = NULL;
	*count = 0;
	if (state->folder < 0)
		return 0;
	fd = openat(state->folder, ROOMS_NAME,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		rc = unreadable(state, err);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (known >= 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		known = is_room(dirfd(dir), entry->d_name, &owner);
		if (known <= 0)
			continue;
		*out = array_grow(*out, *count, &capacity, sizeof(**out));
		(*out)[(*count)++] = owner;
	}
	if (errno != 0) {
		rc = unreadable(state, err);
		free(*out);
		*out = NULL;
		*count = 0;
	}
	closedir(dir);
	if (*count > 1)
		qsort(*out, *count, sizeof(**out), by_uid);
	return rc;
}

static int visit_room(const struct state *state, const struct room_owner *owner,
		      int (*visit)(void *self, const struct state *place,
				   struct error *err),
		      void *self, struct error *err)
{
	struct state room;
	int rc = room_open(state, owner->uid, owner->gid, false, &room, err);

	if (rc != 0)
		return rc;
	rc = owner_put_on(owner->uid, owner->gid, err);
	if (rc == 0)
		rc = come_back(visit(self, &room, err), err);
	state_close(&room);
	return rc;
}

int rooms_each(const struct state *state,
	       int (*visit)(void *self, const struct state *place,
			    struct error *err),
	       void *self, struct error *err)
{
	struct error failed = { 0 };
	struct room_owner *owners;
	size_t count;
	int rc;

	if (!state->has_rooms)
		return visit(self, state, err);
	rc = rooms_list(state, &owners, &count, err);
	for (size_t i = 0; i < count; i++) {
		if (visit_room(state, &owners[i], visit, self, &failed) == 0 ||
		    rc != 0)
			continue;
		*err = failed;
		rc = err->code = ERROR_IO;
	}
	free(owners);
	return rc;
}

/* True if any of the rooms has a folder for the run, or may have one. */
static bool is_in_a_room(const struct state *state,
			 const struct room_owner *owners, size_t count,
			 const char *run_id)
{
	struct stat seen;
	bool is_there = false;

	for (size_t i = 0; !is_there && i < count; i++) {
		char *path = xasprintf(ROOMS_NAME "/%lu/backups/%s",
				       (unsigned long)owners[i].uid, run_id);

		is_there = fstatat(state->folder, path, &seen,
				   AT_SYMLINK_NOFOLLOW) == 0 ||
			   errno != ENOENT;
		free(path);
	}
	return is_there;
}

static int drop_in(void *self, const struct state *place, struct error *err)
{
	(void)err;
	if (place->backups >= 0)
		state_drop_empty_backups(place, self);
	return 0;
}

void rooms_drop_empty_backups(const struct state *state, const char *run_id)
{
	struct error ignored = { 0 };
	char run[RUN_ID_BYTES];

	text_copy(run, sizeof(run), run_id);
	(void)rooms_each(state, drop_in, run, &ignored);
	if (state->has_rooms)
		rooms_drop_runs(state);
}

void rooms_drop_runs(const struct state *state)
{
	struct error ignored = { 0 };
	struct room_owner *owners;
	const struct dirent *entry;
	size_t count;
	DIR *dir;
	int fd;

	if (!state->has_rooms ||
	    rooms_list(state, &owners, &count, &ignored) != 0)
		return;
	fd = openat(state->backups, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (clock_is_run_id(entry->d_name) &&
		    !is_in_a_room(state, owners, count, entry->d_name))
			state_drop_empty_backups(state, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	free(owners);
}
