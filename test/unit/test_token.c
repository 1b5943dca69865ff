#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sqlite/token.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct expected {
	enum token_type type;
	const char *text;
};

static void assert_tokens(const char *sql, const struct expected *expected,
			  size_t count)
{
	struct token token;
	size_t i;

	for (i = 0; i < count; i++) {
		sql = token_next(sql, &token);
		assert_int_equal(token.bytes, strlen(expected[i].text));
		assert_memory_equal(token.begin, expected[i].text, token.bytes);
		assert_int_equal(token.type, expected[i].type);
	}
	sql = token_next(sql, &token);
	assert_int_equal(token.type, TOKEN_END);
	assert_int_equal(token.bytes, 0);
	assert_int_equal(*sql, '\0');
}

static void cuts_a_statement(void **state)
{
	static const struct expected expected[] = {
		{ TOKEN_WORD, "SELECT" },    { TOKEN_WORD, "a" },
		{ TOKEN_OTHER, "." },        { TOKEN_QUOTED, "\"b c\"" },
		{ TOKEN_OTHER, "|" },        { TOKEN_OTHER, "|" },
		{ TOKEN_STRING, "'it''s'" }, { TOKEN_OTHER, "," },
		{ TOKEN_NUMBER, "1.5e-3" },  { TOKEN_OTHER, "-" },
		{ TOKEN_NUMBER, "2" },       { TOKEN_OTHER, ";" },
	};

	(void)state;
	assert_tokens("SELECT a.\"b c\"||'it''s',1.5e-3-2;", expected,
		      COUNT(expected));
}

static void passes_a_body_in_dollars(void **state)
{
	static const char *const cases[][2] = {
		{ "$$ a; 'b $$;", ";" }, { "$x$ $$ $y$ $x$ z", " z" },
		{ "$$$$", "" },		 { "$$a$$", "" },
		{ "a$b$c a$b$c", NULL }, { "$1 $1", NULL },
		{ "$x$y $x", NULL },	 { "$", NULL },
		{ "'$$' '$$'", NULL },	 { "", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct token token;
		const char *end;

		(void)token_next(cases[i][0], &token);
		end = token_pass_body(&token);
		if (cases[i][1] == NULL)
			assert_null(end);
		else
			assert_string_equal(end, cases[i][1]);
	}
}

static void knows_every_kind_of_quotes(void **state)
{
	static const struct expected expected[] = {
		{ TOKEN_QUOTED, "\"a\"\"b\"" }, { TOKEN_QUOTED, "`a``b`" },
		{ TOKEN_QUOTED, "[a b]" },      { TOKEN_OTHER, "]" },
		{ TOKEN_STRING, "x'00ff'" },    { TOKEN_STRING, "X''" },
		{ TOKEN_STRING, "''" },
	};

	(void)state;
	assert_tokens("\"a\"\"b\" `a``b` [a b]] x'00ff' X'' ''", expected,
		      COUNT(expected));
}

static void passes_over_comments(void **state)
{
	static const struct expected expected[] = {
		{ TOKEN_WORD, "a" },
		{ TOKEN_WORD, "b" },
		{ TOKEN_WORD, "c" },
	};

	(void)state;
	assert_tokens("-- it's \"open\n a/* ' ; */b /**/\tc -- end", expected,
		      COUNT(expected));
}

static void leaves_comment_marks_in_strings(void **state)
{
	static const struct expected expected[] = {
		{ TOKEN_STRING, "'-- no /* comment'" },
		{ TOKEN_WORD, "x" },
	};

	(void)state;
	assert_tokens("'-- no /* comment'x", expected, COUNT(expected));
}

static void reads_what_is_left_open_to_the_end(void **state)
{
	static const struct expected open_string[] = { { TOKEN_STRING,
							 "'a ; b" } };
	static const struct expected open_name[] = { { TOKEN_QUOTED, "[a" } };

	(void)state;
	assert_tokens("'a ; b", open_string, 1);
	assert_tokens("[a", open_name, 1);
	assert_tokens("/* a ; b", NULL, 0);
	assert_tokens("/*", NULL, 0);
	assert_tokens("--", NULL, 0);
	assert_tokens("", NULL, 0);
}

static void reads_numbers_and_names_like_sqlite(void **state)
{
	static const struct expected expected[] = {
		{ TOKEN_NUMBER, "0xE" }, { TOKEN_OTHER, "+" },
		{ TOKEN_NUMBER, "1" },   { TOKEN_NUMBER, ".5" },
		{ TOKEN_WORD, "_a$1" },  { TOKEN_WORD, "naïve" },
		{ TOKEN_WORD, "x1" },    { TOKEN_OTHER, "." },
		{ TOKEN_WORD, "y" },
	};

	(void)state;
	assert_tokens("0xE+1 .5 _a$1 naïve x1.y", expected, COUNT(expected));
}

static void measures_blanks_one_by_one(void **state)
{
	(void)state;
	assert_int_equal(token_blank(" \n\tx"), 3);
	assert_int_equal(token_blank("-- a\nx"), 4);
	assert_int_equal(token_blank("/* a */x"), 7);
	assert_int_equal(token_blank("-x"), 0);
	assert_int_equal(token_blank("/x"), 0);
	assert_int_equal(token_blank(""), 0);
	assert_string_equal(token_skip_blank(" -- a\n/* b */ x"), "x");
}

static struct token only(const char *sql)
{
	struct token token;

	(void)token_next(sql, &token);
	return token;
}

static void compares_words(void **state)
{
	struct token word = only("Create"), quoted = only("\"CREATE\"");

	(void)state;
	assert_true(token_is(&word, "CREATE"));
	assert_false(token_is(&word, "CREAT"));
	assert_false(token_is(&word, "CREATED"));
	assert_false(token_is(&quoted, "CREATE"));
	word = only(";");
	assert_true(token_is_mark(&word, ';'));
	assert_false(token_is_mark(&word, ','));
}

static void takes_the_quotes_off_names(void **state)
{
	static const struct {
		const char *sql, *name;
	} names[] = {
		{ "Users", "users" },  { "\"a\"\"b\"", "A\"B" },
		{ "[a b]", "a b" },    { "`a``b`", "a`b" },
		{ "'it''s'", "it's" }, { "\"\"", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		struct token token = only(names[i].sql);

		assert_true(token_is_name(&token));
		assert_true(token_names(&token, names[i].name));
		assert_false(token_names(&token, "other"));
	}
}

static void gives_a_name_as_it_is_written(void **state)
{
	struct token token = only("\"Ab\"\"C\" d");
	char *name = token_name(&token);

	(void)state;
	assert_string_equal(name, "Ab\"C");
	free(name);
}

static void takes_nothing_else_for_a_name(void **state)
{
	struct token number = only("12"), end = only(""), mark = only(";");

	(void)state;
	assert_false(token_is_name(&number));
	assert_false(token_names(&number, "12"));
	assert_false(token_names(&end, ""));
	assert_false(token_names(&mark, ";"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_a_statement),
		cmocka_unit_test(passes_a_body_in_dollars),
		cmocka_unit_test(knows_every_kind_of_quotes),
		cmocka_unit_test(passes_over_comments),
		cmocka_unit_test(leaves_comment_marks_in_strings),
		cmocka_unit_test(reads_what_is_left_open_to_the_end),
		cmocka_unit_test(reads_numbers_and_names_like_sqlite),
		cmocka_unit_test(measures_blanks_one_by_one),
		cmocka_unit_test(compares_words),
		cmocka_unit_test(takes_the_quotes_off_names),
		cmocka_unit_test(gives_a_name_as_it_is_written),
		cmocka_unit_test(takes_nothing_else_for_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
