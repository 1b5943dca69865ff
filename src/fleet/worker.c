#include "fleet/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fleet/owner.h"

/* To undo, a worker has so long: what is not undone by then is undone when the
 * database is opened next, and whoever said stop twice does not wait. */
#define UNDO_MS 10000

/* How long one that was killed may take to be gone, in milliseconds: a call of
 * the system's that its owner has made to wait even SIGKILL does not end. It is
 * left then, and does nothing more but that call. */
#define LEAVE_MS INT64_C(5000)

/* How long worker_wait() sleeps, at first and at most. */
#define WAIT_MS_LEAST 1
#define WAIT_MS_MOST  16

/* All signals are blocked; none must find a handler of the other process. */
static void mind_signals(void)
{
	static const struct {
		int number;
		void (*handler)(int);
	} actions[] = {
		{ SIGINT, SIG_IGN },
		{ SIGTERM, SIG_IGN },
		{ SIGTSTP, SIG_IGN },
		{ SIGCHLD, SIG_DFL },
	};
	struct sigaction action = { .sa_flags = 0 };
	sigset_t none;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		action.sa_handler = actions[i].handler;
		(void)sigaction(actions[i].number, &action, NULL);
	}
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_between(unsigned first, unsigned last)
{
	long most;

#ifdef SYS_close_range
	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	most = sysconf(_SC_OPEN_MAX);
	for (unsigned fd = first; fd <= last && (long)fd < most; fd++)
		(void)close((int)fd);
}

/* Whoever can lock the data directory keeps the next run from beginning. */
static void keep_to_look_up(int folder)
{
	int fd = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || dup3(fd, folder, O_CLOEXEC) < 0)
		(void)close(folder);
}

/* The journal of runs, the loop, the lock, a terminal: none of them is the
 * owner's. */
static void close_others(int folder, int answers)
{
	const int keep[] = { folder < answers ? folder : answers,
			     folder < answers ? answers : folder };
	unsigned next = STDERR_FILENO + 1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			(void)close(fd);
	if (folder >= 0)
		keep_to_look_up(folder);
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		if (keep[i] < (int)next)
			continue;
		close_between(next, (unsigned)keep[i] - 1);
		next = (unsigned)keep[i] + 1;
	}
	close_between(next, ~0U);
}

/* The new process from its first to its last instruction. */
static void be_worker(const struct worker_errand *errand,
		      const struct worker *worker, pid_t parent)
{
	struct error refused = { 0 };
	struct worker_call call = {
		.answers = worker->answers,
		.undo = worker->undo,
	};

	/* Else whoever has root's terminal types into root's shell. It leads no
	 * group yet, so that this cannot fail. */
	(void)setsid();
	mind_signals();
	if (errand->roster != NULL &&
	    roster_sign(errand->roster, worker->place, &refused) != 0)
		call.refused = &refused;
	close_others(errand->folder, worker->answers);
	if (call.refused == NULL &&
	    owner_become(errand->uid, errand->gid, &refused) != 0)
		call.refused = &refused;
	/* Not before: new rights take it away again. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		errand->work(errand->self, &call);
	/* Not exit(): what stands in buffers is the first process's. */
	_exit(0);
}

static void begin_time(struct worker *worker)
{
	worker->until_us = worker->time_ms > 0
				   ? clock_now_us() + 1000 * worker->time_ms
				   : 0;
}

static bool open_answers(struct worker *worker)
{
	void *page = mmap(NULL, sizeof(*worker->undo), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*worker = (struct worker){ .answers = -1 };
	if (page == MAP_FAILED)
		return false;
	worker->undo = page;
	worker->answers = memfd_create("answers", MFD_CLOEXEC);
	return worker->answers >= 0;
}

static bool join(struct roster *roster, struct worker *worker)
{
	if (roster == NULL)
		return true;
	if (!roster_take(roster, &worker->place))
		return false;
	worker->roster = roster;
	return true;
}

int worker_begin(const struct worker_errand *errand, struct worker *out,
		 struct error *err)
{
	pid_t parent = getpid(), pid = -1;
	sigset_t all, before;
	int failure;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	if (open_answers(out) && join(errand->roster, out))
		pid = fork();
	failure = errno;
	if (pid == 0)
		be_worker(errand, out, parent);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		worker_release(out);
		return error_set_errno(err, ERROR_IO, failure,
				       "no process can be had to work on it");
	}
	out->pid = pid;
	out->time_ms = errand->time_ms;
	out->owed = errand->owed;
	out->answer_bytes = errand->answer_bytes;
	begin_time(out);
	(void)madvise(out->undo, sizeof(*out->undo), MADV_DONTFORK);
	return 0;
}

void worker_undo(struct worker *worker)
{
	if (worker->undo == NULL)
		return;
	atomic_store(worker->undo, true);
	/* It is the last time that begins. */
	worker->given = worker->owed;
	if (worker->killed.code != ERROR_NONE)
		return;
	worker->time_ms = UNDO_MS;
	begin_time(worker);
}

static void say_how(int status, struct error *how)
{
	if (WIFSIGNALED(status))
		error_set(how, ERROR_IO, "it was killed by signal %d (%s)",
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		error_set(how, ERROR_IO, "it ended with status %d",
			  WEXITSTATUS(status));
}

static bool has_new_answer(struct worker *worker)
{
	struct stat seen;
	size_t given;

	if (worker->given == worker->owed ||
	    fstat(worker->answers, &seen) != 0)
		return false;
	given = (size_t)seen.st_size / worker->answer_bytes;
	if (given <= worker->given)
		return false;
	worker->given = given < worker->owed ? given : worker->owed;
	return true;
}

static void kill_it(struct worker *worker)
{
	(void)kill(worker->pid, SIGKILL);
	worker->given = worker->owed;
	worker->until_us = clock_now_us() + 1000 * LEAVE_MS;
}

/* True: nobody waits for it any more. */
static bool mind_time(struct worker *worker)
{
	if (has_new_answer(worker))
		begin_time(worker);
	if (worker->until_us == 0 || clock_now_us() < worker->until_us)
		return false;
	if (worker->killed.code != ERROR_NONE)
		return true;
	error_set(&worker->killed, ERROR_IO, "it was killed after %.1f s, "
		  "because it did not end by itself",
		  (double)worker->time_ms / 1000);
	kill_it(worker);
	return false;
}

/* It is not waited for after a SIGKILL: even that may take its time. */
static void end_stopped(struct worker *worker, int status)
{
	if (worker->killed.code == ERROR_NONE)
		error_set(&worker->killed, ERROR_IO, "it was stopped by signal "
			  "%d (%s), and so killed", WSTOPSIG(status),
			  strsignal(WSTOPSIG(status)));
	kill_it(worker);
}

bool worker_has_ended(struct worker *worker, struct error *how)
{
	int status = 0;
	pid_t pid;

	memset(how, 0, sizeof(*how));
	do
		pid = waitpid(worker->pid, &status, WNOHANG | WUNTRACED);
	while (pid < 0 && errno == EINTR);
	if (pid == 0 && mind_time(worker)) {
		*how = worker->killed;
		return true;
	}
	if (pid == 0)
		return false;
	if (pid > 0 && WIFSTOPPED(status)) {
		end_stopped(worker, status);
		return false;
	}
	if (worker->killed.code != ERROR_NONE)
		*how = worker->killed;
	else if (pid < 0)
		error_set_errno(how, ERROR_IO, errno, "it is gone");
	else
		say_how(status, how);
	worker->pid = 0;
	return true;
}

void worker_wait(struct worker *worker, struct error *how)
{
	int64_t ms = WAIT_MS_LEAST;

	while (!worker_has_ended(worker, how)) {
		clock_sleep_ms(ms);
		ms = ms < WAIT_MS_MOST ? 2 * ms : ms;
	}
}

bool worker_answer(const struct worker *worker, size_t index, void *out,
		   size_t bytes)
{
	return pread(worker->answers, out, bytes, (off_t)(index * bytes)) ==
	       (ssize_t)bytes;
}

void worker_say(const struct worker_call *call, const void *answer,
		size_t bytes)
{
	const char *at = answer;

	while (bytes > 0) {
		ssize_t written = write(call->answers, at, bytes);

		if (written < 0 && errno != EINTR)
			_exit(1);
		if (written > 0) {
			at += written;
			bytes -= (size_t)written;
		}
	}
}

void worker_release(struct worker *worker)
{
	if (worker->answers >= 0)
		(void)close(worker->answers);
	worker->answers = -1;
	if (worker->undo != NULL)
		(void)munmap(worker->undo, sizeof(*worker->undo));
	worker->undo = NULL;
	/* One that has not ended keeps its place: it is to be waited for. */
	if (worker->roster != NULL && worker->pid == 0)
		roster_give(worker->roster, worker->place);
	worker->roster = NULL;
}
