#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/arena.h"
#include "fleet/seen.h"
#include "sandpit.h"
#include "sqlite/connection.h"

/* A fleet of made-up stamps: the memory never looks at a file. */
struct crowd {
	struct fleet fleet;
	struct sandpit *sandpit; /* the state directory */
};

static int by_file(const void *a, const void *b)
{
	return stamp_compare_file(&(*(const struct subject *const *)a)->stamp,
				  &(*(const struct subject *const *)b)->stamp);
}

/* As discovery leaves it: inodes count down, times differ. */
static void crowd_open(struct crowd *crowd, void **state, size_t count)
{
	struct fleet *fleet = &crowd->fleet;

	*crowd = (struct crowd){ .sandpit = *state };
	fleet->arena = arena_new();
	fleet->users = xcalloc(count + 1, sizeof(*fleet->users));
	fleet->by_file = xcalloc(count + 1, sizeof(*fleet->by_file));
	fleet->user_count = fleet->file_count = count;
	for (size_t i = 0; i < count; i++) {
		fleet->users[i] = (struct subject){
			.kind = KIND_USER,
			.is_alone = true,
			.stamp = {
				.device = 7,
				.inode = 5000 - i,
				.mode = S_IFREG | 0600,
				.bytes = (off_t)(4096 * (i + 1)),
				.modified = { 1000 + (time_t)i, 5 },
				.changed = { 2000 + (time_t)i, 999999999 },
			},
		};
		fleet->by_file[i] = &fleet->users[i];
	}
	qsort(fleet->by_file, count, sizeof(*fleet->by_file), by_file);
}

static void crowd_close(struct crowd *crowd)
{
	free(crowd->fleet.users);
	free(crowd->fleet.by_file);
	arena_free(crowd->fleet.arena);
}

static void tell(struct seen *seen, enum event_type type,
		 const struct result *result)
{
	const struct event event = { .type = type, .result = result };
	struct listener *listener = seen_listener(seen);

	listener->hear(listener, &event);
}

/* One run, in which users `from` to `to` are looked at. */
static void run(struct crowd *crowd, size_t from, size_t to,
		const char *version)
{
	struct seen *seen = seen_open(crowd->sandpit->path, "", &crowd->fleet);
	struct result result = { .outcome = OUTCOME_CURRENT };

	assert_non_null(seen);
	tell(seen, EVENT_RUN_BEGIN, NULL);
	for (size_t i = from; i < to; i++) {
		result.sighting.stamp = crowd->fleet.users[i].stamp;
		snprintf(result.sighting.version,
			 sizeof(result.sighting.version), "%s", version);
		tell(seen, EVENT_DATABASE, &result);
	}
	/* One that cannot be remembered. */
	memset(&result, 0, sizeof(result));
	tell(seen, EVENT_DATABASE, &result);
	tell(seen, EVENT_RUN_END, NULL);
	seen_close(seen);
}

static size_t forget(struct crowd *crowd)
{
	size_t known = 0;

	for (size_t i = 0; i < crowd->fleet.user_count; i++) {
		known += crowd->fleet.users[i].known_version != NULL;
		crowd->fleet.users[i].known_version = NULL;
	}
	return known;
}

/* How many are known, to one who only looks. */
static size_t recalled(struct crowd *crowd)
{
	forget(crowd);
	seen_recall(crowd->sandpit->path, "", &crowd->fleet);
	return forget(crowd);
}

static void sql(const struct crowd *crowd, const char *text)
{
	const struct connection_options options = {
		.mode = CONNECTION_JOURNAL,
	};
	char *path = xasprintf("%s/" SEEN_NAME, crowd->sandpit->path);
	struct sqlite3 *db;
	struct error err = { 0 };

	assert_int_equal(connection_open(path, &options, &db, &err), 0);
	if (connection_run(db, text, &err) != 0)
		fail_msg("%s", err.message);
	connection_close(db);
	free(path);
}

static int64_t rows(const struct crowd *crowd)
{
	const struct connection_options options = { .mode = CONNECTION_READ };
	char *path = xasprintf("%s/" SEEN_NAME, crowd->sandpit->path);
	struct sqlite3 *db;
	struct error err = { 0 };
	int64_t count = -1;

	assert_int_equal(connection_open(path, &options, &db, &err), 0);
	assert_int_equal(connection_number(db, "SELECT count(*) FROM seen",
					   &count, &err), 0);
	connection_close(db);
	free(path);
	return count;
}

static void what_was_seen_is_known(void **state)
{
	struct crowd crowd;

	crowd_open(&crowd, state, 3000);
	assert_int_equal(recalled(&crowd), 0);
	assert_false(sandpit_has(crowd.sandpit, SEEN_NAME));
	run(&crowd, 0, 2000, "0.3.19");
	assert_int_equal(recalled(&crowd), 2000);
	run(&crowd, 1500, 3000, "0.3.20");
	assert_int_equal(recalled(&crowd), 3000);
	seen_recall(crowd.sandpit->path, "", &crowd.fleet);
	assert_string_equal(crowd.fleet.users[0].known_version, "0.3.19");
	assert_string_equal(crowd.fleet.users[1499].known_version, "0.3.19");
	assert_string_equal(crowd.fleet.users[1500].known_version, "0.3.20");
	/* The few that there are stand in memory once. */
	assert_ptr_equal(crowd.fleet.users[1500].known_version,
			 crowd.fleet.users[2999].known_version);
	crowd_close(&crowd);
}

/* Of a set of migrations a version says only as much as the set is the same. */
static void another_scope_forgets(void **state)
{
	struct crowd crowd;
	struct seen *seen;

	crowd_open(&crowd, state, 10);
	run(&crowd, 0, 7, "1");
	seen_recall(crowd.sandpit->path, "other", &crowd.fleet);
	assert_int_equal(forget(&crowd), 0);
	assert_int_equal(recalled(&crowd), 7);
	seen = seen_open(crowd.sandpit->path, "other", &crowd.fleet);
	assert_int_equal(forget(&crowd), 0);
	seen_close(seen);
	assert_int_equal(recalled(&crowd), 0);
	crowd_close(&crowd);
}

static void whoever_remembers_knows_too(void **state)
{
	struct crowd crowd;
	struct seen *seen;

	crowd_open(&crowd, state, 10);
	run(&crowd, 0, 7, "1");
	assert_int_equal(forget(&crowd), 0);
	seen = seen_open(crowd.sandpit->path, "", &crowd.fleet);
	assert_int_equal(forget(&crowd), 7);
	seen_close(seen);
	crowd_close(&crowd);
}

/* Each part of the stamp by itself. */
static void nothing_that_changed_is_known(void **state)
{
	struct crowd crowd;
	struct subject *user;
	struct subject was;

	crowd_open(&crowd, state, 3);
	run(&crowd, 0, 3, "1");
	user = crowd.fleet.by_file[1];
	was = *user;
#define CHANGES(change)                                  \
	do {                                             \
		change;                                  \
		assert_int_equal(recalled(&crowd), 2);   \
		*user = was;                             \
		assert_int_equal(recalled(&crowd), 3);   \
	} while (0)
	CHANGES(user->stamp.bytes++);
	CHANGES(user->stamp.modified.tv_sec--);
	CHANGES(user->stamp.modified.tv_nsec++);
	CHANGES(user->stamp.changed.tv_sec++);
	CHANGES(user->stamp.changed.tv_nsec--);
	CHANGES(user->is_alone = false);
	crowd_close(&crowd);
}

static void another_file_is_not_known(void **state)
{
	struct crowd crowd;
	struct subject *last;

	crowd_open(&crowd, state, 3);
	run(&crowd, 0, 3, "1");
	last = crowd.fleet.by_file[2];
	last->stamp.inode++;
	assert_int_equal(recalled(&crowd), 2);
	last->stamp.inode--;
	last->stamp.device++;
	assert_int_equal(recalled(&crowd), 2);
	crowd_close(&crowd);
}

/* Inodes of some file systems use all 64 bits, which a column has signed. */
static void numbers_may_be_of_any_size(void **state)
{
	struct crowd crowd;
	struct fleet *fleet = &crowd.fleet;

	crowd_open(&crowd, state, 4);
	fleet->users[0].stamp.inode = UINT64_MAX;
	fleet->users[1].stamp.inode = (ino_t)1 << 63;
	fleet->users[2].stamp.device = (dev_t)1 << 63;
	fleet->users[3].stamp.changed.tv_sec = INT64_MAX;
	fleet->users[3].stamp.modified.tv_sec = INT64_MIN;
	qsort(fleet->by_file, 4, sizeof(*fleet->by_file), by_file);
	run(&crowd, 0, 4, "1");
	assert_int_equal(recalled(&crowd), 4);
	crowd_close(&crowd);
}

static void another_start_of_the_machine_forgets(void **state)
{
	struct crowd crowd;

	crowd_open(&crowd, state, 5);
	run(&crowd, 0, 5, "1");
	sql(&crowd, "UPDATE boot SET id = 'another'");
	assert_int_equal(recalled(&crowd), 0);
	run(&crowd, 0, 2, "1");
	assert_int_equal(recalled(&crowd), 2);
	assert_int_equal(rows(&crowd), 2);
	sql(&crowd, "DELETE FROM boot");
	assert_int_equal(recalled(&crowd), 0);
	crowd_close(&crowd);
}

static void what_is_gone_is_dropped(void **state)
{
	struct crowd crowd;

	crowd_open(&crowd, state, 1500);
	run(&crowd, 0, 1500, "1");
	memmove(crowd.fleet.by_file, crowd.fleet.by_file + 400,
		1100 * sizeof(*crowd.fleet.by_file));
	crowd.fleet.file_count = 1100;
	/* Of a part of the fleet nobody can say who is gone. */
	crowd.fleet.not_selected = 1;
	run(&crowd, 0, 0, "1");
	assert_int_equal(rows(&crowd), 1500);
	crowd.fleet.not_selected = 0;
	run(&crowd, 0, 0, "1");
	assert_int_equal(rows(&crowd), 1100);
	assert_int_equal(recalled(&crowd), 1100);
	crowd_close(&crowd);
}

static void damage_is_begun_anew(void **state)
{
	static const char garbage[] = "this is no database at all, though it "
				      "is long enough to be taken for one by "
				      "whoever looks at its size alone and not "
				      "at what is in it";
	struct crowd crowd;

	crowd_open(&crowd, state, 5);
	sandpit_file(crowd.sandpit, SEEN_NAME, garbage, 0600);
	assert_int_equal(recalled(&crowd), 0);
	run(&crowd, 0, 5, "1");
	assert_int_equal(recalled(&crowd), 5);
	/* As another version of the program might have it. */
	sql(&crowd, "ALTER TABLE seen RENAME COLUMN bytes TO size");
	assert_int_equal(recalled(&crowd), 0);
	run(&crowd, 0, 4, "1");
	assert_int_equal(recalled(&crowd), 4);
	crowd_close(&crowd);
}

/* Damage that shows only half-way, on a page of rows. */
static void what_broke_off_is_not_believed(void **state)
{
	struct crowd crowd;
	char *path;
	char page[4096];
	FILE *file;
	long bytes;

	crowd_open(&crowd, state, 3000);
	run(&crowd, 0, 3000, "1");
	path = xasprintf("%s/" SEEN_NAME, crowd.sandpit->path);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	bytes = ftell(file);
	assert_true(bytes > 20 * 4096);
	memset(page, 0xee, sizeof(page));
	assert_int_equal(fseek(file, bytes / 8192 * 4096, SEEK_SET), 0);
	assert_int_equal(fwrite(page, 1, sizeof(page), file), sizeof(page));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(recalled(&crowd), 0);
	run(&crowd, 0, 3000, "1");
	assert_int_equal(recalled(&crowd), 3000);
	free(path);
	crowd_close(&crowd);
}

/* No run fails for it. */
static void where_nothing_can_be_written_nothing_is_known(void **state)
{
	struct crowd crowd;

	crowd_open(&crowd, state, 5);
	sandpit_folder(crowd.sandpit, SEEN_NAME);
	run(&crowd, 0, 5, "1");
	assert_int_equal(recalled(&crowd), 0);
	seen_recall(NULL, "", &crowd.fleet);
	seen_close(NULL);
	assert_int_equal(forget(&crowd), 0);
	crowd_close(&crowd);
}

static void looking_leaves_no_trace(void **state)
{
	struct crowd crowd;
	struct stat before, after;
	char *path;

	crowd_open(&crowd, state, 5);
	run(&crowd, 0, 5, "1");
	path = xasprintf("%s/" SEEN_NAME, crowd.sandpit->path);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	assert_int_equal(recalled(&crowd), 5);
	assert_int_equal(stat(path, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim,
			    sizeof(before.st_mtim));
	assert_memory_equal(&before.st_ctim, &after.st_ctim,
			    sizeof(before.st_ctim));
	assert_false(sandpit_has(crowd.sandpit, SEEN_NAME "-journal"));
	free(path);
	crowd_close(&crowd);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(what_was_seen_is_known),
		TEST(another_scope_forgets),
		TEST(whoever_remembers_knows_too),
		TEST(nothing_that_changed_is_known),
		TEST(another_file_is_not_known),
		TEST(numbers_may_be_of_any_size),
		TEST(another_start_of_the_machine_forgets),
		TEST(what_is_gone_is_dropped),
		TEST(damage_is_begun_anew),
		TEST(what_broke_off_is_not_believed),
		TEST(where_nothing_can_be_written_nothing_is_known),
		TEST(looking_leaves_no_trace),
	};
	struct error err = { 0 };

	if (library_begin(&err) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
