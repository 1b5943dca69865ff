#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "sandpit.h"

/* An optimizer may not know how big this is. */
static volatile size_t huge = SIZE_MAX / 2;

static void gives_memory(void **state)
{
	char *bytes = xmalloc(10);
	char *zeroed = xcalloc(10, 3);
	size_t i;

	(void)state;
	memset(bytes, 'x', 10);
	bytes = xrealloc(bytes, 1000);
	assert_memory_equal(bytes, "xxxxxxxxxx", 10);
	for (i = 0; i < 30; i++)
		assert_int_equal(zeroed[i], 0);
	free(bytes);
	free(zeroed);
}

static void nothing_is_something_to_free(void **state)
{
	void *nothing[] = { xmalloc(0), xcalloc(0, 8), xcalloc(8, 0),
			    xrealloc(NULL, 0) };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		assert_non_null(nothing[i]);
		free(nothing[i]);
	}
}

static void copies_text(void **state)
{
	char *all = xstrdup("migration");
	char *part = xstrndup("migration", 4);
	char *made = xasprintf("%s-%d", "run", 7);

	(void)state;
	assert_string_equal(all, "migration");
	assert_string_equal(part, "migr");
	assert_string_equal(made, "run-7");
	free(all);
	free(part);
	free(made);
}

static void arrays_grow_and_keep_what_is_in_them(void **state)
{
	size_t capacity = 0, count, moves = 0;
	int *array = NULL;

	(void)state;
	for (count = 0; count < 10000; count++) {
		size_t before = capacity;

		array = array_grow(array, count, &capacity, sizeof(*array));
		assert_true(capacity > count);
		moves += capacity != before;
		array[count] = (int)count;
	}
	for (count = 0; count < 10000; count++)
		assert_int_equal(array[count], count);
	/* Doubling: the logarithm of the number of elements, not more. */
	assert_true(moves < 16);
	free(array);
}

static void take_too_much(void)
{
	free(xmalloc(huge));
}

static void overflow_product(void)
{
	free(xcalloc(huge, 16));
}

static void overflow_array(void)
{
	size_t capacity = huge;

	free(array_grow(NULL, capacity, &capacity, 8));
}

/* Runs it in a child: true if that died of abort(). */
static int aborts(void (*action)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		/* cmocka would make an exception of the signal; and its
		 * message is no part of this program's output. */
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		action();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void ends_where_there_is_none(void **state)
{
	(void)state;
	if (sandpit_is_watched())
		skip(); /* a sanitizer ends the process in its own way */
	assert_true(aborts(take_too_much));
	assert_true(aborts(overflow_product));
	assert_true(aborts(overflow_array));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_memory),
		cmocka_unit_test(nothing_is_something_to_free),
		cmocka_unit_test(copies_text),
		cmocka_unit_test(arrays_grow_and_keep_what_is_in_them),
		cmocka_unit_test(ends_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
