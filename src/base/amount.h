/*
 * amount: durations, sizes and shares as people write them.
 *
 * Runs on: any thread. No state.
 * A number is digits only: no sign, no fraction, no spaces. Overflow is an
 * error and never wraps. Errors are ERROR_CONFIG and say what would do.
 */
#ifndef FLEET_BASE_AMOUNT_H
#define FLEET_BASE_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* "250ms", "5s", "10m", "2h", "30d", or a bare number of seconds. */
int amount_parse_duration(const char *text, int64_t *out_ms, struct error *err);

/* A whole number from `low` to `high`. */
int amount_parse_number(const char *text, int64_t low, int64_t high,
			int64_t *out, struct error *err);

/* How much of a disk has to stay free: "5%" or "10G" (K, M, G, T are powers of
 * 1024; a bare number is bytes). One of the two fields is set. */
struct amount_share {
	int percent;	/* 0 to 100, or -1: `bytes` holds */
	uint64_t bytes;
};
int amount_parse_share(const char *text, struct amount_share *out,
		       struct error *err);
uint64_t amount_of_share(const struct amount_share *share, uint64_t total);

/* "1.2 MiB", "340 KiB", "17 B" into `out`; returns `out`. */
char *amount_format_bytes(uint64_t bytes, char *out, size_t room);

/* "0.4 s", "12 s", "3 min 20 s", "2 h 05 min" into `out`; returns `out`. */
char *amount_format_duration(int64_t duration_us, char *out, size_t room);

#endif
