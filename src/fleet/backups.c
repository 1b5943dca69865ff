#include "fleet/backups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* The runs that have a folder in backups/, newest first. */
struct run_folder {
	char id[RUN_ID_BYTES];
	char command[STATE_COMMAND_BYTES];
};

struct run_folders {
	struct run_folder *items;
	size_t count, capacity;
};

/* One walk over the backups of all runs. */
struct tour {
	const struct state *state;
	const struct run_folders *runs;
	size_t run;	/* the one being walked */
	int folder;	/* its folder */
	const char *only; /* for is_another() */
	bool (*skips)(const struct tour *tour); /* that run; NULL: none */
	int (*tell)(void *self, const struct backup *backup, struct error *err);
	void *self;
};

struct prune {
	struct tour tour;
	int64_t keep, max_age_s;
	bool pretend;
	struct prune_totals *totals;
	void (*tell)(void *self, const struct backup *backup);
	void *self;
};

static int newest_first(const void *a, const void *b)
{
	const struct run_folder *one = a, *two = b;

	return strcmp(two->id, one->id);
}

static int run_folders_add(struct run_folders *runs, const struct state *state,
			   const char *id, struct error *err)
{
	struct run_folder *added;

	runs->items = array_grow(runs->items, runs->count, &runs->capacity,
				 sizeof(*runs->items));
	added = &runs->items[runs->count++];
	text_copy(added->id, sizeof(added->id), id);
	return state_backups_command(state, id, added->command, err);
}

static int cannot_be_read(const struct state *state, struct error *err)
{
	return error_set_errno(err, ERROR_IO, errno,
			       "%s/backups cannot be read", state->path);
}

static int run_folders_read(const struct state *state, struct run_folders *out,
			    struct error *err)
{
	const struct dirent *entry;
	DIR *dir;
	int fd, rc = 0;

	*out = (struct run_folders){ 0 };
	if (state->backups < 0)
		return 0;
	fd = openat(state->backups, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		rc = cannot_be_read(state, err);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL)
		if (clock_is_run_id(entry->d_name))
			rc = run_folders_add(out, state, entry->d_name, err);
	if (rc == 0 && errno != 0)
		rc = cannot_be_read(state, err);
	closedir(dir);
	if (out->count > 1)
		qsort(out->items, out->count, sizeof(out->items[0]),
		      newest_first);
	return rc;
}

/* A run whose command is not known is taken for an upgrade: its backups are
 * then the ones that are kept longest. */
static bool is_copy(const struct run_folder *run)
{
	return strcmp(run->command, "rollback") == 0 ||
	       strcmp(run->command, "restore") == 0;
}

static int has_backup(const struct state *state, const char *run_id,
		      const char *path, bool *out, struct error *err)
{
	struct stamp stamp;
	char *below = xasprintf("%s/%s", run_id, path);
	int rc = stamp_take(state->backups, below, &stamp, err);

	*out = rc == 0 && S_ISREG(stamp.mode);
	if (rc != 0)
		error_prefix(err, "%s/backups", state->path);
	free(below);
	return rc == ERROR_MISSING ? 0 : rc;
}

static int visit(void *self, const char *relative, const struct stamp *stamp,
		 struct error *err)
{
	struct tour *tour = self;
	const struct run_folder *run = &tour->runs->items[tour->run];
	struct backup backup = {
		.path = relative,
		.bytes = stamp->bytes,
		.age_s = clock_seconds() - clock_run_id_seconds(run->id),
	};

	if (state_is_run_file(relative))
		return 0;
	text_copy(backup.run_id, sizeof(backup.run_id), run->id);
	text_copy(backup.command, sizeof(backup.command), run->command);
	return tour->tell(tour->self, &backup, err);
}

static int tour_walk(struct tour *tour, struct error *err)
{
	int rc = 0;

	for (tour->run = 0; rc == 0 && tour->run < tour->runs->count;
	     tour->run++) {
		const char *id = tour->runs->items[tour->run].id;

		if (tour->skips != NULL && tour->skips(tour))
			continue;
		rc = folder_enter(tour->state->backups, id, strlen(id),
				  O_RDONLY, &tour->folder, err);
		if (rc != 0)
			break;
		rc = folder_walk(tour->folder, visit, tour, err);
		close(tour->folder);
	}
	return rc;
}

static bool is_another(const struct tour *tour)
{
	return strcmp(tour->runs->items[tour->run].id, tour->only) != 0;
}

/* That run only; all, if it is "". */
static int each_of(const struct state *state, const char *run_id,
		   int (*tell)(void *self, const struct backup *backup,
			       struct error *err),
		   void *self, struct error *err)
{
	struct run_folders runs;
	struct tour tour = {
		.state = state,
		.runs = &runs,
		.only = run_id,
		.skips = run_id[0] != '\0' ? is_another : NULL,
		.tell = tell,
		.self = self,
	};
	int rc = run_folders_read(state, &runs, err);

	if (rc == 0)
		rc = tour_walk(&tour, err);
	free(runs.items);
	return rc;
}

int backups_each(const struct state *state,
		 int (*tell)(void *self, const struct backup *backup,
			     struct error *err),
		 void *self, struct error *err)
{
	return each_of(state, "", tell, self, err);
}

int backups_of_run(const struct state *state, const char *run_id,
		   int (*tell)(void *self, const struct backup *backup,
			       struct error *err),
		   void *self, struct error *err)
{
	return each_of(state, run_id, tell, self, err);
}

int backups_find(const struct state *state, const char *path,
		 const char *run_id, char out[RUN_ID_BYTES], struct error *err)
{
	struct run_folders runs;
	int rc = run_folders_read(state, &runs, err);
	bool is_found = false;

	out[0] = '\0';
	for (size_t i = 0; rc == 0 && !is_found && i < runs.count; i++) {
		const struct run_folder *run = &runs.items[i];

		if (run_id[0] != '\0' ? strcmp(run->id, run_id) != 0
				      : is_copy(run))
			continue;
		rc = has_backup(state, run->id, path, &is_found, err);
		if (is_found)
			text_copy(out, RUN_ID_BYTES, run->id);
	}
	free(runs.items);
	if (rc != 0 || is_found)
		return rc;
	if (run_id[0] != '\0')
		return error_set(err, ERROR_MISSING,
				 "%s: run %s has no backup of it; nothing was "
				 "touched", path, run_id);
	return error_set(err, ERROR_MISSING,
			 "%s: there is no backup of it; nothing was touched",
			 path);
}

/* How many runs newer than the one being walked have a backup of that path;
 * `upgrades_only`: copies do not count, nor does what cannot be seen. Looking
 * again costs a system call a run, only for what is old; remembering would cost
 * memory for every database. */
static int64_t count_newer(const struct tour *tour, const char *path,
			   bool upgrades_only, int64_t enough)
{
	struct error ignored = { 0 };
	int64_t count = 0;

	for (size_t i = 0; i < tour->run && count < enough; i++) {
		const struct run_folder *run = &tour->runs->items[i];
		bool has = false;

		if (!(upgrades_only && is_copy(run)) &&
		    has_backup(tour->state, run->id, path, &has,
			       &ignored) == 0)
			count += has;
	}
	return count;
}

/* How many newer backups one of that run needs before it may go. Also with
 * keep = 0 an upgrade's newest backup stays. */
static int64_t newer_needed(const struct prune *prune,
			    const struct run_folder *run)
{
	return is_copy(run) || prune->keep < 1 ? 1 : prune->keep;
}

static bool may_go(const struct prune *prune, const struct backup *backup)
{
	const struct tour *tour = &prune->tour;
	const struct run_folder *run = &tour->runs->items[tour->run];
	int64_t needed = newer_needed(prune, run);

	return backup->age_s > prune->max_age_s &&
	       count_newer(tour, backup->path, !is_copy(run), needed) >= needed;
}

/* True if none of a run's backups may go, which its age and its place among the
 * runs tell without reading them. */
static bool is_safe(const struct tour *tour)
{
	const struct prune *prune = tour->self;
	const struct run_folder *run = &tour->runs->items[tour->run];

	return clock_seconds() - clock_run_id_seconds(run->id) <=
		       prune->max_age_s ||
	       (int64_t)tour->run < newer_needed(prune, run);
}

static int prune_one(void *self, const struct backup *backup, struct error *err)
{
	struct prune *prune = self;
	const char *slash = strrchr(backup->path, '/');

	if (!may_go(prune, backup)) {
		prune->totals->kept++;
		return 0;
	}
	if (prune->tell != NULL)
		prune->tell(prune->self, backup);
	prune->totals->removed++;
	prune->totals->bytes_freed += backup->bytes;
	if (prune->pretend)
		return 0;
	if (unlinkat(prune->tour.folder, backup->path, 0) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "backup %s of run %s cannot be removed",
				       backup->path, backup->run_id);
	if (slash != NULL) {
		char *above = xstrndup(backup->path,
				       (size_t)(slash - backup->path));

		folder_prune(prune->tour.folder, above);
		free(above);
	}
	return 0;
}

int backups_prune(const struct state *state, int64_t keep, int64_t max_age_ms,
		  bool pretend, struct prune_totals *out,
		  void (*tell)(void *self, const struct backup *backup),
		  void *self, struct error *err)
{
	struct run_folders runs;
	struct prune_totals uncounted = { 0 };
	struct prune prune = {
		.tour = { .state = state,
			  .runs = &runs,
			  .skips = out == NULL ? is_safe : NULL,
			  .tell = prune_one },
		.keep = keep,
		.max_age_s = max_age_ms / 1000,
		.pretend = pretend,
		.totals = out != NULL ? out : &uncounted,
		.tell = tell,
		.self = self,
	};
	int rc = run_folders_read(state, &runs, err);

	*prune.totals = (struct prune_totals){ 0 };
	prune.tour.self = &prune;
	if (rc == 0)
		rc = tour_walk(&prune.tour, err);
	for (size_t i = 0; rc == 0 && !pretend && i < runs.count; i++)
		state_drop_empty_backups(state, runs.items[i].id);
	free(runs.items);
	return rc;
}
