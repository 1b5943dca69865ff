/*
 * replay: the corpus of a fuzz target as a test: each file in
 * test/fuzz/corpus/NAME once, for programs that are built without libFuzzer.
 *
 *	fuzz_NAME [FILE...]	those files; without any, the corpus
 *
 * Speaks TAP. Each file is named on standard error before it is tried, so that
 * the last one named is the one that crashed.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define MOST_BYTES (16 << 20)

static void die(const char *path)
{
	perror(path);
	exit(74);
}

static void try_file(const char *path)
{
	FILE *stream = fopen(path, "re");
	size_t bytes = 0;
	char *text;

	if (stream == NULL)
		die(path);
	text = text_read_all(stream, MOST_BYTES, &bytes);
	if (text == NULL)
		die(path);
	fclose(stream);
	fprintf(stderr, "%s\n", path);
	/* In memory of its very size, so that a read behind it shows. */
	text = xrealloc(text, bytes > 0 ? bytes : 1);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)text, bytes);
	free(text);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int try_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_visible, alphasort);

	if (count < 0)
		die(path);
	for (int i = 0; i < count; i++) {
		char *file = xasprintf("%s/%s", path, entries[i]->d_name);

		try_file(file);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return count;
}

/* "test/fuzz/fuzz_markdown" has test/fuzz/corpus/markdown. */
static char *corpus_of(const char *program)
{
	const char *folder = getenv("SRCDIR");
	const char *name = strrchr(program, '_');

	return xasprintf("%s/test/fuzz/corpus/%s", folder ? folder : ".",
			 name ? name + 1 : program);
}

int main(int argc, char **argv)
{
	int tried = argc - 1;

	printf("1..1\n");
	fflush(stdout);
	for (int i = 1; i < argc; i++)
		try_file(argv[i]);
	if (argc == 1) {
		char *corpus = corpus_of(argv[0]);

		tried = try_folder(corpus);
		free(corpus);
	}
	printf("%sok 1 - %d inputs\n", tried > 0 ? "" : "not ", tried);
	return tried > 0 ? 0 : 1;
}
