#include "fleet/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "fleet/fields.h"

#define LOCK_NAME "lock"
#define LOCK_BYTES 4096		/* nobody writes a longer one */
#define SIGNED_BYTES 512	/* what we write: a sector of the disk's */
#define SHORTEST_WAIT_MS 100	/* longer than anybody looks */
#define TRY_EVERY_MS 20

static int flock_now(int fd, int how)
{
	int rc;

	do
		rc = flock(fd, how | LOCK_NB);
	while (rc != 0 && errno == EINTR);
	return rc == 0 ? 0 : errno;
}

/* Opens what is locked, and tries once: 0, EWOULDBLOCK, or why it cannot be
 * locked at all. On 0, *out is the open descriptor that holds it. */
static int try_once(int folder, const char *name, int flags, int how, int *out)
{
	int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return errno;
	rc = flock_now(fd, how);
	if (rc == 0)
		*out = fd;
	else
		close(fd);
	return rc;
}

/* The folder itself; where the file system does not lock folders (NFS wants
 * them open for writing, others know no flock), the file instead. */
static int try_lock(int data_dir, int state_dir, int how, int *out)
{
	int rc = try_once(data_dir, ".", O_RDONLY | O_DIRECTORY, how, out);
	int flags = how == LOCK_EX ? O_RDWR | O_CREAT : O_RDONLY;

	if (rc != 0 && rc != EWOULDBLOCK && state_dir >= 0)
		rc = try_once(state_dir, LOCK_NAME, flags, how, out);
	return rc;
}

/* In place and never by rename: where folders cannot be locked, this very file
 * is what is locked. And always as long as ever, with empty lines at the end:
 * whoever makes room on a full disk has to sign, too. */
static int write_lock_file(int state_dir, const char *text, struct error *err)
{
	int fd = openat(state_dir, LOCK_NAME,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	char block[SIGNED_BYTES];
	size_t length = strlen(text);
	int rc = 0;

	if (fd < 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "the lock file cannot be written");
	memset(block, '\n', sizeof(block));
	memcpy(block, text, length < sizeof(block) ? length : sizeof(block));
	if (pwrite(fd, block, sizeof(block), 0) != (ssize_t)sizeof(block) ||
	    ftruncate(fd, (off_t)sizeof(block)) != 0 || fsync(fd) != 0)
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the lock file cannot be written");
	close(fd);
	return rc;
}

int lock_read_holder(const struct state *state, struct lock_holder *out,
		     struct error *err)
{
	struct error problem = { 0 };
	char *text = NULL;
	char number[24];
	int rc;

	memset(out, 0, sizeof(*out));
	if (state->folder < 0)
		return 0;
	rc = file_read_text(state->folder, LOCK_NAME, LOCK_BYTES, &text,
			    &problem);
	if (rc == ERROR_MISSING)
		return 0;
	if (rc) {
		*err = problem;
		return rc;
	}
	fields_get(text, "pid", number, sizeof(number));
	out->pid = strtol(number, NULL, 10);
	fields_get(text, "run", out->run_id, sizeof(out->run_id));
	fields_get(text, "since", out->since, sizeof(out->since));
	fields_get(text, "command", out->command, sizeof(out->command));
	free(text);
	return 0;
}

int lock_refuse(const char *data_path, const struct state *state,
		struct error *err)
{
	struct error ignored = { 0 };
	struct lock_holder holder;

	(void)lock_read_holder(state, &holder, &ignored);
	if (holder.run_id[0] == '\0')
		return error_set(err, ERROR_LOCKED,
				 "%s: another run holds the fleet; nothing was "
				 "touched; wait for it with "
				 "--lock-wait SECONDS", data_path);
	return error_set(err, ERROR_LOCKED,
			 "%s: another run holds the fleet: %s %s, process %ld, "
			 "since %s; nothing was touched; wait for it with "
			 "--lock-wait SECONDS", data_path, holder.command,
			 holder.run_id, holder.pid, holder.since);
}

int lock_take(int data_dir, const char *data_path, const struct state *state,
	      int64_t wait_ms, struct lock *out, struct error *err)
{
	int64_t until_us = clock_now_us();
	int rc;

	*out = (struct lock){ .fd = -1, .state = state->folder };
	until_us += 1000 * (wait_ms > SHORTEST_WAIT_MS ? wait_ms
						       : SHORTEST_WAIT_MS);
	for (;;) {
		rc = try_lock(data_dir, state->folder, LOCK_EX, &out->fd);
		if (rc != EWOULDBLOCK || clock_now_us() >= until_us)
			break;
		clock_sleep_ms(TRY_EVERY_MS);
	}
	if (rc == EWOULDBLOCK)
		return lock_refuse(data_path, state, err);
	if (rc != 0)
		return error_set_errno(err, ERROR_IO, rc,
				       "%s cannot be locked, so that another "
				       "run could come between; nothing was "
				       "touched", data_path);
	return 0;
}

int lock_sign(struct lock *lock, const char *run_id, const char *command,
	      struct error *err)
{
	char since[TIMESTAMP_BYTES];
	char *text;
	int rc;

	clock_timestamp(since);
	text = xasprintf("pid %ld\nrun %s\nsince %s\ncommand %s\n",
			 (long)getpid(), run_id, since, command);
	rc = write_lock_file(lock->state, text, err);
	if (rc == 0)
		rc = folder_sync(lock->state, err);
	lock->is_signed = rc == 0;
	free(text);
	return rc;
}

void lock_release(struct lock *lock)
{
	struct error ignored = { 0 };

	if (lock->fd < 0)
		return;
	/* No name first: whoever takes the lock next must not read our name. If
	 * it fails, the next run looks after one that did not die: harmless. */
	if (lock->is_signed)
		write_lock_file(lock->state, "", &ignored);
	close(lock->fd);
	lock->fd = -1;
	lock->is_signed = false;
}

bool lock_is_held(int data_dir, const struct state *state,
		  struct lock_holder *holder)
{
	struct error ignored = { 0 };
	struct lock_holder unused;
	int fd = -1;
	bool is_held = try_lock(data_dir, state->folder, LOCK_SH, &fd) ==
		       EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	(void)lock_read_holder(state, holder != NULL ? holder : &unused,
			       &ignored);
	return is_held;
}
