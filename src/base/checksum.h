/*
 * checksum: SHA-256, in pieces, through libmd; and SHA-384 of a whole.
 *
 * Runs on: any thread; a struct checksum belongs to one of them at a time.
 * Calling order: init, add any number of times, end. Nothing to release.
 */
#ifndef FLEET_BASE_CHECKSUM_H
#define FLEET_BASE_CHECKSUM_H

#include <sha2.h>
#include <stddef.h>

#define CHECKSUM_HEX_BYTES 65 /* 64 lower case hex digits and a NUL */

struct checksum {
	SHA2_CTX context;
};

void checksum_init(struct checksum *sum);

/* Cut into pieces anywhere, the same bytes give the same sum. */
void checksum_add(struct checksum *sum, const void *data, size_t bytes);

#define CHECKSUM_384_BYTES 48 /* of a SHA-384 */

/* The SHA-384 of `data`, as sqlx keeps it of each file. */
void checksum_384(const void *data, size_t bytes,
		  unsigned char out[CHECKSUM_384_BYTES]);

/* Writes the sum; the context is wiped and has to be initialized again. */
void checksum_end(struct checksum *sum, char out[CHECKSUM_HEX_BYTES]);

#endif
