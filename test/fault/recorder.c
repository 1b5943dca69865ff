/*
 * recorder: writes down, in order, every call of a process that changes the
 * disk, with what it wrote, so that test/fault/powercut.py can tell what a
 * power cut would have left of it.
 *
 * Preloaded (LD_PRELOAD). RECORDER_LOG is the file that gets the records. Files
 * and folders are told by device and inode; a record is what the call has done,
 * and follows it, under one lock, so that threads stand in the order in which
 * they came. What failed is not told. Each record also has the size that
 * standard output had then, if that is a file: so much had been reported.
 *
 * Seen: open* with O_CREAT or O_TRUNC, write, pwrite, ftruncate,
 * copy_file_range, fchmod*, link*, rename* (as a link and an unlink; where two
 * names are exchanged, as two links), unlink*, mkdir*, fsync, fdatasync and
 * syncfs. That this is all, powercut.py proves each time: it builds from the
 * records what is on the disk in the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, LINK, UNLINK, WRITE, TRUNCATE, MODE, SYNC, SYNC_ALL };

/* Followed by the name and the data. powercut.py reads the same. */
struct record {
	uint64_t told;
	uint64_t object[2]; /* device and inode */
	uint64_t folder[2]; /* of the name */
	int64_t at;	    /* where the data goes; the new size */
	uint32_t what, mode, name_bytes, data_bytes;
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("RECORDER_LOG");

	if (path == NULL)
		return;
	out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (out < 0) {
		perror(path);
		abort();
	}
}

static void put(struct record *record, const char *name, const void *data)
{
	struct stat output;
	struct iovec parts[] = {
		{ record, sizeof(*record) },
		{ (void *)name, record->name_bytes },
		{ (void *)data, record->data_bytes },
	};
	ssize_t bytes = (ssize_t)(sizeof(*record) + record->name_bytes +
				  record->data_bytes);

	if (fstat(STDOUT_FILENO, &output) == 0 && S_ISREG(output.st_mode))
		record->told = (uint64_t)output.st_size;
	if (out >= 0 && writev(out, parts, 3) != bytes)
		abort();
}

static void set_object(struct record *record, const struct stat *seen)
{
	record->object[0] = seen->st_dev;
	record->object[1] = seen->st_ino;
	record->mode = seen->st_mode;
}

/* Something that was done to what is open at fd. */
static void put_fd(uint32_t what, int fd, int64_t at, const void *data,
		   size_t bytes)
{
	struct record record = { .what = what, .at = at };
	struct stat seen;

	if (fstat(fd, &seen) != 0 ||
	    !(S_ISREG(seen.st_mode) || S_ISDIR(seen.st_mode)))
		return;
	set_object(&record, &seen);
	record.data_bytes = (uint32_t)bytes;
	put(&record, "", data);
}

/* Something that was done to a name. The object is what has it now. */
static void put_name(uint32_t what, int folder, const char *path)
{
	struct record record = { .what = what };
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	char above[4096];
	struct stat seen;

	(void)snprintf(above, sizeof(above), "%.*s",
		       slash == NULL ? 1 : (int)(slash - path) + 1,
		       slash == NULL ? "." : path);
	if (fstatat(folder, above, &seen, 0) != 0)
		return;
	record.folder[0] = seen.st_dev;
	record.folder[1] = seen.st_ino;
	if (fstatat(folder, path, &seen, AT_SYMLINK_NOFOLLOW) == 0)
		set_object(&record, &seen);
	record.name_bytes = (uint32_t)strlen(name);
	put(&record, name, "");
}

static void put_mode(int folder, const char *path)
{
	struct record record = { .what = MODE };
	struct stat seen;

	if (fstatat(folder, path, &seen, AT_EMPTY_PATH) != 0)
		return;
	set_object(&record, &seen);
	put(&record, "", "");
}

static void put_write(int fd, const void *data, ssize_t bytes)
{
	put_fd(WRITE, fd, lseek(fd, 0, SEEK_CUR) - bytes, data, (size_t)bytes);
}

/* The kernel has copied; what it is, the source still has. */
static void put_copy(int from, const off64_t *in, int to, const off64_t *to_at,
		     ssize_t bytes)
{
	void *data = malloc((size_t)bytes);

	if (data == NULL || in == NULL || to_at == NULL ||
	    pread(from, data, (size_t)bytes, *in - bytes) != bytes)
		abort();
	put_fd(WRITE, to, *to_at - bytes, data, (size_t)bytes);
	free(data);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP(type, name, parameters, arguments, ...)                          \
	type name parameters                                                  \
	{                                                                     \
		pthread_mutex_lock(&order);                                   \
		type result = REAL(name) arguments;                           \
		int kept = errno;                                             \
		if (result >= 0) {                                            \
			__VA_ARGS__;                                          \
		}                                                             \
		pthread_mutex_unlock(&order);                                 \
		errno = kept;                                                 \
		return result;                                                \
	}

WRAP(ssize_t, write, (int fd, const void *data, size_t bytes),
	(fd, data, bytes), put_write(fd, data, result))
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t bytes, off_t at),
	(fd, data, bytes, at), put_fd(WRITE, fd, at, data, (size_t)result))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t bytes, off64_t at),
	(fd, data, bytes, at), put_fd(WRITE, fd, at, data, (size_t)result))
WRAP(int, ftruncate, (int fd, off_t bytes), (fd, bytes),
	put_fd(TRUNCATE, fd, bytes, "", 0))
WRAP(int, ftruncate64, (int fd, off64_t bytes), (fd, bytes),
	put_fd(TRUNCATE, fd, bytes, "", 0))
WRAP(ssize_t, copy_file_range,
	(int from, off64_t *in, int to, off64_t *to_at, size_t bytes,
		unsigned int flags),
	(from, in, to, to_at, bytes, flags),
	put_copy(from, in, to, to_at, result))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), put_mode(fd, ""))
WRAP(int, fchmodat, (int folder, const char *path, mode_t mode, int flags),
	(folder, path, mode, flags), put_mode(folder, path))
WRAP(int, fsync, (int fd), (fd), put_fd(SYNC, fd, 0, "", 0))
WRAP(int, fdatasync, (int fd), (fd), put_fd(SYNC, fd, 0, "", 0))
WRAP(int, syncfs, (int fd), (fd), put_fd(SYNC_ALL, fd, 0, "", 0))
WRAP(int, link, (const char *from, const char *to), (from, to),
	put_name(LINK, AT_FDCWD, to))
WRAP(int, linkat,
	(int from_folder, const char *from, int to_folder, const char *to,
		int flags),
	(from_folder, from, to_folder, to, flags),
	put_name(LINK, to_folder, to))
WRAP(int, rename, (const char *from, const char *to), (from, to),
	put_name(LINK, AT_FDCWD, to); put_name(UNLINK, AT_FDCWD, from))
WRAP(int, renameat,
	(int from_folder, const char *from, int to_folder, const char *to),
	(from_folder, from, to_folder, to),
	put_name(LINK, to_folder, to); put_name(UNLINK, from_folder, from))
WRAP(int, renameat2,
	(int from_folder, const char *from, int to_folder, const char *to,
	 unsigned flags),
	(from_folder, from, to_folder, to, flags),
	put_name(LINK, to_folder, to);
	put_name(flags & RENAME_EXCHANGE ? LINK : UNLINK, from_folder, from))
WRAP(int, unlink, (const char *path), (path), put_name(UNLINK, AT_FDCWD, path))
WRAP(int, unlinkat, (int folder, const char *path, int flags),
	(folder, path, flags), put_name(UNLINK, folder, path))
WRAP(int, rmdir, (const char *path), (path), put_name(UNLINK, AT_FDCWD, path))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode),
	put_name(CREATE, AT_FDCWD, path))
WRAP(int, mkdirat, (int folder, const char *path, mode_t mode),
	(folder, path, mode), put_name(CREATE, folder, path))

static int is_there(int folder, const char *path)
{
	struct stat seen;

	return fstatat(folder, path, &seen, 0) == 0;
}

static void put_open(int fd, int folder, const char *path, int flags, int was)
{
	if ((flags & O_CREAT) != 0 && !was)
		put_name(CREATE, folder, path);
	else if ((flags & O_TRUNC) != 0)
		put_fd(TRUNCATE, fd, 0, "", 0);
}

/* The mode argument is there only with O_CREAT. What changes nothing may take
 * its time (a lease), and holds up nobody. */
#define WRAP_OPEN(name, folder, parameters, arguments)                        \
	int name parameters                                                   \
	{                                                                     \
		va_list args;                                                 \
		va_start(args, flags);                                        \
		mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t)   \
						     : 0;                     \
		va_end(args);                                                 \
		if ((flags & (O_CREAT | O_TRUNC)) == 0)                       \
			return REAL(name) arguments;                          \
		pthread_mutex_lock(&order);                                   \
		int was = is_there(folder, path);                             \
		int result = REAL(name) arguments;                            \
		int kept = errno;                                             \
		if (result >= 0)                                              \
			put_open(result, folder, path, flags, was);           \
		pthread_mutex_unlock(&order);                                 \
		errno = kept;                                                 \
		return result;                                                \
	}

WRAP_OPEN(open, AT_FDCWD, (const char *path, int flags, ...),
	  (path, flags, mode))
WRAP_OPEN(open64, AT_FDCWD, (const char *path, int flags, ...),
	  (path, flags, mode))
WRAP_OPEN(openat, folder, (int folder, const char *path, int flags, ...),
	  (folder, path, flags, mode))
WRAP_OPEN(openat64, folder, (int folder, const char *path, int flags, ...),
	  (folder, path, flags, mode))
