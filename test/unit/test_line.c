#include "report/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* What is printed of {"n":TEXT}, TEXT being that. */
static char *printed(const char *text)
{
	char *out = NULL;
	size_t bytes = 0;
	FILE *stream = open_memstream(&out, &bytes);

	assert_non_null(stream);
	line_print(stream, json_pack("{s:s}", "n", text));
	fclose(stream);
	return out;
}

static void expect(const char *text, const char *expected)
{
	char *line = printed(text);
	json_t *object;

	assert_string_equal(line, expected);
	/* To a program it is the same. */
	object = json_loads(line, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(object, "n")),
			    text);
	json_decref(object);
	free(line);
}

static void an_object_is_a_line(void **state)
{
	(void)state;
	expect("alice", "{\"n\":\"alice\"}\n");
	expect("a\nb\x1b[2J\"\\", "{\"n\":\"a\\nb\\u001B[2J\\\"\\\\\"}\n");
}

static void characters_stay_themselves(void **state)
{
	(void)state;
	expect("0.3.19→0.3.20", "{\"n\":\"0.3.19→0.3.20\"}\n");
	expect("\u00a0\u00bf\u00c2é", "{\"n\":\"\u00a0\u00bf\u00c2é\"}\n");
	/* Their last bytes alone would be control characters. */
	expect("\u0440\u201f\U0001f69b",
	       "{\"n\":\"\u0440\u201f\U0001f69b\"}\n");
}

static void what_is_no_utf8_is_valid_all_the_same(void **state)
{
	json_t *good = line_text("\u00e9\n"), *bad = line_text("a\xff\xfe");

	(void)state;
	assert_string_equal(json_string_value(good), "\u00e9\n");
	assert_string_equal(json_string_value(bad), "a\\xff\\xfe");
	json_decref(good);
	json_decref(bad);
}

static void what_a_terminal_obeys_is_escaped(void **state)
{
	(void)state;
	expect("a\x7f" "b", "{\"n\":\"a\\u007Fb\"}\n");
	expect("\xc2\x80" "a\xc2\x9b" "2J\xc2\x9f",
	       "{\"n\":\"\\u0080a\\u009B2J\\u009F\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_a_line),
		cmocka_unit_test(characters_stay_themselves),
		cmocka_unit_test(what_is_no_utf8_is_valid_all_the_same),
		cmocka_unit_test(what_a_terminal_obeys_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
