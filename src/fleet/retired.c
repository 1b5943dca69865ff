#include "fleet/retired.h"

#include <unistd.h>

void retired_add(struct retired *retired, int fd)
{
	int *place = &retired->fds[retired->count % RETIRED_MOST];

	if (retired->count >= RETIRED_MOST)
		(void)close(*place);
	*place = fd;
	retired->count++;
}

void retired_close(struct retired *retired)
{
	size_t kept = retired->count < RETIRED_MOST ? retired->count
						  : RETIRED_MOST;

	for (size_t i = 0; i < kept; i++)
		(void)close(retired->fds[i]);
	retired->count = 0;
}
