#include "cli/strict.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/trust.h"
#include "cli/session.h"
#include "fleet/owner.h"

static bool is_wanted(const struct session *session)
{
	return geteuid() == 0 && session->config.strict_modes;
}

static int advise(int rc, struct error *err)
{
	return rc != ERROR_CONFIG
		       ? rc
		       : error_append(err, "or set run.strict_modes = no, if "
				      "all who may are trusted");
}

/* Most databases are the writer's, so that this one is what is wrong, and not
 * the folders: the application has to work in those. To give it to him is safe
 * only if it is his: he may have moved here what root left in some folder of
 * his, and a file with two names may be any file of the disk. */
static int refuse_stranger(const struct session *session,
			   const struct subject *stranger, uid_t writer,
			   struct error *err)
{
	unsigned long user = (unsigned long)writer;
	char *path = xasprintf("%s/%s", session->data_path, stranger->path);
	char *quoted = text_quote(path);
	char *name = text_quote(stranger->username ? stranger->username : "");

	error_set(err, ERROR_CONFIG,
		  "%s belongs to user id %lu, but most databases, and folders "
		  "on the way, to user id %lu; nothing was touched", path,
		  (unsigned long)stranger->stamp.owner, user);
	if (stranger->stamp.links > 1)
		error_append(err, "it has %lu names, so look whose it is",
			     (unsigned long)stranger->stamp.links);
	else
		error_append(err, "look at it, and if it is that user's, "
			     "chown -h %lu %s", user, quoted);
	if (stranger->username)
		error_append(err, "or leave it out: --exclude=%s", name);
	free(name);
	free(quoted);
	free(path);
	return ERROR_CONFIG;
}

/* Somebody may write to `path` beside root: then he has to be the owner of all
 * databases, whose rights are all that can be got by it. */
static int check_path(const struct session *session, const char *path,
		      struct error *err)
{
	const struct fleet *fleet = session->fleet;
	const struct subject *stranger = NULL;
	uid_t writer = TRUST_NOBODY, owner = 0;
	size_t count = 0, his = 0;
	int rc = trust_path(path, &writer, err);

	for (size_t i = 0; writer != TRUST_NOBODY && i < fleet->file_count;
	     i++) {
		const struct subject *subject = fleet->by_file[i];

		if (!S_ISREG(subject->stamp.mode))
			continue;
		count++;
		if (subject->stamp.owner == writer)
			his++;
		else if (stranger == NULL)
			stranger = subject;
	}
	if (rc != 0 || stranger == NULL)
		return rc;
	if (his > count - his)
		return refuse_stranger(session, stranger, writer, err);
	/* Names the folder. Of several owners it can only be root's. */
	if (!owner_is_several(fleet, session->config.user))
		owner = stranger->stamp.owner;
	return trust_path(path, &owner, err);
}

/* Which of the folders above the database is the one. */
static int refuse_exposed(const struct session *session,
			  const struct subject *exposed, struct error *err)
{
	char *path = xasprintf("%s/%s", session->data_path, exposed->path);
	const char *last = strrchr(path, '/');
	char *slash = path + strlen(session->data_path);
	struct stat seen = { 0 };
	uid_t owner;
	int rc = 0;

	owner = stat(path, &seen) == 0 ? seen.st_uid : 0;
	for (; rc == 0 && slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (stat(path, &seen) == 0 &&
		    (!(slash == last ? trust_is_closed(&seen)
				     : trust_may_pass(&seen)) ||
		     !trust_owner(&owner, seen.st_uid)))
			rc = trust_refuse(path, &seen, owner, err);
		*slash = '/';
	}
	if (rc == 0)
		rc = error_set(err, ERROR_CONFIG,
			       "%s: others could write to its folder a moment "
			       "ago; nothing was touched; run again", path);
	free(path);
	return rc;
}

/* The file of a step's part may be another than that of its way up. */
static int check_parts(const struct session *session, const struct step *step,
		       struct error *err)
{
	int rc = 0;

	for (size_t part = 0; rc == 0 && part < STEP_PARTS; part++) {
		const char *file = step->parts[part].file;

		if (file != NULL && strcmp(file, step->file) != 0)
			rc = check_path(session, file, err);
	}
	return rc;
}

static int check_migrations(const struct session *session, struct error *err)
{
	const struct migrations *migrations = session->migrations;
	const char *last = "";
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < migrations->step_count; i++) {
		const struct step *step = migrations->steps[i];

		if (strcmp(step->file, last) != 0)
			rc = check_path(session, step->file, err);
		if (rc == 0)
			rc = check_parts(session, step, err);
		last = step->file;
	}
	return rc ? error_prefix(err, "the migrations") : 0;
}

/* Where each database is worked on with its owner's rights, a folder that he
 * leaves open puts nothing at stake but what is his, and must not keep the
 * others from being upgraded: his fail by themselves (fleet/crew.h). */
static int check_databases(const struct session *session, struct error *err)
{
	const struct fleet *fleet = session->fleet;
	int rc = 0;

	if (owner_is_several(fleet, session->config.user))
		return 0;
	for (size_t i = 0; rc == 0 && i < fleet->file_count; i++)
		if (fleet->by_file[i]->is_exposed)
			rc = refuse_exposed(session, fleet->by_file[i], err);
	return rc;
}

int strict_fleet(struct session *session, struct error *err)
{
	int rc = 0;

	if (!is_wanted(session) || session->fleet == NULL)
		return 0;
	if (session->migrations != NULL)
		rc = check_migrations(session, err);
	if (rc == 0 && session->fleet->file_count > 0)
		rc = check_path(session, session->config.data_dir, err);
	if (rc == 0)
		rc = check_databases(session, err);
	return advise(rc, err);
}

int strict_state(const struct session *session, uid_t user, struct error *err)
{
	const char *state_dir = session->config.state_dir;
	char *above, *slash;
	int rc;

	if (!is_wanted(session))
		return 0;
	above = state_dir[0] == '/'
			? xstrdup(state_dir)
			: xasprintf("%s/%s", session->data_path, state_dir);
	for (slash = strrchr(above, '/'); slash > above && slash[1] == '\0';
	     slash = strrchr(above, '/'))
		*slash = '\0';
	slash[slash == above] = '\0';
	rc = trust_path(above, &user, err);
	free(above);
	/* state_open() says what is to be done about it. */
	if (rc == ERROR_MISSING)
		return 0;
	return advise(rc ? error_prefix(err, "the state directory") : 0, err);
}

int strict_files(const struct session *session, const char *folder,
		 struct error *err)
{
	const struct migrations *migrations = session->migrations;
	uid_t writer = TRUST_NOBODY;
	int rc = 0;

	if (!is_wanted(session))
		return 0;
	for (size_t i = 0; rc == 0 && i < migrations->step_count; i++)
		rc = trust_path(migrations->steps[i]->file, &writer, err);
	if (rc == 0)
		rc = trust_path(folder, &writer, err);
	return advise(rc, err);
}
