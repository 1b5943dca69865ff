#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fleet/arena.h"

static void strings_stay_where_they_are(void **state)
{
	enum { COUNT = 20000 };
	const char **copies = xcalloc(COUNT, sizeof(*copies));
	struct arena *arena = arena_new();
	char text[32];

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "users/%d_longterm.db", i);
		copies[i] = arena_add(arena, text, strlen(text));
	}
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "users/%d_longterm.db", i);
		assert_string_equal(copies[i], text);
	}
	arena_free(arena);
	free(copies);
}

static void takes_a_part_of_a_text(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(arena_add(arena, "alice_longterm.db", 5), "alice");
	assert_string_equal(arena_add(arena, "anything", 0), "");
	arena_free(arena);
}

static void takes_a_string_bigger_than_a_chunk(void **state)
{
	enum { BYTES = 300000 };
	char *big = xmalloc(BYTES + 1);
	struct arena *arena = arena_new();
	const char *before, *copy, *after;

	(void)state;
	memset(big, 'x', BYTES);
	big[BYTES] = '\0';
	before = arena_add(arena, "before", 6);
	copy = arena_add(arena, big, BYTES);
	after = arena_add(arena, "after", 5);
	assert_string_equal(before, "before");
	assert_string_equal(copy, big);
	assert_string_equal(after, "after");
	arena_free(arena);
	free(big);
}

/* Every way to come to the end of a chunk: the NUL must fit as well. */
static void fills_a_chunk_to_the_last_byte(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'y', sizeof(text));
	for (size_t first = 0; first < sizeof(text); first++) {
		struct arena *arena = arena_new();

		arena_add(arena, text, first);
		for (size_t sum = 0; sum < 140000; sum += 256)
			assert_int_equal(strlen(arena_add(arena, text, 255)),
					 255);
		arena_free(arena);
	}
}

static void nothing_is_freed_without_an_arena(void **state)
{
	(void)state;
	arena_free(NULL);
	arena_free(arena_new());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_stay_where_they_are),
		cmocka_unit_test(takes_a_part_of_a_text),
		cmocka_unit_test(takes_a_string_bigger_than_a_chunk),
		cmocka_unit_test(fills_a_chunk_to_the_last_byte),
		cmocka_unit_test(nothing_is_freed_without_an_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
