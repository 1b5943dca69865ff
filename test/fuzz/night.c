#include "night.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#include "base/memory.h"
#include "base/text.h"
#include "database/work.h"
#include "report/json.h"
#include "report/trouble.h"
#include "../unit/workshop.h"

#define NAME "a.db"
#define AT_WRITE_VERSION 18 /* in the header: 1, or 2 under WAL */
#define VERSIONS 4

static struct workshop shop; /* root NULL: not open yet */

static struct {
	unsigned char *content;
	size_t bytes;
} bases[VERSIONS];

static void close_shop(void)
{
	for (int i = 0; i < VERSIONS; i++)
		sqlite3_free(bases[i].content);
	workshop_close(&shop);
}

static void make_base(unsigned version)
{
	char *path = workshop_path(&shop, "base.db");
	sqlite3_int64 bytes = 0;
	sqlite3 *db;

	/* Small pages: a byte that is changed is one that means something. */
	workshop_sql(&shop, "base.db", "PRAGMA page_size = 512; VACUUM");
	if (version > 0)
		workshop_make(&shop, "base.db", (int)version);
	fuzz_claim(sqlite3_open(path, &db) == SQLITE_OK, "a base opens");
	bases[version].content = sqlite3_serialize(db, "main", &bytes, 0);
	bases[version].bytes = (size_t)bytes;
	sqlite3_close(db);
	(void)unlink(path);
	free(path);
}

static void open_shop(void)
{
	if (shop.root != NULL)
		return;
	workshop_open(&shop, workshop_history);
	for (unsigned version = 0; version < VERSIONS; version++)
		make_base(version);
	fuzz_claim(atexit(close_shop) == 0, "the end can be awaited");
}

const void *night_base(unsigned version, size_t *bytes)
{
	open_shop();
	*bytes = bases[version % VERSIONS].bytes;
	return bases[version % VERSIONS].content;
}

static void write_file(const char *suffix, const void *content, size_t bytes)
{
	char *path = xasprintf("%s/" NAME "%s", shop.data, suffix);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_claim(fd >= 0 && write(fd, content, bytes) == (ssize_t)bytes,
		   "an input can be written");
	close(fd);
	free(path);
}

static bool is_same_file(const char *path, const void *content, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *now = xmalloc(bytes + 1);
	bool is_same = fd >= 0 &&
		       read(fd, now, bytes + 1) == (ssize_t)bytes &&
		       memcmp(now, content, bytes) == 0;

	if (fd >= 0)
		close(fd);
	free(now);
	return is_same;
}

static bool is_unchanged(const char *suffix, const void *content, size_t bytes)
{
	char *path = xasprintf("%s/" NAME "%s", shop.data, suffix);
	bool is_same = is_same_file(path, content, bytes);

	free(path);
	return is_same;
}

static bool exists(const char *suffix)
{
	char *path = xasprintf("%s/" NAME "%s", shop.data, suffix);
	bool is_there = access(path, F_OK) == 0;

	free(path);
	return is_there;
}

static void check_unchanged(const struct night_file *file, const char *claim)
{
	static const char *const suffixes[] = { "-wal", "-journal", "-shm" };

	fuzz_claim(is_unchanged("", file->content, file->bytes), claim);
	for (int i = 0; i < 3; i++) {
		bool was_there = file->suffix != NULL &&
				 strcmp(file->suffix, suffixes[i]) == 0;

		fuzz_claim(exists(suffixes[i]) == was_there, claim);
		fuzz_claim(!was_there || is_unchanged(suffixes[i], file->beside,
						      file->beside_bytes),
			   claim);
	}
}

static void report(const struct result *result)
{
	struct run_summary run = { .command = "upgrade" };
	struct event event = {
		.type = EVENT_DATABASE, .run = &run, .subject = &shop.subject,
		.result = result, .path = "/srv/" NAME,
	};
	struct trouble trouble = { 0 };
	struct fuzz_page page;
	struct json *json;

	fuzz_page_open(&page);
	json = json_new(page.out);
	json_listener(json)->hear(json_listener(json), &event);
	json_free(json);
	fuzz_page_close_json(&page);
	fuzz_page_open(&page);
	trouble_add(&trouble, &event);
	trouble_print_line(page.out, &trouble.items[0]);
	trouble_print_whole(page.out, &trouble.items[0], NULL, NULL);
	trouble_release(&trouble);
	fuzz_page_close(&page);
}

static struct result spend(job_work *work)
{
	struct result result = workshop_do(&shop, work, NAME);
	bool is_bad = result.outcome == OUTCOME_FAILED ||
		      result.outcome == OUTCOME_WOULD_FAIL ||
		      result.outcome == OUTCOME_NEWER ||
		      result.outcome == OUTCOME_SKIPPED ||
		      result.outcome == OUTCOME_BUSY;

	fuzz_claim(result.outcome != OUTCOME_NONE, "there is an outcome");
	fuzz_claim(is_bad == (result.failure.error.code != ERROR_NONE),
		   "a failure has a code, and nothing else has");
	fuzz_claim(!is_bad || result.failure.error.message[0] != '\0',
		   "a failure has a message");
	fuzz_claim(result.failure.error.code != ERROR_BUG,
		   "nothing that a file says is a defect of the program");
	report(&result);
	return result;
}

/* What it would be called in a dry run. */
static enum outcome foretold(enum outcome outcome)
{
	return outcome == OUTCOME_UPGRADED ? OUTCOME_WOULD_UPGRADE : outcome;
}

/* Rows that break their own constraints are an old sin, and no damage. */
static void check_sound(void)
{
	char *path = workshop_path(&shop, NAME);
	char *answer = workshop_ask(&shop, path, "PRAGMA quick_check(1)");

	fuzz_claim(answer != NULL &&
			   (strcmp(answer, "ok") == 0 ||
			    text_starts_with(answer, "NULL value in ") ||
			    text_starts_with(answer, "CHECK constraint ")),
		   "what was upgraded is sound");
	free(answer);
	free(path);
}

static void check_upgraded(const struct night_file *file,
			   const struct result *upgraded)
{
	char *backup = workshop_backup(&shop, NAME);
	bool is_plain = file->suffix == NULL &&
			((const char *)file->content)[AT_WRITE_VERSION] == 1;
	struct result again;

	fuzz_claim(upgraded->has_backup &&
			   (!is_plain ||
			    is_same_file(backup, file->content, file->bytes)),
		   "the backup is what was there before");
	free(backup);
	check_sound();
	again = spend(work_upgrade);
	fuzz_claim(again.outcome == OUTCOME_CURRENT &&
			   strcmp(again.to, "3") == 0,
		   "what was upgraded is at the target");
}

static void check_upgrade(const struct night_file *file,
			  const struct result *rehearsed)
{
	struct result upgraded = spend(work_upgrade);

	if (upgraded.outcome == OUTCOME_UPGRADED)
		check_upgraded(file, &upgraded);
	else if (file->suffix == NULL)
		check_unchanged(file, "what was not upgraded is what it was");
	if (file->suffix == NULL &&
	    foretold(upgraded.outcome) != rehearsed->outcome &&
	    !(upgraded.outcome == OUTCOME_FAILED &&
	      rehearsed->outcome == OUTCOME_WOULD_FAIL)) {
		fprintf(stderr, "%s: %s, then %s: %s\n",
			outcome_name(rehearsed->outcome),
			rehearsed->failure.error.message,
			outcome_name(upgraded.outcome),
			upgraded.failure.error.message);
		fuzz_claim(false, "the upgrade did what the rehearsal said");
	}
}

static void clear(void)
{
	static const char *const suffixes[] = { "", "-wal", "-journal",
						"-shm" };
	char *backup = workshop_backup(&shop, NAME);

	for (int i = 0; i < 4; i++) {
		char *path = xasprintf("%s/" NAME "%s", shop.data, suffixes[i]);

		(void)unlink(path);
		free(path);
	}
	(void)unlink(backup);
	free(backup);
}

void night_spend(const struct night_file *file)
{
	struct result rehearsed;

	open_shop();
	clear();
	write_file("", file->content, file->bytes);
	if (file->suffix != NULL)
		write_file(file->suffix, file->beside, file->beside_bytes);
	(void)spend(work_look);
	(void)spend(work_verify);
	rehearsed = spend(work_rehearse);
	check_unchanged(file, "looking changes nothing");
	check_upgrade(file, &rehearsed);
}

void night_with(unsigned version,
		void (*change)(struct sqlite3 *db, void *self), void *self)
{
	struct night_file file = { 0 };
	sqlite3_int64 bytes = 0;
	unsigned char *content;
	const void *base;
	sqlite3 *db = NULL;

	base = night_base(version, &file.bytes);
	content = sqlite3_malloc64(file.bytes);
	fuzz_claim(content != NULL &&
			   sqlite3_open(":memory:", &db) == SQLITE_OK,
		   "there is memory for a database");
	memcpy(content, base, file.bytes);
	fuzz_claim(sqlite3_deserialize(db, "main", content,
				       (sqlite3_int64)file.bytes,
				       (sqlite3_int64)file.bytes,
				       SQLITE_DESERIALIZE_FREEONCLOSE |
					       SQLITE_DESERIALIZE_RESIZEABLE) ==
			   SQLITE_OK,
		   "a base can be opened");
	sqlite3_exec(db, "PRAGMA max_page_count = 400", NULL, NULL, NULL);
	change(db, self);
	content = sqlite3_serialize(db, "main", &bytes, 0);
	sqlite3_close(db);
	file.content = content;
	file.bytes = (size_t)bytes;
	if (content != NULL && bytes > 0)
		night_spend(&file);
	sqlite3_free(content);
}
