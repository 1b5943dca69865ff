#include "base/lease.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#define USUAL_BREAK_SECONDS 45 /* the kernel's own default */

void lease_begin(void)
{
	(void)signal(SIGIO, SIG_IGN);
}

bool lease_take(int fd)
{
	return fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
}

void lease_give_back(int fd)
{
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
}

bool lease_is_whole(int fd)
{
	return fcntl(fd, F_GETLEASE) == F_WRLCK;
}

int64_t lease_break_ms(void)
{
	FILE *file = fopen("/proc/sys/fs/lease-break-time", "re");
	long seconds = USUAL_BREAK_SECONDS;

	if (file == NULL)
		return INT64_C(1000) * seconds;
	if (fscanf(file, "%ld", &seconds) != 1 || seconds < 0)
		seconds = USUAL_BREAK_SECONDS;
	(void)fclose(file);
	return INT64_C(1000) * seconds;
}
