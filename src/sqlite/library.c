#include "sqlite/library.h"

#include <sqlite3.h>
#include <stddef.h>

#include "sqlite/calls.h"

/* SQLITE_OPEN_EXRESCODE came with it. */
#define OLDEST_VERSION 3037000

int library_begin(struct error *err)
{
	int code;

	if (sqlite3_libversion_number() < OLDEST_VERSION)
		return error_set(err, ERROR_CONFIG,
				 "the installed SQLite is %s, but 3.37 or "
				 "newer is needed; nothing was touched",
				 sqlite3_libversion());
	if (!sqlite3_threadsafe())
		return error_set(err, ERROR_CONFIG,
				 "the installed SQLite %s was made without "
				 "threads; nothing was touched",
				 sqlite3_libversion());

	code = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	if (code == SQLITE_OK)
		code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (code == SQLITE_OK)
		code = sqlite3_config(SQLITE_CONFIG_MMAP_SIZE, (sqlite3_int64)0,
				      (sqlite3_int64)0);
	if (code == SQLITE_OK)
		code = sqlite3_initialize();
	if (code != SQLITE_OK)
		return error_set(err, ERROR_BUG,
				 "SQLite cannot be configured: %s",
				 code == SQLITE_MISUSE ? "it is in use already"
						       : sqlite3_errstr(code));
	return calls_begin(err);
}

const char *library_version(void)
{
	return sqlite3_libversion();
}

bool library_has_wal_reset_defect(void)
{
	/* From the first version of each row to the one before the last. */
	static const struct {
		int from, below;
	} defective[] = {
		{ 3007000, 3044006 },
		{ 3045000, 3050007 },
		{ 3051000, 3051003 },
	};
	int version = sqlite3_libversion_number();

	for (size_t i = 0; i < sizeof(defective) / sizeof(*defective); i++)
		if (version >= defective[i].from &&
		    version < defective[i].below)
			return true;
	return false;
}
