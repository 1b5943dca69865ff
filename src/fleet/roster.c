#include "fleet/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROSTER_NAME "workers"
#define WAIT_MS	    10000
#define LOOK_MS	    5

/* Of one width, so that each has its place. */
#define LINE_FORMAT "%10d %20llu %-40s\n"
#define LINE_BYTES  73

struct entry {
	int pid;
	unsigned long long began; /* in the machine's ticks since its start */
};

/* False where there is no such process, or only its end to be asked for. */
static bool read_began(int pid, unsigned long long *began)
{
	char path[32], text[1024] = "", state = 'X';
	const char *behind;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	/* Its name may have anything in it, and stands in brackets. */
	behind = strrchr(text, ')');
	return behind != NULL &&
	       sscanf(behind + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				  "%*u %*u %*d %*d %*d %*d %*d %*d %llu",
		      &state, began) == 2 &&
	       state != 'Z' && state != 'X';
}

static bool is_there(const struct entry *entry)
{
	unsigned long long began;

	return read_began(entry->pid, &began) && began == entry->began;
}

/* Of the run before, and of this start of the machine. */
static bool read_entry(const struct roster *roster, size_t place,
		       struct entry *out)
{
	char line[LINE_BYTES + 1], boot[BOOT_ID_BYTES];

	if (pread(roster->fd, line, LINE_BYTES, (off_t)place * LINE_BYTES) !=
	    LINE_BYTES)
		return false;
	line[LINE_BYTES] = '\0';
	return sscanf(line, "%d %llu %39s", &out->pid, &out->began, boot) ==
		       3 &&
	       out->pid > 1 && strcmp(boot, roster->boot) == 0;
}

static void end_all(const struct roster *roster)
{
	int64_t until_us = clock_now_us() + INT64_C(1000) * WAIT_MS;
	struct entry entry;

	for (size_t place = 0; place < ROSTER_PLACES; place++) {
		if (!read_entry(roster, place, &entry))
			continue;
		while (is_there(&entry) && clock_now_us() < until_us) {
			(void)kill(entry.pid, SIGKILL);
			clock_sleep_ms(LOOK_MS);
		}
	}
}

int roster_open(int state_dir, struct roster *out, struct error *err)
{
	memset(out, 0, sizeof(*out));
	clock_boot_id(out->boot);
	out->fd = openat(state_dir, ROSTER_NAME,
			 O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out->fd < 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "the list of worker processes cannot be "
				       "opened");
	end_all(out);
	if (ftruncate(out->fd, 0) == 0)
		return 0;
	error_set_errno(err, ERROR_IO, errno,
			"the list of worker processes cannot be written");
	roster_close(out);
	return (int)err->code;
}

void roster_close(struct roster *roster)
{
	if (roster->fd >= 0)
		close(roster->fd);
	roster->fd = -1;
}

bool roster_take(struct roster *roster, size_t *place)
{
	for (*place = 0; *place < ROSTER_PLACES; ++*place) {
		if (roster->taken[*place])
			continue;
		roster->taken[*place] = true;
		return true;
	}
	errno = EAGAIN;
	return false;
}

void roster_give(struct roster *roster, size_t place)
{
	roster->taken[place] = false;
}

int roster_sign(const struct roster *roster, size_t place, struct error *err)
{
	struct entry own = { .pid = getpid() };
	char line[LINE_BYTES + 1];

	if (roster->fd < 0)
		return 0;
	if (!read_began(own.pid, &own.began))
		return error_set(err, ERROR_IO, "/proc does not tell when a "
				 "process began, so that the next run could "
				 "not wait for it; nothing was touched");
	snprintf(line, sizeof(line), LINE_FORMAT, own.pid, own.began,
		 roster->boot);
	if (pwrite(roster->fd, line, LINE_BYTES, (off_t)place * LINE_BYTES) ==
	    LINE_BYTES)
		return 0;
	return error_set_errno(err, ERROR_IO, errno,
			       "the list of worker processes cannot be "
			       "written, so that the next run could not wait "
			       "for it; nothing was touched");
}
