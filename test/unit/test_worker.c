#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fleet/worker.h"
#include "sandpit.h"

#define ONE 54321

/* What a worker process finds, for the test to look at. */
struct findings {
	uid_t uid;
	gid_t gid;
	int groups, descriptors, dumpable, dies_with;
	bool was_refused, is_kept, is_closed, has_terminal;
	bool ignores_int, ignores_term;
};

struct scene {
	int kept, other;
	int answers;	/* how many */
};

static struct worker_errand errand_of(void (*work)(void *,
						   const struct worker_call *),
				      struct scene *scene)
{
	return (struct worker_errand){
		.uid = geteuid() == 0 ? ONE : geteuid(),
		.gid = geteuid() == 0 ? ONE : getegid(),
		.folder = scene->kept,
		.work = work,
		.self = scene,
	};
}

static void begin(const struct worker_errand *errand, struct worker *worker)
{
	struct error err = { 0 };

	if (worker_begin(errand, worker, &err) != 0)
		fail_msg("%s", err.message);
	assert_true(worker->pid > 0);
}

static bool ignores(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

static void look_around(void *self, const struct worker_call *call)
{
	const struct scene *scene = self;
	struct findings found = {
		.uid = getuid(),
		.gid = getgid(),
		.groups = getgroups(0, NULL),
		.dumpable = prctl(PR_GET_DUMPABLE),
		.was_refused = call->refused != NULL,
		.is_kept = fcntl(scene->kept, F_GETFD) >= 0,
		.is_closed = fcntl(scene->other, F_GETFD) < 0,
		.has_terminal = isatty(0) || isatty(1) || isatty(2),
		.ignores_int = ignores(SIGINT),
		.ignores_term = ignores(SIGTERM),
	};

	(void)prctl(PR_GET_PDEATHSIG, &found.dies_with);
	found.descriptors = sandpit_descriptors();
	worker_say(call, &found, sizeof(found));
}

static void it_has_its_owners_rights_and_nothing_else(void **state)
{
	const struct sandpit *sandpit = *state;
	int before = sandpit_descriptors();
	struct scene scene = {
		.kept = dup(sandpit->fd),
		.other = open("/dev/null", O_RDWR),
	};
	const struct worker_errand errand = errand_of(look_around, &scene);
	struct findings found = { 0 };
	struct worker worker;
	struct error how;

	begin(&errand, &worker);
	worker_wait(&worker, &how);
	assert_int_equal(how.code, ERROR_NONE);
	assert_true(worker_answer(&worker, 0, &found, sizeof(found)));
	assert_false(worker_answer(&worker, 1, &found, sizeof(found)));
	worker_release(&worker);
	assert_int_equal(found.uid, errand.uid);
	assert_int_equal(found.gid, errand.gid);
	assert_true(found.is_kept);
	assert_true(found.is_closed);
	/* 0, 1, 2, the answers and the one kept; ".", ".." and that of the
	 * folder that they are counted in. */
	assert_int_equal(found.descriptors, 5 + 3);
	assert_false(found.has_terminal);
	assert_false(found.was_refused);
	assert_true(found.ignores_int && found.ignores_term);
	assert_int_equal(found.dies_with, SIGKILL);
	if (geteuid() == 0) {
		assert_int_equal(found.groups, 1);
		/* Nobody else of that user looks into it. */
		assert_int_equal(found.dumpable, 0);
	}
	close(scene.kept);
	close(scene.other);
	assert_int_equal(sandpit_descriptors(), before);
	/* And nothing has happened to us. */
	assert_false(ignores(SIGTERM));
}

static void rights_that_cannot_be_had_are_told(void **state)
{
	struct scene scene = { .kept = -1, .other = -1 };
	struct worker_errand errand = errand_of(look_around, &scene);
	struct findings found = { 0 };
	struct worker worker;
	struct error how;

	(void)state;
	if (geteuid() == 0)
		skip();
	errand.uid++;
	begin(&errand, &worker);
	worker_wait(&worker, &how);
	assert_true(worker_answer(&worker, 0, &found, sizeof(found)));
	assert_true(found.was_refused);
	worker_release(&worker);
}

static void tell_terminal(void *self, const struct worker_call *call)
{
	bool has = sandpit_has_terminal();

	(void)self;
	worker_say(call, &has, sizeof(has));
}

static int look_for_terminal(void *self)
{
	const struct worker_errand errand = errand_of(tell_terminal, self);
	struct error err = { 0 }, how;
	struct worker worker;
	bool has;

	if (worker_begin(&errand, &worker, &err) != 0)
		return 2;
	worker_wait(&worker, &how);
	if (!worker_answer(&worker, 0, &has, sizeof(has)))
		return 3;
	return has;
}

/* Whoever has it may type into root's shell. */
static void it_has_no_terminal(void **state)
{
	struct scene scene = { .kept = -1 };

	(void)state;
	assert_int_equal(sandpit_at_terminal(look_for_terminal, &scene), 0);
}

static void count_up(void *self, const struct worker_call *call)
{
	const struct scene *scene = self;

	for (int i = 0; i < scene->answers; i++)
		worker_say(call, &i, sizeof(i));
}

static void answers_come_in_order_however_many(void **state)
{
	struct scene scene = { .kept = -1, .answers = 100000 };
	const struct worker_errand errand = errand_of(count_up, &scene);
	struct worker worker;
	struct error how;
	int answer;

	(void)state;
	begin(&errand, &worker);
	/* Nobody reads before it has ended. */
	while (!worker_has_ended(&worker, &how))
		clock_sleep_ms(1);
	assert_int_equal(how.code, ERROR_NONE);
	for (int i = 0; i < scene.answers; i++) {
		assert_true(worker_answer(&worker, (size_t)i, &answer,
					  sizeof(answer)));
		assert_int_equal(answer, i);
	}
	assert_false(worker_answer(&worker, (size_t)scene.answers, &answer,
				   sizeof(answer)));
	worker_release(&worker);
	assert_int_equal(worker.answers, -1);
}

static void die(void *self, const struct worker_call *call)
{
	int one = 1;

	(void)self;
	worker_say(call, &one, sizeof(one));
	signal(SIGBUS, SIG_DFL);
	raise(SIGBUS);
}

static void one_that_dies_leaves_what_it_said(void **state)
{
	struct scene scene = { .kept = -1 };
	const struct worker_errand errand = errand_of(die, &scene);
	struct worker worker;
	struct error how;
	int answer = 0;

	(void)state;
	begin(&errand, &worker);
	worker_wait(&worker, &how);
	assert_int_equal(how.code, ERROR_IO);
	assert_non_null(strstr(how.message, "killed by signal 7 (Bus error)"));
	assert_true(worker_answer(&worker, 0, &answer, sizeof(answer)));
	assert_int_equal(answer, 1);
	assert_int_equal(worker.pid, 0);
	worker_release(&worker);
}

static void end_badly(void *self, const struct worker_call *call)
{
	(void)self;
	(void)call;
	_exit(3);
}

static void a_bad_end_is_told(void **state)
{
	struct scene scene = { .kept = -1 };
	const struct worker_errand errand = errand_of(end_badly, &scene);
	struct worker worker;
	struct error how;

	(void)state;
	begin(&errand, &worker);
	worker_wait(&worker, &how);
	assert_non_null(strstr(how.message, "status 3"));
	worker_release(&worker);
}

static void wait_for_undo(void *self, const struct worker_call *call)
{
	int asked;

	(void)self;
	for (int i = 0; i < 10000 && !atomic_load(call->undo); i++)
		clock_sleep_ms(1);
	asked = atomic_load(call->undo);
	worker_say(call, &asked, sizeof(asked));
}

static void it_undoes_when_it_is_asked_and_not_for_signals_to_all(void **state)
{
	struct scene scene = { .kept = -1 };
	const struct worker_errand errand = errand_of(wait_for_undo, &scene);
	struct worker worker;
	struct error how;
	int asked = 0;

	(void)state;
	begin(&errand, &worker);
	assert_false(worker_has_ended(&worker, &how));
	/* All signals are blocked until it minds them. */
	kill(worker.pid, SIGTERM);
	kill(worker.pid, SIGINT);
	kill(worker.pid, SIGTSTP);
	clock_sleep_ms(50);
	assert_false(worker_has_ended(&worker, &how));
	worker_undo(&worker);
	worker_wait(&worker, &how);
	assert_int_equal(how.code, ERROR_NONE);
	assert_true(worker_answer(&worker, 0, &asked, sizeof(asked)));
	assert_true(asked);
	worker_release(&worker);
	worker_undo(&worker); /* nobody is at work */
}

static void one_that_is_stopped_is_killed(void **state)
{
	struct scene scene = { .kept = -1 };
	const struct worker_errand errand = errand_of(wait_for_undo, &scene);
	struct worker worker;
	struct error how;
	pid_t pid;

	(void)state;
	begin(&errand, &worker);
	pid = worker.pid;
	kill(pid, SIGSTOP);
	while (!worker_has_ended(&worker, &how))
		clock_sleep_ms(1);
	assert_non_null(strstr(how.message, "stopped by signal 19"));
	assert_int_equal(kill(pid, 0), -1);
	worker_release(&worker);
}

static void sleep_for_ever(void *self, const struct worker_call *call)
{
	(void)self;
	(void)call;
	for (;;)
		pause();
}

/* Every tenth of a second. */
static void answer_slowly(void *self, const struct worker_call *call)
{
	const struct scene *scene = self;

	for (int i = 0; i < scene->answers; i++) {
		clock_sleep_ms(100);
		worker_say(call, &i, sizeof(i));
	}
}

/* How long the errand takes, in milliseconds. */
static int64_t run_out(const struct worker_errand *errand, struct error *how)
{
	int64_t begin_us = clock_now_us();
	struct worker worker;

	begin(errand, &worker);
	worker_wait(&worker, how);
	assert_int_equal(worker.pid, 0);
	worker_release(&worker);
	return (clock_now_us() - begin_us) / 1000;
}

static void one_whose_time_is_over_is_killed(void **state)
{
	struct scene scene = { .kept = -1 };
	struct worker_errand errand = errand_of(sleep_for_ever, &scene);
	struct error how;

	(void)state;
	errand.time_ms = 300;
	assert_in_range(run_out(&errand, &how), 300, 20000);
	assert_int_equal(how.code, ERROR_IO);
	assert_non_null(strstr(how.message, "killed after 0.3 s, because it "
					    "did not end by itself"));
}

/* Each answer that is owed begins the time anew; others do not, or one could
 * go on for ever. */
static void it_has_its_time_for_each_answer(void **state)
{
	struct scene scene = { .kept = -1, .answers = 25 };
	struct worker_errand errand = errand_of(answer_slowly, &scene);
	struct error how;

	(void)state;
	errand.time_ms = 2000;
	errand.answer_bytes = sizeof(int);
	errand.owed = 25;
	assert_in_range(run_out(&errand, &how), 2500, 60000);
	assert_int_equal(how.code, ERROR_NONE);
	scene.answers = 1000;
	errand.time_ms = 300;
	errand.owed = 2;
	assert_in_range(run_out(&errand, &how), 300, 20000);
	assert_non_null(strstr(how.message, "killed after 0.3 s"));
}

/* Though it may take as long as it likes else. */
static void one_that_does_not_undo_is_killed(void **state)
{
	struct scene scene = { .kept = -1 };
	const struct worker_errand errand = errand_of(sleep_for_ever, &scene);
	struct worker worker;
	struct error how;

	(void)state;
	begin(&errand, &worker);
	clock_sleep_ms(100);
	assert_false(worker_has_ended(&worker, &how));
	worker_undo(&worker);
	worker_wait(&worker, &how);
	assert_non_null(strstr(how.message, "killed after 10.0 s"));
	worker_release(&worker);
}

/* A child of ours that is killed while its worker is at work. */
static void it_dies_with_the_one_that_began_it(void **state)
{
	struct scene scene = { .kept = -1 };
	struct worker_errand errand = errand_of(wait_for_undo, &scene);
	int pipes[2];
	struct worker worker;
	struct error err = { 0 };
	pid_t child, grandchild = 0;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		if (worker_begin(&errand, &worker, &err) != 0)
			_exit(1);
		clock_sleep_ms(100);
		(void)!write(pipes[1], &worker.pid, sizeof(worker.pid));
		pause();
	}
	assert_int_equal(read(pipes[0], &grandchild, sizeof(grandchild)),
			 sizeof(grandchild));
	assert_int_equal(kill(grandchild, 0), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	/* Whoever takes the orphan's end may take a while. */
	for (int i = 0; i < 2000 && kill(grandchild, 0) == 0; i++) {
		char path[64], line[256] = "";
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
		stat = fopen(path, "r");
		if (stat != NULL) {
			(void)!fgets(line, sizeof(line), stat);
			fclose(stat);
		}
		if (strstr(line, ") Z ") != NULL)
			break;
		clock_sleep_ms(1);
		assert_true(i < 1999);
	}
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sandpit_open, sandpit_close)
	const struct CMUnitTest tests[] = {
		TEST(it_has_its_owners_rights_and_nothing_else),
		TEST(it_has_no_terminal),
		TEST(rights_that_cannot_be_had_are_told),
		TEST(answers_come_in_order_however_many),
		TEST(one_that_dies_leaves_what_it_said),
		TEST(a_bad_end_is_told),
		TEST(it_undoes_when_it_is_asked_and_not_for_signals_to_all),
		TEST(one_that_is_stopped_is_killed),
		TEST(one_whose_time_is_over_is_killed),
		TEST(it_has_its_time_for_each_answer),
		TEST(one_that_does_not_undo_is_killed),
		TEST(it_dies_with_the_one_that_began_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
