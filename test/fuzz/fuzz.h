/*
 * fuzz: what the fuzz targets share.
 *
 * Runs on: the only thread. A target is one file, fuzz_NAME.c, with one
 * function, LLVMFuzzerTestOneInput(), which libFuzzer calls with bytes of its
 * own making, and replay.c with those of test/fuzz/corpus/NAME. Whatever they
 * are, it has to come back; a crash is a find, and so is a claim that does not
 * hold.
 *
 * Why more than "it does not crash": a reader that takes nonsense for sense
 * crashes nowhere. So each target claims what is true of every input.
 */
#ifndef FLEET_TEST_FUZZ_H
#define FLEET_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Ends the process, saying what is not so. */
void fuzz_claim(bool is_so, const char *claim);

/* The bytes as text, up to a NUL; the caller frees it. */
char *fuzz_text(const uint8_t *data, size_t bytes);

/* An input that is taken piece by piece; behind its end come zeros and empty
 * texts. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};
unsigned fuzz_byte(struct fuzz_input *input);

/* A number below `count`: "0" is 0, so that seeds can be read. */
unsigned fuzz_choice(struct fuzz_input *input, unsigned count);

/* The text up to `end`, which is passed over; the caller frees it. */
char *fuzz_until(struct fuzz_input *input, char end);

/* A stream whose text is judged when it is closed. */
struct fuzz_page {
	FILE *out;
	char *text;
	size_t bytes;
};
void fuzz_page_open(struct fuzz_page *page);

/* Claims that what was printed is valid UTF-8 without any control character
 * but the line break. */
void fuzz_page_close(struct fuzz_page *page);

/* Claims that besides each line is one JSON object, no key in it twice. */
void fuzz_page_close_json(struct fuzz_page *page);

#endif
