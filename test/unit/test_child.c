#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sandpit.h"

/* Runs a shell script in the root folder; its end. */
static struct child_end run_with(const char *script, int64_t limit_ms,
				 const atomic_bool *stop_now)
{
	char *arguments[] = { (char *)"/bin/sh", (char *)"-c", (char *)script,
			      (char *)"name", (char *)"one", NULL };
	char *environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"A=b",
				NULL };
	const struct child_errand errand = {
		.arguments = arguments,
		.environment = environment,
		.folder = "/",
		.limit_ms = limit_ms,
		.stop_now = stop_now,
	};
	struct error err = { 0 };
	struct child_end end;

	if (child_run(&errand, &end, &err) != 0)
		fail_msg("%s", err.message);
	return end;
}

static struct child_end run(const char *script)
{
	return run_with(script, 0, NULL);
}

static void it_ends_with_a_status(void **state)
{
	struct child_end end = run("exit 7");

	(void)state;
	assert_int_equal(end.status, 7);
	assert_int_equal(end.signal, 0);
	assert_false(end.is_over);
	assert_string_equal(end.said, "");
	end = run("exit 0");
	assert_int_equal(end.status, 0);
}

static void or_of_a_signal(void **state)
{
	struct child_end end = run("kill -TERM $$");

	(void)state;
	assert_int_equal(end.signal, SIGTERM);
}

static void both_its_outputs_are_heard(void **state)
{
	struct child_end end = run("echo out; echo err >&2; printf last");

	(void)state;
	assert_string_equal(end.said, "out\nerr\nlast");
}

static void it_has_what_it_is_given(void **state)
{
	struct child_end end =
		run("echo $0 $1 $#; pwd; echo $A $HOME; cat; cat /dev/stdin");

	(void)state;
	assert_string_equal(end.said, "name one 1\n/\nb\n");
}

static void it_has_no_other_descriptor(void **state)
{
	int forgotten = dup2(open("/dev/null", O_RDONLY), 57);
	struct child_end end = run("for fd in /proc/self/fd/*; do "
				   "[ -e $fd ] && echo ${fd##*/}; done");

	(void)state;
	assert_int_equal(forgotten, 57);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	assert_null(strstr(end.said, "57"));
#endif
	assert_non_null(strstr(end.said, "2\n"));
	(void)close(forgotten);
}

static void it_has_a_group_and_signals_of_its_own(void **state)
{
	struct child_end end;
	sigset_t terms;
	int leader = 0, group = -1;

	(void)state;
	sigemptyset(&terms);
	sigaddset(&terms, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &terms, NULL);
	(void)signal(SIGUSR1, SIG_IGN);
	end = run("set -- $(cat /proc/$$/stat); echo $1 $5; kill -USR1 $$");
	assert_int_equal(sscanf(end.said, "%d %d", &leader, &group), 2);
	assert_int_equal(leader, group);
	assert_int_not_equal(leader, getpgrp());
	assert_int_equal(end.signal, SIGUSR1);
	assert_int_equal(run("kill -TERM $$").signal, SIGTERM);
	(void)pthread_sigmask(SIG_UNBLOCK, &terms, NULL);
	(void)signal(SIGUSR1, SIG_DFL);
}

static int look_for_terminal(void *self)
{
	(void)self;
	return run("(: </dev/tty) 2>/dev/null && exit 7; exit 0").status;
}

/* Nor one that it could type into. */
static void it_has_no_terminal(void **state)
{
	(void)state;
	assert_int_equal(sandpit_at_terminal(look_for_terminal, NULL), 0);
}

static void of_a_long_speech_the_end_is_kept(void **state)
{
	struct child_end end = run("i=0; while [ $i -lt 3000 ]; do echo "
				   "line-$i; i=$((i + 1)); done; printf '%s' "
				   "the-end");
	const char *first = strchr(end.said, '\n');

	(void)state;
	assert_int_equal(strlen(end.said), CHILD_SAID_BYTES);
	assert_non_null(strstr(end.said, "\nline-2999\nthe-end"));
	assert_non_null(first);
	assert_memory_equal(first + 1, "line-", 5);
	end = run("yes | head -c 300000");
	assert_int_equal(strlen(end.said), CHILD_SAID_BYTES);
}

static void what_is_no_text_does_no_harm(void **state)
{
	struct child_end end = run("printf 'a\\000b\\033\\377'");
	char *words = child_last_words(&end, 100);

	(void)state;
	assert_memory_equal(words, "a b", 3);
	assert_null(strchr(words, '\033'));
	free(words);
}

static void after_its_time_it_is_killed(void **state)
{
	int64_t begin = clock_now_us();
	struct child_end end = run_with("echo slow; sleep 60", 200, NULL);

	(void)state;
	assert_true(end.is_over);
	assert_int_equal(end.signal, SIGKILL);
	assert_string_equal(end.said, "slow\n");
	assert_in_range(clock_now_us() - begin, 200000, 20000000);
}

static void who_says_too_much_is_killed_too(void **state)
{
	struct child_end end = run_with("yes", 200, NULL);

	(void)state;
	assert_true(end.is_over);
	assert_int_equal(strlen(end.said), CHILD_SAID_BYTES);
}

static void who_is_quiet_is_waited_for(void **state)
{
	struct child_end end = run_with("exec >&- 2>&-; sleep 0.2; exit 3",
					20000, NULL);

	(void)state;
	assert_int_equal(end.status, 3);
	assert_false(end.is_over);
}

static void a_stop_ends_it(void **state)
{
	const atomic_bool stop_now = true;
	struct child_end end = run_with("sleep 60", 0, &stop_now);

	(void)state;
	assert_true(end.is_stopped);
	assert_false(end.is_over);
	assert_int_equal(end.signal, SIGKILL);
}

/* True as soon as nobody has that id, or only a dead one. */
static bool is_gone(int pid)
{
	char *path = xasprintf("/proc/%d/stat", pid);
	char text[200] = "";
	FILE *file = fopen(path, "r");
	bool is_dead = file == NULL ||
		       fgets(text, sizeof(text), file) == NULL ||
		       strstr(text, ") Z") != NULL || strstr(text, ") X");

	if (file != NULL)
		fclose(file);
	free(path);
	return is_dead;
}

static void whom_it_leaves_behind_is_killed(void **state)
{
	int64_t begin = clock_now_us();
	struct child_end end = run("sleep 60 & echo $!");
	int pid = atoi(end.said), tries;

	(void)state;
	assert_int_equal(end.status, 0);
	assert_true(pid > 1);
	for (tries = 0; tries < 500 && !is_gone(pid); tries++)
		clock_sleep_ms(10);
	assert_true(is_gone(pid));
	assert_true(clock_now_us() - begin < 30000000);
}

static void what_cannot_be_started_is_told(void **state)
{
	char *arguments[] = { (char *)"/no/such/thing", NULL };
	char *environment[] = { NULL };
	const struct child_errand errand = {
		.arguments = arguments,
		.environment = environment,
		.folder = "/",
	};
	struct child_errand nowhere = errand;
	struct error err = { 0 };
	struct child_end end;

	(void)state;
	if (sandpit_is_emulated())
		skip();
	assert_int_equal(child_run(&errand, &end, &err), ERROR_IO);
	assert_non_null(strstr(err.message,
			       "/no/such/thing cannot be started"));
	arguments[0] = (char *)"/bin/true";
	nowhere.folder = "/no/such/folder";
	assert_int_equal(child_run(&nowhere, &end, &err), ERROR_IO);
}

static void the_last_words_are_one_line(void **state)
{
	struct child_end end = { .said = "  one\n\n two\tthree  \r\n" };
	char *words = child_last_words(&end, 100);

	(void)state;
	assert_string_equal(words, "one two three");
	free(words);
	words = child_last_words(&end, 5);
	assert_string_equal(words, "...three");
	free(words);
	words = child_last_line(&end, 100);
	assert_string_equal(words, "two three");
	free(words);
	strcpy(end.said, "last\n \n\n");
	words = child_last_line(&end, 100);
	assert_string_equal(words, "last");
	free(words);
	/* Not in the middle of a letter. */
	strcpy(end.said, "xéé");
	words = child_last_words(&end, 3);
	assert_string_equal(words, "...é");
	free(words);
	strcpy(end.said, "");
	words = child_last_line(&end, 3);
	assert_string_equal(words, "");
	free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_with_a_status),
		cmocka_unit_test(or_of_a_signal),
		cmocka_unit_test(both_its_outputs_are_heard),
		cmocka_unit_test(it_has_what_it_is_given),
		cmocka_unit_test(it_has_no_other_descriptor),
		cmocka_unit_test(it_has_a_group_and_signals_of_its_own),
		cmocka_unit_test(it_has_no_terminal),
		cmocka_unit_test(of_a_long_speech_the_end_is_kept),
		cmocka_unit_test(what_is_no_text_does_no_harm),
		cmocka_unit_test(after_its_time_it_is_killed),
		cmocka_unit_test(who_says_too_much_is_killed_too),
		cmocka_unit_test(who_is_quiet_is_waited_for),
		cmocka_unit_test(a_stop_ends_it),
		cmocka_unit_test(whom_it_leaves_behind_is_killed),
		cmocka_unit_test(what_cannot_be_started_is_told),
		cmocka_unit_test(the_last_words_are_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
