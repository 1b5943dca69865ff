#include "fleet/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define OWNERS_NAMED 5 /* in a message; more say nothing more */

struct owner {
	uid_t uid;
	gid_t gid;	/* of the first file */
	size_t files;
};

struct owners {
	struct owner *items;
	size_t count, capacity;
};

static void owners_add(struct owners *owners, const struct subject *subject)
{
	const struct stamp *stamp = &subject->stamp;

	if (!S_ISREG(stamp->mode))
		return;
	for (size_t i = 0; i < owners->count; i++) {
		if (owners->items[i].uid == stamp->owner) {
			owners->items[i].files++;
			return;
		}
	}
	owners->items = array_grow(owners->items, owners->count,
				   &owners->capacity, sizeof(struct owner));
	owners->items[owners->count++] = (struct owner){
		.uid = stamp->owner,
		.gid = stamp->group,
		.files = 1,
	};
}

static void owners_count(const struct fleet *fleet, struct owners *out)
{
	*out = (struct owners){ 0 };
	if (fleet->system != NULL)
		owners_add(out, fleet->system);
	for (size_t i = 0; i < fleet->user_count; i++)
		owners_add(out, &fleet->users[i]);
}

static int say_several(const struct owners *owners, struct error *err)
{
	char list[320] = "";
	size_t at = 0;

	for (size_t i = 0; i < owners->count && i < OWNERS_NAMED; i++) {
		const struct owner *owner = &owners->items[i];
		const struct passwd *account = getpwuid(owner->uid);

		at += (size_t)snprintf(list + at, sizeof(list) - at,
				       "%suid %lu %.32s: %zu",
				       i > 0 ? ", " : "",
				       (unsigned long)owner->uid,
				       account ? account->pw_name : "(no name)",
				       owner->files);
	}
	return error_set(err, ERROR_CONFIG,
			 "the databases belong to several owners (%s%s), and "
			 "one run can have the rights of one only; start it as "
			 "each of them with that owner's databases, or set "
			 "run.user to a user who may write all of them",
			 list, owners->count > OWNERS_NAMED ? "..." : "");
}

/* The group that the user's own processes have, rather than that of some file:
 * what SQLite makes beside a database has to look as if the application had. */
static gid_t group_of(uid_t uid, gid_t otherwise)
{
	const struct passwd *account = getpwuid(uid);

	return account != NULL ? account->pw_gid : otherwise;
}

static int choose_owner(const struct fleet *fleet, int data_dir, uid_t *uid,
			gid_t *gid, struct error *err)
{
	struct owners owners;
	struct stat folder;
	int rc = 0;

	owners_count(fleet, &owners);
	if (owners.count > 1) {
		rc = say_several(&owners, err);
	} else if (owners.count == 1) {
		*uid = owners.items[0].uid;
		*gid = group_of(*uid, owners.items[0].gid);
	} else if (fstat(data_dir, &folder) != 0) {
		rc = error_set_errno(err, ERROR_IO, errno,
				     "the data directory cannot be looked at");
	} else {
		*uid = folder.st_uid;
		*gid = group_of(*uid, folder.st_gid);
	}
	free(owners.items);
	return rc;
}

int owner_choose(const struct fleet *fleet, int data_dir, const char *setting,
		 uid_t *uid, gid_t *gid, struct error *err)
{
	const struct passwd *account;

	*uid = geteuid();
	*gid = getegid();
	if (*uid != 0)
		return 0;
	if (strcmp(setting, "owner") == 0)
		return choose_owner(fleet, data_dir, uid, gid, err);
	account = getpwnam(setting);
	if (account == NULL)
		return error_set(err, ERROR_CONFIG,
				 "run.user: there is no user \"%s\" on this "
				 "machine; \"owner\" takes the databases' own",
				 setting);
	*uid = account->pw_uid;
	*gid = account->pw_gid;
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
