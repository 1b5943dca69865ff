#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* '9' stands for a digit and 'x' for a lower case hex digit. */
static const char run_id_shape[] = "99999999T999999Z-xxxx";

static bool has_shape(const char *text, const char *shape)
{
	for (; *shape; text++, shape++) {
		unsigned char byte = (unsigned char)*text;

		if (*shape == '9' && isdigit(byte))
			continue;
		if (*shape == 'x' && isxdigit(byte) && !isupper(byte))
			continue;
		if (*shape != *text || *shape == '9' || *shape == 'x')
			return false;
	}
	return *text == '\0';
}

static int64_t microseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void format_now(char *out, size_t room, const char *format)
{
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(out, room, format, &parts);
}

void clock_run_id(char out[RUN_ID_BYTES])
{
	char when[RUN_ID_BYTES];
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &parts);
	/* The fraction of the second in 65536ths, so that two runs within one
	 * second still sort as they came: which backup is the newest is told by
	 * these names. */
	snprintf(out, RUN_ID_BYTES, "%.16s-%04x", when,
		 (unsigned)(((uint64_t)now.tv_nsec << 16) / 1000000000));
}

int64_t clock_run_id_seconds(const char *run_id)
{
	struct tm parts = { 0 }, normal;
	time_t seconds;

	if (!has_shape(run_id, run_id_shape))
		return -1;
	sscanf(run_id, "%4d%2d%2dT%2d%2d%2dZ", &parts.tm_year, &parts.tm_mon,
	       &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec);
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	normal = parts;
	seconds = timegm(&normal);
	/* timegm() makes the 1st of March of the 30th of February. */
	if (seconds < 0 || normal.tm_mon != parts.tm_mon ||
	    normal.tm_mday != parts.tm_mday ||
	    normal.tm_hour != parts.tm_hour || normal.tm_min != parts.tm_min ||
	    normal.tm_sec != parts.tm_sec)
		return -1;
	return (int64_t)seconds;
}

bool clock_is_run_id(const char *text)
{
	return clock_run_id_seconds(text) >= 0;
}

void clock_timestamp(char out[TIMESTAMP_BYTES])
{
	format_now(out, TIMESTAMP_BYTES, "%Y-%m-%dT%H:%M:%SZ");
}

int64_t clock_now_us(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

int64_t clock_seconds(void)
{
	return (int64_t)time(NULL);
}

void clock_boot_id(char out[BOOT_ID_BYTES])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file == NULL || fgets(out, BOOT_ID_BYTES, file) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
}

void clock_sleep_ms(int64_t ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	if (ms <= 0)
		return;
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}
