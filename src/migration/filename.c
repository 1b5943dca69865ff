#include "migration/filename.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A number that people count has fewer digits than one that is a time. */
#define COUNTED_DIGITS 7

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The bytes of "2024-01-31" or "2024-01-31-120000" at the beginning, or 0. */
static size_t dashed_date(const char *name)
{
	static const char shape[] = "dddd-dd-dd-dddddd";
	size_t i = 0;

	while (shape[i] != '\0' &&
	       (shape[i] == 'd' ? is_digit(name[i]) : name[i] == '-'))
		i++;
	if (shape[i] == '\0')
		return i;
	return i >= strlen("dddd-dd-dd") ? strlen("dddd-dd-dd") : 0;
}

/* Passes over the number; false if there is none, or no room for it. */
static bool take_number(const char **at, char number[VERSION_BYTES])
{
	size_t bytes = dashed_date(*at), used = 0, i;

	if (bytes == 0)
		bytes = strspn(*at, "0123456789");
	for (i = 0; i < bytes; i++) {
		if (!is_digit((*at)[i]))
			continue;
		if (used + 1 == VERSION_BYTES)
			return false;
		number[used++] = (*at)[i];
	}
	number[used] = '\0';
	*at += bytes;
	return used > 0;
}

/* Of a number that is a time: its day. A count of seconds is none. */
static void tell_date(struct filename *out)
{
	const char *n = out->number;
	int month, day;

	if (strlen(n) <= COUNTED_DIGITS)
		return;
	month = (n[4] - '0') * 10 + n[5] - '0';
	day = (n[6] - '0') * 10 + n[7] - '0';
	if (month >= 1 && month <= 12 && day >= 1 && day <= 31)
		(void)snprintf(out->date, sizeof(out->date), "%.4s-%.2s-%.2s",
			       n, n + 4, n + 6);
}

static enum filename_way way_of(const char *rest, size_t *bytes)
{
	static const struct {
		const char *suffix;
		enum filename_way way;
	} ways[] = {
		{ ".up.sql", FILENAME_UP },
		{ ".down.sql", FILENAME_DOWN },
		{ ".check.sql", FILENAME_CHECK },
		{ ".verify.sql", FILENAME_VERIFY },
		{ ".sql", FILENAME_BARE },
	};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (text_ends_with(rest, ways[i].suffix)) {
			*bytes -= strlen(ways[i].suffix);
			return ways[i].way;
		}
	}
	return FILENAME_NONE;
}

bool filename_read(const char *name, struct filename *out)
{
	const char *rest = name;
	size_t bytes;
	char *c;

	memset(out, 0, sizeof(*out));
	if (!take_number(&rest, out->number))
		return false;
	tell_date(out);
	bytes = strlen(rest);
	out->way = way_of(rest, &bytes);
	if (bytes >= sizeof(out->words))
		bytes = sizeof(out->words) - 1;
	memcpy(out->words, rest, bytes);
	for (c = out->words; *c != '\0'; c++) {
		if (strchr("_-.", *c) != NULL)
			*c = ' ';
	}
	c = out->words;
	c += strspn(c, " ");
	memmove(out->words, c, strlen(c) + 1);
	return true;
}

char *filename_next(const char *number, char *out, size_t room)
{
	int width = (int)strlen(number);

	out[0] = '\0';
	if (width <= COUNTED_DIGITS && strspn(number, "0123456789") ==
					      (size_t)width)
		(void)snprintf(out, room, "%0*lu", width,
			       strtoul(number, NULL, 10) + 1);
	return out;
}
