/*
 * Any bytes as a database, with or without a -wal or -journal beside it.
 *
 * Input: "0" (nothing beside it), "1" (a -journal) or "2" (a -wal); where there
 * is one, its length in two bytes, the higher first, and its content; the rest
 * is the database.
 */
#include "fuzz.h"
#include "night.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const char *const suffixes[] = { NULL, "-journal", "-wal" };
	struct fuzz_input input = { data, bytes };
	struct night_file file = { .suffix = suffixes[fuzz_choice(&input, 3)] };

	if (file.suffix != NULL) {
		size_t length = fuzz_byte(&input) << 8;

		length |= fuzz_byte(&input);
		if (length > input.left)
			length = input.left;
		file.beside = input.at;
		file.beside_bytes = length;
		input.at += length;
		input.left -= length;
	}
	file.content = input.at;
	file.bytes = input.left;
	night_spend(&file);
	return 0;
}
