#include "cli/exit_status.h"

#include <stddef.h>

static const struct {
	enum error_code code;
	int status;
} table[] = {
	{ ERROR_USAGE, EXIT_STATUS_USAGE },
	{ ERROR_MIGRATION, EXIT_STATUS_MIGRATIONS },
	{ ERROR_CONFIG, EXIT_STATUS_CONFIG },
	{ ERROR_LOCKED, EXIT_STATUS_LOCKED },
	{ ERROR_HELD, EXIT_STATUS_STOPPED },
	{ ERROR_NOSPACE, EXIT_STATUS_DISK },
	{ ERROR_IO, EXIT_STATUS_DISK },
	{ ERROR_MISSING, EXIT_STATUS_DISK },
	{ ERROR_BUSY, EXIT_STATUS_AGAIN },
	/* The rest is about one database. As the error of a whole command it
	 * means the journal of runs, or a folder in the place of a file. */
	{ ERROR_SKIPPED, EXIT_STATUS_DISK },
	{ ERROR_CORRUPT, EXIT_STATUS_DISK },
	{ ERROR_SQL, EXIT_STATUS_DISK },
	/* The process dies of the signal before this is looked at. */
	{ ERROR_STOPPED, EXIT_STATUS_STOPPED },
};

int exit_status_of(enum error_code code)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return table[i].status;
	return EXIT_STATUS_BUG;
}
