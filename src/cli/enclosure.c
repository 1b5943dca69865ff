#include "cli/enclosure.h"

#include <stdlib.h>

#include "base/fence.h"
#include "cli/session.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Where SQLite makes temporary files, and a look its private copies. */
static const char *temporary(const char *variable, const char *otherwise)
{
	const char *folder = getenv(variable);

	return folder != NULL && folder[0] == '/' ? folder : otherwise;
}

int enclosure_raise(struct session *session, struct error *err)
{
	const bool writes = (session->needs & NEED_WRITE) != 0;
	const struct fence_gate gates[] = {
		{ .fd = session->data_dir, .is_written = writes },
		{ .fd = session->state.folder, .is_written = writes },
		{ .path = temporary("SQLITE_TMPDIR", "/var/tmp"), .fd = -1,
		  .is_written = true },
		{ .path = temporary("TMPDIR", "/tmp"), .fd = -1,
		  .is_written = true },
		{ .path = "/dev/null", .fd = -1, .is_written = true },
		{ .path = "/dev/urandom", .fd = -1 },
		{ .path = "/usr", .fd = -1 },
		{ .path = "/lib", .fd = -1 },
		{ .path = "/lib64", .fd = -1 },
		{ .path = "/etc", .fd = -1 },
		{ .path = "/proc", .fd = -1 },
	};
	const int choice = session->config.sandbox;

	if (choice == ENCLOSURE_OFF ||
	    (choice == ENCLOSURE_AUTO && !fence_is_there()))
		return 0;
	if (!fence_is_there())
		return error_set(err, ERROR_CONFIG,
				 "run.sandbox = require: this kernel has no "
				 "Landlock, or an old one (Linux 5.19 is "
				 "needed); nothing was touched; with auto the "
				 "program goes on without");
	return fence_raise(gates, COUNT(gates), err);
}
