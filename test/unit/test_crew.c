#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "fleet/answer.h"
#include "fleet/crew.h"
#include "fleet/room.h"
#include "sandpit.h"

#define ONE 54321
#define TWO 54322
#define RUN "20261121T043100Z-9f3c"
#define JOBS_MOST 11

struct scene {
	struct sandpit *sandpit;
	struct state state;
	struct plan plan;
	struct crew *crew;
	struct subject subjects[JOBS_MOST];
	struct batch *batch;
	atomic_bool stop_now;
	struct roster roster;
};

static int scene_open(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	struct error err = { 0 };
	void *sandpit;

	sandpit_open(&sandpit);
	scene->sandpit = sandpit;
	fchmod(scene->sandpit->fd, 0755);
	if (state_open(scene->sandpit->fd, scene->sandpit->path, "state", true,
		       geteuid(), getegid(), &scene->state, &err) != 0)
		fail_msg("%s", err.message);
	scene->state.has_rooms = true;
	sandpit_folder(scene->sandpit, "state/owners");
	fchmodat(scene->sandpit->fd, "state", 0711, 0);
	fchmodat(scene->sandpit->fd, "state/owners", 0711, 0);
	if (roster_open(scene->state.folder, &scene->roster, &err) != 0)
		fail_msg("%s", err.message);
	scene->crew = crew_new(&scene->state, &scene->roster);
	scene->plan = (struct plan){
		.data_dir = scene->sandpit->fd,
		.data_path = scene->sandpit->path,
		.state_dir = scene->state.folder,
		.state_path = scene->state.path,
		.backup_dir = -1,
		.run_id = RUN,
		.has_rooms = true,
	};
	*state = scene;
	return 0;
}

static int scene_close(void **state)
{
	struct scene *scene = *state;
	void *sandpit = scene->sandpit;

	if (scene->plan.backup_dir >= 0)
		close(scene->plan.backup_dir);
	batch_free(scene->batch);
	crew_free(scene->crew);
	roster_close(&scene->roster);
	state_close(&scene->state);
	sandpit_close(&sandpit);
	free(scene);
	return 0;
}

/* Users' ids where we may be anybody; else they are all ours. */
static uid_t id_of(uid_t wanted)
{
	return geteuid() == 0 ? wanted : geteuid();
}

/* A batch of databases, named "0.db", "1.db"..., of these owners. */
static struct batch *set(struct scene *scene, const uid_t *owners, size_t count)
{
	static const char *const names[JOBS_MOST] = {
		"0.db", "1.db", "2.db", "3.db", "4.db", "5.db", "6.db", "7.db",
		"8.db", "9.db", "a.db",
	};

	batch_free(scene->batch);
	scene->batch = batch_new(count);
	for (size_t i = 0; i < count; i++) {
		scene->subjects[i] = (struct subject){
			.kind = KIND_USER,
			.username = names[i],
			.path = names[i],
			.stamp = { .owner = id_of(owners[i]),
				   .group = id_of(owners[i]) == geteuid()
						    ? getegid()
						    : id_of(owners[i]),
				   .device = 7, .inode = i + 1 },
		};
		scene->batch->jobs[i].plan = &scene->plan;
		scene->batch->jobs[i].subject = &scene->subjects[i];
		scene->batch->jobs[i].stop_now = &scene->stop_now;
	}
	return scene->batch;
}

static void begin_backups(struct scene *scene)
{
	struct error err = { 0 };

	assert_int_equal(state_begin_backups(&scene->state, RUN, "upgrade",
					     &scene->plan.backup_dir, &err),
			 0);
}

static void work_off(struct scene *scene, job_work *work, bool looks_first)
{
	int before = sandpit_descriptors();
	struct shift shift;

	crew_lend(scene->crew, &shift, scene->batch, work, looks_first);
	while (!crew_collect(scene->crew, &shift)) {
		crew_pass_on(&shift);
		clock_sleep_ms(1);
	}
	assert_int_equal(sandpit_descriptors(), before);
	assert_int_equal(shift.done, scene->batch->count);
}

static const struct result *result_of(const struct scene *scene, size_t i)
{
	return &scene->batch->jobs[i].result;
}

static void assert_failed(const struct scene *scene, size_t i, const char *why)
{
	const struct result *result = result_of(scene, i);

	assert_int_equal(scene->batch->jobs[i].phase, JOB_DONE);
	assert_int_equal(result->outcome, OUTCOME_FAILED);
	if (strstr(result->failure.error.message, why) == NULL)
		fail_msg("no \"%s\" in: %s", why,
			 result->failure.error.message);
}

/* ---- what is done in the other process ---- */

static void tell_who(struct job *job)
{
	job->result.outcome = OUTCOME_CURRENT;
	job->result.steps = (int)getuid();
	job->result.backup_bytes = getpid();
	job->phase = JOB_DONE;
}

static void tell_place(struct job *job)
{
	const struct plan *plan = job->plan;
	struct stat seen;

	tell_who(job);
	assert_true(!plan->has_rooms);
	snprintf(job->result.notes, sizeof(job->result.notes), "%s %s %s",
		 plan->state_path != NULL ? plan->state_path : "none",
		 plan->staging_dir >= 0 ? "staging" : "-",
		 plan->backup_dir >= 0 && fstat(plan->backup_dir, &seen) == 0 &&
				 seen.st_uid == getuid()
			 ? "backups"
			 : "-");
}

static bool is(const struct job *job, const char *name)
{
	return strcmp(job->subject->path, name) == 0;
}

static void die_at_one(struct job *job)
{
	if (is(job, "1.db")) {
		signal(SIGBUS, SIG_DFL);
		raise(SIGBUS);
	}
	tell_who(job);
}

static void sleep_at_one(struct job *job)
{
	while (is(job, "1.db"))
		clock_sleep_ms(1000);
	tell_who(job);
}

static void unlock_all(struct job *job)
{
	for (int fd = 3; fd < 1024; fd++)
		(void)flock(fd, LOCK_UN);
	tell_who(job);
}

static void leave_one_behind(struct job *job)
{
	if (fork() == 0) {
		(void)setsid();
		(void)flock(job->plan->data_dir, LOCK_EX | LOCK_NB);
		alarm(60);
		for (;;)
			pause();
	}
	tell_who(job);
}

static void find_some_pending(struct job *job)
{
	tell_who(job);
	if (is(job, "1.db"))
		job->phase = JOB_STAGE;
	if (is(job, "2.db"))
		job->phase = JOB_INPLACE;
}

static void lie(struct job *job)
{
	struct result *result = &job->result;

	tell_who(job);
	switch (job->subject->path[0]) {
	case '0':
		result->outcome = OUTCOME_COUNT;
		break;
	case '1':
		memset(result->from, 'x', sizeof(result->from));
		break;
	case '2':
		memset(&result->has_backup, 2, 1);
		break;
	case '3':
		result->backup_bytes = -1;
		break;
	case '4':
		memset(result->failure.error.message, 'x',
		       sizeof(result->failure.error.message));
		break;
	case '5':
		result->strategy = STRATEGY_COUNT;
		break;
	case '6':
		result->failure.error.code = ERROR_BUG + 1;
		break;
	case '7':
		memset(&result->is_wal, 2, 1);
		break;
	case '8':
		result->late.count = LATE_STEPS_MOST + 1;
		break;
	case '9': /* there are no migrations, and so none that came late */
		result->late.count = 1;
		break;
	default:
		break;
	}
}

/* Where its answers go, as whoever has got the better of it finds out. */
static int find_answers(void)
{
	char path[32], name[64];
	ssize_t bytes = -1;

	for (int fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		bytes = readlink(path, name, sizeof(name) - 1);
		if (bytes > 0 && strstr((name[bytes] = '\0', name),
					"memfd:answers") != NULL)
			return fd;
	}
	return -1;
}

static void come_back_for_ever(struct job *job)
{
	struct answer answer = { .phase = JOB_INPLACE };

	(void)job;
	_exit(write(find_answers(), &answer, sizeof(answer)) < 0);
}

static void see(struct job *job)
{
	tell_who(job);
	job->result.sighting.stamp = job->subject->stamp;
	job->result.sighting.stamp.mode = S_IFREG;
	text_copy(job->result.sighting.version,
		  sizeof(job->result.sighting.version), "1");
	/* What is said of another's file would be believed for next time. */
	if (is(job, "1.db"))
		job->result.sighting.stamp.inode = 1;
}

static void wait_to_undo(struct job *job)
{
	struct error err = { 0 };

	if (is(job, "1.db"))
		while (job_check_stop(job, &err) == 0)
			clock_sleep_ms(1);
	else
		tell_who(job);
	job->phase = JOB_DONE;
}

/* ---- the tests ---- */

static void each_owner_has_a_process(void **state)
{
	static const uid_t owners[] = { ONE, ONE, TWO, ONE };
	struct scene *scene = *state;

	set(scene, owners, 4);
	work_off(scene, tell_who, true);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(scene->batch->jobs[i].phase, JOB_DONE);
		assert_int_equal(result_of(scene, i)->outcome,
				 OUTCOME_CURRENT);
		assert_int_equal(result_of(scene, i)->steps, id_of(owners[i]));
	}
	/* What stands together is done by one. */
	assert_int_equal(result_of(scene, 0)->backup_bytes,
			 result_of(scene, 1)->backup_bytes);
	if (geteuid() == 0)
		assert_int_not_equal(result_of(scene, 1)->backup_bytes,
				     result_of(scene, 2)->backup_bytes);
	assert_int_not_equal(result_of(scene, 0)->backup_bytes, getpid());
}

static void what_others_could_come_at_is_not_begun(void **state)
{
	static const uid_t owners[] = { ONE, ONE, TWO };
	struct scene *scene = *state;

	if (geteuid() != 0)
		skip();
	set(scene, owners, 3);
	/* What is closed by now is fine. */
	for (size_t i = 0; i < 3; i++)
		scene->subjects[i].is_exposed = true;
	work_off(scene, tell_who, true);
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	fchmod(scene->sandpit->fd, 0777);
	set(scene, owners, 3);
	scene->subjects[1].is_exposed = true;
	work_off(scene, tell_who, true);
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	assert_failed(scene, 1, "root and user id 54321 may write to");
	assert_failed(scene, 1, "left untouched");
	assert_int_equal(result_of(scene, 2)->outcome, OUTCOME_CURRENT);
}

static void what_has_two_names_is_not_begun(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE };
	struct scene *scene = *state;

	set(scene, owners, 3);
	scene->subjects[0].twin = "2.db";
	scene->subjects[2].twin = "0.db";
	work_off(scene, tell_who, true);
	assert_failed(scene, 0, "/2.db is one and the same file");
	assert_int_equal(result_of(scene, 1)->outcome, OUTCOME_CURRENT);
	assert_failed(scene, 2, "/0.db is one and the same file");
}

/* A user chooses his name, and the administrator pastes the command. */
static void the_command_to_look_at_it_is_quoted(void **state)
{
	static const uid_t owners[] = { ONE, ONE };
	struct scene *scene = *state;

	set(scene, owners, 2);
	scene->subjects[1].username = "a;b";
	work_off(scene, die_at_one, true);
	assert_failed(scene, 1, "fleet-upgrade verify 'a;b'");
	set(scene, owners, 2);
	scene->subjects[1].username = "--set=run.user=root";
	work_off(scene, die_at_one, true);
	assert_failed(scene, 1, "fleet-upgrade verify -- --set=run.user=root");
}

static void one_that_dies_fails_one_database(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE, TWO };
	struct scene *scene = *state;

	set(scene, owners, 4);
	work_off(scene, die_at_one, true);
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	assert_failed(scene, 1, "killed by signal 7 (Bus error)");
	assert_failed(scene, 1, "it was left untouched");
	assert_failed(scene, 1, "fleet-upgrade verify 1.db");
	assert_int_equal(result_of(scene, 2)->outcome, OUTCOME_CURRENT);
	assert_int_equal(result_of(scene, 3)->outcome, OUTCOME_CURRENT);
	/* What it was not at is done again by another one. */
	assert_int_not_equal(result_of(scene, 0)->backup_bytes,
			     result_of(scene, 2)->backup_bytes);
}

/* Whether the data directory, and with it the fleet, can be locked. */
static bool can_lock(const struct scene *scene)
{
	int fd = openat(scene->sandpit->fd, ".", O_RDONLY | O_DIRECTORY);
	bool can = flock(fd, LOCK_EX | LOCK_NB) == 0;

	close(fd);
	return can;
}

/* The lock is the first process's alone. */
static void nobody_at_work_lets_go_of_the_lock_or_keeps_it(void **state)
{
	static const uid_t owners[] = { ONE };
	struct scene *scene = *state;
	int lock = openat(scene->sandpit->fd, ".",
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(flock(lock, LOCK_EX), 0);
	set(scene, owners, 1);
	work_off(scene, unlock_all, true);
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	assert_false(can_lock(scene));
	set(scene, owners, 1);
	assert_int_equal(flock(lock, LOCK_UN), 0);
	work_off(scene, leave_one_behind, true);
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	clock_sleep_ms(100);
	close(lock);
	assert_true(can_lock(scene));
}

static void each_one_is_written_down_before_it_works(void **state)
{
	static const uid_t owners[] = { ONE };
	struct scene *scene = *state;
	struct roster next;
	struct error err = { 0 };
	struct shift shift;
	struct error how;

	set(scene, owners, 1);
	scene->batch->jobs[0].subject = &scene->subjects[0];
	scene->subjects[0].path = "1.db";
	crew_lend(scene->crew, &shift, scene->batch, sleep_at_one, true);
	clock_sleep_ms(sandpit_is_emulated() ? 2000 : 300);
	assert_false(worker_has_ended(&shift.worker, &how));
	assert_int_equal(roster_open(scene->state.folder, &next, &err), 0);
	roster_close(&next);
	while (!crew_collect(scene->crew, &shift))
		clock_sleep_ms(1);
	assert_failed(scene, 0, "killed by signal 9");
}

static void one_that_sleeps_fails_one_database(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE };
	struct scene *scene = *state;

	scene->plan.limit_ms = 1;
	set(scene, owners, 3);
	work_off(scene, sleep_at_one, true);
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	assert_failed(scene, 1, "gave no answer (it was killed after");
	assert_failed(scene, 1, "because it did not end by itself");
	assert_int_equal(result_of(scene, 2)->outcome, OUTCOME_CURRENT);
}

/* No honest work is killed for what it may take. */
static void the_time_is_that_of_all_that_may_be_done(void **state)
{
	struct step quick = { .name = "quick" };
	struct step slow = { .name = "slow",
			     .directives = { .limit_ms = 70000 } };
	struct step *steps[] = { &quick, &slow };
	struct migrations migrations = { .steps = steps };
	struct plan plan = { .busy_timeout_ms = 3000 };

	(void)state;
	assert_int_equal(crew_time_ms(&plan), 0); /* run.database_timeout=0s */
	plan.limit_ms = 10000;
	assert_in_range(crew_time_ms(&plan), 26000, 35000);
	migrations.chains[KIND_USER] = (struct chain){ .steps = steps,
						       .count = 2 };
	plan.migrations = &migrations;
	assert_in_range(crew_time_ms(&plan), 96000, 105000);
}

static void one_that_dies_while_it_writes_says_so(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE };
	struct scene *scene = *state;

	set(scene, owners, 3);
	begin_backups(scene);
	work_off(scene, die_at_one, false);
	assert_failed(scene, 1, "begun and not finished is undone");
	assert_int_equal(result_of(scene, 2)->outcome, OUTCOME_CURRENT);
}

static void what_is_pending_comes_back(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE };
	struct scene *scene = *state;

	set(scene, owners, 3);
	work_off(scene, find_some_pending, true);
	assert_int_equal(scene->batch->jobs[0].phase, JOB_DONE);
	assert_int_equal(scene->batch->jobs[1].phase, JOB_INPLACE);
	assert_int_equal(scene->batch->jobs[2].phase, JOB_INPLACE);
}

static void a_room_is_made_before_it_is_needed_and_no_sooner(void **state)
{
	static const uid_t owners[] = { ONE };
	struct scene *scene = *state;
	char *room = xasprintf("state/owners/%u", id_of(ONE));
	char *expected;

	set(scene, owners, 1);
	work_off(scene, tell_place, true);
	assert_string_equal(result_of(scene, 0)->notes, "none - -");
	begin_backups(scene);
	set(scene, owners, 1);
	work_off(scene, tell_place, true); /* a look */
	assert_false(sandpit_has(scene->sandpit, room));
	set(scene, owners, 1)->jobs[0].phase = JOB_INPLACE;
	work_off(scene, tell_place, true);
	expected = xasprintf("%s/%s staging backups", scene->sandpit->path,
			     room);
	assert_string_equal(result_of(scene, 0)->notes, expected);
	set(scene, owners, 1);
	work_off(scene, tell_place, false);
	assert_string_equal(result_of(scene, 0)->notes, expected);
	free(expected);
	free(room);
}

static void without_a_room_nothing_is_done(void **state)
{
	static const uid_t owners[] = { ONE, ONE };
	struct scene *scene = *state;
	char *room = xasprintf("state/owners/%u", id_of(ONE));

	begin_backups(scene);
	sandpit_file(scene->sandpit, room, "", 0600);
	set(scene, owners, 2);
	work_off(scene, tell_who, false);
	assert_failed(scene, 0, room);
	assert_failed(scene, 1, room);
	free(room);
}

static void an_answer_without_sense_is_none(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE, ONE, ONE, ONE,
					ONE, ONE, ONE, ONE, ONE };
	struct scene *scene = *state;

	set(scene, owners, 11);
	work_off(scene, lie, true);
	for (size_t i = 0; i < 10; i++) {
		assert_failed(scene, i, "gave no answer");
		assert_string_equal(result_of(scene, i)->from, "");
	}
	assert_int_equal(result_of(scene, 10)->outcome, OUTCOME_CURRENT);
}

/* It would be sent again, and come back again. */
static void a_job_comes_back_once(void **state)
{
	static const uid_t owners[] = { ONE };
	struct scene *scene = *state;

	set(scene, owners, 1);
	work_off(scene, come_back_for_ever, true);
	assert_int_equal(scene->batch->jobs[0].phase, JOB_INPLACE);
	work_off(scene, come_back_for_ever, true);
	assert_failed(scene, 0, "gave no answer");
	set(scene, owners, 1);
	work_off(scene, come_back_for_ever, false);
	assert_failed(scene, 0, "gave no answer");
}

static void nobody_speaks_of_anothers_file(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE };
	struct scene *scene = *state;

	set(scene, owners, 3);
	work_off(scene, see, true);
	assert_string_equal(result_of(scene, 0)->sighting.version, "1");
	assert_int_equal(result_of(scene, 1)->sighting.stamp.mode, 0);
	assert_string_equal(result_of(scene, 1)->sighting.version, "");
	assert_int_equal(result_of(scene, 1)->outcome, OUTCOME_CURRENT);
	assert_string_equal(result_of(scene, 2)->sighting.version, "1");
}

static void what_is_to_be_undone_has_no_outcome(void **state)
{
	static const uid_t owners[] = { ONE, ONE, ONE, TWO };
	struct scene *scene = *state;
	struct shift shift;

	set(scene, owners, 4);
	crew_lend(scene->crew, &shift, scene->batch, wait_to_undo, true);
	clock_sleep_ms(sandpit_is_emulated() ? 2000 : 200);
	assert_false(crew_collect(scene->crew, &shift));
	crew_pass_on(&shift); /* nobody has asked */
	clock_sleep_ms(50);
	assert_false(crew_collect(scene->crew, &shift));
	atomic_store(&scene->stop_now, true);
	while (!crew_collect(scene->crew, &shift)) {
		crew_pass_on(&shift);
		clock_sleep_ms(1);
	}
	assert_int_equal(result_of(scene, 0)->outcome, OUTCOME_CURRENT);
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(scene->batch->jobs[i].phase, JOB_DONE);
		assert_int_equal(result_of(scene, i)->outcome, OUTCOME_NONE);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene_open, scene_close)
	const struct CMUnitTest tests[] = {
		TEST(each_owner_has_a_process),
		TEST(what_others_could_come_at_is_not_begun),
		TEST(what_has_two_names_is_not_begun),
		TEST(the_command_to_look_at_it_is_quoted),
		TEST(one_that_dies_fails_one_database),
		TEST(nobody_at_work_lets_go_of_the_lock_or_keeps_it),
		TEST(each_one_is_written_down_before_it_works),
		TEST(one_that_sleeps_fails_one_database),
		TEST(the_time_is_that_of_all_that_may_be_done),
		TEST(one_that_dies_while_it_writes_says_so),
		TEST(what_is_pending_comes_back),
		TEST(a_room_is_made_before_it_is_needed_and_no_sooner),
		TEST(without_a_room_nothing_is_done),
		TEST(an_answer_without_sense_is_none),
		TEST(a_job_comes_back_once),
		TEST(nobody_speaks_of_anothers_file),
		TEST(what_is_to_be_undone_has_no_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
