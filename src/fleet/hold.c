#include "fleet/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "fleet/fields.h"

#define HOLD_BYTES 4096 /* nobody writes a longer one */

/* The person, not the account: the process has become the databases' owner,
 * and what is asked at 3 a.m. is who did this. */
static const char *whoever_runs_this(void)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *account;

	if (sudo != NULL && sudo[0] != '\0' && strchr(sudo, '\n') == NULL)
		return sudo;
	account = getpwuid(getuid());
	return account != NULL ? account->pw_name : "unknown";
}

int hold_set(int data_dir, const char *run_id, struct error *err)
{
	char since[TIMESTAMP_BYTES];
	char *text;
	int rc;

	clock_timestamp(since);
	text = xasprintf("run %s\nsince %s\nby %s\n", run_id, since,
			 whoever_runs_this());
	rc = file_write_text(data_dir, HOLD_NAME, text, err);
	free(text);
	return rc;
}

bool hold_is_set(int data_dir, struct hold *out)
{
	struct error ignored = { 0 };
	struct stat seen;
	char *text = NULL;
	int rc = file_read_text(data_dir, HOLD_NAME, HOLD_BYTES, &text,
				&ignored);

	memset(out, 0, sizeof(*out));
	if (rc == 0) {
		fields_get(text, "run", out->run_id, sizeof(out->run_id));
		fields_get(text, "since", out->since, sizeof(out->since));
		fields_get(text, "by", out->by, sizeof(out->by));
		free(text);
	}
	out->is_there = fstatat(data_dir, HOLD_NAME, &seen,
				AT_SYMLINK_NOFOLLOW) == 0;
	/* In doubt it holds: a needless stop costs a command, a needless
	 * upgrade undoes somebody's decision. */
	return rc != ERROR_MISSING;
}

char *hold_text(const struct hold *hold)
{
	return xasprintf("held since %s, by %s, after rollback %s",
			 *hold->since ? hold->since : "an unknown time",
			 *hold->by ? hold->by : "somebody",
			 *hold->run_id ? hold->run_id : "of an unknown run");
}

int hold_lift(int data_dir, struct error *err)
{
	if (unlinkat(data_dir, HOLD_NAME, 0) != 0) {
		if (errno == ENOENT)
			return 0;
		return error_set_errno(err, ERROR_IO, errno,
				       "%s cannot be removed, the fleet is "
				       "still held", HOLD_NAME);
	}
	return folder_sync(data_dir, err);
}
