#include "fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void fuzz_claim(bool is_so, const char *claim)
{
	if (is_so)
		return;
	fprintf(stderr, "it is not so that %s\n", claim);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t bytes)
{
	char *text = xmalloc(bytes + 1);

	if (bytes > 0)
		memcpy(text, data, bytes);
	text[bytes] = '\0';
	return text;
}

unsigned fuzz_byte(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

unsigned fuzz_choice(struct fuzz_input *input, unsigned count)
{
	return (unsigned char)(fuzz_byte(input) - '0') % count;
}

char *fuzz_until(struct fuzz_input *input, char end)
{
	const uint8_t *from = input->at;
	const uint8_t *to = input->left > 0 ? memchr(from, end, input->left)
					    : NULL;
	size_t bytes = to != NULL ? (size_t)(to - from) : input->left;
	size_t passed = bytes + (to != NULL ? 1 : 0);

	input->left -= passed;
	input->at += passed;
	return fuzz_text(from, bytes);
}

void fuzz_page_open(struct fuzz_page *page)
{
	page->text = NULL;
	page->out = open_memstream(&page->text, &page->bytes);
	fuzz_claim(page->out != NULL, "there is memory for a page");
}

/* A line at a time, so that one with a line break in it shows. Escaping it once
 * more must change nothing but its backslashes. */
static void check_line(char *line)
{
	char *escaped, *to = line;

	fuzz_claim(text_is_utf8(line), "what is printed is valid UTF-8");
	for (const char *at = line; *at != '\0'; at++)
		if (*at != '\\')
			*to++ = *at;
	*to = '\0';
	escaped = text_escape(line);
	fuzz_claim(strcmp(escaped, line) == 0,
		   "what is printed has no control characters");
	free(escaped);
}

static void check_lines(char *text, size_t bytes,
			void (*check)(char *line))
{
	fuzz_claim(strlen(text) == bytes, "no NUL byte is printed");
	for (char *line = text, *end; *line != '\0'; line = end + 1) {
		end = strchrnul(line, '\n');
		if (*end == '\0') {
			check(line);
			break;
		}
		*end = '\0';
		check(line);
	}
	free(text);
}

void fuzz_page_close(struct fuzz_page *page)
{
	fclose(page->out);
	check_lines(page->text, page->bytes, check_line);
}

static void check_json(char *line)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	fuzz_claim(json_is_object(object), "each line is a JSON object");
	json_decref(object);
	check_line(line);
}

void fuzz_page_close_json(struct fuzz_page *page)
{
	fclose(page->out);
	check_lines(page->text, page->bytes, check_json);
}
