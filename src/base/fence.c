#include "base/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With version 2 a file may be moved to another folder inside. */
#define LEAST_VERSION 2

/* Of version 3; older headers do not name it. */
#define TRUNCATE (UINT64_C(1) << 14)

#define READ_A_FILE LANDLOCK_ACCESS_FS_READ_FILE
#define WRITE_A_FILE (READ_A_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)
#define READ_A_FOLDER (READ_A_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_A_FOLDER                                                       \
	(WRITE_A_FILE | LANDLOCK_ACCESS_FS_READ_DIR |                        \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR |                                     \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |      \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER)

/* What is allowed nowhere. */
#define NEVER                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |         \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |       \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static long version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION);
}

bool fence_is_there(void)
{
	return version() >= LEAST_VERSION;
}

/* Older kernels do not know all of it, and take none of it then. */
static uint64_t known(uint64_t rights)
{
	return version() > LEAST_VERSION ? rights : rights & ~TRUNCATE;
}

static int open_gate(int rules, const struct fence_gate *gate)
{
	int fd = gate->path != NULL ? open(gate->path, O_PATH | O_CLOEXEC)
				    : gate->fd;
	struct landlock_path_beneath_attr beneath = { .parent_fd = fd };
	struct stat seen;
	int rc = -1;

	if (fd < 0)
		return 0;
	if (fstat(fd, &seen) == 0) {
		beneath.allowed_access = known(
			S_ISDIR(seen.st_mode)
				? (gate->is_written ? WRITE_A_FOLDER
						    : READ_A_FOLDER)
				: (gate->is_written ? WRITE_A_FILE
						    : READ_A_FILE));
		rc = (int)syscall(SYS_landlock_add_rule, rules,
				  LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	}
	if (gate->path != NULL)
		close(fd);
	return rc;
}

int fence_raise(const struct fence_gate *gates, size_t count, struct error *err)
{
	struct landlock_ruleset_attr all = {
		.handled_access_fs = known(WRITE_A_FOLDER | NEVER),
	};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all),
				 0);
	int rc = rules < 0 ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = open_gate(rules, &gates[i]);
	if (rc == 0)
		rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	if (rc != 0)
		rc = error_set_errno(err, ERROR_CONFIG, errno,
				     "the sandbox of run.sandbox cannot be "
				     "had; nothing was touched");
	if (rules >= 0)
		close(rules);
	return rc;
}
