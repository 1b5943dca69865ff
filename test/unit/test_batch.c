#include "database/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "application.h"
#include "base/memory.h"
#include "database/swap.h"
#include "replay/replay.h"
#include "sandpit.h"
#include "workshop.h"

/* What the test stands in for: the calls that publish, which are noted as
 * "l" (link), "r" (a copy takes the place, or gives it back), "s" (sync). */
static struct stand_in {
	char calls[512];
	size_t count;
	int syncs, fail_sync;	/* the n-th fails */
	int slow_sync_ms;	/* each takes so long */
	int64_t now_us;		/* stands still but for that */
	const char *asked;	/* a path that somebody opens... */
	int asked_at;		/* ... at that sync; 0: after each rename */
	const char *live, *kept; /* then the one gets that name as well */
} stand_in;

static void note(char call)
{
	if (stand_in.count + 1 < sizeof(stand_in.calls))
		stand_in.calls[stand_in.count++] = call;
}

/* So that no test takes longer than it should on a machine that is busy. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, out);
	out->tv_sec = stand_in.now_us / 1000000 + 1000;
	out->tv_nsec = stand_in.now_us % 1000000 * 1000;
	return 0;
}

int syncfs(int fd)
{
	note('s');
	stand_in.now_us += INT64_C(1000) * stand_in.slow_sync_ms + 1;
	stand_in.syncs++;
	if (stand_in.asked != NULL && stand_in.syncs == stand_in.asked_at &&
	    open(stand_in.asked, O_RDWR | O_NONBLOCK | O_CLOEXEC) >= 0)
		fail_msg("%s is not leased", stand_in.asked);
	if (stand_in.live != NULL && stand_in.syncs == stand_in.asked_at)
		assert_int_equal(link(stand_in.live, stand_in.kept), 0);
	if (stand_in.syncs == stand_in.fail_sync) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_syncfs, fd);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	note('l');
	return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
	      unsigned flags)
{
	int rc = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);

	note('r');
	if (stand_in.asked != NULL && stand_in.asked_at == 0)
		(void)!open(stand_in.asked, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return rc;
}

#define MOST 16

/* A batch of data/a.db, data/b.db... */
struct scene {
	struct workshop *shop;
	struct batch *batch;
	struct subject subjects[MOST];
	char names[MOST][8];
	int descriptors; /* open at the beginning */
};

static void scene_open(struct scene *scene, void **state, size_t count)
{
	memset(scene, 0, sizeof(*scene));
	memset(&stand_in, 0, sizeof(stand_in));
	scene->shop = *state;
	scene->batch = batch_new(count);
	scene->batch->may_swap = true;
	scene->batch->knows_disk = true;
	for (size_t i = 0; i < count; i++) {
		struct job *job = &scene->batch->jobs[i];

		(void)snprintf(scene->names[i], sizeof(scene->names[i]),
			       "%c.db", 'a' + (int)i);
		workshop_make(scene->shop, scene->names[i], 1);
		*job = workshop_job(scene->shop, scene->names[i]);
		scene->subjects[i] = *job->subject;
		scene->subjects[i].path = scene->names[i];
		job->subject = &scene->subjects[i];
	}
	stand_in.count = 0;
	scene->descriptors = sandpit_descriptors();
}

static void scene_close(struct scene *scene)
{
	batch_free(scene->batch);
	assert_int_equal(sandpit_descriptors(), scene->descriptors);
}

static void work(struct scene *scene)
{
	batch_work(scene->batch, work_upgrade);
}

static const struct job *job_of(const struct scene *scene, size_t i)
{
	return &scene->batch->jobs[i];
}

static void expect_swapped(const struct scene *scene, size_t i)
{
	const struct job *job = job_of(scene, i);

	assert_int_equal(job->phase, JOB_DONE);
	workshop_outcome(&job->result, OUTCOME_UPGRADED);
	assert_int_equal(job->result.strategy, STRATEGY_SWAP);
	workshop_expect(scene->shop, scene->names[i],
			"SELECT max(to_version) FROM " LEDGER_TABLE, "3");
}

static void expect_given_back(const struct scene *scene, size_t i,
			      enum job_swap yielded)
{
	const struct job *job = job_of(scene, i);

	assert_int_equal(job->phase, JOB_INPLACE);
	assert_int_equal(job->yielded, yielded);
	assert_int_equal(job->result.outcome, OUTCOME_NONE);
	assert_false(job->result.has_backup);
	workshop_expect(scene->shop, scene->names[i],
			"SELECT count(*) FROM sqlite_schema WHERE name = '"
			LEDGER_TABLE "'", "0");
}

static void many_are_published_with_two_syncs(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 4);
	work(&scene);
	for (size_t i = 0; i < 4; i++)
		expect_swapped(&scene, i);
	/* Every link lasts before the first rename, and every rename before
	 * any of them is told. */
	assert_string_equal(stand_in.calls, "llllsrrrrs");
	assert_true(scene.batch->wait_us > 0);
	assert_true(scene.batch->was_pending);
	scene_close(&scene);
}

static void an_unknown_disk_is_tried_first(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	scene.batch->knows_disk = false;
	work(&scene);
	expect_swapped(&scene, 0);
	assert_string_equal(stand_in.calls, "sllsrrs");
	scene_close(&scene);
}

static void on_a_slow_disk_nobody_is_kept_waiting(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	scene.batch->knows_disk = false;
	stand_in.slow_sync_ms = BATCH_SYNC_MS_MOST + 50;
	work(&scene);
	assert_string_equal(stand_in.calls, "s");
	assert_true(scene.batch->wait_us > 1000 * BATCH_SYNC_MS_MOST);
	expect_given_back(&scene, 0, SWAP_NONE);
	expect_given_back(&scene, 1, SWAP_NONE);
	scene_close(&scene);
}

static void where_nothing_is_to_be_done_nothing_is_synced(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 3);
	work(&scene);
	for (size_t i = 0; i < 3; i++) {
		close(swap_take_retired(&scene.batch->jobs[i]));
		scene.batch->jobs[i] = (struct job){
			.plan = &scene.shop->plan,
			.subject = &scene.subjects[i],
		};
	}
	stand_in.count = 0;
	memset(stand_in.calls, 0, sizeof(stand_in.calls));
	scene.batch->was_pending = false;
	scene.batch->knows_disk = false;
	work(&scene);
	for (size_t i = 0; i < 3; i++)
		workshop_outcome(&job_of(&scene, i)->result, OUTCOME_CURRENT);
	assert_string_equal(stand_in.calls, "");
	assert_false(scene.batch->was_pending);
	scene_close(&scene);
}

/* Each kind beside the others. */
static void one_does_not_keep_the_others_back(void **state)
{
	char *held = workshop_path(*state, "b.db");
	char *broken = workshop_path(*state, "d.db");
	struct application app;
	struct scene scene;

	scene_open(&scene, state, 5);
	application_start(&app, held);
	assert_int_equal(application_do(&app, "SELECT * FROM people"), 0);
	workshop_sql(scene.shop, "c.db", "PRAGMA journal_mode = WAL");
	assert_int_equal(truncate(broken, 50), 0);
	work(&scene);
	expect_swapped(&scene, 0);
	expect_given_back(&scene, 1, SWAP_NONE);
	expect_given_back(&scene, 2, SWAP_NONE);
	assert_int_equal(job_of(&scene, 3)->phase, JOB_DONE);
	workshop_outcome(&job_of(&scene, 3)->result, OUTCOME_FAILED);
	expect_swapped(&scene, 4);
	application_stop(&app);
	scene_close(&scene);
	free(broken);
	free(held);
}

/* A guess that the next one is pending too opens nothing to write. */
static void a_wrong_guess_changes_nothing(void **state)
{
	struct scene scene;
	struct result result;
	struct stat before, after;
	char *path;

	scene_open(&scene, state, 1);
	path = workshop_path(scene.shop, "a.db");
	result = workshop_do(scene.shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(stat(path, &before), 0);
	scene.batch->was_pending = true;
	work(&scene);
	workshop_outcome(&job_of(&scene, 0)->result, OUTCOME_CURRENT);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_memory_equal(&after.st_mtim, &before.st_mtim,
			    sizeof(after.st_mtim));
	assert_memory_equal(&after.st_ctim, &before.st_ctim,
			    sizeof(after.st_ctim));
	assert_int_equal(workshop_state_files(scene.shop), 1);
	scene_close(&scene);
	free(path);
}

/* Of one that somebody has open it has to be known first: in place it would be
 * opened to be written. */
static void a_guess_that_cannot_be_staged_is_looked_at(void **state)
{
	char *path = workshop_path(*state, "a.db");
	struct application app;
	struct scene scene;
	struct result result;
	char *before;

	scene_open(&scene, state, 1);
	result = workshop_do(scene.shop, work_upgrade, "a.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	application_start(&app, path);
	assert_int_equal(application_do(&app, "SELECT * FROM people"), 0);
	before = workshop_print(scene.shop);
	scene.batch->was_pending = true;
	work(&scene);
	workshop_outcome(&job_of(&scene, 0)->result, OUTCOME_CURRENT);
	workshop_untouched(scene.shop, before);
	application_stop(&app);
	scene_close(&scene);
	free(path);
}

/* Nor of one that is not staged because the disk turns out to be slow. */
static void a_guess_on_a_slow_disk_is_looked_at(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	for (size_t i = 0; i < 2; i++) {
		struct result result = workshop_do(scene.shop, work_upgrade,
						   scene.names[i]);

		workshop_outcome(&result, OUTCOME_UPGRADED);
	}
	scene.batch->was_pending = true;
	scene.batch->knows_disk = false;
	stand_in.slow_sync_ms = BATCH_SYNC_MS_MOST + 50;
	work(&scene);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(job_of(&scene, i)->phase, JOB_DONE);
		workshop_outcome(&job_of(&scene, i)->result, OUTCOME_CURRENT);
	}
	scene_close(&scene);
}

static void a_batch_of_one_is_done_in_place_at_once(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 1);
	workshop_sql(scene.shop, "a.db", "PRAGMA journal_mode = WAL");
	work(&scene);
	assert_int_equal(job_of(&scene, 0)->phase, JOB_DONE);
	workshop_outcome(&job_of(&scene, 0)->result, OUTCOME_UPGRADED);
	assert_int_equal(job_of(&scene, 0)->result.strategy,
			 STRATEGY_IN_PLACE);
	scene_close(&scene);
}

static void links_that_may_not_last_are_not_relied_on(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	stand_in.fail_sync = 1;
	work(&scene);
	assert_string_equal(stand_in.calls, "lls");
	expect_given_back(&scene, 0, SWAP_NONE);
	expect_given_back(&scene, 1, SWAP_NONE);
	assert_int_equal(workshop_state_files(scene.shop), 0);
	scene_close(&scene);
}

static void renames_that_may_not_last_are_told(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	stand_in.fail_sync = 2;
	work(&scene);
	for (size_t i = 0; i < 2; i++) {
		const struct result *result = &job_of(&scene, i)->result;

		workshop_outcome(result, OUTCOME_FAILED);
		workshop_failure(result, ERROR_IO, "power cut");
		assert_true(result->has_backup);
	}
	scene_close(&scene);
}

static void who_asks_during_the_sync_is_let_through(void **state)
{
	struct scene scene;
	char *path;

	scene_open(&scene, state, 3);
	path = workshop_path(scene.shop, "b.db");
	stand_in.asked = path;
	stand_in.asked_at = 1;
	work(&scene);
	assert_string_equal(stand_in.calls, "lllsrrs");
	expect_swapped(&scene, 0);
	expect_given_back(&scene, 1, SWAP_GIVEN_UP);
	expect_swapped(&scene, 2);
	free(path);
	scene_close(&scene);
}

/* Undone after the sync, it takes another one before anybody may write. */
static void an_undo_is_made_to_last_before_it_is_released(void **state)
{
	struct scene scene;
	char *backup;

	scene_open(&scene, state, 2);
	/* Through its second name he comes to the old one after the rename. */
	backup = workshop_backup(scene.shop, "b.db");
	stand_in.asked = backup;
	stand_in.asked_at = 2;
	work(&scene);
	expect_swapped(&scene, 0);
	expect_given_back(&scene, 1, SWAP_UNDONE);
	assert_string_equal(stand_in.calls, "llsrrsrs");
	free(backup);
	scene_close(&scene);
}

/* After a power cut the name may lead to the new one again. */
static void an_undo_that_may_not_last_takes_nothing_away(void **state)
{
	char *backup, *live, *kept, begin[6];
	struct scene scene;
	int fd;

	scene_open(&scene, state, 2);
	backup = workshop_backup(scene.shop, "b.db");
	live = workshop_path(scene.shop, "b.db");
	kept = workshop_path(scene.shop, "kept");
	stand_in.asked = backup;
	stand_in.asked_at = 2;
	stand_in.live = live;
	stand_in.kept = kept;
	stand_in.fail_sync = 3;
	work(&scene);
	workshop_outcome(&job_of(&scene, 1)->result, OUTCOME_FAILED);
	assert_true(job_of(&scene, 1)->result.has_backup);
	assert_int_equal(access(backup, F_OK), 0);
	fd = open(kept, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, begin, sizeof(begin)), sizeof(begin));
	assert_memory_equal(begin, "SQLite", sizeof(begin));
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(kept), 0);
	free(kept);
	free(live);
	free(backup);
	scene_close(&scene);
}

/* Undone before the sync that fails: that is in doubt like the rename. */
static void nor_does_one_from_before_the_sync(void **state)
{
	struct scene scene;
	char *backup;

	scene_open(&scene, state, 2);
	backup = workshop_backup(scene.shop, "a.db");
	stand_in.asked = backup;
	stand_in.fail_sync = 2;
	work(&scene);
	for (size_t i = 0; i < 2; i++) {
		const struct result *result = &job_of(&scene, i)->result;

		workshop_outcome(result, OUTCOME_FAILED);
		workshop_failure(result, ERROR_IO,
				 i == 0 ? "is undone" : "is done");
		assert_true(result->has_backup);
	}
	assert_int_equal(access(backup, F_OK), 0);
	free(backup);
	scene_close(&scene);
}

/* He is not kept waiting until the disk is done. */
static void who_asks_right_after_the_rename_is_seen_at_once(void **state)
{
	struct scene scene;
	char *backup;

	scene_open(&scene, state, 2);
	backup = workshop_backup(scene.shop, "a.db");
	stand_in.asked = backup;
	work(&scene);
	expect_given_back(&scene, 0, SWAP_UNDONE);
	expect_swapped(&scene, 1);
	/* Of a.db the undo comes right after the rename. */
	assert_string_equal(stand_in.calls, "llsrrrss");
	free(backup);
	scene_close(&scene);
}

static void without_a_sync_that_tells_each_is_synced(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 3);
	scene.shop->plan.syncs_each = true;
	work(&scene);
	for (size_t i = 0; i < 3; i++)
		expect_swapped(&scene, i);
	assert_string_equal(stand_in.calls, "lllrrr");
	scene_close(&scene);
}

static void in_place_means_in_place(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	scene.shop->plan.strategy = CHOOSE_IN_PLACE;
	work(&scene);
	expect_given_back(&scene, 0, SWAP_NONE);
	expect_given_back(&scene, 1, SWAP_NONE);
	assert_string_equal(stand_in.calls, "");
	scene_close(&scene);
}

static void swap_means_swap_or_not_at_all(void **state)
{
	char *path = workshop_path(*state, "a.db");
	struct application app;
	struct scene scene;
	const struct result *result;

	scene_open(&scene, state, 3);
	scene.shop->plan.strategy = CHOOSE_SWAP;
	application_start(&app, path);
	assert_int_equal(application_do(&app, "SELECT * FROM people"), 0);
	workshop_sql(scene.shop, "b.db", "PRAGMA journal_mode = WAL");
	work(&scene);
	result = &job_of(&scene, 0)->result;
	assert_int_equal(job_of(&scene, 0)->phase, JOB_DONE);
	workshop_outcome(result, OUTCOME_BUSY);
	workshop_failure(result, ERROR_BUSY, "has it open; it was left "
			 "untouched, because run.strategy is swap");
	result = &job_of(&scene, 1)->result;
	workshop_outcome(result, OUTCOME_FAILED);
	workshop_failure(result, ERROR_SKIPPED, "it is in WAL mode; it was "
			 "left untouched");
	assert_int_equal(result->steps, 0);
	expect_swapped(&scene, 2);
	application_stop(&app);
	scene_close(&scene);
	free(path);
}

static void a_stop_leaves_what_is_not_published(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 2);
	atomic_store(&scene.shop->stop_now, true);
	work(&scene);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(job_of(&scene, i)->phase, JOB_DONE);
		workshop_outcome(&job_of(&scene, i)->result, OUTCOME_NONE);
	}
	assert_int_equal(workshop_state_files(scene.shop), 0);
	scene_close(&scene);
}

/* So that no application waits longer than it takes to stage a few. */
static void big_ones_are_published_before_more_are_staged(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 3);
	for (size_t i = 0; i < 3; i++) {
		workshop_sql(scene.shop, scene.names[i],
			     "CREATE TABLE ballast(x); INSERT INTO ballast "
			     "VALUES(zeroblob(40000000))");
		scene.subjects[i].stamp.bytes = 40000000;
	}
	work(&scene);
	for (size_t i = 0; i < 3; i++)
		expect_swapped(&scene, i);
	assert_string_equal(stand_in.calls, "llsrrslsrs");
	scene_close(&scene);
}

/* The staging of each takes its time here. */
static void work_slowly(struct job *job)
{
	stand_in.now_us += INT64_C(1000) * (BATCH_MS / 2 + 1);
	work_upgrade(job);
}

static void slow_ones_are_published_before_more_are_staged(void **state)
{
	struct scene scene;

	scene_open(&scene, state, 4);
	scene.batch->was_pending = true;
	batch_work(scene.batch, work_slowly);
	for (size_t i = 0; i < 4; i++)
		expect_swapped(&scene, i);
	assert_string_equal(stand_in.calls, "llsrrsllsrrs");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(many_are_published_with_two_syncs),
		WORKSHOP_TEST(an_unknown_disk_is_tried_first),
		WORKSHOP_TEST(on_a_slow_disk_nobody_is_kept_waiting),
		WORKSHOP_TEST(where_nothing_is_to_be_done_nothing_is_synced),
		WORKSHOP_TEST(one_does_not_keep_the_others_back),
		WORKSHOP_TEST(a_wrong_guess_changes_nothing),
		WORKSHOP_TEST(a_guess_that_cannot_be_staged_is_looked_at),
		WORKSHOP_TEST(a_guess_on_a_slow_disk_is_looked_at),
		WORKSHOP_TEST(a_batch_of_one_is_done_in_place_at_once),
		WORKSHOP_TEST(links_that_may_not_last_are_not_relied_on),
		WORKSHOP_TEST(renames_that_may_not_last_are_told),
		WORKSHOP_TEST(who_asks_during_the_sync_is_let_through),
		WORKSHOP_TEST(an_undo_is_made_to_last_before_it_is_released),
		WORKSHOP_TEST(an_undo_that_may_not_last_takes_nothing_away),
		WORKSHOP_TEST(nor_does_one_from_before_the_sync),
		WORKSHOP_TEST(who_asks_right_after_the_rename_is_seen_at_once),
		WORKSHOP_TEST(without_a_sync_that_tells_each_is_synced),
		WORKSHOP_TEST(in_place_means_in_place),
		WORKSHOP_TEST(swap_means_swap_or_not_at_all),
		WORKSHOP_TEST(a_stop_leaves_what_is_not_published),
		WORKSHOP_TEST(big_ones_are_published_before_more_are_staged),
		WORKSHOP_TEST(slow_ones_are_published_before_more_are_staged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
