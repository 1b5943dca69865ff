#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CUT_MARK "..."
#define READ_BYTES 65536

/* What one character of a valid UTF-8 sequence may look like: the length comes
 * from the first byte, and the smallest value that needs this length tells
 * overlong forms. */
struct utf8_form {
	uint8_t mask, lead;
	uint8_t length;
	uint32_t smallest;
};

static const struct utf8_form utf8_forms[] = {
	{ 0x80, 0x00, 1, 0x00 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

/* Decodes the first character of `text`, which ends in NUL. Returns its length
 * in bytes, 0 if it is no valid UTF-8. */
static size_t utf8_decode(const unsigned char *text, uint32_t *out)
{
	const struct utf8_form *form = NULL;
	uint32_t value;
	size_t i;

	for (i = 0; i < sizeof(utf8_forms) / sizeof(utf8_forms[0]); i++)
		if ((text[0] & utf8_forms[i].mask) == utf8_forms[i].lead)
			form = &utf8_forms[i];
	if (!form)
		return 0;
	value = (uint32_t)(text[0] & ~form->mask);
	if (form->length == 1)
		value = text[0];
	for (i = 1; i < form->length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < form->smallest || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*out = value;
	return form->length;
}

/* The C name of a control character behind the backslash, or 0. */
static char short_escape(unsigned char byte)
{
	static const char plain[] = "\a\b\t\n\v\f\r\\";
	static const char named[] = "abtnvfr\\";
	const char *at = byte ? strchr(plain, byte) : NULL;

	return at ? named[at - plain] : '\0';
}

bool text_copy(char *out, size_t bytes, const char *text)
{
	size_t length = strlen(text), cut, mark;

	if (length < bytes) {
		memcpy(out, text, length + 1);
		return true;
	}
	if (bytes == 0)
		return false;
	mark = strlen(CUT_MARK);
	if (mark > bytes - 1)
		mark = bytes - 1;
	cut = bytes - 1 - mark;
	/* Half a character would make the whole invalid. */
	while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	memcpy(out, text, cut);
	memcpy(out + cut, CUT_MARK, mark);
	out[cut + mark] = '\0';
	return false;
}

char *text_escape(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *in = (const unsigned char *)text;
	char *escaped = xmalloc(strlen(text) * strlen("\\xff") + 1);
	char *out = escaped;

	while (*in) {
		uint32_t value = 0;
		size_t length = utf8_decode(in, &value);
		bool is_control = value < 0x20 ||
				  (value >= 0x7f && value <= 0x9f);

		if (length && !is_control && *in != '\\') {
			memcpy(out, in, length);
			out += length;
			in += length;
			continue;
		}
		*out++ = '\\';
		if (short_escape(*in)) {
			*out++ = short_escape(*in++);
			continue;
		}
		/* A control character of two bytes: its second byte is no
		 * valid beginning and comes here by itself. */
		*out++ = 'x';
		*out++ = hex[*in >> 4];
		*out++ = hex[*in++ & 0xf];
	}
	*out = '\0';
	return escaped;
}

char *text_quote(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./,:=@%+";
	static const char quote[] = "'\"'\"'";
	char *quoted, *out;

	if (*word && word[strspn(word, plain)] == '\0')
		return xstrdup(word);
	quoted = out = xmalloc(strlen(word) * strlen(quote) + sizeof("''"));
	*out++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			out = stpcpy(out, quote);
		else
			*out++ = *word;
	}
	strcpy(out, "'");
	return quoted;
}

char *text_operand(const char *word)
{
	char *quoted = text_quote(word);
	char *operand = xasprintf("%s%s", word[0] == '-' ? "-- " : "", quoted);

	free(quoted);
	return operand;
}

bool text_is_utf8(const char *text)
{
	const unsigned char *in = (const unsigned char *)text;

	while (*in) {
		uint32_t value;
		size_t length = utf8_decode(in, &value);

		if (length == 0)
			return false;
		in += length;
	}
	return true;
}

bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return tail <= length && strcmp(text + length - tail, suffix) == 0;
}

char *text_read_all(FILE *stream, size_t limit, size_t *bytes)
{
	char *content = NULL;
	size_t used = 0, room = 0, got;

	do {
		if (room - used < READ_BYTES) {
			room = room * 2 + READ_BYTES;
			content = xrealloc(content, room + 1);
		}
		got = fread(content + used, 1, READ_BYTES, stream);
		used += got;
		if (used > limit)
			errno = EFBIG;
	} while (got > 0 && used <= limit);
	if (used > limit || ferror(stream)) {
		free(content);
		return NULL;
	}
	content[used] = '\0';
	if (bytes)
		*bytes = used;
	return content;
}
