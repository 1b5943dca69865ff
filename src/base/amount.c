#include "base/amount.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define US_PER_SECOND INT64_C(1000000)
#define MINUTES_PER_HOUR 60
#define SECONDS_PER_MINUTE 60
#define SECONDS_PER_HOUR 3600

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* "" stands last: what it ends is a bare number. */
static const struct unit duration_units[] = {
	{ "ms", 1 },	     { "s", 1000 },
	{ "m", 60 * 1000 },  { "h", 60 * 60 * 1000 },
	{ "d", 86400000 },   { "", 1000 },
};

static const struct unit size_units[] = {
	{ "K", UINT64_C(1) << 10 }, { "M", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 }, { "T", UINT64_C(1) << 40 },
	{ "", 1 },
};

/* Reads the digits that `text` begins with. False if there are none, or more
 * than `limit` can hold. `*rest` is what stands behind them. */
static bool read_digits(const char *text, uint64_t limit, uint64_t *out,
			const char **rest)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (digit > limit || value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	*rest = text;
	return true;
}

/* A number with one of the units behind it. False if it is no such thing, or
 * more than `limit`. */
static bool read_units(const char *text, const struct unit *units,
		       size_t count, uint64_t limit, uint64_t *out)
{
	const char *rest;
	uint64_t value;
	size_t i;

	if (!read_digits(text, limit, &value, &rest))
		return false;
	for (i = 0; i < count; i++) {
		if (strcmp(rest, units[i].suffix) != 0)
			continue;
		if (value > limit / units[i].factor)
			return false;
		*out = value * units[i].factor;
		return true;
	}
	return false;
}

int amount_parse_duration(const char *text, int64_t *out_ms, struct error *err)
{
	uint64_t value;

	if (!read_units(text, duration_units,
			sizeof(duration_units) / sizeof(duration_units[0]),
			INT64_MAX, &value))
		return error_set(err, ERROR_CONFIG,
				 "\"%s\" is no duration; write a whole number "
				 "and ms, s, m, h or d, such as 250ms or 5s",
				 text);
	*out_ms = (int64_t)value;
	return 0;
}

int amount_parse_number(const char *text, int64_t low, int64_t high,
			int64_t *out, struct error *err)
{
	const char *rest;
	uint64_t value;

	if (!read_digits(text, INT64_MAX, &value, &rest) || *rest ||
	    (int64_t)value < low || (int64_t)value > high)
		return error_set(err, ERROR_CONFIG,
				 "\"%s\" does not do here; write a whole "
				 "number from %" PRId64 " to %" PRId64,
				 text, low, high);
	*out = (int64_t)value;
	return 0;
}

int amount_parse_share(const char *text, struct amount_share *out,
		       struct error *err)
{
	const char *rest;
	uint64_t value;

	if (read_digits(text, 100, &value, &rest) && strcmp(rest, "%") == 0) {
		*out = (struct amount_share){ .percent = (int)value };
		return 0;
	}
	if (read_units(text, size_units,
		       sizeof(size_units) / sizeof(size_units[0]), UINT64_MAX,
		       &value)) {
		*out = (struct amount_share){ .percent = -1, .bytes = value };
		return 0;
	}
	return error_set(err, ERROR_CONFIG,
			 "\"%s\" is no share of a disk; write 0%% to 100%%, or "
			 "a whole number and K, M, G or T, such as 10G",
			 text);
}

uint64_t amount_of_share(const struct amount_share *share, uint64_t total)
{
	uint64_t percent = (uint64_t)share->percent;

	if (share->percent < 0)
		return share->bytes;
	/* In two parts, so that the product fits whatever the total is. */
	return total / 100 * percent + total % 100 * percent / 100;
}

char *amount_format_bytes(uint64_t bytes, char *out, size_t room)
{
	static const char *const names[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	uint64_t tenths;
	unsigned unit = 0;

	if (bytes < 1024) {
		snprintf(out, room, "%" PRIu64 " B", bytes);
		return out;
	}
	/* Rounded first and compared then: 1023.96 KiB is 1.0 MiB. */
	do {
		uint64_t one = UINT64_C(1) << (10 * ++unit);

		tenths = bytes / one * 10 + (bytes % one * 10 + one / 2) / one;
	} while (tenths >= 10235 && unit < 6);
	if (tenths < 100)
		snprintf(out, room, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
			 tenths % 10, names[unit]);
	else
		snprintf(out, room, "%" PRIu64 " %s", (tenths + 5) / 10,
			 names[unit]);
	return out;
}

char *amount_format_duration(int64_t duration_us, char *out, size_t room)
{
	int64_t us = duration_us > 0 ? duration_us : 0;
	int64_t tenths = us / (US_PER_SECOND / 10) +
			 (us % (US_PER_SECOND / 10) >= US_PER_SECOND / 20);
	int64_t seconds = us / US_PER_SECOND +
			  (us % US_PER_SECOND >= US_PER_SECOND / 2);
	int64_t minutes = (seconds + SECONDS_PER_MINUTE / 2) /
			  SECONDS_PER_MINUTE;

	if (tenths < 100)
		snprintf(out, room, "%" PRId64 ".%" PRId64 " s", tenths / 10,
			 tenths % 10);
	else if (seconds < SECONDS_PER_MINUTE)
		snprintf(out, room, "%" PRId64 " s", seconds);
	else if (seconds < SECONDS_PER_HOUR)
		snprintf(out, room, "%" PRId64 " min %02" PRId64 " s",
			 seconds / SECONDS_PER_MINUTE,
			 seconds % SECONDS_PER_MINUTE);
	else
		snprintf(out, room, "%" PRId64 " h %02" PRId64 " min",
			 minutes / MINUTES_PER_HOUR,
			 minutes % MINUTES_PER_HOUR);
	return out;
}
