/*
 * Any regular expression on any text: it is refused with words, or it ends, and
 * says the same of what is the same.
 *
 * Input: a line, the pattern; the rest is the text.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sqlite/expression.h"

#define MOST_BYTES 2000 /* of text; more only takes longer */

static bool fits(const char *pattern, const uint8_t *text, size_t bytes,
		 bool *is_good)
{
	const char *why = NULL;
	struct expression *expression = expression_new(pattern, &why);
	bool result = false;

	*is_good = expression != NULL;
	if (expression != NULL) {
		result = expression_fits(expression, (const char *)text, bytes);
		fuzz_claim(expression_fits(expression, (const char *)text,
					   bytes) == result,
			   "one match leaves nothing to the next");
		fuzz_claim(expression_text_bytes(expression) > MOST_BYTES,
			   "every pattern takes some text");
	} else {
		fuzz_claim(why != NULL && why[0] != '\0',
			   "what is refused is refused with words");
	}
	expression_free(expression);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	char *pattern = fuzz_until(&input, '\n');
	char *group = xasprintf("(%s)", pattern);
	char *either = xasprintf("%s|%s", pattern, pattern);
	size_t left = input.left < MOST_BYTES ? input.left : MOST_BYTES;
	bool is_good, is_same;
	bool result = fits(pattern, input.at, left, &is_good);

	if (is_good) {
		/* It may be too long or too deep then. */
		bool again = fits(group, input.at, left, &is_same);

		fuzz_claim(!is_same || again == result, "a group is the same");
		again = fits(either, input.at, left, &is_same);
		fuzz_claim(!is_same || again == result, "itself or itself");
	}
	free(either);
	free(group);
	free(pattern);
	return 0;
}
