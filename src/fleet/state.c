#include "fleet/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "fleet/fields.h"
#include "fleet/owner.h"

#define RUN_NAME ".run"
#define RUN_BYTES 4096 /* nobody writes a longer one */

int state_is_marked(int folder, const struct stat *seen)
{
	struct stat marker;

	if (fstatat(folder, STATE_MARKER, &marker, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	return marker.st_uid == seen->st_uid && (seen->st_mode & 022) == 0;
}

static int open_existing(int data_dir, const char *data_path, const char *path,
			 struct state *state, struct error *err)
{
	int rc;

	if (path[0] == '/')
		return folder_open(path, &state->folder, &state->path, err);
	rc = folder_enter(data_dir, path, strlen(path), O_RDONLY,
			  &state->folder, err);
	if (rc == 0)
		state->path = xasprintf("%s/%s", data_path, path);
	return rc;
}

static int is_empty(int folder, bool *out, struct error *err)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry = NULL;
	int rc = 0;

	*out = true;
	if (dir == NULL) {
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the folder cannot be read");
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (*out && (errno = 0, entry = readdir(dir)) != NULL)
		*out = strcmp(entry->d_name, ".") == 0 ||
		       strcmp(entry->d_name, "..") == 0;
	if (entry == NULL && errno != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the folder cannot be read to its end");
	closedir(dir);
	return rc;
}

static int make_folder(int data_dir, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t bytes = slash != NULL ? (size_t)(slash - path) : 0;
	const char *name = slash != NULL ? slash + 1 : path;
	char *above = slash == path ? xstrdup("/") : xstrndup(path, bytes);
	char *real = NULL;
	int parent = -1, rc;

	if (path[0] == '/')
		rc = folder_open(above, &parent, &real, err);
	else
		rc = folder_enter(data_dir, path, bytes, O_RDONLY, &parent,
				  err);
	if (rc == ERROR_MISSING)
		rc = error_set(err, ERROR_CONFIG,
			       "the folder above it is missing; make that one, "
			       "or name another in fleet.state_dir");
	if (rc == 0 && mkdirat(parent, name, 0700) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the folder cannot be made");
	if (rc == 0)
		rc = folder_sync(parent, err);
	if (parent >= 0)
		close(parent);
	free(real);
	free(above);
	return rc;
}

/* Only what we have made ourselves is given away: a folder that is empty,
 * root's, and as nobody else makes one. It may be that of a run that was killed
 * in between. Any other keeps its owner, and is refused if that is the wrong
 * one. */
static int give_away(int folder, uid_t owner, gid_t group, struct error *err)
{
	struct stat seen;
	bool empty = false;
	int rc = 0;

	if (geteuid() != 0 || fstat(folder, &seen) != 0 || seen.st_uid != 0 ||
	    (seen.st_mode & 0777) != 0700)
		return 0;
	rc = is_empty(folder, &empty, err);
	if (rc == 0 && empty && fchown(folder, owner, group) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the folder cannot be given to its owner");
	return rc;
}

static int check_folder(int folder, uid_t owner, struct error *err)
{
	struct stat seen;

	if (fstat(folder, &seen) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "the folder cannot be looked at");
	if (seen.st_uid != owner)
		return error_set(err, ERROR_CONFIG,
				 "the folder belongs to user id %lu and would "
				 "have to belong to %lu; give it to that user, "
				 "or name another in fleet.state_dir",
				 (unsigned long)seen.st_uid,
				 (unsigned long)owner);
	if ((seen.st_mode & 022) != 0)
		return error_set(err, ERROR_CONFIG,
				 "others may write to the folder; take that "
				 "right away (chmod 700)");
	return 0;
}

/* The marker is one system call and comes first: a folder that we made and did
 * not finish is either empty or marked, never just strange. */
static int check_marker(int folder, bool make, bool *is_there,
			struct error *err)
{
	struct stat seen;
	bool empty;
	int rc;

	*is_there = fstatat(folder, STATE_MARKER, &seen,
			    AT_SYMLINK_NOFOLLOW) == 0;
	if (*is_there)
		return 0;
	if (errno != ENOENT)
		return error_set_errno(err, ERROR_IO, errno,
				       "cannot look for the file "
				       STATE_MARKER);
	rc = is_empty(folder, &empty, err);
	if (rc != 0)
		return rc;
	if (!empty)
		return error_set(err, ERROR_CONFIG,
				 "the folder is not empty and has no file "
				 STATE_MARKER ": it is no state directory; "
				 "name another in fleet.state_dir");
	if (!make)
		return 0;
	*is_there = true;
	rc = file_create(folder, STATE_MARKER, err);
	return rc != 0 ? rc : folder_sync(folder, err);
}

static int open_part(const struct state *state, const char *name, bool make,
		     int *out, struct error *err)
{
	int rc;

	if (make)
		return folder_make(state->folder, name, out, err);
	rc = folder_enter(state->folder, name, strlen(name), O_RDONLY, out,
			  err);
	return rc == ERROR_MISSING ? 0 : rc;
}

static int open_content(struct state *state, bool make, struct error *err)
{
	bool is_there;
	int rc = check_marker(state->folder, make, &is_there, err);

	if (rc == 0 && !is_there) {
		state_close(state);
		return 0;
	}
	if (rc == 0)
		rc = open_part(state, "backups", make, &state->backups, err);
	if (rc == 0)
		rc = open_part(state, "staging", make, &state->staging, err);
	return rc;
}

/* As its owner, who may put links where root would follow them. */
static int open_content_as(struct state *state, bool make, uid_t owner,
			   gid_t group, struct error *err)
{
	struct error failed = { 0 };
	int rc = owner_put_on(owner, group, err);

	if (rc != 0)
		return rc;
	rc = open_content(state, make, err);
	if (owner_put_off(&failed) != 0) {
		*err = failed;
		rc = ERROR_BUG;
	}
	return rc;
}

/* "state/" is the folder "state". */
static char *without_slashes(const char *path)
{
	size_t bytes = strlen(path);

	while (bytes > 1 && path[bytes - 1] == '/')
		bytes--;
	return xstrndup(path, bytes);
}

static bool is_closed_to_us(int data_dir, const char *path)
{
	return faccessat(data_dir, path, R_OK | X_OK, AT_EACCESS) != 0 &&
	       errno == EACCES;
}

void state_close(struct state *state)
{
	int *const folders[] = { &state->folder, &state->backups,
				 &state->staging };

	for (size_t i = 0; i < 3; i++) {
		if (*folders[i] >= 0)
			close(*folders[i]);
		*folders[i] = -1;
	}
	free(state->path);
	state->path = NULL;
}

int state_open(int data_dir, const char *data_path, const char *path, bool make,
	       uid_t owner, gid_t group, struct state *out, struct error *err)
{
	char *plain = without_slashes(path);
	int rc;

	*out = (struct state){ .folder = -1, .backups = -1, .staging = -1 };
	rc = open_existing(data_dir, data_path, plain, out, err);
	if (!make && (rc == ERROR_MISSING ||
		      (rc != 0 && is_closed_to_us(data_dir, plain)))) {
		rc = 0;
		goto out;
	}
	if (rc == ERROR_SKIPPED)
		rc = error_set(err, ERROR_CONFIG,
			       "it leads over a link, and below the data "
			       "directory none is followed; name another in "
			       "fleet.state_dir");
	if (rc == ERROR_MISSING) {
		rc = make_folder(data_dir, plain, err);
		if (rc == 0)
			rc = open_existing(data_dir, data_path, plain, out,
					   err);
	}
	if (rc == 0 && make)
		rc = give_away(out->folder, owner, group, err);
	if (rc == 0)
		rc = check_folder(out->folder, owner, err);
	if (rc == 0)
		rc = open_content_as(out, make, owner, group, err);
	if (rc != 0) {
		error_prefix(err, "state directory %s", plain);
		state_close(out);
	}
out:
	free(plain);
	return rc;
}

int state_backups_command(const struct state *state, const char *run_id,
			  char out[STATE_COMMAND_BYTES], struct error *err)
{
	struct error why = { 0 };
	char *text = NULL;
	int folder = -1, rc;

	out[0] = '\0';
	rc = folder_enter(state->backups, run_id, strlen(run_id), O_RDONLY,
			  &folder, &why);
	if (rc == 0)
		rc = file_read_text(folder, RUN_NAME, RUN_BYTES, &text, &why);
	if (rc == 0)
		fields_get(text, "command", out, STATE_COMMAND_BYTES);
	free(text);
	if (folder >= 0)
		close(folder);
	if (rc == 0 || rc == ERROR_MISSING)
		return 0;
	*err = why;
	return error_prefix(err, "%s/backups/%s", state->path, run_id);
}

bool state_is_run_file(const char *name)
{
	return strcmp(name, RUN_NAME) == 0 ||
	       strcmp(name, RUN_NAME ".new") == 0;
}

static int stop_at_backup(void *self, const char *relative,
			  const struct stamp *stamp, struct error *err)
{
	(void)self;
	(void)stamp;
	(void)err;
	return state_is_run_file(relative) ? 0 : ERROR_HELD;
}

void state_drop_empty_backups(const struct state *state, const char *run_id)
{
	struct error ignored = { 0 };
	int folder = -1;

	if (folder_enter(state->backups, run_id, strlen(run_id), O_RDONLY,
			 &folder, &ignored) != 0)
		return;
	/* What cannot be removed is an empty folder more, and no harm. */
	if (folder_walk(folder, stop_at_backup, NULL, &ignored) == 0 &&
	    folder_clear(folder, &ignored) == 0)
		unlinkat(state->backups, run_id, AT_REMOVEDIR);
	close(folder);
}

int state_begin_backups(const struct state *state, const char *run_id,
			const char *command, int *out_fd, struct error *err)
{
	char *text = xasprintf("command %s\n", command);
	int rc = folder_make(state->backups, run_id, out_fd, err);

	if (rc == 0) {
		rc = file_write_text(*out_fd, RUN_NAME, text, err);
		if (rc != 0) {
			close(*out_fd);
			*out_fd = -1;
		}
	}
	if (rc != 0) {
		error_prefix(err, "%s/backups/%s", state->path, run_id);
		state_drop_empty_backups(state, run_id);
	}
	free(text);
	return rc;
}
