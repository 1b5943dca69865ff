#include "fleet/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/trust.h"

#define OF_EACH "owner" /* run.user as it is unless it is set */

static const struct stamp *next_file(const struct fleet *fleet, size_t *at)
{
	const struct subject *subject;

	while (*at <= fleet->user_count) {
		subject = *at == 0 ? fleet->system : &fleet->users[*at - 1];
		++*at;
		if (subject != NULL && S_ISREG(subject->stamp.mode))
			return &subject->stamp;
	}
	return NULL;
}

bool owner_is_several(const struct fleet *fleet, const char *setting)
{
	size_t at = 0;
	const struct stamp *first = next_file(fleet, &at), *other = first;

	while (other != NULL && other->owner == first->owner)
		other = next_file(fleet, &at);
	return other != NULL && strcmp(setting, OF_EACH) == 0;
}

/* What SQLite makes beside a database has to look as if the application had: so
 * it is not the group of some file. */
gid_t owner_group(uid_t uid, gid_t otherwise)
{
	const struct passwd *account = getpwuid(uid);

	return account != NULL ? account->pw_gid : otherwise;
}

static int choose_owner(const struct fleet *fleet, int data_dir,
			struct owner *out, struct error *err)
{
	size_t at = 0;
	const struct stamp *file = next_file(fleet, &at);
	struct stat folder;

	if (file == NULL && fstat(data_dir, &folder) != 0)
		return error_set_errno(err, ERROR_IO, errno,
				       "the data directory cannot be looked "
				       "at");
	out->uid = file != NULL ? file->owner : folder.st_uid;
	out->gid = owner_group(out->uid, file != NULL ? file->group
						      : folder.st_gid);
	return 0;
}

int owner_choose(const struct fleet *fleet, int data_dir, const char *setting,
		 bool has_rooms, struct owner *out, struct error *err)
{
	const struct passwd *account;

	*out = (struct owner){ .uid = geteuid(), .gid = getegid() };
	if (out->uid != 0)
		return 0;
	if (strcmp(setting, OF_EACH) == 0) {
		out->is_several = has_rooms || owner_is_several(fleet, setting);
		return out->is_several ? 0 : choose_owner(fleet, data_dir, out,
							  err);
	}
	account = getpwnam(setting);
	if (account == NULL)
		return error_set(err, ERROR_CONFIG,
				 "run.user: there is no user \"%s\" on this "
				 "machine; \"owner\" takes the databases' own",
				 setting);
	out->uid = account->pw_uid;
	out->gid = account->pw_gid;
	return 0;
}

static int take_groups(uid_t uid, gid_t gid)
{
	const struct passwd *account = getpwuid(uid);

	if (account != NULL)
		return initgroups(account->pw_name, gid);
	return setgroups(1, &gid);
}

int owner_become(uid_t uid, gid_t gid, struct error *err)
{
	if (getuid() == uid && geteuid() == uid)
		return 0;
	/* Groups first: without root's rights they could not be changed. */
	if (take_groups(uid, gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
		return error_set_errno(err, ERROR_CONFIG, errno,
				       "the rights of user id %lu cannot be "
				       "had; nothing was touched",
				       (unsigned long)uid);
	if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return error_set(err, ERROR_BUG,
				 "root's rights could be had back after they "
				 "were given up; nothing was touched");
	return 0;
}

int owner_put_on(uid_t uid, gid_t gid, struct error *err)
{
	if (geteuid() != 0 || uid == 0)
		return 0;
	if (setegid(gid) == 0 && seteuid(uid) == 0)
		return 0;
	error_set_errno(err, ERROR_IO, errno,
			"the rights of user id %lu cannot be had",
			(unsigned long)uid);
	(void)setegid(getgid());
	return (int)err->code;
}

int owner_put_off(struct error *err)
{
	if (getuid() != 0 || geteuid() == 0)
		return 0;
	if (seteuid(0) == 0 && setegid(getgid()) == 0)
		return 0;
	return error_set_errno(err, ERROR_BUG, errno,
			       "root's rights cannot be had back");
}

static bool keeps_others_out(const struct stat *folder, uid_t uid, bool strict)
{
	return trust_owner(&uid, folder->st_uid) &&
	       (strict ? trust_is_closed(folder) : trust_may_pass(folder));
}

static int refuse_way(const char *folder, const struct stat *seen, uid_t uid,
		      struct error *err)
{
	char *quoted = text_quote(folder);
	char *besides = uid == 0 ? xstrdup("")
				 : xasprintf(" and user id %lu",
					     (unsigned long)uid);

	error_set(err, ERROR_CONFIG,
		  "others than root%s may write to the folder %s", besides,
		  folder);
	if (trust_owner(&uid, seen->st_uid))
		error_append(err, "chmod go-w %s", quoted);
	free(besides);
	free(quoted);
	return ERROR_CONFIG;
}

int owner_check_way(const char *path, uid_t uid, bool strict, struct error *err)
{
	struct stat folder;
	int rc = 0;

	for (const char *end = path; rc == 0 && end != NULL;) {
		char *above = end == path
				      ? xstrdup("/")
				      : xstrndup(path, (size_t)(end - path));
		const char *next = *end != '\0' ? strchr(end + 1, '/') : NULL;

		if (next == NULL && *end != '\0')
			next = end + strlen(end);
		if (lstat(above, &folder) != 0)
			rc = error_set_errno(err, ERROR_IO, errno,
					     "%s cannot be looked at", above);
		else if (!keeps_others_out(&folder, uid,
					   strict && next == NULL))
			rc = refuse_way(above, &folder, uid, err);
		free(above);
		end = next;
	}
	return rc;
}
