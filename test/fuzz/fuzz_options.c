/*
 * Any words as a command line: they are refused as such, or give a command.
 *
 * Input: lines, a word each.
 */
#include "fuzz.h"

#include <string.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/help.h"
#include "cli/options.h"

#define MOST_WORDS 32

static void check_options(const struct options *options)
{
	struct fuzz_page page;
	char *again = options_again(options);

	fuzz_claim(options->command != NULL, "there is a command");
	for (size_t i = 0; i < options->setting_count; i++)
		fuzz_claim(options->settings[i].key != NULL &&
				   options->settings[i].value != NULL,
			   "a setting has a key and a value");
	fuzz_page_open(&page);
	help_print(page.out, options);
	fuzz_page_close(&page);
	/* A word that is quoted for a shell has no bare quote in it. */
	fuzz_claim(strncmp(again, "fleet-upgrade", 13) == 0,
		   "there is a way to call the program again");
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input input = { data, bytes };
	char *words[MOST_WORDS + 1] = { xstrdup("fleet-upgrade") };
	char *argv[MOST_WORDS + 1];
	struct options options;
	struct error err = { 0 };
	int count = 1, rc;

	while (input.left > 0 && count < MOST_WORDS)
		words[count++] = fuzz_until(&input, '\n');
	memcpy(argv, words, sizeof(words));
	rc = options_parse(count, argv, &options, &err);
	fuzz_claim(rc == (int)err.code && (rc == 0 || rc == ERROR_USAGE),
		   "a bad command line is just that");
	if (rc == 0)
		check_options(&options);
	options_release(&options);
	for (int i = 0; i < count; i++)
		free(words[i]);
	return 0;
}
