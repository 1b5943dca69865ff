/*
 * Any line as a tag, any texts as versions.
 *
 * Input: lines: one that may be a tag, and three that may be versions.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/tag.h"

/* The name of a step, written as a tag, is that tag. */
static void check_tag(const char *line)
{
	struct tag tag, again;
	enum tag_type type = tag_read(line, strlen(line), &tag);
	char *text;

	fuzz_claim(type == tag.type, "the type is told twice in the same way");
	fuzz_claim((type == TAG_WRONG) == (tag.problem != NULL),
		   "what is wrong with a tag is said");
	if (type != TAG_START && type != TAG_END)
		return;
	fuzz_claim((tag.from[0] == '\0' || version_is_valid(tag.from)) &&
			   version_is_valid(tag.to),
		   "a tag has versions");
	text = xasprintf("-- [%s:%s]", tag.name,
			 type == TAG_START ? "start" : "end");
	fuzz_claim(tag_read(text, strlen(text), &again) == type &&
			   tag_is_same_step(&tag, &again) &&
			   strcmp(tag.name, again.name) == 0,
		   "a tag can be written and read again");
	free(text);
}

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

static void check_order(const char *a, const char *b, const char *c)
{
	int ab = sign(version_compare(a, b));
	int bc = sign(version_compare(b, c));

	fuzz_claim(version_compare(a, a) == 0, "a version is its own equal");
	fuzz_claim(ab == -sign(version_compare(b, a)),
		   "who is older is younger the other way round");
	fuzz_claim(ab != bc || sign(version_compare(a, c)) == ab,
		   "the order of versions is one");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	char *versions[3];
	bool are_valid = true;
	char *line = fuzz_until(&input, '\n');

	check_tag(line);
	free(line);
	for (int i = 0; i < 3; i++) {
		versions[i] = fuzz_until(&input, '\n');
		are_valid = are_valid && version_is_valid(versions[i]);
		fuzz_claim(version_is_valid(versions[i]) ==
				   version_is_valid_n(versions[i],
						      strlen(versions[i])),
			   "both ways to ask for a version agree");
	}
	if (are_valid) {
		check_order(versions[0], versions[1], versions[2]);
		check_order(versions[1], versions[2], versions[0]);
		check_order(versions[2], versions[0], versions[1]);
	}
	for (int i = 0; i < 3; i++)
		free(versions[i]);
	return 0;
}
