/*
 * floor: the least work with which a fleet can be upgraded and its backups
 * kept, as a measure for the program. No promise of the program's is kept here
 * but one: what was there is still there, and on the disk.
 *
 * usage: floor [-j THREADS] STEP.sql DIR
 *
 * For every DIR/NAME_longterm.db: opens it, takes a write lease, copies it with
 * copy_file_range, runs STEP.sql on the copy without journal and without syncs,
 * and looks at it with quick_check. Then, for all of them: one syncfs; each
 * file linked into DIR/.floor/backup and the copy renamed over it; one more
 * syncfs. Every file stays open, because its lease does.
 *
 * As many threads as processors, unless it is told otherwise: they have little
 * to wait for.
 *
 * Exit status: 0; 77 where the file system or the kernel cannot do it; 1.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#define SUFFIX       "_longterm.db"
#define THREADS_MOST 64
#define EXIT_SKIPPED 77

struct file {
	char *name;
	int fd; /* open, and leased, from staging to the end */
};

struct floor {
	struct file *files;
	size_t file_count;
	char *script;
	char *folder;
	int live, staged, backup; /* open folders */
	atomic_size_t next;       /* the file that the next free thread takes */
};

/* The whole of a file, with the settings before it and a NUL behind. */
static char *read_script(const char *path)
{
	/* No lock to take where there is no second opener, and nothing to sync
	 * or to undo in a copy. */
	static const char before[] = "PRAGMA locking_mode = EXCLUSIVE;"
				     "PRAGMA journal_mode = OFF;"
				     "PRAGMA synchronous = OFF;"
				     "BEGIN;";
	static const char behind[] = "COMMIT;";
	FILE *file = fopen(path, "re");
	struct stat st;
	char *script;
	size_t bytes;

	if (file == NULL || fstat(fileno(file), &st) != 0)
		err(1, "%s", path);
	bytes = (size_t)st.st_size;
	script = malloc(sizeof(before) + bytes + sizeof(behind));
	if (script == NULL)
		err(1, "%s", path);
	memcpy(script, before, sizeof(before) - 1);
	if (fread(script + sizeof(before) - 1, 1, bytes, file) != bytes)
		err(1, "%s", path);
	memcpy(script + sizeof(before) - 1 + bytes, behind, sizeof(behind));
	fclose(file);
	return script;
}

static void find_files(struct floor *floor)
{
	DIR *dir = fdopendir(dup(floor->live));
	struct dirent *entry;
	size_t room = 0;

	if (dir == NULL)
		err(1, "%s", floor->folder);
	while ((entry = readdir(dir)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (length < sizeof(SUFFIX) ||
		    strcmp(entry->d_name + length - sizeof(SUFFIX) + 1,
			   SUFFIX) != 0)
			continue;
		if (floor->file_count == room) {
			room = room * 2 + 1024;
			floor->files = realloc(floor->files,
					       room * sizeof(floor->files[0]));
			if (floor->files == NULL)
				err(1, "%s", floor->folder);
		}
		floor->files[floor->file_count].fd = -1;
		floor->files[floor->file_count++].name = strdup(entry->d_name);
	}
	closedir(dir);
}

static int open_folder(int at, const char *name)
{
	int fd;

	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		err(1, "%s", name);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static void lease_and_copy(const struct floor *floor, struct file *file)
{
	struct stat st;
	off_t left;
	int copy;

	file->fd = openat(floor->live, file->name,
			  O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st) != 0)
		err(1, "%s", file->name);
	if (fcntl(file->fd, F_SETLEASE, F_WRLCK) != 0)
		err(errno == EAGAIN ? 1 : EXIT_SKIPPED, "%s: no lease",
		    file->name);
	copy = openat(floor->staged, file->name,
		      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      st.st_mode & 0777);
	if (copy < 0)
		err(1, "copy of %s", file->name);
	for (left = st.st_size; left > 0;) {
		ssize_t bytes = copy_file_range(file->fd, NULL, copy, NULL,
						(size_t)left, 0);

		if (bytes <= 0)
			err(EXIT_SKIPPED, "copy_file_range, %s", file->name);
		left -= bytes;
	}
	close(copy);
}

static int is_ok(void *unused, int columns, char **values, char **names)
{
	(void)unused;
	(void)names;
	return columns == 1 && strcmp(values[0], "ok") == 0 ? 0 : 1;
}

static void migrate(const struct floor *floor, const struct file *file)
{
	char path[4096];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/.floor/staged/%s", floor->folder,
		 file->name);
	if (sqlite3_open_v2(path, &db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    "unix-none") != SQLITE_OK ||
	    sqlite3_exec(db, floor->script, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA quick_check", is_ok, NULL, NULL) !=
		    SQLITE_OK)
		errx(1, "%s: %s", file->name, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void *stage(void *argument)
{
	struct floor *floor = argument;
	size_t i;

	while ((i = atomic_fetch_add(&floor->next, 1)) < floor->file_count) {
		lease_and_copy(floor, &floor->files[i]);
		migrate(floor, &floor->files[i]);
	}
	return NULL;
}

static void stage_all(struct floor *floor, long threads)
{
	pthread_t others[THREADS_MOST];
	long i;

	for (i = 0; i < threads - 1; i++) {
		if (pthread_create(&others[i], NULL, stage, floor) != 0)
			errx(1, "no further thread");
	}
	stage(floor);
	for (i = 0; i < threads - 1; i++)
		pthread_join(others[i], NULL);
}

static void publish_all(const struct floor *floor)
{
	size_t i;

	for (i = 0; i < floor->file_count; i++) {
		const struct file *file = &floor->files[i];

		if (fcntl(file->fd, F_GETLEASE) != F_WRLCK)
			errx(1, "%s: somebody asked for it", file->name);
		if (linkat(floor->live, file->name, floor->backup, file->name,
			   0) != 0 ||
		    renameat(floor->staged, file->name, floor->live,
			     file->name) != 0)
			err(1, "%s", file->name);
	}
}

/* A memory allocator that gives nothing back has nothing to ask for again. */
static void settle_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 26);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	mallopt(M_TOP_PAD, 1 << 22);
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_initialize();
}

int main(int argc, char **argv)
{
	struct floor floor = { 0 };
	struct rlimit limit;
	long threads = sysconf(_SC_NPROCESSORS_ONLN);
	size_t i;
	int option, below;

	if (threads > THREADS_MOST)
		threads = THREADS_MOST;
	while ((option = getopt(argc, argv, "j:")) != -1) {
		threads = option == 'j' ? strtol(optarg, NULL, 10) : 0;
		if (threads < 1 || threads > THREADS_MOST)
			break;
	}
	if (optind != argc - 2 || threads < 1 || threads > THREADS_MOST) {
		fprintf(stderr, "usage: floor [-j THREADS] STEP.sql DIR\n");
		return 64;
	}
	signal(SIGIO, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	settle_memory();
	floor.script = read_script(argv[optind]);
	/* Whole, so that SQLite need not ask where it stands for each file. */
	floor.folder = realpath(argv[optind + 1], NULL);
	if (floor.folder == NULL)
		err(1, "%s", argv[optind + 1]);
	floor.live = open(floor.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (floor.live < 0)
		err(1, "%s", floor.folder);
	below = open_folder(floor.live, ".floor");
	floor.staged = open_folder(below, "staged");
	floor.backup = open_folder(below, "backup");
	find_files(&floor);

	stage_all(&floor, threads);
	if (syncfs(floor.live) != 0)
		err(1, "syncfs");
	publish_all(&floor);
	if (syncfs(floor.live) != 0)
		err(1, "syncfs");

	for (i = 0; i < floor.file_count; i++) {
		close(floor.files[i].fd);
		free(floor.files[i].name);
	}
	free(floor.files);
	free(floor.script);
	free(floor.folder);
	printf("%zu databases\n", floor.file_count);
	return 0;
}
