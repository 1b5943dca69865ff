#include "migration/sheets.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

struct search {
	struct sheets *out;
	struct migrations *into;
};

/* What a numbered folder that is one step may hold, and how it is read. */
static const struct {
	const char *file;
	enum filename_way way;
} members[] = {
	{ "up.sql", FILENAME_UP },
	{ "migration.sql", FILENAME_BARE },
	{ "down.sql", FILENAME_DOWN },
	{ "check.sql", FILENAME_CHECK },
	{ "verify.sql", FILENAME_VERIFY },
};

#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

static int is_numbered(const struct dirent *entry)
{
	struct filename name;

	return filename_read(entry->d_name, &name);
}

static int is_numbered_sql(const struct dirent *entry)
{
	struct filename name;

	return filename_read(entry->d_name, &name) &&
	       name.way != FILENAME_NONE;
}

static bool has_numbered_sql(const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_numbered_sql, alphasort);
	int i;

	for (i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return count > 0;
}

static bool has_file(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	bool has = access(path, F_OK) == 0;

	free(path);
	return has;
}

static bool has_member(const char *folder)
{
	bool has = false;
	size_t i;

	for (i = 0; i < MEMBER_COUNT; i++)
		has |= has_file(folder, members[i].file);
	return has;
}

/* By bytes, so that the order does not hang on the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int by_number(const void *left, const void *right)
{
	const struct sheet *a = left, *b = right;
	int order = version_compare(a->name.number, b->name.number);

	if (order == 0)
		order = (int)a->name.way - (int)b->name.way;
	return order != 0 ? order : strcmp(a->path, b->path);
}

/* Takes over the path. */
static void add_sheet(struct search *search, const struct filename *name,
		      char *path)
{
	struct sheets *out = search->out;

	out->list = array_grow(out->list, out->count, &out->capacity,
			       sizeof(*out->list));
	out->list[out->count++] = (struct sheet){ .name = *name, .path = path };
}

/* The files of a folder that is one step. */
static void add_members(struct search *search, const char *folder,
			struct filename *name)
{
	size_t i;

	for (i = 0; i < MEMBER_COUNT; i++) {
		name->way = members[i].way;
		if (has_file(folder, members[i].file))
			add_sheet(search, name,
				  xasprintf("%s/%s", folder, members[i].file));
	}
}

static void add_file(struct search *search, char *path,
		     const struct stat *stat_of, const struct filename *name)
{
	struct filename program = *name;

	if (name->way == FILENAME_UP)
		search->out->shape = "pairs";
	program.way = FILENAME_PROGRAM;
	if (name->way != FILENAME_NONE)
		add_sheet(search, name, path);
	else if (S_ISREG(stat_of->st_mode) && (stat_of->st_mode & S_IXUSR) != 0)
		add_sheet(search, &program, path);
	else
		free(path);
}

static bool is_version(const char *label)
{
	return strspn(label, "0123456789.") == strlen(label) &&
	       version_is_valid(label);
}

static int collect(struct search *search, const char *folder,
		   const char *version, struct error *err);

/* A numbered folder: a step, or a version. `name` is as read from it. */
static int add_folder(struct search *search, char *path, const char *label,
		      struct filename *name, const char *version,
		      struct error *err)
{
	int rc = 0;

	if (has_member(path)) {
		search->out->shape = "folders";
		add_members(search, path, name);
	} else if (version == NULL && is_version(label) &&
		   has_numbered_sql(path)) {
		search->out->shape = "folders";
		rc = collect(search, path, label, err);
	} else {
		migrations_add_finding(
			search->into, SEVERITY_WARNING, path, 0, "not-read",
			"the folder has a number and no up.sql or "
			"migration.sql; nothing in it is run");
	}
	free(path);
	return rc;
}

/* One name of a folder; `version` is that of the folder, or NULL. */
static int collect_one(struct search *search, const char *folder,
		       const char *label, const char *version,
		       struct error *err)
{
	char *path = xasprintf("%s/%s", folder, label);
	struct filename name;
	struct stat stat_of;

	(void)filename_read(label, &name);
	if (stat(path, &stat_of) != 0) {
		int rc = error_set_errno(err, ERROR_MIGRATION, errno,
					 "%s: the migrations cannot be read",
					 path);

		free(path);
		return rc;
	}
	if (version != NULL) {
		char *number = xasprintf("%s.%s", version, name.number);

		(void)text_copy(name.number, sizeof(name.number), number);
		free(number);
	}
	if (S_ISDIR(stat_of.st_mode))
		return add_folder(search, path, label, &name, version, err);
	add_file(search, path, &stat_of, &name);
	return 0;
}

static int collect(struct search *search, const char *folder,
		   const char *version, struct error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_numbered, by_bytes);
	int i, rc = 0;

	if (count < 0)
		return error_set_errno(err, ERROR_MIGRATION, errno,
				       "%s: the migrations cannot be read",
				       folder);
	for (i = 0; i < count; i++) {
		if (rc == 0)
			rc = collect_one(search, folder, entries[i]->d_name,
					 version, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

bool sheets_are_in(const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_numbered, alphasort);
	bool found = false;
	int i;

	for (i = 0; i < count; i++) {
		char *path = xasprintf("%s/%s", folder, entries[i]->d_name);

		found |= text_ends_with(path, ".sql") || has_member(path) ||
			 has_numbered_sql(path);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return found;
}

int sheets_find(const char *folder, struct sheets *out, struct migrations *into,
		struct error *err)
{
	struct search search = { .out = out, .into = into };
	int rc;

	*out = (struct sheets){ .shape = "numbered" };
	rc = collect(&search, folder, NULL, err);
	if (out->count > 1)
		qsort(out->list, out->count, sizeof(*out->list), by_number);
	return rc;
}

void sheets_release(struct sheets *sheets)
{
	for (size_t i = 0; i < sheets->count; i++)
		free(sheets->list[i].path);
	free(sheets->list);
	*sheets = (struct sheets){ .list = NULL };
}
