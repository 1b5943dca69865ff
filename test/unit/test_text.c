#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void copies_what_fits(void **state)
{
	char out[6];

	(void)state;
	assert_true(text_copy(out, sizeof(out), "12345"));
	assert_string_equal(out, "12345");
	assert_true(text_copy(out, sizeof(out), ""));
	assert_string_equal(out, "");
}

static void marks_a_cut(void **state)
{
	char out[8];

	(void)state;
	assert_false(text_copy(out, sizeof(out), "12345678"));
	assert_string_equal(out, "1234...");
	assert_false(text_copy(out, 4, "1234"));
	assert_string_equal(out, "...");
	assert_false(text_copy(out, 2, "1234"));
	assert_string_equal(out, ".");
	assert_false(text_copy(out, 1, "1234"));
	assert_string_equal(out, "");
	out[0] = 'x';
	assert_false(text_copy(out, 0, "1234"));
	assert_int_equal(out[0], 'x');
}

/* Wherever a text of long characters is cut, what is left is valid. */
static void cuts_between_characters(void **state)
{
	const char *text = "a\u00e9\u2192\U0001f600z\u00e9\u2192\U0001f600";
	char out[32];
	size_t room;

	(void)state;
	for (room = 1; room < sizeof(out); room++) {
		text_copy(out, room, text);
		assert_true(strlen(out) < room);
		assert_true(text_is_utf8(out));
	}
}

static void escapes_what_could_harm(void **state)
{
	static const struct {
		const char *text, *escaped;
	} cases[] = {
		{ "", "" },
		{ "alice_longterm.db", "alice_longterm.db" },
		{ "two words", "two words" },
		{ "j\u00fcrgen \u2192 \u732b \U0001f600",
		  "j\u00fcrgen \u2192 \u732b \U0001f600" },
		{ "a\nb\tc\r", "a\\nb\\tc\\r" },
		{ "\a\b\v\f", "\\a\\b\\v\\f" },
		{ "back\\slash", "back\\\\slash" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\x01\x1f\x7f", "\\x01\\x1f\\x7f" },
		/* U+0080 and U+009F, the second one a terminal's CSI. */
		{ "\xc2\x80 \xc2\x9f \xc2\xa0",
		  "\\xc2\\x80 \\xc2\\x9f \xc2\xa0" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "lone \x80 tail", "lone \\x80 tail" },
		{ "cut \xe2\x86", "cut \\xe2\\x86" },
		{ "overlong \xc0\xaf", "overlong \\xc0\\xaf" },
		{ "surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80" },
		{ "over \xf4\x90\x80\x80", "over \\xf4\\x90\\x80\\x80" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *escaped = text_escape(cases[i].text);

		assert_string_equal(escaped, cases[i].escaped);
		free(escaped);
	}
}

/* No byte string at all comes out with a control character, or invalid. */
static void escapes_every_byte(void **state)
{
	unsigned first, second;

	(void)state;
	for (first = 1; first < 256; first++) {
		for (second = 0; second < 256; second++) {
			char text[] = { (char)first, (char)second, '\0' };
			char *escaped = text_escape(text);
			const char *at;

			assert_true(text_is_utf8(escaped));
			for (at = escaped; *at; at++) {
				unsigned char byte = (unsigned char)*at;

				assert_true(byte >= 0x20 && byte != 0x7f);
			}
			free(escaped);
		}
	}
}

static void quotes_for_a_shell(void **state)
{
	static const struct {
		const char *word, *quoted;
	} cases[] = {
		{ "/srv/a-b_c.d,e:f=g@h%i+j", "/srv/a-b_c.d,e:f=g@h%i+j" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "a;b", "'a;b'" },
		{ "$(id)`id`", "'$(id)`id`'" },
		{ "~", "'~'" },
		{ "a\nb", "'a\nb'" },
		{ "'", "''\"'\"''" },
		{ "it's", "'it'\"'\"'s'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *quoted = text_quote(cases[i].word);

		assert_string_equal(quoted, cases[i].quoted);
		free(quoted);
	}
}

static void no_operand_is_an_option(void **state)
{
	static const char *const words[][2] = {
		{ "bob", "bob" },	  { "-bob", "-- -bob" },
		{ "--all x", "-- '--all x'" }, { "a b", "'a b'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *operand = text_operand(words[i][0]);

		assert_string_equal(operand, words[i][1]);
		free(operand);
	}
}

/* Whatever the name, a shell sees one word, also once it is escaped. */
static void quoted_stays_one_word_once_escaped(void **state)
{
	static const char *const names[] = {
		"a'; touch caught; '", "a\\'; touch caught; '",
		"'\\''; touch caught",
		"\n'; touch caught #", "\x1b\xff'$(touch caught)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *quoted = text_quote(names[i]);
		char *escaped = text_escape(quoted);
		char command[256];

		snprintf(command, sizeof(command),
			 "set -- %s; test $# = 1 && test ! -e caught", escaped);
		assert_int_equal(system(command), 0);
		free(escaped);
		free(quoted);
	}
}

static void knows_utf8(void **state)
{
	static const char *const good[] = {
		"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
	};
	static const char *const bad[] = {
		"\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
		"\xed\xbf\xbf", "\xe2\x28\xa1", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "ok\xfe",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_utf8(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_utf8(bad[i]));
}

static void knows_beginning_and_end(void **state)
{
	(void)state;
	assert_true(text_starts_with("prefix", "pre"));
	assert_true(text_starts_with("prefix", ""));
	assert_true(text_starts_with("pre", "pre"));
	assert_false(text_starts_with("pr", "pre"));
	assert_true(text_ends_with("a.db-wal", "-wal"));
	assert_true(text_ends_with("a.db", ""));
	assert_true(text_ends_with("-wal", "-wal"));
	assert_false(text_ends_with("wal", "-wal"));
	assert_false(text_ends_with("-wal2", "-wal"));
}

static FILE *stream_of(const char *content, size_t bytes)
{
	FILE *stream = tmpfile();

	assert_non_null(stream);
	assert_int_equal(fwrite(content, 1, bytes, stream), bytes);
	rewind(stream);
	return stream;
}

static void reads_all(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };
	char *content = malloc(300000);
	size_t i;

	(void)state;
	assert_non_null(content);
	for (i = 0; i < 300000; i++)
		content[i] = (char)(i * 7);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		FILE *stream = stream_of(content, sizes[i]);
		size_t bytes = 12345;
		char *read = text_read_all(stream, sizes[i], &bytes);

		assert_non_null(read);
		assert_int_equal(bytes, sizes[i]);
		assert_memory_equal(read, content, sizes[i]);
		assert_int_equal(read[bytes], '\0');
		free(read);
		fclose(stream);
	}
	free(content);
}

static void reads_no_more_than_the_limit(void **state)
{
	FILE *stream = stream_of("123456", 6);

	(void)state;
	errno = 0;
	assert_null(text_read_all(stream, 5, NULL));
	assert_int_equal(errno, EFBIG);
	fclose(stream);
}

static void tells_a_failed_read(void **state)
{
	FILE *stream = fopen("/", "r");

	(void)state;
	assert_non_null(stream);
	assert_null(text_read_all(stream, 100, NULL));
	assert_int_equal(errno, EISDIR);
	fclose(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_what_fits),
		cmocka_unit_test(marks_a_cut),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(escapes_what_could_harm),
		cmocka_unit_test(escapes_every_byte),
		cmocka_unit_test(quotes_for_a_shell),
		cmocka_unit_test(no_operand_is_an_option),
		cmocka_unit_test(quoted_stays_one_word_once_escaped),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(knows_beginning_and_end),
		cmocka_unit_test(reads_all),
		cmocka_unit_test(reads_no_more_than_the_limit),
		cmocka_unit_test(tells_a_failed_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
