#include "report/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static char *compose(const void *given, const char *words,
		     enum call_about about, const char *user)
{
	return xasprintf("%s, %s, %d, %s", (const char *)given, words,
			 (int)about, user ? user : "nobody");
}

/* What is printed for that call; the caller frees it. */
static char *printed(const struct call *call, enum call_about about,
		     const char *user)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	assert_non_null(out);
	call_print(out, call, "verify", about, user);
	fclose(out);
	return text;
}

static void expect(const struct call *call, enum call_about about,
		   const char *user, const char *expected)
{
	char *text = printed(call, about, user);

	assert_string_equal(text, expected);
	free(text);
}

static void test_nothing_known_is_plain(void **state)
{
	(void)state;
	expect(&(struct call){ 0 }, CALL_GIVEN, NULL, "fleet-upgrade verify");
	expect(&(struct call){ 0 }, CALL_USER, "bob", "fleet-upgrade verify");
}

static void test_who_knows_is_asked_for_all_of_it(void **state)
{
	const struct call call = { compose, "what was given" };

	(void)state;
	expect(&call, CALL_GIVEN, NULL,
	       "what was given, verify, 1, nobody");
	expect(&call, CALL_USER, "bob", "what was given, verify, 2, bob");
}

/* A name is whatever somebody called a file. */
static void test_no_name_moves_the_cursor(void **state)
{
	const struct call call = { compose, "x" };

	(void)state;
	expect(&call, CALL_USER, "b\033[2Job", "x, verify, 2, b\\x1b[2Job");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_known_is_plain),
		cmocka_unit_test(test_who_knows_is_asked_for_all_of_it),
		cmocka_unit_test(test_no_name_moves_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
