/*
 * Any content of the files that the program keeps for itself: the hold, the
 * lock, a run's ".run", seen.db and journal.db. They lie where no user may
 * write, but a disk may, and an administrator.
 *
 * Input: "0" to "4" (which file), and its content. In seen.db and journal.db
 * the text "@BOOT@", 36 bytes with what follows, becomes the boot id.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "fleet/arena.h"
#include "fleet/hold.h"
#include "fleet/journal.h"
#include "fleet/lock.h"
#include "fleet/seen.h"
#include "fleet/state.h"
#include "report/history.h"
#include "report/json.h"
#include "sqlite/library.h"

#define BOOT_MARK "@BOOT@"
#define BOOT_BYTES 36
#define RUN "20261121T043100Z-9f3c"
#define FILES 3

static char *root;	      /* the state directory; NULL: not made yet */
static struct state state;

static void remove_root(void)
{
	char *command = xasprintf("rm -rf '%s'", root);

	state_close(&state);
	fuzz_claim(system(command) == 0, "the folder can be removed");
	free(command);
	free(root);
}

static void make_root(void)
{
	const char *parent = getenv("TMPDIR");
	struct error err = { 0 };
	int fd = -1;

	if (root != NULL)
		return;
	root = xasprintf("%s/fuzz-state-XXXXXX", parent ? parent : "/tmp");
	fuzz_claim(library_begin(NULL) == 0 && mkdtemp(root) != NULL,
		   "a folder can be made");
	fuzz_claim(state_open(AT_FDCWD, root, root, true, geteuid(), getegid(),
			      &state, &err) == 0 &&
			   state_begin_backups(&state, RUN, "upgrade", &fd,
					       &err) == 0,
		   "a state directory can be made");
	close(fd);
	fuzz_claim(atexit(remove_root) == 0, "the end can be awaited");
}

static void put(const char *name, const uint8_t *content, size_t bytes)
{
	char *path = xasprintf("%s/%s", root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_claim(fd >= 0 && write(fd, content, bytes) == (ssize_t)bytes,
		   "an input can be written");
	close(fd);
	free(path);
}

static void try_hold(const uint8_t *content, size_t bytes)
{
	struct hold hold;

	put(HOLD_NAME, content, bytes);
	fuzz_claim(hold_is_set(state.folder, &hold), "any hold holds");
	fuzz_claim(strnlen(hold.run_id, RUN_ID_BYTES) < RUN_ID_BYTES &&
			   strnlen(hold.since, TIMESTAMP_BYTES) <
				   TIMESTAMP_BYTES &&
			   strnlen(hold.by, sizeof(hold.by)) < sizeof(hold.by),
		   "what a hold says ends");
}

static void try_lock(const uint8_t *content, size_t bytes)
{
	struct lock_holder holder;
	struct error err = { 0 };

	put("lock", content, bytes);
	(void)lock_read_holder(&state, &holder, &err);
	fuzz_claim(holder.pid >= 0, "a process has a number");
	fuzz_claim(lock_refuse(root, &state, &err) == ERROR_LOCKED,
		   "whoever holds the lock has it");
}

static void try_run(const uint8_t *content, size_t bytes)
{
	char command[STATE_COMMAND_BYTES];
	struct error err = { 0 };

	put("backups/" RUN "/.run", content, bytes);
	if (state_backups_command(&state, RUN, command, &err) != 0)
		return;
	fuzz_claim(strnlen(command, sizeof(command)) < sizeof(command),
		   "a command ends");
}

/* A fleet of a few files, as the seeds have them. */
static void try_seen(const uint8_t *content, size_t bytes)
{
	struct subject users[FILES] = { 0 }, *by_file[FILES];
	struct fleet fleet = { .users = users, .user_count = FILES,
			       .by_file = by_file, .file_count = FILES,
			       .arena = arena_new() };
	struct seen *seen;

	for (int i = 0; i < FILES; i++) {
		users[i].stamp.device = 7;
		users[i].stamp.inode = 100 + (ino_t)i;
		users[i].stamp.bytes = 4096 * (1 + i);
		users[i].stamp.modified.tv_sec = 1000 + i;
		users[i].stamp.changed.tv_sec = 2000 + i;
		users[i].is_alone = true;
		by_file[i] = &users[i];
	}
	put(SEEN_NAME, content, bytes);
	seen_recall(root, "", &fleet);
	seen = seen_open(root, "", &fleet);
	seen_close(seen);
	arena_free(fleet.arena);
}

static void tell_run(void *self, const struct journal_run *run)
{
	json_print_run(self, run);
}

static void tell_result(void *self, const struct journal_result *result)
{
	json_print_result(self, result);
}

static void tell_run_as_text(void *self, const struct journal_run *run)
{
	history_print_run(self, run);
}

static void tell_result_as_text(void *self, const struct journal_result *result)
{
	history_print_result(self, result);
}

static void tell_unfinished(void *self, const char *username, const char *path)
{
	(void)username;
	fuzz_claim(path == NULL || strlen(path) < SIZE_MAX, "a path ends");
	++*(int *)self;
}

static void try_journal(const uint8_t *content, size_t bytes)
{
	struct history_options options = { 0 };
	struct error err = { 0 };
	struct journal *journal = NULL;
	struct fuzz_page page;
	int count = 0;

	put(JOURNAL_NAME, content, bytes);
	fuzz_page_open(&page);
	(void)journal_each_run(root, 0, tell_run, page.out, &err);
	(void)journal_each_result(root, RUN, NULL, tell_result, page.out, &err);
	fuzz_page_close_json(&page);
	fuzz_page_open(&page);
	options.out = page.out;
	(void)journal_each_run(root, 3, tell_run_as_text, &options, &err);
	(void)journal_each_result(root, RUN, "alice", tell_result_as_text,
				  &options, &err);
	fuzz_page_close(&page);
	(void)journal_each_unfinished(root, tell_unfinished, &count, &err);
	if (journal_open(root, &journal, &err) == 0)
		journal_close(journal);
}

/* What the last one left: journals, and what was moved aside. */
static void clear(void)
{
	DIR *folder = opendir(root);
	const struct dirent *entry;

	fuzz_claim(folder != NULL, "the state directory can be read");
	while ((entry = readdir(folder)) != NULL)
		if (strstr(entry->d_name, ".db") != NULL)
			(void)unlinkat(state.folder, entry->d_name, 0);
	closedir(folder);
}

/* In a copy. */
static uint8_t *with_boot_id(const uint8_t *content, size_t bytes)
{
	char id[BOOT_ID_BYTES];
	uint8_t *copy = xmalloc(bytes + 1), *at;

	memcpy(copy, content, bytes);
	clock_boot_id(id);
	at = memmem(copy, bytes, BOOT_MARK, strlen(BOOT_MARK));
	if (at != NULL && (size_t)(copy + bytes - at) >= BOOT_BYTES &&
	    strlen(id) == BOOT_BYTES)
		memcpy(at, id, BOOT_BYTES);
	return copy;
}

static void (*const tries[])(const uint8_t *content, size_t bytes) = {
	try_hold, try_lock, try_run, try_seen, try_journal,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	unsigned which = fuzz_choice(&input, 5);
	uint8_t *content;

	make_root();
	content = with_boot_id(input.at, input.left);
	tries[which](content, input.left);
	if (which >= 3)
		clear();
	free(content);
	return 0;
}
