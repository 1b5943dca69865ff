#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "migration/span.h"

static struct span of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void assert_span(struct span span, const char *text)
{
	assert_int_equal(span.bytes, strlen(text));
	assert_memory_equal(span.at, text, span.bytes);
}

static void trims_both_ends(void **state)
{
	(void)state;
	assert_span(span_trim("\t a b \r", 7), "a b");
	assert_span(span_trim("ab", 2), "ab");
	assert_span(span_trim("   ", 3), "");
	assert_span(span_trim("", 0), "");
}

static void stays_inside_its_bytes(void **state)
{
	(void)state;
	assert_span(span_trim(" ab  cd", 4), "ab");
}

static void counts_a_run(void **state)
{
	(void)state;
	assert_int_equal(span_run(of("```sql"), '`'), 3);
	assert_int_equal(span_run(of("###"), '#'), 3);
	assert_int_equal(span_run(of(" ###"), '#'), 0);
	assert_int_equal(span_run(of(""), '#'), 0);
}

static void skips_and_trims(void **state)
{
	(void)state;
	assert_span(span_skip(of("```  sql "), 3), "sql");
	assert_span(span_skip(of("```"), 3), "");
}

static void compares_whole_words(void **state)
{
	(void)state;
	assert_true(span_is(of("start"), "start"));
	assert_false(span_is(of("start"), "star"));
	assert_false(span_is(of("star"), "start"));
	assert_false(span_is(of("Start"), "start"));
	assert_true(span_is_ignoring_case(of("SQL"), "sql"));
	assert_false(span_is_ignoring_case(of("SQLite"), "sql"));
}

static void knows_blanks(void **state)
{
	(void)state;
	assert_true(span_is_blank(' '));
	assert_true(span_is_blank('\t'));
	assert_true(span_is_blank('\r'));
	assert_false(span_is_blank('\n'));
	assert_false(span_is_blank('\0'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trims_both_ends),
		cmocka_unit_test(stays_inside_its_bytes),
		cmocka_unit_test(counts_a_run),
		cmocka_unit_test(skips_and_trims),
		cmocka_unit_test(compares_whole_words),
		cmocka_unit_test(knows_blanks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
